"""What a request on a path is expected to cost, and what was spent and saved."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from armwise.adapters import ModelInfo, Price, Usage
from armwise.bandit import Evidence
from armwise.engine.needs import Needs
from armwise.engine.path import Path
from armwise.engine.spend_cap import Spent
from armwise.storage import ArmKey

TYPICAL_USAGE = Usage(input_tokens=300, output_tokens=300)
"""The request that a list price is turned into money with before any was measured. A guess: only
the order of the paths depends on it, and only until costs are measured."""

PRICE_OBSERVATIONS = 3.0
"""What that guess is worth, in measured requests. Three let a wrong list price be corrected
within a few requests without the first one deciding everything."""

_NO_SCALE = 0.1
"""Weight of "the requests are typical" beside that of the measured paths, each below 1: a few
measured requests overrule it, for a typical request may be wrong by a factor of ten."""


class PathPrices:
    """Prices of a Router's paths: declared ones first, then the adapter's list.

    Args:
        paths: The paths.
        info: What the adapter knows of a model.

    Attributes:
        info: The same.
    """

    def __init__(self, paths: Sequence[Path], info: Callable[[str], ModelInfo]) -> None:
        self.info = info
        self._prices: dict[str, Price | None] = {}
        self._guesses_usd: dict[str, float] = {}
        self._seeds: dict[tuple[str, str], tuple[float, int]] = {}
        for path in paths:
            self.add(path)

    def add(self, path: Path) -> None:
        """Look up the price of one more path, or anew that of a path of the same name."""
        price = path.declared_price or self.info(path.model).price
        self._prices[path.name] = price
        self._guesses_usd.pop(path.name, None)
        if price is not None:
            self._guesses_usd[path.name] = price.cost_usd(TYPICAL_USAGE)

    def seed(self, bucket: str, path: str, mean_usd: float, requests: int) -> None:
        """Take the mean cost of offline evaluations for so many measured requests of a bucket.

        It is no money that was spent here, so it stays out of the evidence and of cost reports.
        """
        self._seeds[bucket, path] = (mean_usd * requests, requests)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names of the paths without a price."""
        return tuple(name for name, price in self._prices.items() if price is None)

    def cost_usd(self, path: str, usage: Usage | None) -> float | None:
        """Return what a call cost in US dollars, None where price or usage is unknown."""
        price = self._prices.get(path)
        return None if price is None or usage is None else price.cost_usd(usage)

    def cached_saving_usd(self, path: str) -> float:
        """Return what a cached input token saves, in US dollars; 0 if that is not known."""
        price = self._prices.get(path)
        if price is None or price.cached_input_usd is None:
            return 0.0
        return max(0.0, price.input_usd - price.cached_input_usd)

    def scale(self, measured: Mapping[str, Evidence]) -> float:
        """Return how much dearer the requests of a goal are than typical ones of the list price.

        Requests of a goal are short or long on every path alike, so what was measured on some
        paths corrects the guesses of the others: the geometric mean of measured cost over guessed
        cost, each path weighing n / (n + 3) after n measured requests.

        Args:
            measured: What was measured per path, over all buckets of the goal.
        """
        logs = weights = 0.0
        for path, seen in measured.items():
            guess_usd = self._guesses_usd.get(path)
            if guess_usd and seen.cost_nanousd > 0:
                weight = seen.costed / (seen.costed + PRICE_OBSERVATIONS)
                logs += weight * math.log((seen.mean_cost_usd or guess_usd) / guess_usd)
                weights += weight
        return math.exp(logs / (weights + _NO_SCALE))

    def expected_usd(
        self,
        path: str,
        evidence: Evidence = Evidence(),  # noqa: B008 - frozen
        bucket: str = "",
        anywhere: Evidence = Evidence(),  # noqa: B008 - frozen
        scale: float = 1.0,
    ) -> float | None:
        """Return the expected cost of one request, from the list price and measured costs.

        The list price counts as three measured requests beside those of the whole goal, and what
        that makes counts as three beside those of the bucket. Without a price the measured costs
        stand alone, and without those too the cost is unknown (None), never zero. Costs of
        offline evaluations of the bucket count as measured ones.

        Args:
            path: Name of the path.
            evidence: What was measured of it in the bucket.
            bucket: The bucket, for the costs of offline evaluations.
            anywhere: What was measured of it in all buckets of the goal.
            scale: What ``scale`` says of the goal.
        """
        guess_usd = self._guesses_usd.get(path)
        scaled_usd = None if guess_usd is None else guess_usd * scale
        general_usd = _mean_usd(scaled_usd, anywhere.cost_nanousd / 1e9, anywhere.costed)
        spent_usd, requests = self._seeds.get((bucket, path), (0.0, 0))
        spent_usd += evidence.cost_nanousd / 1e9
        return _mean_usd(general_usd, spent_usd, requests + evidence.costed)

    def request_usd(
        self, path: str, needs: Needs, measured: Evidence | None, mean_usd: float
    ) -> float | None:
        """Return what one request is expected to cost, None if nobody knows.

        Where the price is known: its estimated prompt at the input price, and the output tokens of
        the path in its bucket at the output price, 300 of them worth three observations before any
        was measured, and no more than the request allows. Elsewhere the mean of what was measured.

        Args:
            path: Name of the path.
            needs: The request's length.
            measured: What was measured of the path in its bucket.
            mean_usd: Mean cost of a request there, infinite if it is not known.
        """
        price = self._prices.get(path)
        if price is None:
            return mean_usd if mean_usd < math.inf else None
        output_tokens = expected_output_tokens(measured)
        if needs.output_tokens is not None:
            output_tokens = min(output_tokens, needs.output_tokens)
        return needs.input_tokens * price.input_usd + output_tokens * price.output_usd


