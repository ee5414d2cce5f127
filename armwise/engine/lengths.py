"""What the length of a prompt makes of its costs.

A learned cost is a mean over the requests of a bucket. A prompt of ten times the usual length costs
more on every path, and most on those that charge most for what they read: where money is weighed
against success, or the order of two paths by cost depends on it, the mean is wrong for it.
"""

from collections.abc import Mapping

from armwise.bandit import Evidence
from armwise.engine.choice import Choice, in_order
from armwise.engine.costs import PathPrices

_FEWEST = 20
"""Prompts of a bucket that this process has seen before one of them counts as long or short. A
guess: the mean of fewer says little where lengths differ much."""

_REMEMBERED = 1000
"""The mean is that of about so many latest prompts, so that it follows a change. A guess."""

_USUAL = 1.5
"""Up to so many times longer or shorter than the mean, costs are those of the bucket: where input
is half of a cost, they are off by a quarter at most, and most decisions stay as fast as before."""


class Lengths:
    """How long the prompts of each bucket are, in this process.

    Args:
        prices: What tokens cost.
    """

    def __init__(self, prices: PathPrices) -> None:
        self._prices = prices
        self._means: dict[str, tuple[float, int]] = {}

    def ratio(self, bucket: str, tokens: float) -> float:
        """Take notice of a prompt; return its length over the bucket's mean, 1 if it is usual."""
        mean, number = self._means.get(bucket, (tokens, 0))
        following = min(number + 1, _REMEMBERED)
        # Two threads at once may lose one of their prompts, which a mean can bear.
        self._means[bucket] = (mean + (tokens - mean) / following, following)
        if number < _FEWEST or mean / _USUAL < tokens < mean * _USUAL:
            return 1.0
        return tokens / mean

    def weighed(
        self, bucket: str, ratio: float, measured: Mapping[str, Evidence], choice: Choice
    ) -> Choice:
        """Return the choice at the costs of a prompt of another length.

        Only the share of a path's cost that is paid for input grows with it. Costs of paths
        without a price stay as they are, for nobody knows that share.

        Args:
            bucket: The bucket.
            ratio: The prompt's length over the bucket's mean.
            measured: What was measured of each path in the bucket.
            choice: The choice at the bucket's mean costs.
        """
        mean_tokens, _ = self._means[bucket]
        arms = choice.arms
        costs_usd = [
            cost_usd
            * (
                1.0
                + (ratio - 1.0) * self._prices.input_share(name, mean_tokens, measured.get(name))
            )
            for name, cost_usd in zip(arms.names, arms.costs_usd, strict=True)
        ]
        return in_order(choice, costs_usd)
