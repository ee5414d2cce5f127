"""Half-lives as people write them: "1150 outcomes", "7d", "36h", "never"."""

import re
from datetime import timedelta

from armwise.bandit.decay import HalfLife, Outcomes, check_half_life
from armwise.errors import ConfigurationError

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "minute": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "hour": timedelta(hours=1),
    "d": timedelta(days=1),
    "day": timedelta(days=1),
    "w": timedelta(weeks=1),
    "week": timedelta(weeks=1),
}
_OUTCOMES = ("o", "outcome")
_WORDS = re.compile(r"([0-9]{1,12}) ?([a-z]+)")


def half_life_written(text: str) -> HalfLife:
    """Return the half-life that a person means.

    Args:
        text: "never"; outcomes: "1150 outcomes", "1150o"; a time: "36h", "7d", "2 weeks".

    Raises:
        ConfigurationError: If it is none.
    """
    word = text.strip().lower()
    if word == "never":
        return None
    found = _WORDS.fullmatch(word)
    if found is not None:
        number, unit = int(found[1]), found[2]
        if unit not in _UNITS and unit not in _OUTCOMES:
            unit = unit.removesuffix("s")
        if unit in _OUTCOMES:
            return Outcomes(number)
        if unit in _UNITS:
            return _time(number, unit, text)
    raise ConfigurationError(
        f"{text!r} is no half-life. Write a number of outcomes ('1150 outcomes'), a time ('7d', "
        "'36h'), or 'never'."
    )


def half_life_shown(half_life: HalfLife) -> str:
    """Return a half-life as a person would write it."""
    if not isinstance(half_life, timedelta):
        return "never" if half_life is None else str(half_life)
    for unit in ("day", "hour", "minute", "s"):
        if not half_life % _UNITS[unit]:
            number = half_life // _UNITS[unit]
            return f"{number} {unit}" if number == 1 or unit == "s" else f"{number} {unit}s"
    return f"{half_life // _UNITS['ms']} ms"


def _time(number: int, unit: str, text: str) -> HalfLife:
    try:
        return check_half_life(number * _UNITS[unit])
    except OverflowError:
        raise ConfigurationError(
            f"half-life {text!r} is too long: at most a hundred years, or 'never'."
        ) from None
