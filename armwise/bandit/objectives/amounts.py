"""Checks of the numbers that rules are built with."""

import math
from typing import TypeGuard

from armwise.errors import ConfigurationError


def check_share(value: object, what: str, example: str) -> None:
    """Refuse what is not a number in (0, 1).

    Raises:
        ConfigurationError: Naming the value.
    """
    if not _is_number(value) or not 0.0 < value < 1.0:
        raise ConfigurationError(f"{what} must be between 0 and 1, got {value!r}. {example}")


def check_usd(value: object, what: str, example: str) -> None:
    """Refuse what is not a finite amount of US dollars above zero.

    Raises:
        ConfigurationError: Naming the value.
    """
    if not _is_number(value) or not 0.0 < value < math.inf:
        raise ConfigurationError(f"{what} must be US dollars above 0, got {value!r}. {example}")


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
