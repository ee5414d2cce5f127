"""The rule for whoever has so much money per request and no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from armwise.bandit.arms import Arms
from armwise.bandit.objectives.amounts import check_usd
from armwise.bandit.objectives.utility import best_net

PACE = 0.05
"""Step of the dual price per budget spent too much. .05 kept the spending within .953 and 1.002
of the budget over 10,000 requests where .002 and less let it run to 1.26; the part "routing" of
the regret benchmark repeats it."""

HIGHEST_PRICE = 5.0
"""The dual price at which a whole success rate weighs a fifth of the dearest arm's cost."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The best arms that a mean cost per request allows.

    A dual price is charged for money: the arm with the highest sampled rate minus price x cost
    is chosen, cost in units of the dearest arm's. The price rises while more is spent than the
    budget and falls while less is (Agrawal and Devanur, EC 2014); at the right price the mean
    spending meets the budget. It moves with what is spent, whether or not outcomes are reported.

    Args:
        usd_per_request: Mean cost of a request that may be spent, in US dollars, above 0.
        price: The dual price now, 0 to 5; a Router paces it, 0 is the start.

    Raises:
        ConfigurationError: If the amount is not above 0.
    """

    usd_per_request: float
    price: float = 0.0

    def __post_init__(self) -> None:
        check_usd(
            self.usd_per_request,
            "Budget(usd_per_request)",
            "Budget(0.002) spends a fifth of a cent per request on average.",
        )

    @property
    def name(self) -> str:
        """How the rule is written."""
        return f"budget {self.usd_per_request:g}"

    def paced(self, spent_usd: float, requests: float = 1.0) -> "Budget":
        """Return the rule after so many more requests that cost so much in all."""
        price = self.price + PACE * (spent_usd / self.usd_per_request - requests)
        return Budget(self.usd_per_request, min(max(price, 0.0), HIGHEST_PRICE))

    def success_value_usd(self, arms: Arms) -> float | None:
        """Return what a success is worth at the present price: None while money is free.

        Cost counts in units of the dearest known one; where nothing costs anything, it is free.
        """
        dearest_usd = max((cost for cost in arms.costs_usd if isfinite(cost)), default=0.0)
        return dearest_usd / self.price if self.price * dearest_usd > 0.0 else None

    def choose(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> int:
        """Return the arm that is best at the present price; see ``Objective.choose``."""
        value_usd = self.success_value_usd(arms)
        if value_usd is None:
            return max(among, key=draws.__getitem__)
        return best_net(arms, draws, among, value_usd)

    def reason(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> str:
        """Say why; see ``Objective.reason``."""
        chosen = self.choose(arms, draws, among)
        value_usd = self.success_value_usd(arms)
        if value_usd is None:
            return f"{arms.names[chosen]} has the highest sample, and the budget is not reached"
        return (
            f"{arms.names[chosen]} is best at the price that holds the budget: a success is worth "
            f"${value_usd:.6f} now"
        )
