"""What a user can say about a request, and the integer that is learned from it."""

import math
from enum import StrEnum

from armwise.errors import InvalidOutcomeError

FULL_SCORE = 10_000
"""A success in stored units. Scores are kept as integers 0..10000, so that adding them in any
order, in any store, gives the same sum."""


class Outcome(StrEnum):
    """How a request ended, as its user sees it.

    UNKNOWN retracts what an earlier revision said: nothing is learned from it.
    """

    SUCCESS = "success"
    FAILURE = "failure"
    UNKNOWN = "unknown"


def stored_score(outcome: Outcome | bool | float | str) -> int | None:
    """Return the outcome as an integer 0..10000, or None for UNKNOWN.

    Args:
        outcome: An ``Outcome`` or its value as text, a bool, or a score from 0 to 1.

    Raises:
        InvalidOutcomeError: If it is none of these.

    >>> stored_score(Outcome.SUCCESS), stored_score(0.25), stored_score(Outcome.UNKNOWN)
    (10000, 2500, None)
    """
    if isinstance(outcome, str):
        try:
            named = Outcome(outcome)
        except ValueError:
            raise _refused(outcome) from None
        return {Outcome.SUCCESS: FULL_SCORE, Outcome.FAILURE: 0, Outcome.UNKNOWN: None}[named]
    if isinstance(outcome, bytes | bytearray):
        raise _refused(outcome)
    try:
        score = float(outcome)  # numpy's numbers and bools too
    except (TypeError, ValueError, OverflowError):
        raise _refused(outcome) from None
    if not 0.0 <= score <= 1.0:  # NaN fails both comparisons
        raise _refused(outcome)
    return math.floor(score * FULL_SCORE + 0.5)


def _refused(outcome: object) -> InvalidOutcomeError:
    return InvalidOutcomeError(
        f"outcome must be an Outcome (SUCCESS, FAILURE, UNKNOWN), True, False, or a score "
        f"from 0 to 1, got {outcome!r}."
    )