def expected_output_tokens(measured: Evidence | None) -> float:
    """Return how many tokens an answer is expected to have, reasoning included."""
    guessed = PRICE_OBSERVATIONS * TYPICAL_USAGE.output_tokens
    if measured is None:
        return float(TYPICAL_USAGE.output_tokens)
    return (guessed + measured.output_tokens) / (PRICE_OBSERVATIONS + measured.tokened)


def _mean_usd(guess_usd: float | None, spent_usd: float, requests: int) -> float | None:
    """Return the mean cost of requests, beside a guess that is worth a few of them."""
    if guess_usd is None:
        return spent_usd / requests if requests else None
    return (PRICE_OBSERVATIONS * guess_usd + spent_usd) / (PRICE_OBSERVATIONS + requests)


def path_evidence(evidence: Mapping[ArmKey, Evidence], bucket: str, path: str) -> Evidence:
    """Return all evidence of a path in a bucket: of every epoch, after any number of failures."""
    found = [seen for key, seen in evidence.items() if key.path == path and key.bucket == bucket]
    return found[0] if len(found) == 1 else sum(found, Evidence())


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
        baseline_usd: What the same priced requests would have cost on the baseline: per bucket,
            their number times the baseline's expected cost there. An estimate: it assumes that
            requests of one bucket cost alike.
        saved_usd: ``baseline_usd - spent_usd``; negative if the baseline is cheaper. None where
            the baseline's cost is unknown.
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
        if self.saved_usd is None:
            lines.append(f"the cost of always using {self.baseline} is unknown")
        else:
            share = "" if self.saved_share is None else f" ({self.saved_share:.0%})"
            lines.append(
                f"always {self.baseline}: about ${self.baseline_usd:.6f}; "
                f"saved ${self.saved_usd:.6f}{share}"
            )
        if self.judges_usd:
            lines.append(f"judges, beside it and in this process: ${self.judges_usd:.6f}")
        if self.period is not None:
            lines.append(str(self.period))
        return "\n".join(lines)


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
        by_bucket[key.bucket] = by_bucket.get(key.bucket, 0) + seen.costed
    baseline_usd: float | None = 0.0
    scale, anywhere = prices.scale(totals), totals.get(baseline, Evidence())
    for bucket, requests in by_bucket.items():
        seen = path_evidence(evidence, bucket, baseline)
        expected = prices.expected_usd(baseline, seen, bucket, anywhere, scale)
        if expected is None:
            baseline_usd = None
            break
        baseline_usd = (baseline_usd or 0.0) + requests * expected
    spent = sum(total.cost_nanousd for total in totals.values()) / 1e9
    attempts = sum(total.attempts for total in totals.values())
    return CostReport(
        spent_usd=spent,
        attempts=attempts,
        unpriced=attempts - sum(total.costed for total in totals.values()),
        paths={
            name: PathCost(total.attempts, total.costed, total.cost_nanousd / 1e9)
            for name, total in totals.items()
        },
        baseline=baseline,
        baseline_usd=baseline_usd,
        saved_usd=None if baseline_usd is None else baseline_usd - spent,
    )
