"""How far a figure is from another one, in units of chance."""

import math

_LEAST = 1e-9
"""Stands in for an error of zero, of runs that are all alike: any difference is then large."""


def standard_errors(difference: float, *errors: float | None) -> float:
    """Return a difference of independent means in standard errors.

    Args:
        difference: One mean minus the other.
        errors: Standard error of each mean; None counts as 0.
    """
    return difference / max(math.hypot(*(error or 0.0 for error in errors)), _LEAST)
