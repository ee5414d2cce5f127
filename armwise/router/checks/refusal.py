"""A check that a model did not refuse to answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, cast

from armwise.errors import ConfigurationError
from armwise.router.checks.answer import Answer

REFUSALS = (
    "i can't assist",
    "i can't comply",
    "i can't fulfill",
    "i can't help",
    "i can't provide",
    "i cannot assist",
    "i cannot comply",
    "i cannot fulfill",
    "i cannot help",
    "i cannot provide",
    "i'm not able to",
    "i'm unable to",
    "i am not able to",
    "i am unable to",
    "i must decline",
    "i won't be able to",
    "as an ai language model, i",
    "as an ai, i",
)
"""How refusals begin, in lower case, after an apology or none. Collected by hand, in English."""

_APOLOGIES = ("i'm sorry", "i am sorry", "i apologize", "sorry", "unfortunately")
_FILLERS = (", but", " but", ",", ".", "!", " -", " —")


@dataclass(frozen=True, slots=True)
class NotRefused:
    """Passes an answer that does not look like a refusal. A heuristic, in English.

    An answer fails if the provider marks it as refused (the field ``refusal``, or a content
    filter ended it), or if its text begins with one of the phrases, after an apology or none. So
    refusals in other words or languages pass, and an answer that begins so and then helps fails:
    measure on your own answers before you trust it, or ask a ``Judge``.

    Args:
        phrases: Beginnings of refusals, in any case, instead of the list in English.

    Raises:
        ConfigurationError: If a phrase is not a non-empty string.
    """

    phrases: Iterable[str] = REFUSALS
    is_async: ClassVar[bool] = False

    def __post_init__(self) -> None:
        given = self.phrases
        phrases = () if isinstance(given, str) else tuple(cast("Iterable[object]", given))
        if not phrases or not all(isinstance(one, str) and one.strip() for one in phrases):
            raise ConfigurationError(
                f"phrases must be a list of non-empty strings such as ['i cannot'], got {given!r}."
            )
        begun = tuple(_plain(cast("str", phrase)) for phrase in phrases)
        object.__setattr__(self, "phrases", begun)

    @property
    def name(self) -> str:
        """What warnings and explanations call this check."""
        return "not refused"

    def __call__(self, answer: Answer, /) -> float | None:
        """Return the answer's score."""
        if answer.refusal is not None or answer.finish_reason == "content_filter":
            return 0.0
        beginning = _plain(answer.text.lstrip()[:200])
        phrases = cast("tuple[str, ...]", self.phrases)
        return 0.0 if _without_apology(beginning).startswith(phrases) else 1.0


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").split())  # noqa: RUF001 - models write it


def _without_apology(text: str) -> str:
    for apology in _APOLOGIES:
        if text.startswith(apology):
            rest = text.removeprefix(apology)
            for filler in _FILLERS:
                rest = rest.removeprefix(filler)
            return rest.lstrip()
    return text
