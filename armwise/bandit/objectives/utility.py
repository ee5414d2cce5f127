"""The rule for whoever knows what a success is worth in money."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from armwise.bandit.arms import Arms
from armwise.bandit.objectives.amounts import check_usd


@dataclass(frozen=True, slots=True)
class Utility:
    """The arm with the highest value of success times sampled rate, less its cost.

    A success is worth ``success_value_usd``, so paying for a dearer arm is right exactly where
    the success rate that it adds is worth more than the money that it takes. Thompson sampling
    on the utility; its theory is that of Thompson sampling, for the cost is known.

    Args:
        success_value_usd: What one success is worth, in US dollars, above 0. Without an idea of
            it, thirty times the price of the dearest path gives up at most 3.3 points of success
            rate to save that whole price.

    Raises:
        ConfigurationError: If the value is not an amount above 0.
    """

    success_value_usd: float

    def __post_init__(self) -> None:
        check_usd(
            self.success_value_usd,
            "Utility(success_value_usd)",
            "Utility(0.02) says that a success is worth two cents.",
        )

    @property
    def name(self) -> str:
        """How the rule is written."""
        return f"utility {self.success_value_usd:g}"

    def choose(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> int:
        """Return the arm of the highest sampled utility; see ``Objective.choose``."""
        return best_net(arms, draws, among, self.success_value_usd)

    def reason(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> str:
        """Say why; see ``Objective.reason``."""
        chosen = self.choose(arms, draws, among)
        worth = self.success_value_usd * draws[chosen]
        return (
            f"{arms.names[chosen]} has the highest utility: {draws[chosen]:.3f} of "
            f"${self.success_value_usd:g} is ${worth:.6f}, less ${arms.costs_usd[chosen]:.6f}"
        )


def best_net(arms: Arms, draws: Sequence[float], among: Sequence[int], value_usd: float) -> int:
    """Return the arm with the highest value x draw - cost; among equals, the cheapest.

    An arm without a known cost has no utility. It is chosen only where no arm has one, and then
    by its draw.
    """
    chosen, best = -1, -math.inf
    for i in among:
        net = value_usd * draws[i] - arms.costs_usd[i]
        if net > best:
            chosen, best = i, net
    return chosen if chosen >= 0 else max(among, key=draws.__getitem__)
