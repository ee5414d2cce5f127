"""What share of the answers is judged, per path, and whether that differs too much.

Missing outcomes are harmless while they are missing for every path alike: less is learned, and
nothing wrong. If the outcomes of one path go missing more often, or its failures do, its belief is
wrong however much is learned.
"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import combinations

from armwise.bandit import Evidence
from armwise.events import ReportRatesDiffer
from armwise.storage import ArmKey

LEAST_ANSWERED = 50
"""Answered attempts that both paths must have before their rates are compared."""

RATIO = 2.0
"""How many times as often the outcomes of one path must be known to be too different."""

STANDARD_ERRORS = 3.0
"""How many standard errors the rates must lie apart as well. Of two paths with 50 answers and the
same report rate of 5 %, one has twice the reports of the other in 58 of 100 cases, and is three
standard errors apart in 0.01 of 100 (from the binomial distribution)."""

_FIRST_LOOK = 128


@dataclass(frozen=True, slots=True)
class ReportRate:
    """How many of a path's answers have an outcome.

    Args:
        answered: Recorded attempts that did not end in a provider's error.
        reported: How many of them have an outcome: from a check, a report, or a timeout.
    """

    answered: int
    reported: int

    @property
    def share(self) -> float | None:
        """``reported / answered``, 0..1; None without any answer."""
        return self.reported / self.answered if self.answered > 0 else None

    def differs(self, other: "ReportRate") -> bool:
        """Return whether this rate is so much above another that what is learned is biased."""
        if min(self.answered, other.answered) < LEAST_ANSWERED:
            return False
        high, low = self.reported / self.answered, other.reported / other.answered
        pooled = (self.reported + other.reported) / (self.answered + other.answered)
        variance = pooled * (1.0 - pooled) * (1.0 / self.answered + 1.0 / other.answered)
        is_clear = high - low >= STANDARD_ERRORS * math.sqrt(max(0.0, variance))
        return high > 0.0 and high >= RATIO * low and is_clear


def report_rate(seen: Evidence) -> ReportRate:
    """Return the report rate of some evidence."""
    return ReportRate(seen.attempts - seen.faults, seen.reported)


def report_rates(evidence: Mapping[ArmKey, Evidence]) -> dict[str, ReportRate]:
    """Return the report rate per path over all buckets, by name."""
    answered: dict[str, int] = {}
    reported: dict[str, int] = {}
    for key, seen in evidence.items():
        answered[key.path] = answered.get(key.path, 0) + seen.attempts - seen.faults
        reported[key.path] = reported.get(key.path, 0) + seen.reported
    return {name: ReportRate(answered[name], reported[name]) for name in sorted(answered)}


def most_different(
    rates: Mapping[str, ReportRate], names: Collection[str]
) -> tuple[str, str] | None:
    """Return the two paths whose rates differ most, the lower one first; None if none differ."""
    ordered = sorted(
        (name for name in names if name in rates), key=lambda name: rates[name].share or 0.0
    )
    pairs = [pair for pair in combinations(ordered, 2) if rates[pair[1]].differs(rates[pair[0]])]
    if not pairs:
        return None
    shares = {name: rates[name].share or 0.0 for name in ordered}
    return max(pairs, key=lambda pair: shares[pair[1]] - shares[pair[0]])


class RateWatch:
    """Compares the rates of a goal's paths now and then, until they differ: that is said once.

    To look is to walk all evidence, which is too slow for every request: it is done after 128
    records of this process, and after twice as many each time. ``stats()`` always looks.

    Args:
        goal_id: The goal.
        emit: Takes the event.
    """

    def __init__(self, goal_id: str, emit: Callable[[ReportRatesDiffer], object]) -> None:
        self._goal_id = goal_id
        self._emit = emit
        self._has_warned = False
        self._records = 0
        self._next = _FIRST_LOOK

    def is_due(self) -> bool:
        """Count one record; return whether it is time to look."""
        self._records += 1  # two threads may count one for two: when to look need not be exact
        if self._has_warned or self._records < self._next:
            return False
        self._next = 2 * self._records
        return True

    def look(self, evidence: Mapping[ArmKey, Evidence], names: Collection[str]) -> None:
        """Compare the rates of these paths."""
        if self._has_warned:
            return
        rates = report_rates(evidence)
        pair = most_different(rates, names)
        if pair is None:
            return
        self._has_warned = True
        low, high = ((name, rates[name].share or 0.0) for name in pair)
        self._emit(ReportRatesDiffer(self._goal_id, *low, *high))
