"""From a check to a verdict, step by step: what has to be waited for is yielded.

Written once for both worlds, like the way of a request: whoever drives the generator runs the
checks and makes the judges' calls, by blocking or by awaiting, and sends back what came of it.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import replace
from typing import Any, TypeAlias

from armwise.adapters import Call, Usage, usage_of
from armwise.router.checks.answer import Answer
from armwise.router.checks.judge import Judge
from armwise.router.checks.listing import AllOf, OneCheck
from armwise.router.checks.verdict import Judgement, Judging, Verdict

Weighing: TypeAlias = Generator[Call | Judgement, Any, Verdict]


def weigh(check: OneCheck | AllOf, answer: Answer, left_s: float | None = None) -> Weighing:
    """Return (as the generator's value) the verdict of a check, or of a list of checks.

    Of a list, the first check that fails ends it: the answer failed. Else one that is unknown
    makes the whole unknown. Else the lowest score counts: all checks look at one and the same
    answer, so their scores go together, and a product would punish the length of the list.

    Args:
        check: What `build_check` returned.
        answer: The answer it looks at.
        left_s: Seconds that are left of the request's deadline; None: no deadline.
    """
    if not isinstance(check, AllOf):
        return (yield from _weigh_one(check.name, check, answer, left_s))
    parts: list[Verdict] = []
    for name, part in check.checks:
        verdict = yield from _weigh_one(name, part, answer, left_s)
        parts.append(verdict)
        if verdict.score == 0.0:
            break
    decided = min(parts, key=_decisiveness)
    return Verdict(decided.score, decided.check, decided.error, tuple(parts))


def _weigh_one(name: str, check: OneCheck, answer: Answer, left_s: float | None) -> Weighing:
    if isinstance(check, Judge):
        return (yield from _ask(name, check, answer, left_s))
    verdict: Verdict = yield Judgement(check, answer)
    return verdict if verdict.check == name else replace(verdict, check=name)


def _ask(name: str, judge: Judge, answer: Answer, left_s: float | None) -> Weighing:
    """Ask a judge. Whatever goes wrong, the outcome is unknown."""
    started_s = time.perf_counter()
    usage: Usage | None = None
    score: float | None = None
    raised: Exception | None = None
    try:
        call = judge.call(answer, left_s)
    except Exception as error:  # noqa: BLE001 - see above
        return Verdict(None, name, error)
    try:
        response = yield call
        usage = usage_of(response)
        score = judge.grade(response)
    except Exception as error:  # noqa: BLE001 - see above
        raised = error
    judging = Judging(judge.asked, usage, time.perf_counter() - started_s)
    return Verdict(score, name, raised, judging=judging)


def _decisiveness(verdict: Verdict) -> tuple[int, float]:
    """Sort a failure before an unknown, and that before scores from the lowest on."""
    if verdict.score is None:
        return 1, 0.0
    return (0, 0.0) if verdict.score == 0.0 else (2, verdict.score)
