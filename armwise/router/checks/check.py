"""The form every check has, whatever it was built from."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import ClassVar, Protocol, runtime_checkable

from armwise.router.checks.answer import Answer


@runtime_checkable
class Check(Protocol):
    """Scores an answer: 1.0 succeeded, 0.0 failed, between them graded, None unknown.

    A check that raises is unknown too; `run_check` and `arun_check` see to that.

    Attributes:
        is_async: Whether calling it returns an awaitable, which only `arun_check` can wait for.
    """

    is_async: ClassVar[bool]

    @property
    def name(self) -> str:
        """What warnings and explanations call this check."""
        ...

    def __call__(self, answer: Answer, /) -> float | Awaitable[float | None] | None:
        """Return the score of the answer, from 0 to 1, or None if it is unknown."""
        ...


def unit_score(value: float, origin: str) -> float:
    """Return the value as a score.

    Args:
        value: A number from 0 to 1.
        origin: What gave the number, as the subject of the error's sentence.

    Raises:
        ValueError: If the number is outside [0, 1] or not a number.
    """
    if not 0 <= value <= 1:
        raise ValueError(
            f"{origin} gave {value!r}, and a score lies between 0 and 1. "
            "Scale it into that range, or compare it with a threshold to give True or False."
        )
    return float(value)
