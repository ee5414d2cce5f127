"""What became of a check: a score, unknown, or unknown because it raised."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING

from armwise.errors import ConfigurationError
from armwise.router.checks.answer import Answer
from armwise.router.checks.check import Check

if TYPE_CHECKING:
    from armwise.adapters import Usage
    from armwise.engine import Path


@dataclass(frozen=True, slots=True)
class Judging:
    """The call that a judge made.

    Attributes:
        path: The judge's path.
        usage: The tokens that were used; None if the call failed or did not say.
        latency_s: Seconds that the judge took.
    """

    path: Path
    usage: Usage | None
    latency_s: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a check on one answer.

    Attributes:
        score: 1.0 succeeded, 0.0 failed, between them graded, None unknown.
        check: The check's name; of a list, the name of the one that decided.
        error: What the check raised, if it did; the score is None then.
        parts: Of a list, the verdicts of the checks that were run.
        judging: The call to a model that the check made, if it is a judge.
    """

    score: float | None
    check: str
    error: Exception | None = None
    parts: tuple[Verdict, ...] = ()
    judging: Judging | None = None

    @property
    def each(self) -> tuple[Verdict, ...]:
        """The verdicts of single checks that this one is made of: itself, or its parts."""
        return self.parts or (self,)

    @property
    def category(self) -> str | None:
        """What went wrong: the name of the check that gave less than 1.0; None if none did."""
        return None if self.score is None or self.score >= 1.0 else self.check


@dataclass(frozen=True, slots=True)
class Judgement:
    """A check that has to be run on an answer, by whoever can wait for it."""

    check: Check
    answer: Answer


def run_check(check: Check, answer: Answer) -> Verdict:
    """Return the verdict of a check; a check that raises is unknown, never a success.

    Only exceptions that are no `Exception` pass through, such as KeyboardInterrupt.

    Args:
        check: One check. An asynchronous one is not run but unknown.
        answer: The answer it looks at.
    """
    if check.is_async:
        return Verdict(None, check.name, _needs_await(check))
    try:
        score = check(answer)
    except Exception as error:  # noqa: BLE001  # the check is the user's code, the request goes on
        return Verdict(None, check.name, error)
    if inspect.isawaitable(score):
        return Verdict(None, check.name, _needs_await(check))
    return Verdict(score, check.name)


async def arun_check(check: Check, answer: Answer) -> Verdict:
    """Return the verdict of a check, as `run_check` does, and wait for an asynchronous one.

    Args:
        check: One check.
        answer: The answer it looks at.
    """
    try:
        score = check(answer)
        if inspect.isawaitable(score):
            score = await score
    except Exception as error:  # noqa: BLE001  # the check is the user's code, the request goes on
        return Verdict(None, check.name, error)
    return Verdict(score, check.name)


def _needs_await(check: Check) -> ConfigurationError:
    return ConfigurationError(
        f"success_when={check.name} is asynchronous, and completion() cannot wait for it. "
        "Call acompletion(), or pass a plain function."
    )
