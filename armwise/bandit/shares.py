"""How often armwise's rules choose each arm: integrals over the value of one draw.

All draws are independent, so the probability that a rule chooses an arm is an integral over the
value of one draw, the highest or its own, of a product of the other beliefs' distributions.
``armwise.bandit.quadrature`` cuts the integrals where the beliefs are, so that the error stays
below 1e-5 also for narrow beliefs far apart; tests compare it with a finer grid, with closed forms
and with a million draws.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from armwise.bandit.belief import Belief
from armwise.bandit.objectives import TargetRate
from armwise.bandit.quadrature import Landmarks, leads_below, panels
from armwise.errors import InvalidBeliefError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NEGLIGIBLE = 1e-9
"""A probability that is not worth an integral."""

_LEAST_FOUND = 0.9
"""Probability that integrals have to find. They miss what lies between 0 or 1 and the next number
that a float can hold: 1e-4 for a Beta with a parameter of .3, next to nothing for usual beliefs."""


def cheapest_within_shares(
    beliefs: Sequence[Belief], costs_usd: Sequence[float], eps: float, price_tolerance: float = 0.0
) -> list[float]:
    """Return how often each arm is the cheapest within ``eps`` of the highest draw.

    Args:
        beliefs: One per arm.
        costs_usd: Expected cost per arm, ascending.
        eps: As in ``CheapestWithin``.
        price_tolerance: As in ``CheapestWithin``; 0: only equal costs are the same price.
    """
    classes = price_classes(costs_usd, price_tolerance)
    return _normalised(_within_shares(beliefs, classes, eps, 1.0))


def target_rate_shares(
    beliefs: Sequence[Belief], costs_usd: Sequence[float], objective: TargetRate
) -> list[float]:
    """Return how often each arm is the cheapest whose draw reaches a target.

    Let a be the cheapest arm whose draw reaches the target q: the highest draw of a and of those
    at its price is chosen. Where nothing at all reaches q, the fallback rule chooses among draws
    that are all below it.

    Args:
        beliefs: One per arm.
        costs_usd: Expected cost per arm, ascending.
        objective: The rule.
    """
    import numpy as np

    classes = price_classes(costs_usd, objective.price_tolerance)
    target, top = np.array([objective.rate]), np.array([1.0])
    below = [float(belief.below(target)[0]) for belief in beliefs]

    def leads(members: Sequence[int], index: int) -> float:
        own, place = [beliefs[member] for member in members], members.index(index)
        return float((leads_below(own, place, top) - leads_below(own, place, target))[0])

    shares = [0.0] * len(beliefs)
    missed = 1.0
    for anchor, members in enumerate(classes):
        for index in members:
            found = leads(members, index)
            if index != anchor:
                found -= below[anchor] * leads(members[1:], index)
            shares[index] += missed * found
        missed *= below[anchor]
    if missed > _NEGLIGIBLE:
        left = _within_shares(beliefs, classes, objective.fallback.eps, objective.rate)
        shares = [share + more for share, more in zip(shares, left, strict=True)]
    return _normalised(shares)


def best_net_shares(
    beliefs: Sequence[Belief], costs_usd: Sequence[float], success_value_usd: float
) -> list[float]:
    """Return how often each arm has the highest value times draw, less its cost.

    With h = cost / value, the price in units of success rate,

        P(j) = integral over x of  f_j(x) prod_others F_l(x - h_j + h_l)

    Args:
        beliefs: One per arm.
        costs_usd: Expected cost per arm. Infinite ones never win while another is finite.
        success_value_usd: What a success is worth; infinite where money does not matter.
    """
    priced = [index for index, cost_usd in enumerate(costs_usd) if math.isfinite(cost_usd)]
    if math.isinf(success_value_usd) or not priced:
        return _normalised(_within_shares(beliefs, price_classes([0.0] * len(beliefs)), 0.0, 1.0))
    spans = [Landmarks.of(belief) for belief in beliefs]
    shares = [0.0] * len(beliefs)
    for index in priced:
        offsets = {
            other: (costs_usd[index] - costs_usd[other]) / success_value_usd for other in priced
        }
        moved = [spans[other].moved(offset=offset) for other, offset in offsets.items()]
        low = max(span.low for span in moved)
        if low >= spans[index].high:
            continue
        grid = panels(moved, low=low, high=spans[index].high)
        product = grid.weights * beliefs[index].density(grid.rates)
        for other, offset in offsets.items():
            if other != index:
                product = product * beliefs[other].below(grid.rates - offset)
        shares[index] = float(product.sum())
    return _normalised(shares)


def price_classes(costs_usd: Sequence[float], tolerance: float = 0.0) -> list[range]:
    """Return, per arm, the arms at its price if no cheaper one counts: itself, and dearer ones.

    Args:
        costs_usd: Expected cost per arm, ascending.
        tolerance: Share above a cost that counts as the same price.
    """
    classes: list[range] = []
    for anchor, cost_usd in enumerate(costs_usd):
        end = anchor
        while end < len(costs_usd) and costs_usd[end] <= cost_usd * (1.0 + tolerance):
            end += 1
        classes.append(range(anchor, end))
    return classes


def _within_shares(
    beliefs: Sequence[Belief], classes: Sequence[range], eps: float, ceiling: float
) -> list[float]:
    """Return the probability per arm that ``CheapestWithin`` chooses it and no draw is too high.

    Let m be the highest draw, t = (1 - eps) m, and a the cheapest arm that reaches t by its draw
    or by its mean: cheaper ones do not. The class of a puts forward the arm with the highest draw
    among those that reach t. So arm j is chosen

    - if its own draw is m, where no arm is good enough that is cheaper than its price, that is,
      none before the first arm s whose class holds j:

        integral over m of  f_j(m) prod_(l<s) G_l(t) prod_(l>=s, l!=j) F_l(m)

    - or if m is the draw of an arm beyond the class of a, for any a whose class holds j:

        sum over a of  integral of  prod_(l<a) G_l(t) pick_j(a; t, m) d/dm prod_(l>class) F_l(m)

    with G_l(t) = F_l(t) where mean_l < t and 0 elsewhere: the probability that l is not good
    enough. pick_j(a; t, m) is the probability that a is good enough and the class puts j forward,
    while no draw of it exceeds m: that the class does so, whoever of it is good enough, less that
    the class without a does so and a is not good enough. For a class of its own it is
    F_j(m) - G_j(t). See ``_picked`` for classes of several.

    Args:
        beliefs: One per arm, the cheapest first.
        classes: Per arm, the arms at its price; see ``price_classes``.
        eps: As in ``CheapestWithin``.
        ceiling: Only draws that are all below it count; 1 for all.
    """
    import numpy as np

    keep = 1.0 - eps
    spans = [Landmarks.of(belief) for belief in beliefs]
    means = [belief.mean for belief in beliefs]
    low = max(span.low for span in spans)
    high = min(ceiling, max(span.high for span in spans))
    if low >= high:
        return [0.0] * len(beliefs)
    scaled = [span.moved(1.0 / keep) for span in spans]
    grid = panels([*spans, *scaled], low, high, jumps=[mean / keep for mean in means])
    limits = keep * grid.rates
    below = np.array([belief.below(grid.rates) for belief in beliefs])
    density = np.array([belief.density(grid.rates) for belief in beliefs])
    short = np.array([belief.below(limits) for belief in beliefs])
    short *= np.array(means)[:, None] < limits
    shares = [0.0] * len(beliefs)
    passed = grid.weights  # times the probability that no arm before the anchor is good enough
    leading = 0
    for anchor, members in enumerate(classes):
        while leading < members.stop:  # arms whose price reaches down to this anchor and no further
            others = np.delete(below[anchor:], leading - anchor, axis=0).prod(axis=0)
            shares[leading] += float(passed @ (density[leading] * others))
            leading += 1
        dearer_peak = _density_of_highest(density[members.stop :], below[members.stop :])
        if len(members) == 1:
            picks = [below[anchor] - short[anchor]]
        elif members.stop < len(beliefs):
            picks = _anchored(beliefs, members, short[anchor], limits, grid.rates)
        else:
            picks = []  # nothing is dearer, so the highest draw is in the class
        for index, picked in zip(members, picks, strict=False):
            shares[index] += float(passed @ (dearer_peak * picked))
        passed = passed * short[anchor]
    return shares


def _anchored(
    beliefs: Sequence[Belief],
    members: range,
    anchor_short: "NDArray[Any]",
    limits: "NDArray[Any]",
    highest: "NDArray[Any]",
) -> "list[NDArray[Any]]":
    """Return per member how likely it is put forward while the first of the class is good enough.

    Args:
        beliefs: Those of all arms.
        members: The class.
        anchor_short: How likely the first one is not good enough, for each limit.
        limits: What an arm has to reach.
        highest: What no draw of the class exceeds, for each limit.
    """
    own = [beliefs[member] for member in members]
    found = [_picked(own, place, limits, highest) for place in range(len(own))]
    for place in range(1, len(own)):
        without = _picked(own[1:], place - 1, limits, highest)
        found[place] = found[place] - anchor_short * without
    return found


def _picked(
    beliefs: Sequence[Belief], index: int, limits: "NDArray[Any]", highest: "NDArray[Any]"
) -> "NDArray[Any]":
    """Return how likely a price class puts one of its arms forward, no draw being above a height.

    If any draw of the class reaches the limit, the highest draw is put forward: the first
    difference. If none does, the highest draw among the arms whose mean reaches it: the sum, over
    which arms those are.

    Args:
        beliefs: The class.
        index: The arm.
        limits: What an arm has to reach.
        highest: The height, at least the limit, for each limit.
    """
    import numpy as np

    found: NDArray[Any] = leads_below(beliefs, index, highest) - leads_below(beliefs, index, limits)
    means = np.array([belief.mean for belief in beliefs])
    own = means[index]
    reachable = np.unique(means[means <= own])
    for lowest, top in zip([-np.inf, *reachable[:-1]], reachable, strict=True):
        here = (limits > lowest) & (limits <= top)
        if here.any():
            reach = [place for place, mean in enumerate(means) if mean >= top]
            leads = leads_below(
                [beliefs[place] for place in reach], reach.index(index), limits[here]
            )
            for place, mean in enumerate(means):
                if mean < top:
                    leads = leads * beliefs[place].below(limits[here])
            found[here] += leads
    return found


def _density_of_highest(density: "NDArray[Any]", below: "NDArray[Any]") -> "NDArray[Any]":
    """Return the density of the highest of several draws, rows being arms; 0 for no arms."""
    import numpy as np

    total: NDArray[Any] = np.zeros(density.shape[1])
    for index in range(len(density)):
        others = np.delete(below, index, axis=0).prod(axis=0)
        total += density[index] * others
    return total


def _normalised(shares: Sequence[float]) -> list[float]:
    """Return shares that add up to 1: what quadrature left out is spread over all."""
    kept = [max(0.0, share) for share in shares]
    total = math.fsum(kept)
    if not total > _LEAST_FOUND:  # also if it is no number
        raise InvalidBeliefError(
            "propensities cannot be computed: nearly all of a belief's probability is at a success "
            "rate of exactly 0 or 1, where no evidence leads."
        )
    return [share / total for share in kept]
