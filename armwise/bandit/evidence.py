"""What has been seen of one arm, as integers that can be added in any order.

Stores keep evidence, never posteriors: the prior is added when a belief is read, so a prior can
change without touching history, and no store can hold a belief that cannot be sampled. All
fields are integers, so that sums are exact, commute, and can be taken back.
"""

from dataclasses import dataclass, fields
from functools import lru_cache
from operator import add, attrgetter, sub

from armwise.bandit.outcome import FULL_SCORE
from armwise.bandit.posterior import Beta

UNIT = 1 << 20
"""Weight of one outcome. Outcomes are weighted in 20-bit fixed point so that a fraction of an
outcome (a graded score, a faded memory) is still an integer."""


MOST_FAILURES = 3
"""Earlier failures in a request are told apart as 0, 1, 2, and 3 or more: a path that is asked
after another has failed has a harder task."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Sums over the recorded attempts of one arm.

    Args:
        successes: Sum of weight x score; ``UNIT`` is one full success.
        failures: Sum of weight x (1 - score).
        squares: Sum of weight x score squared, for the variance of graded scores.
        attempts: Recorded attempts, whatever is known of them.
        faults: Attempts that ended in a provider's error. They say nothing about quality.
        cost_nanousd: Sum of measured costs, in billionths of a US dollar.
        costed: How many attempts that sum is over.
        output_tokens: Sum of measured output tokens.
        tokened: How many attempts that sum is over.
        latency_us: Sum of measured latencies, in microseconds.
        timed: How many attempts that sum is over.
        reported: Attempts that have an outcome, unweighted: what share of the answers is judged.
    """

    successes: int = 0
    failures: int = 0
    squares: int = 0
    attempts: int = 0
    faults: int = 0
    cost_nanousd: int = 0
    costed: int = 0
    output_tokens: int = 0
    tokened: int = 0
    latency_us: int = 0
    timed: int = 0
    reported: int = 0

    def __add__(self, other: "Evidence") -> "Evidence":
        """Return the evidence of both; order and grouping do not matter."""
        return Evidence(*map(add, _values(self), _values(other)))

    def __sub__(self, other: "Evidence") -> "Evidence":
        """Take ``other`` back, exactly."""
        return Evidence(*map(sub, _values(self), _values(other)))

    @property
    def outcomes(self) -> float:
        """How many outcomes the belief rests on."""
        return (self.successes + self.failures) / UNIT

    @property
    def mean_cost_usd(self) -> float | None:
        """Mean measured cost of an attempt in US dollars, None while none was measured."""
        return self.cost_nanousd / self.costed / 1e9 if self.costed else None

    @property
    def mean_latency_s(self) -> float | None:
        """Mean measured latency of an attempt in seconds, None while none was measured."""
        return self.latency_us / self.timed / 1e6 if self.timed else None

    def posterior(self, prior: Beta) -> Beta:
        """Return the belief that this evidence makes of ``prior``.

        Raises:
            InvalidBeliefError: If the sums are so negative that no belief fits them, which only
                damaged data can be.
        """
        return prior.observe(self.successes / UNIT, self.failures / UNIT)


# Ten times as fast as dataclasses.astuple, which copies deeply; every recorded call adds evidence.
_values = attrgetter(*(field.name for field in fields(Evidence)))


@lru_cache(maxsize=256)
def outcome_evidence(score: int, weight: int = UNIT) -> Evidence:
    """Return what one outcome adds: its score split into success and failure.

    Args:
        score: 0..10000, as ``stored_score`` gives it.
        weight: What the outcome counts, as ``decay.weight`` gives it.
    """
    successes = (weight * score + FULL_SCORE // 2) // FULL_SCORE
    square = (score * score + FULL_SCORE // 2) // FULL_SCORE
    return Evidence(
        successes=successes,
        failures=weight - successes,
        squares=(weight * square + FULL_SCORE // 2) // FULL_SCORE,
        reported=1,
    )
