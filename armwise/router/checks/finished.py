"""A check that an answer was brought to its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from armwise.router.checks.answer import Answer
from armwise.router.checks.finish_words import ERROR

_FINISHED = frozenset({"stop", "tool_calls", "function_call"})
_UNFINISHED = frozenset({"length", "content_filter", ERROR})


@dataclass(frozen=True, slots=True)
class Finished:
    """Passes an answer that ended by itself, or by calling tools, whatever the provider's word.

    An answer that was cut off by a limit, a filter or a provider's error fails; without a finish
    reason, or with an unheard-of one, the outcome is unknown.
    """

    is_async: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """What warnings and explanations call this check."""
        return "finished"

    def __call__(self, answer: Answer, /) -> float | None:
        """Return the answer's score."""
        if answer.finish_reason in _FINISHED:
            return 1.0
        return 0.0 if answer.finish_reason in _UNFINISHED else None
