"""The most that a goal may spend, and the periods that it may spend it in."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from armwise.bandit.decay import ERA_TICKS, TICKS, HalfLife
from armwise.errors import ConfigurationError
from armwise.storage import BOOKS_PREFIX

_NAMES = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "month": "%Y-%m"}
_LONGEST = {"hour": timedelta(hours=1), "day": timedelta(days=1), "month": timedelta(days=31)}


@dataclass(frozen=True, slots=True)
class SpendCap:
    """The most that a goal may spend in a period; periods begin by the clock, in UTC.

    Args:
        usd: US dollars, above 0.
        per: "hour", "day" or "month".

    Raises:
        ConfigurationError: If one of them cannot be used.
    """

    usd: float
    per: str = "day"

    def __post_init__(self) -> None:
        is_number = isinstance(self.usd, int | float) and not isinstance(self.usd, bool)
        if not is_number or not 0.0 < self.usd < math.inf:
            raise ConfigurationError(
                f"max_spend_usd must be US dollars above 0, got {self.usd!r}. Write "
                'max_spend_usd=50.0, per="day", or leave it out for no cap.'
            )
        if self.per not in _NAMES:
            raise ConfigurationError(
                f"per must be {', '.join(map(repr, _NAMES))}, got {self.per!r}."
            )

    def book(self, at_s: float) -> str:
        """Return the name of the book for a moment, in seconds since 1970."""
        begun = datetime.fromtimestamp(at_s, tz=UTC)
        return f"{BOOKS_PREFIX}spend/{self.per}/{begun.strftime(_NAMES[self.per])}"

    def end_s(self, at_s: float) -> float:
        """Return when the period of a moment ends, in seconds since 1970."""
        begun = datetime.fromtimestamp(at_s, tz=UTC).replace(minute=0, second=0, microsecond=0)
        if self.per != "hour":
            begun = begun.replace(hour=0)
        if self.per == "month":
            return (begun.replace(day=1) + _LONGEST["month"]).replace(day=1).timestamp()
        return (begun + _LONGEST[self.per]).timestamp()

    def check_fading(self, half_life: HalfLife) -> None:
        """Refuse evidence that drops costs before the period is over.

        Raises:
            ConfigurationError: If it fades so fast.
        """
        if not isinstance(half_life, timedelta):
            return
        kept = half_life * (ERA_TICKS / TICKS)
        if kept < _LONGEST[self.per]:
            raise ConfigurationError(
                f'max_spend_usd per="{self.per}" cannot be kept by evidence that fades by '
                f"half_life={half_life!r}: its sums of costs are exact for {kept} only. Use a "
                f"half-life of at least {_LONGEST[self.per] / (ERA_TICKS / TICKS)}, or Outcomes(n)."
            )


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent in the present period, by all workers as far as this process knows.

    Args:
        usd: US dollars.
        cap: The cap.
        ends: When the period ends.
    """

    usd: float
    cap: SpendCap
    ends: datetime

    def __str__(self) -> str:
        return (
            f"${self.usd:.6f} of ${self.cap.usd:g} per {self.cap.per} are spent until "
            f"{self.ends:%Y-%m-%d %H:%M} UTC"
        )
