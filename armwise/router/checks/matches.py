"""A check that a regular expression is found in an answer, or is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from armwise.errors import ConfigurationError
from armwise.router.checks.answer import Answer

MAX_CHARACTERS = 100_000
"""How much of a text is searched: about 25,000 tokens, more than models write."""

MAX_SEARCH_S = 0.1
"""How long is searched. Patterns such as ``(a+)+$`` take exponential time on texts that nearly
match; plain ones search 100,000 characters in a tenth of a millisecond."""


@dataclass(frozen=True, slots=True)
class Matches:
    """Passes an answer in whose text a regular expression is found.

    The first 100,000 characters are searched, for at most 0.1 s; where that does not tell, the
    outcome is unknown, and counted as a check that raised if time was up. ``regex`` searches,
    which knows all that Python's ``re`` does.

    Args:
        pattern: The expression; it may match anywhere. ``(?i)`` in front ignores case.
        found: False passes an answer in which it is not found.

    Raises:
        ConfigurationError: If the pattern does not compile.
    """

    pattern: str
    found: bool = True
    is_async: ClassVar[bool] = False
    _compiled: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        import regex

        if not isinstance(self.pattern, str) or not self.pattern:
            raise ConfigurationError(
                f"a pattern must be a regular expression as a string, got {self.pattern!r}."
            )
        if not isinstance(self.found, bool):
            raise ConfigurationError(f"found must be True or False, got {self.found!r}.")
        try:
            object.__setattr__(self, "_compiled", regex.compile(self.pattern))
        except regex.error as error:
            raise ConfigurationError(
                f"the pattern {self.pattern!r} does not compile: {error}. Write a backslash "
                "before a character that is meant as itself."
            ) from error

    @property
    def name(self) -> str:
        """What warnings and explanations call this check."""
        return f"{'matches' if self.found else 'lacks'} {self.pattern!r}"

    def __call__(self, answer: Answer, /) -> float | None:
        """Return the answer's score.

        Raises:
            TimeoutError: If the search takes too long.
        """
        text = answer.text
        if self._compiled.search(text, endpos=MAX_CHARACTERS, timeout=MAX_SEARCH_S) is not None:
            return 1.0 if self.found else 0.0
        if len(text) > MAX_CHARACTERS:
            return None
        return 0.0 if self.found else 1.0
