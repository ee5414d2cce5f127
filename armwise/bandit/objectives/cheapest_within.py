"""The default rule: the cheapest arm that is nearly as good as the best one."""

from collections.abc import Sequence
from dataclasses import dataclass

from armwise.bandit.arms import Arms
from armwise.bandit.objectives.price_class import (
    PRICE_TOLERANCE,
    check_tolerance,
    highest_of_cheapest,
    same_price_reason,
)
from armwise.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class CheapestWithin:
    """The cheapest arm whose success rate is within a share of the best one's.

    Every arm is sampled; the threshold is (1 - eps) times the highest sample, and the cheapest
    arm that reaches it by its sample or by its posterior mean is chosen. Arms that reach it too and
    cost about the same are settled by the higher sample, so equally priced models do not starve
    each other. Sampling both sides of the comparison is what keeps the rule from locking in.

    The rule is the cost-subsidy form of Thompson sampling (Sinha et al., AISTATS 2021,
    arXiv 2011.01488) with the posterior mean admitted as a second way over the threshold: what it
    gains is measured by `armwise bench routing`. No finite-time guarantee is claimed for it.

    Args:
        eps: Share of the best success rate that may be given up for a lower price, in [0, 1).
            Larger values are cheaper and worse. The default comes from replays of outcome data
            that is not redistributed.
        price_tolerance: Share by which a cost may exceed that of the cheapest arm that is good
            enough and still count as the same price, in [0, 1). Costs are learned, so those of
            equally priced arms differ by chance; 0 takes them at their word.

    Raises:
        ConfigurationError: If an argument is not in [0, 1).
    """

    eps: float = 0.02
    price_tolerance: float = PRICE_TOLERANCE

    def __post_init__(self) -> None:
        valid = isinstance(self.eps, int | float) and not isinstance(self.eps, bool)
        if not (valid and 0.0 <= self.eps < 1.0):
            raise ConfigurationError(
                f"CheapestWithin(eps) must be in [0, 1), got {self.eps!r}. "
                "0.02 gives up at most 2 % of the best success rate."
            )
        check_tolerance(self.price_tolerance, "CheapestWithin(price_tolerance)")

    @property
    def name(self) -> str:
        """How the rule is written."""
        return f"cheapest-within {self.eps:g}"

    def choose(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> int:
        """Return the cheapest arm that is good enough; see ``Objective.choose``."""
        best = max(draws) if among is arms.every else max([draws[i] for i in among])
        return highest_of_cheapest(
            arms,
            draws,
            among,
            (1.0 - self.eps) * best,
            tolerance=self.price_tolerance,
            by_mean=True,
        )

    def reason(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> str:
        """Say why; see ``Objective.reason``."""
        chosen = self.choose(arms, draws, among)
        best = max(draws[i] for i in among)
        threshold = (1.0 - self.eps) * best
        limit = f"{threshold:.3f}, {1.0 - self.eps:.0%} of the highest sample ({best:.3f})"
        cheapest = next(i for i in among if draws[i] >= threshold or arms.means[i] >= threshold)
        if chosen != cheapest:
            limit = f"reaches {limit}"
            return same_price_reason(arms, draws, chosen, cheapest=cheapest, limit=limit)
        way = "sample" if draws[chosen] >= threshold else "posterior mean"
        value = draws[chosen] if draws[chosen] >= threshold else arms.means[chosen]
        return f"{arms.names[chosen]} is the cheapest whose {way} ({value:.3f}) reaches {limit}"
