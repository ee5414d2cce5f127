"""A check that the text of an answer is JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from armwise.router.checks.answer import Answer, NotJsonError


@dataclass(frozen=True, slots=True)
class IsJson:
    """Passes an answer whose text parses as JSON; a fenced code block around it is removed.

    A bare number or string is JSON too. Pass a schema to demand more.
    """

    is_async: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """What warnings and explanations call this check."""
        return "is JSON"

    def __call__(self, answer: Answer, /) -> float | None:
        """Return the answer's score."""
        try:
            _ = answer.json
        except NotJsonError:
            return 0.0
        return 1.0
