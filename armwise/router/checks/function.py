"""A check written as a function of the whole response."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, cast

from armwise.errors import ConfigurationError
from armwise.router.checks.answer import Answer
from armwise.router.checks.check import unit_score


@dataclass(frozen=True, slots=True)
class FunctionCheck:
    """Scores an answer by what a function says of its response.

    Attributes:
        name: The function's module and name.
    """

    name: str
    is_async: ClassVar[bool] = False
    _function: Callable[[Any], object] = field(repr=False)

    def __call__(self, answer: Answer, /) -> float | None:
        """Return the answer's score.

        Raises:
            TypeError: If the function returns something other than a bool, number or None.
            ValueError: If it returns a number outside [0, 1].
        """
        value = self._function(answer.response)
        if inspect.isawaitable(value):
            if inspect.iscoroutine(value):
                value.close()
            raise TypeError(
                f"{self.name} returned an awaitable. Pass the 'async def' function itself as "
                "success_when, and call acompletion."
            )
        return _score(value, self.name)


@dataclass(frozen=True, slots=True)
class AsyncFunctionCheck:
    """Scores an answer by what an asynchronous function says of its response.

    Attributes:
        name: The function's module and name.
    """

    name: str
    is_async: ClassVar[bool] = True
    _function: Callable[[Any], Awaitable[object]] = field(repr=False)

    async def __call__(self, answer: Answer, /) -> float | None:
        """Return the answer's score; raises as `FunctionCheck` does."""
        return _score(await self._function(answer.response), self.name)


def function_check(function: Callable[..., Any]) -> FunctionCheck | AsyncFunctionCheck:
    """Return the check that a function describes.

    Args:
        function: Takes the response as its one argument and returns a bool, None for unknown,
            or a number from 0 to 1. It may be asynchronous.

    Raises:
        ConfigurationError: If it cannot be called with one positional argument.
    """
    name = _name(function)
    refuse_wrong_signature(function, f"success_when={name}", "response")
    if _is_async(function):
        return AsyncFunctionCheck(name, cast("Callable[[Any], Awaitable[object]]", function))
    return FunctionCheck(name, function)


def refuse_wrong_signature(function: Callable[..., Any], shown: str, argument: str) -> None:
    """Refuse what cannot be called with one positional argument.

    Args:
        function: What is to be called.
        shown: How it is named in the error.
        argument: What the argument is.

    Raises:
        ConfigurationError: Naming both.
    """
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # some built-in functions do not tell theirs; the first call will
    try:
        signature.bind(None)
    except TypeError as error:
        raise ConfigurationError(
            f"{shown}{signature} cannot be called with the {argument} alone: {error}. "
            f"Write a function of one argument: def is_good({argument}): ..."
        ) from None


def _is_async(function: Callable[..., Any]) -> bool:
    if inspect.iscoroutinefunction(function):
        return True
    return inspect.iscoroutinefunction(getattr(type(function), "__call__", None))  # noqa: B004  # its kind is asked, not whether it is callable


def _name(function: Callable[..., Any]) -> str:
    inner: Any = getattr(function, "func", function)  # what functools.partial wraps
    named = inner if hasattr(inner, "__qualname__") else type(inner)
    module: str | None = getattr(named, "__module__", None)  # a bound built-in method has none
    return f"{module}.{named.__qualname__}" if module else named.__qualname__


def _score(value: object, name: str) -> float | None:
    """Return what a function returned as a score; numpy's numbers are unpacked."""
    if value is None:
        return None
    item: Any = value
    if not isinstance(value, bool | int | float) and callable(getattr(value, "item", None)):
        item = cast("Any", value).item()
    if not isinstance(item, bool | int | float):
        raise TypeError(
            # The value itself may be the text of an answer, which never goes into a log.
            f"{name} returned a {type(value).__name__}, and a check returns True, False, None "
            "for unknown, or a number from 0 to 1. Write bool(...) around it if its truth counts."
        )
    return unit_score(item, name)
