"""What a request on a path is expected to cost."""

import math
from collections.abc import Callable, Mapping, Sequence

from armwise.adapters import ModelInfo, Price, Usage
from armwise.bandit import Evidence
from armwise.engine.needs import Needs
from armwise.engine.path import Path
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

    def input_share(self, path: str, input_tokens: float, measured: Evidence | None) -> float:
        """Return which share of a request's cost is paid for input, 0..1; 0 without a price."""
        price = self._prices.get(path)
        if price is None:
            return 0.0
        input_usd = input_tokens * price.input_usd
        whole_usd = input_usd + expected_output_tokens(measured) * price.output_usd
        return input_usd / whole_usd if whole_usd > 0.0 else 0.0


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
