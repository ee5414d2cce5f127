"""Money spent, and an estimate of what one fixed path would have cost, with its interval."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from armwise.bandit import Evidence
from armwise.engine.costs import PRICE_OBSERVATIONS, PathPrices, path_evidence
from armwise.engine.path import Path
from armwise.engine.spend_cap import Spent
from armwise.storage import ArmKey

_SPREAD = 0.45
"""Standard deviation of the cost of a request around the mean of its task and path, as a share of
that mean: the median over the real outcome sets that were replayed (see ``PRICE_TOLERANCE``).
Evidence holds no squares of costs, so it is not learned."""

_GUESS_SPREAD = 0.6
"""The same of a path's mean cost around its list price times the lengths of the goal's requests:
models differ in how much they write by about a factor of two. A guess that no benchmark settles."""

_Z90 = 1.645
"""Standard deviations from the middle to the end of a 90 % interval of a normal distribution."""


@dataclass(frozen=True, slots=True)
class PathCost:
    """What one path cost.

    Args:
        attempts: Recorded attempts.
        priced: How many of them have a measured cost.
        cost_usd: Sum of the measured costs.
    """

    attempts: int
    priced: int
    cost_usd: float


@dataclass(frozen=True, slots=True)
class CostReport:
    """Money spent, and an estimate of what one fixed path would have cost.

    Args:
        spent_usd: Sum of all measured costs in US dollars.
        attempts: Recorded attempts, provider errors included.
        unpriced: Attempts without a measured cost: no price, no usage, or a provider's error.
        paths: Cost per path.
        baseline: The path that the spending is compared with.
        baseline_usd: What the same priced requests would have cost on the baseline: what it did
            cost where it was called, and its expected cost in the bucket for every other request.
            An estimate: it assumes that requests of one bucket cost alike on average.
        saved_usd: ``baseline_usd - spent_usd``; negative if the baseline is cheaper. None where
            the baseline's cost is unknown.
        saved_interval_usd: 90 % interval of ``saved_usd``; None with it. It assumes besides that
            the cost of a request spreads by 45 % around the mean of its bucket, and that a mean
            which was never measured is off by 60 %. A path that was called more often is known
            better.
        judges_usd: What judges of ``success_when`` cost in this process, in neither of the above:
            the baseline's answers would have been judged too.
        period: What was spent in the present period of ``max_spend_usd``; None without a cap.
    """

    spent_usd: float
    attempts: int
    unpriced: int
    paths: Mapping[str, PathCost]
    baseline: str
    baseline_usd: float | None
    saved_usd: float | None
    saved_interval_usd: tuple[float, float] | None = None
    judges_usd: float = 0.0
    period: Spent | None = None

    @property
    def saved_share(self) -> float | None:
        """Share of the baseline's cost that was saved, None if that cost is unknown or 0."""
        if self.saved_usd is None or not self.baseline_usd:
            return None
        return self.saved_usd / self.baseline_usd

    def __str__(self) -> str:
        lines = [f"spent ${self.spent_usd:.6f} in {self.attempts} attempts"]
        lines += [
            f"  {name}: ${cost.cost_usd:.6f} in {cost.attempts} attempts"
            for name, cost in self.paths.items()
        ]
        if self.unpriced:
            lines.append(f"  {self.unpriced} attempts have no measured cost")
        if self.saved_usd is None or self.saved_interval_usd is None:
            lines.append(f"the cost of always using {self.baseline} is unknown")
        else:
            share = "" if self.saved_share is None else f" ({self.saved_share:.0%})"
            low_usd, high_usd = self.saved_interval_usd
            lines.append(
                f"always {self.baseline}: about ${self.baseline_usd:.6f}; "
                f"saved ${self.saved_usd:.6f}{share}, 90 % interval ${low_usd:.6f} to "
                f"${high_usd:.6f}"
            )
        if self.judges_usd:
            lines.append(f"judges, beside it and in this process: ${self.judges_usd:.6f}")
        if self.period is not None:
            lines.append(str(self.period))
        return "\n".join(lines)


@dataclass(slots=True)
class _Instead:
    """What a path would have cost, added up over buckets.

    Args:
        usd: The estimate.
        variance: Of what was or would be sampled, bucket by bucket.
        guessed_usd: Standard deviation of what rests on the list price. One price is behind all
            buckets, so these add up as they are.
    """

    usd: float = 0.0
    variance: float = 0.0
    guessed_usd: float = 0.0

    def add(self, requests: int, seen: Evidence, mean_usd: float) -> None:
        """Add a bucket of so many priced requests.

        Args:
            requests: How many, those of the path itself included.
            seen: What was measured of the path there, as the first of its request.
            mean_usd: What a request is expected to cost on it there.
        """
        others = requests - seen.costed
        self.usd += seen.cost_nanousd / 1e9 + others * mean_usd
        guessed = PRICE_OBSERVATIONS / (PRICE_OBSERVATIONS + seen.costed)
        self.guessed_usd += others * guessed * _GUESS_SPREAD * mean_usd
        of_mean = (1.0 - guessed) ** 2 / seen.costed if seen.costed else 0.0
        self.variance += (_SPREAD * mean_usd) ** 2 * (others**2 * of_mean + others)

    @property
    def margin_usd(self) -> float:
        """Half the width of the 90 % interval."""
        return _Z90 * math.sqrt(self.variance + self.guessed_usd**2)


def cost_report(
    evidence: Mapping[ArmKey, Evidence],
    paths: Sequence[Path],
    prices: PathPrices,
    baseline: str,
) -> CostReport:
    """Return what was spent, beside what ``baseline`` alone would have cost."""
    totals = {path.name: Evidence() for path in paths}
    by_bucket: dict[str, int] = {}
    for key, seen in evidence.items():
        totals[key.path] = totals.get(key.path, Evidence()) + seen
        if not key.earlier_failures:  # a request that is tried again is one request
            by_bucket[key.bucket] = by_bucket.get(key.bucket, 0) + seen.costed
    spent = sum(total.cost_nanousd for total in totals.values()) / 1e9
    attempts = sum(total.attempts for total in totals.values())
    instead = _instead(by_bucket, evidence, totals, prices, baseline)
    saved_usd = None if instead is None else instead.usd - spent
    interval = None
    if instead is not None and saved_usd is not None:
        interval = (saved_usd - instead.margin_usd, saved_usd + instead.margin_usd)
    return CostReport(
        spent_usd=spent,
        attempts=attempts,
        unpriced=attempts - sum(total.costed for total in totals.values()),
        paths={
            name: PathCost(total.attempts, total.costed, total.cost_nanousd / 1e9)
            for name, total in totals.items()
        },
        baseline=baseline,
        baseline_usd=None if instead is None else instead.usd,
        saved_usd=saved_usd,
        saved_interval_usd=interval,
    )


def _instead(
    by_bucket: Mapping[str, int],
    evidence: Mapping[ArmKey, Evidence],
    totals: Mapping[str, Evidence],
    prices: PathPrices,
    baseline: str,
) -> _Instead | None:
    """Return what so many requests per bucket would have cost, None if nobody knows."""
    first = {key: seen for key, seen in evidence.items() if not key.earlier_failures}
    scale, anywhere = prices.scale(totals), totals.get(baseline, Evidence())
    instead = _Instead()
    for bucket, requests in by_bucket.items():
        seen = path_evidence(evidence, bucket, baseline)
        mean_usd = prices.expected_usd(baseline, seen, bucket, anywhere, scale)
        if mean_usd is None:
            return None
        instead.add(requests, path_evidence(first, bucket, baseline), mean_usd)
    return instead
