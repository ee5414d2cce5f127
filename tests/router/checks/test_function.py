"""Functions of the response score answers by what they return."""

import asyncio
import functools
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from armwise.errors import ConfigurationError
from armwise.router.checks import Answer, Check, Verdict, arun_check, build_check, run_check

AnswerOf = Callable[..., Answer]


def _check(function: object) -> Check:
    check = build_check(function)
    assert check is not None
    return check


def test_a_function_gets_the_whole_response_itself(answer_of: AnswerOf) -> None:
    """Not a copy, and not the answer around it."""
    answer = answer_of()
    given: list[object] = []

    run_check(_check(given.append), answer)

    assert answer.response is given[0]
    assert 1 == len(given)


@pytest.mark.parametrize(
    ("returned", "score"),
    [
        (True, 1.0),
        (False, 0.0),
        (None, None),
        (0, 0.0),
        (1, 1.0),
        (0.25, 0.25),
        (np.True_, 1.0),
        (np.False_, 0.0),
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.int64(1), 1.0),
        (np.array(0.5), 0.5),
    ],
)
def test_bools_none_and_numbers_from_0_to_1_are_scores(
    answer_of: AnswerOf, returned: object, score: float | None
) -> None:
    """Numpy's numbers count as Python's, and every score is a plain float."""
    verdict = run_check(_check(lambda _: returned), answer_of())

    assert (score, None) == (verdict.score, verdict.error)
    assert type(verdict.score) is (float if score is not None else type(None))


@pytest.mark.parametrize(
    ("returned", "error", "named"),
    [
        (1.5, ValueError, "1.5"),
        (-1, ValueError, "-1"),
        (7, ValueError, "7"),
        (float("nan"), ValueError, "nan"),
        (np.float64(2), ValueError, "2.0"),
        ("yes", TypeError, "a str"),
        ([True], TypeError, "a list"),
        ({}, TypeError, "a dict"),
        (Decimal("0.5"), TypeError, "a Decimal"),
        (1j, TypeError, "a complex"),
        (np.array(["yes"]), TypeError, "a ndarray"),
        (np.array([1, 0]), ValueError, "size 1"),
    ],
)
def test_anything_else_is_unknown_with_an_error_that_says_so(
    answer_of: AnswerOf, returned: object, error: type[Exception], named: str
) -> None:
    """A truthy string is not a success."""
    verdict = run_check(_check(lambda _: returned), answer_of())

    assert verdict.score is None
    assert isinstance(verdict.error, error)
    assert named in str(verdict.error)


def test_the_error_does_not_quote_a_returned_text(answer_of: AnswerOf) -> None:
    """It could be the answer, which does not belong in a log."""
    verdict = run_check(_check(lambda response: response["choices"]), answer_of("confidential"))

    assert verdict.error is not None
    assert "confidential" not in str(verdict.error)


def _two(first: object, second: object) -> bool:
    return first is second


def _keyword(*, response: object) -> bool:
    return bool(response)


class _Judge:
    def __call__(self, response: object) -> bool:
        return bool(response)

    def method(self, response: object) -> bool:
        return bool(response)

    async def later(self, response: object) -> bool:
        return bool(response)


class _AsyncJudge:
    async def __call__(self, response: object) -> bool:
        return bool(response)


@pytest.mark.parametrize(
    ("function", "named"),
    [
        (lambda: True, "<lambda>\\(\\)"),
        (_two, "_two\\(first: .*'second'"),
        (_keyword, "_keyword"),
        (functools.partial(_two, 1, 2), "_two"),
    ],
)
def test_a_function_that_cannot_take_the_response_alone_is_refused(
    function: object, named: str
) -> None:
    """A wrong signature is found when the Router is built, not at each answer."""
    with pytest.raises(ConfigurationError, match=named):
        build_check(function)


@pytest.mark.parametrize(
    "function",
    [
        pytest.param(lambda response, strict=True: strict, id="default"),
        pytest.param(lambda *responses: bool(responses), id="variadic"),
        functools.partial(_two, 1),
        _Judge(),
        _Judge().method,
        {}.__contains__,
        bool.__new__.__self__.__call__,
    ],
)
def test_whatever_takes_one_argument_is_accepted(function: object) -> None:
    """Methods, partials, callable objects, and built-ins that hide their signature too."""
    check = _check(function)

    assert not check.is_async
    assert check.name


def test_a_check_is_named_by_its_function() -> None:
    """A warning can say which function raised."""
    names = [_check(form).name for form in (_Judge(), _Judge().method, functools.partial(_two, 1))]

    assert [f"{__name__}._Judge", f"{__name__}._Judge.method", f"{__name__}._two"] == names


async def _async_two(flag: bool, response: object) -> bool:
    return flag and bool(response)


@pytest.mark.parametrize(
    "function",
    [_Judge().later, _AsyncJudge(), functools.partial(_async_two, True)],
    ids=["method", "object", "partial"],
)
def test_async_callables_are_known_as_such_and_awaited(
    answer_of: AnswerOf, function: object
) -> None:
    """Methods, callable objects and partials are recognised before the first call."""
    check = _check(function)

    verdict = asyncio.run(arun_check(check, answer_of()))

    assert check.is_async
    assert Verdict(1.0, check.name) == verdict


def test_what_an_async_function_returns_is_checked_too(answer_of: AnswerOf) -> None:
    """The same values are scores, the same others are errors."""

    async def grade(response: object) -> Any:
        return "good"

    verdict = asyncio.run(arun_check(_check(grade), answer_of()))

    assert verdict.score is None
    assert isinstance(verdict.error, TypeError)


def test_a_plain_function_that_returns_a_coroutine_is_unknown(answer_of: AnswerOf) -> None:
    """The error says to pass the async function itself, and nothing is left unawaited."""
    check = _check(lambda response: _Judge().later(response))

    for verdict in (run_check(check, answer_of()), asyncio.run(arun_check(check, answer_of()))):
        assert verdict.score is None
        assert "'async def'" in str(verdict.error)
