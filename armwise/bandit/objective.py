"""Rules that choose among sampled arms: what "good enough" and "cheapest" mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from armwise.bandit.arms import Arms
from armwise.errors import ConfigurationError


class Objective(Protocol):
    """Chooses an arm from one sampled success rate per arm. Pure and stateless."""

    @property
    def name(self) -> str:
        """How the rule is written, such as "cheapest-within 0.02"."""
        ...

    def choose(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> int:
        """Return the index of the arm to play.

        Args:
            arms: The bucket's arms, cheapest first.
            draws: One sampled success rate per arm, in the arms' order.
            among: Indices that may be chosen, ascending, at least one.
        """
        ...

    def reason(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> str:
        """Say in one sentence why ``choose`` chose what it chose."""
        ...


@dataclass(frozen=True, slots=True)
class CheapestWithin:
    """The cheapest arm whose success rate is within a share of the best one's.

    Every arm is sampled; the threshold is (1 - eps) times the highest sample, and the cheapest
    arm that reaches it by its sample or by its posterior mean is chosen. Arms of equal cost are
    settled by the higher sample, so equally priced models do not starve each other. Sampling
    both sides of the comparison is what keeps the rule from locking in.

    The rule is the cost-subsidy form of Thompson sampling (Sinha et al., AISTATS 2021,
    arXiv 2011.01488) with the posterior mean admitted as a second way over the threshold: what it
    gains is measured by benchmarks/rules.py. No finite-time guarantee is claimed for it.

    Args:
        eps: Share of the best success rate that may be given up for a lower price, in [0, 1).
            Larger values are cheaper and worse. The default comes from replays of outcome data
            that is not redistributed.

    Raises:
        ConfigurationError: If eps is not in [0, 1).
    """

    eps: float = 0.02

    def __post_init__(self) -> None:
        valid = isinstance(self.eps, int | float) and not isinstance(self.eps, bool)
        if not (valid and 0.0 <= self.eps < 1.0):
            raise ConfigurationError(
                f"CheapestWithin(eps) must be in [0, 1), got {self.eps!r}. "
                "0.02 gives up at most 2 % of the best success rate."
            )

    @property
    def name(self) -> str:
        """How the rule is written."""
        return f"cheapest-within {self.eps:g}"

    def choose(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> int:
        """Return the cheapest arm that is good enough; see ``Objective.choose``."""
        best = max(draws) if among is arms.every else max([draws[i] for i in among])
        threshold = (1.0 - self.eps) * best
        means, costs = arms.means, arms.costs_usd
        chosen = -1
        for i in among:
            if draws[i] >= threshold or means[i] >= threshold:
                if chosen < 0:
                    chosen = i
                elif costs[i] != costs[chosen]:
                    break
                elif draws[i] > draws[chosen]:
                    chosen = i
        return chosen

    def reason(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> str:
        """Say why; see ``Objective.reason``."""
        chosen = self.choose(arms, draws, among)
        best = max(draws[i] for i in among)
        threshold = (1.0 - self.eps) * best
        way = "sample" if draws[chosen] >= threshold else "posterior mean"
        value = draws[chosen] if draws[chosen] >= threshold else arms.means[chosen]
        return (
            f"{arms.names[chosen]} is the cheapest whose {way} ({value:.3f}) reaches "
            f"{threshold:.3f}, {1.0 - self.eps:.0%} of the highest sample ({best:.3f})"
        )


@dataclass(frozen=True, slots=True)
class BestQuality:
    """The arm with the highest sample: plain Thompson sampling, whatever it costs."""

    @property
    def name(self) -> str:
        """How the rule is written."""
        return "best-quality"

    def choose(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> int:
        """Return the arm with the highest sample; see ``Objective.choose``."""
        return max(among, key=draws.__getitem__)

    def reason(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> str:
        """Say why; see ``Objective.reason``."""
        chosen = self.choose(arms, draws, among)
        return f"{arms.names[chosen]} has the highest sample ({draws[chosen]:.3f})"


def ranking(
    objective: Objective, arms: Arms, draws: Sequence[float], among: Sequence[int]
) -> list[int]:
    """Return the arms in the order in which to try them.

    The next arm is always the one that the rule would choose if those before it did not exist,
    so a fallback is as deliberate as the first choice.
    """
    left = list(among)
    ranked: list[int] = []
    while left:
        chosen = objective.choose(arms, draws, left)
        ranked.append(chosen)
        left.remove(chosen)
    return ranked
