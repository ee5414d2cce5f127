"""Rules that weigh cost against quality, as functions of counts, beside armwise's own.

As in ``rules``, with arms sorted from cheap to dear: the index is highest for the cheapest arm
that is good enough. Beliefs are Beta(1 + successes, 1 + failures).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    Array = NDArray[Any]

EPS = 0.05
"""Share of the best success rate that may be given up, as the published figures have it."""


@dataclass(frozen=True, slots=True)
class SampleWithin:
    """The cheapest arm whose draw is within a share of the highest draw.

    Source: the cost-subsidy form of Thompson sampling, Sinha et al., AISTATS 2021, arXiv
    2011.01488; PyBandits ships it as ``SmabBernoulliCC``.

    Args:
        eps: The share.
    """

    eps: float = EPS

    @property
    def name(self) -> str:
        """As tables show it."""
        return "draw within 5 % of best draw"

    def index(self, successes: "Array", pulls: "Array", t: int, rng: "Generator") -> "Array":
        """Rank the arms that pass by price; see ``Rule.index``."""
        draws = rng.beta(1.0 + successes, 1.0 + pulls - successes)
        best = draws.max(axis=-1, keepdims=True)
        return _cheapest_first(draws >= (1.0 - self.eps) * best)


@dataclass(frozen=True, slots=True)
class FixedReference:
    """The cheapest arm whose draw is within a share of the best mean, which is not sampled.

    Where no arm passes, the one with the highest draw. It locks in: an arm whose mean is too low
    is never compared with a draw again.

    Args:
        eps: The share.
    """

    eps: float = EPS

    @property
    def name(self) -> str:
        """As tables show it."""
        return "draw within 5 % of best mean"

    def index(self, successes: "Array", pulls: "Array", t: int, rng: "Generator") -> "Array":
        """Rank the arms that pass by price; see ``Rule.index``."""
        draws = rng.beta(1.0 + successes, 1.0 + pulls - successes)
        best = _means(successes, pulls).max(axis=-1, keepdims=True)
        return _cheapest_first(draws >= (1.0 - self.eps) * best) + draws


@dataclass(frozen=True, slots=True)
class Greedy:
    """The cheapest arm whose mean is within a share of the best mean: nothing is explored.

    Args:
        eps: The share.
    """

    eps: float = EPS

    @property
    def name(self) -> str:
        """As tables show it."""
        return "mean within 5 % of best mean (greedy)"

    def index(self, successes: "Array", pulls: "Array", t: int, rng: "Generator") -> "Array":
        """Rank the arms that pass by price; see ``Rule.index``."""
        means = _means(successes, pulls)
        return _cheapest_first(means >= (1.0 - self.eps) * means.max(axis=-1, keepdims=True))


def _means(successes: "Array", pulls: "Array") -> "Array":
    return (1.0 + successes) / (2.0 + pulls)


def _cheapest_first(passes: "Array") -> "Array":
    """Return an index that is highest for the first arm that passes, and 0 for those that do not.

    Indices are 2 apart, so that a draw may be added.
    """
    import numpy as np

    arms = passes.shape[-1]
    ranks: Array = np.where(passes, 2.0 * (arms - np.arange(arms)), 0.0)
    return ranks
