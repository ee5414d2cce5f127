"""What becomes of several checks: failure before unknown, unknown before the lowest score."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from armwise.router.attempts import adrive
from armwise.router.checks import Answer, Verdict, build_check, weigh
from armwise.testing import ScriptedAdapter

AnswerOf = Callable[..., Answer]
Weigh = Callable[..., Verdict]


def scoring(score: float | None, seen: list[Any] | None = None) -> Callable[[object], float | None]:
    """Return a function that gives this score, and says so."""

    def check(response: object) -> float | None:
        if seen is not None:
            seen.append(score)
        return score

    return check


@pytest.mark.parametrize(
    ("scores", "score", "decided"),
    [
        ([1.0, 1.0], 1.0, "0"),
        ([1.0, 0.0], 0.0, "1"),
        ([None, 0.0], 0.0, "1"),
        ([0.5, None], None, "1"),
        ([None, 1.0], None, "0"),
        ([0.9, 0.4, 0.8], 0.4, "1"),
        ([0.5], 0.5, "0"),
    ],
)
def test_a_failure_beats_an_unknown_and_that_the_lowest_score(
    answer_of: AnswerOf,
    weighed: Weigh,
    scores: list[float | None],
    score: float | None,
    decided: str,
) -> None:
    """The verdict names the check that decided."""
    checks = {str(place): scoring(one) for place, one in enumerate(scores)}

    verdict = weighed(checks, answer_of())

    assert (verdict.score, verdict.check) == (score, decided)
    assert len(verdict.parts) == len(scores)


def test_the_first_failure_ends_the_list(answer_of: AnswerOf, weighed: Weigh) -> None:
    """What would come after it is not run; what is unknown does not end it."""
    seen: list[Any] = []
    checks = {str(one): scoring(one, seen) for one in (1.0, None, 0.5, 0.0, 0.25)}

    verdict = weighed(checks, answer_of())

    assert seen == [1.0, None, 0.5, 0.0]
    assert verdict.category == "0.0"


def test_a_check_that_raises_is_unknown_and_the_others_still_count(
    answer_of: AnswerOf, weighed: Weigh
) -> None:
    """Every error is kept under the name of its check, though a failure decides."""
    verdict = weighed(
        {"broken": lambda _: 1 / 0, "typo": "response.nothing", "bad": scoring(0.0)}, answer_of()
    )

    assert (verdict.score, verdict.check, verdict.error) == (0.0, "bad", None)
    raised = {one.check: type(one.error) for one in verdict.each if one.error is not None}
    assert raised == {"broken": ZeroDivisionError, "typo": LookupError}


@pytest.mark.parametrize(
    ("score", "category"), [(1.0, None), (None, None), (0.0, "tone"), (0.7, "tone")]
)
def test_the_category_is_the_check_that_took_from_the_score(
    answer_of: AnswerOf, weighed: Weigh, score: float | None, category: str | None
) -> None:
    """A full success has none, and neither has an unknown outcome."""
    assert weighed({"tone": scoring(score)}, answer_of()).category == category


def test_asynchronous_checks_are_awaited_among_the_others(answer_of: AnswerOf) -> None:
    """Under acompletion; under completion they alone are unknown."""

    async def later(response: object) -> float:
        await asyncio.sleep(0)
        return 0.5

    check = build_check({"later": later, "now": scoring(1.0)})
    assert check is not None

    verdict = asyncio.run(adrive(weigh(check, answer_of()), ScriptedAdapter({})))

    assert (verdict.score, verdict.check) == (0.5, "later")
