"""The rule for whoever has promised a success rate."""

from collections.abc import Sequence
from dataclasses import dataclass

from armwise.bandit.arms import Arms
from armwise.bandit.objectives.amounts import check_share
from armwise.bandit.objectives.cheapest_within import CheapestWithin
from armwise.bandit.objectives.price_class import (
    PRICE_TOLERANCE,
    check_tolerance,
    highest_of_cheapest,
    same_price_reason,
)


@dataclass(frozen=True, slots=True)
class TargetRate:
    """The cheapest arm whose sampled success rate reaches a fixed target.

    Where no arm reaches it, the cheapest arm that is nearly as good as the best one: a target that
    cannot be had is no reason to pay any price. Arms that reach it and cost about the same are
    settled by the higher sample.

    Args:
        rate: The success rate that is good enough, between 0 and 1.
        slack: Share of the best success rate that may be given up for a lower price where no arm
            reaches the target, in [0, 1). "Then the best one", which is slack 0, buys the dearest
            arm for a hair of quality on tasks where hardly anything succeeds; the part "real" of
            the regret benchmark compares 0 and .05.
        price_tolerance: Share by which costs may differ and count as the same price, in [0, 1);
            see ``CheapestWithin``.

    Raises:
        ConfigurationError: If the rate is not between 0 and 1, or another argument not in [0, 1).
    """

    rate: float
    slack: float = 0.05
    price_tolerance: float = PRICE_TOLERANCE

    def __post_init__(self) -> None:
        check_share(self.rate, "TargetRate(rate)", "TargetRate(0.9) asks for 90 % successes.")
        if self.slack != 0:
            check_share(self.slack, "TargetRate(slack)", "0.05 gives up 5 % of the best rate.")
        check_tolerance(self.price_tolerance, "TargetRate(price_tolerance)")

    @property
    def name(self) -> str:
        """How the rule is written."""
        return f"target-rate {self.rate:g}"

    @property
    def fallback(self) -> CheapestWithin:
        """The rule that chooses where no arm reaches the target."""
        return CheapestWithin(self.slack, self.price_tolerance)

    def choose(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> int:
        """Return the cheapest arm that reaches the target; see ``Objective.choose``."""
        chosen = highest_of_cheapest(
            arms, draws, among, self.rate, tolerance=self.price_tolerance, by_mean=False
        )
        return chosen if chosen >= 0 else self.fallback.choose(arms, draws, among)

    def reason(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> str:
        """Say why; see ``Objective.reason``."""
        chosen = self.choose(arms, draws, among)
        if draws[chosen] < self.rate:
            return f"no sample reaches {self.rate:g}; " + self.fallback.reason(arms, draws, among)
        cheapest = next(i for i in among if draws[i] >= self.rate)
        if chosen != cheapest:
            limit = f"reaches the target of {self.rate:g}"
            return same_price_reason(arms, draws, chosen, cheapest=cheapest, limit=limit)
        return (
            f"{arms.names[chosen]} is the cheapest whose sample ({draws[chosen]:.3f}) reaches "
            f"the target of {self.rate:g}"
        )
