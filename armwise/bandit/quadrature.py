"""One-dimensional integrals over success rates, accurate for beliefs of any width.

Integrals run over the logit of the rate. There a Beta and a logit-normal density are smooth and
have one hump each, also where they are infinite at 0 or 1, so that Gauss-Legendre quadrature of
low order is exact to many digits once the range is cut at the beliefs' own landmarks.
"""

import math
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from armwise.bandit.belief import Belief

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDEST_LOGIT = 36.0
"""Beyond it a success rate is 0 or 1 to the last bit of a float."""

_TAIL = 1e-8
"""Probability that is left out at either end of a belief."""

_SHOULDER = 0.05
"""Probability beyond the two inner landmarks, so that a normal hump is cut at 1.6 deviations."""

_SHOULDERS_APART = 3.29
"""Distance of the inner landmarks in standard deviations, for a normal hump."""

_COARSEST = 1.5
"""Widest scale, in logits, on which anything that is integrated may vary: a rate as a function
of its logit has its poles at a distance of pi."""

_ORDERS = (4, 6, 8, 12, 16, 24, 40)
_NODES_PER_DEVIATION = 2.0
"""How finely a panel is sampled. Five times as many move no propensity by 1e-5; tests say so."""


class Landmarks(NamedTuple):
    """Where a belief's probability lies: four increasing success rates."""

    low: float
    shoulder_low: float
    shoulder_high: float
    high: float

    @classmethod
    def of(cls, belief: Belief) -> "Landmarks":
        """Return the landmarks of a belief, from its intervals."""
        low, high = belief.interval(1.0 - 2.0 * _TAIL)
        inner_low, inner_high = belief.interval(1.0 - 2.0 * _SHOULDER)
        return cls(low, inner_low, inner_high, high)

    def moved(self, factor: float = 1.0, offset: float = 0.0) -> "Landmarks":
        """Return ``factor x rate + offset`` of each, kept inside [0, 1]."""
        return Landmarks(*(min(1.0, max(0.0, factor * rate + offset)) for rate in self))


class Panels(NamedTuple):
    """A range of success rates cut into panels, with nodes in each.

    Attributes:
        rates: The nodes.
        weights: What the integrand at each node is multiplied by, to integrate over the rate.
    """

    rates: "NDArray[Any]"
    weights: "NDArray[Any]"


def panels(
    features: Sequence[Landmarks],
    low: float = 0.0,
    high: float = 1.0,
    jumps: Iterable[float] = (),
) -> Panels:
    """Cut [low, high] so that low-order quadrature is exact in every panel.

    Args:
        features: Landmarks of everything that the integrand is made of.
        low: Where the range begins.
        high: Where it ends.
        jumps: Rates at which the integrand jumps.
    """
    import numpy as np

    marks = np.array([logit(rate) for feature in features for rate in feature]).reshape(-1, 4)
    begin, end = logit(low), logit(high)
    cuts = np.concatenate((marks.ravel(), [logit(rate) for rate in jumps], [begin, end]))
    edges = np.unique(cuts[(cuts >= begin) & (cuts <= end)])
    starts, widths = edges[:-1], np.diff(edges)
    middles = starts + 0.5 * widths
    deviations = np.minimum(_COARSEST, (marks[:, 2] - marks[:, 1]) / _SHOULDERS_APART)
    touches = (marks[:, :1] < middles) & (middles < marks[:, 3:])
    scales = np.where(touches, deviations[:, None], _COARSEST).min(axis=0, initial=_COARSEST)
    wanted = 3.0 + _NODES_PER_DEVIATION * widths / np.maximum(scales, 1e-12)
    orders = np.searchsorted(_ORDERS[:-1], wanted)
    nodes: list[NDArray[Any]] = []
    weights: list[NDArray[Any]] = []
    for index in np.unique(orders):
        chosen = orders == index
        places, shares = _gauss(_ORDERS[index])
        nodes.append((starts[chosen, None] + widths[chosen, None] * places).ravel())
        weights.append((widths[chosen, None] * shares).ravel())
    return _as_rates(np.concatenate(nodes or [edges[:0]]), np.concatenate(weights or [edges[:0]]))


def leads_below(beliefs: Sequence[Belief], leader: int, rates: "NDArray[Any]") -> "NDArray[Any]":
    """Return the probability that one rate is the highest of several, and at most ``rates``.

    Args:
        beliefs: The beliefs, independent.
        leader: Index of the one that has to be the highest.
        rates: Upper limits, any shape of one dimension.
    """
    import numpy as np

    if len(beliefs) == 1:
        return beliefs[0].below(rates)
    marks = [logit(rate) for belief in beliefs for rate in Landmarks.of(belief)]
    edges = np.unique(marks)
    places, shares = _gauss(16)

    def integrals(starts: "NDArray[Any]", ends: "NDArray[Any]") -> "NDArray[Any]":
        widths = (ends - starts)[:, None]
        rates, weights = _as_rates(starts[:, None] + widths * places, widths * shares)
        heights = beliefs[leader].density(rates)
        for index, belief in enumerate(beliefs):
            if index != leader:
                heights = heights * belief.below(rates)
        total: NDArray[Any] = (weights * heights).sum(axis=1)
        return total

    before = np.concatenate(([0.0], np.cumsum(integrals(edges[:-1], edges[1:]))))
    limits = np.clip(logits(rates), edges[0], edges[-1])
    panel = np.clip(np.searchsorted(edges, limits, side="right") - 1, 0, len(edges) - 2)
    reached: NDArray[Any] = before[panel] + integrals(edges[panel], limits)
    return reached


def logit(rate: float) -> float:
    """Return the log odds of a success rate, at most 36 either way."""
    if rate <= 0.0:
        return -WIDEST_LOGIT
    if rate >= 1.0:
        return WIDEST_LOGIT
    return min(WIDEST_LOGIT, max(-WIDEST_LOGIT, math.log(rate) - math.log1p(-rate)))


def logits(rates: "NDArray[Any]") -> "NDArray[Any]":
    """Return ``logit`` of each rate."""
    import numpy as np

    inside = np.clip(rates, 1e-300, 1.0 - 1e-16)
    found: NDArray[Any] = np.log(inside) - np.log1p(-inside)
    found.clip(-WIDEST_LOGIT, WIDEST_LOGIT, out=found)
    return found


def _as_rates(places: "NDArray[Any]", weights: "NDArray[Any]") -> Panels:
    import numpy as np

    odds = np.exp(-np.abs(places))
    smaller = odds / (1.0 + odds)
    rates = np.where(places < 0.0, smaller, 1.0 / (1.0 + odds))
    return Panels(rates, weights * smaller / (1.0 + odds))


@cache
def _gauss(order: int) -> tuple["NDArray[Any]", "NDArray[Any]"]:
    """Return Gauss-Legendre nodes and weights on [0, 1]."""
    from numpy.polynomial.legendre import leggauss

    places, weights = leggauss(order)
    return 0.5 * (places + 1.0), 0.5 * weights
