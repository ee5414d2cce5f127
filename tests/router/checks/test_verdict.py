"""Judging never fails a request: a check that raises is unknown."""

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any, NoReturn

import pytest

from armwise.errors import ConfigurationError
from armwise.router.checks import Answer, Check, Verdict, arun_check, build_check, run_check

AnswerOf = Callable[..., Answer]


def _raising(error: BaseException) -> Check:
    def fail(response: object) -> NoReturn:
        raise error

    check = build_check(fail)
    assert check is not None
    return check


def _raising_later(error: BaseException) -> Check:
    async def fail(response: object) -> NoReturn:
        raise error

    check = build_check(fail)
    assert check is not None
    return check


def _async_judged(check: Check, answer: Answer) -> Verdict:
    return asyncio.run(arun_check(check, answer))


@pytest.mark.parametrize("error", [ValueError("x"), RecursionError(), MemoryError(), KeyError(1)])
def test_a_check_that_raises_is_unknown_and_keeps_its_error(
    answer_of: AnswerOf, error: Exception
) -> None:
    """In every way of judging, so that the error can be counted and named."""
    check, later = _raising(error), _raising_later(error)

    verdicts = [
        run_check(check, answer_of()),
        _async_judged(check, answer_of()),
        _async_judged(later, answer_of()),
    ]

    assert [(None, error)] * 3 == [(verdict.score, verdict.error) for verdict in verdicts]
    assert [check.name, check.name, later.name] == [verdict.check for verdict in verdicts]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_is_no_exception_passes_through(
    answer_of: AnswerOf, error: type[BaseException]
) -> None:
    """Ctrl-C stops the program, not just the check."""
    with pytest.raises(error):
        run_check(_raising(error()), answer_of())


def test_the_cancellation_of_a_task_passes_through(answer_of: AnswerOf) -> None:
    """A cancelled request is not judged unknown and carried on."""

    async def cancelled() -> bool:
        task = asyncio.ensure_future(
            arun_check(_raising_later(asyncio.CancelledError()), answer_of())
        )
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(cancelled())


def test_judging_an_async_check_without_waiting_is_unknown(answer_of: AnswerOf) -> None:
    """The function is not even called, and the error names what to call."""
    called: list[object] = []

    async def grade(response: object) -> bool:
        called.append(response)
        return True

    check = build_check(grade)
    assert check is not None

    verdict = run_check(check, answer_of())

    assert verdict.score is None
    assert isinstance(verdict.error, ConfigurationError)
    assert "acompletion()" in str(verdict.error)
    assert [] == called


def test_awaiting_judges_plain_checks_just_the_same(answer_of: AnswerOf) -> None:
    """Every form of check gives one verdict in both ways."""
    answer = answer_of('{"a": 1}')

    for form in ("json.a == 1", {"required": ["b"]}, lambda _: 0.5, "response.nothing"):
        check = build_check(form)
        assert check is not None

        plain, awaited = run_check(check, answer), _async_judged(check, answer)

        assert (plain.score, plain.check, repr(plain.error)) == (
            awaited.score,
            awaited.check,
            repr(awaited.error),
        )


def test_a_verdict_cannot_be_changed() -> None:
    """It is passed between threads as it is."""
    verdict: Any = Verdict(1.0, "a check")

    with pytest.raises(dataclasses.FrozenInstanceError):
        verdict.score = 0.0
    assert not hasattr(verdict, "__dict__")
