"""A check that an answer is neither too short nor too long."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

from armwise.errors import ConfigurationError
from armwise.router.checks.answer import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """Passes an answer whose text is within limits, both ends included.

    Args:
        min_characters: Fewest characters.
        max_characters: Most characters.
        min_words: Fewest words, that is parts between white space.
        max_words: Most words.

    Raises:
        ConfigurationError: If no limit is given, one is no whole number from 0, or no text could
            be within them.
    """

    min_characters: int | None = None
    max_characters: int | None = None
    min_words: int | None = None
    max_words: int | None = None
    is_async: ClassVar[bool] = False

    def __post_init__(self) -> None:
        limits = {limit.name: getattr(self, limit.name) for limit in fields(self)}
        if all(value is None for value in limits.values()):
            raise ConfigurationError(
                "Length() has no limit. Write for example Length(max_words=200)."
            )
        for name, value in limits.items():
            if value is not None and (type(value) is not int or value < 0):
                raise ConfigurationError(f"{name} must be a whole number from 0, got {value!r}.")
        for unit in ("characters", "words"):
            least, most = limits[f"min_{unit}"], limits[f"max_{unit}"]
            if least is not None and most is not None and least > most:
                raise ConfigurationError(
                    f"min_{unit}={least} is above max_{unit}={most}: no text is so long and so "
                    "short. Swap them."
                )

    @property
    def name(self) -> str:
        """What warnings and explanations call this check."""
        given = ((limit.name, getattr(self, limit.name)) for limit in fields(self))
        return ", ".join(f"{name} {value}" for name, value in given if value is not None)

    def __call__(self, answer: Answer, /) -> float | None:
        """Return the answer's score."""
        text = answer.text
        is_within = _is_within(len(text), self.min_characters, self.max_characters)
        if is_within and (self.min_words is not None or self.max_words is not None):
            is_within = _is_within(len(text.split()), self.min_words, self.max_words)
        return 1.0 if is_within else 0.0


def _is_within(size: int, least: int | None, most: int | None) -> bool:
    return (least is None or size >= least) and (most is None or size <= most)
