"""How likely each arm is to be chosen: exactly for the rules of armwise, sampled for others.

All draws are independent, so the probability that a rule chooses an arm is an integral over the
value of one draw, the highest or its own, of a product of the other beliefs' distributions.
``armwise.bandit.quadrature`` cuts the integrals where the beliefs are, so that the error stays
below 1e-5 also for narrow beliefs far apart; tests compare it with a finer grid, with closed forms
and with a million draws.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from armwise.bandit.arms import Arms
from armwise.bandit.belief import Belief
from armwise.bandit.objectives import (
    BestQuality,
    Budget,
    CheapestWithin,
    Objective,
    TargetRate,
    Utility,
)
from armwise.bandit.quadrature import Landmarks, leads_below, panels
from armwise.errors import ConfigurationError, InvalidBeliefError

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

SAMPLED_CHOICES = 4000
"""Choices that an unknown rule is asked for: a standard error of at most 0.008."""


_NEGLIGIBLE = 1e-9
"""A probability that is not worth an integral."""

_LEAST_FOUND = 0.9
"""Probability that integrals have to find. They miss what lies between 0 or 1 and the next number
that a float can hold: 1e-4 for a Beta with a parameter of .3, next to nothing for usual beliefs."""


@dataclass(frozen=True, slots=True)
class Propensities:
    """The probability per arm that a rule chooses it, before anything is drawn.

    Args:
        shares: One per arm, in the arms' order; they add up to 1, and are 0 for arms that may not
            be chosen.
        standard_error: 0 where they were integrated; where they were sampled, the largest
            standard error of a share.
    """

    shares: tuple[float, ...]
    standard_error: float = 0.0


def propensities(
    objective: Objective,
    arms: Arms,
    among: Sequence[int] | None = None,
    rng: "Generator | None" = None,
    choices: int = SAMPLED_CHOICES,
) -> Propensities:
    """Return how likely a rule is to choose each arm.

    Args:
        objective: The rule. Those of armwise are integrated, any other one is asked ``choices``
            times.
        arms: The beliefs and costs that it chooses by.
        among: Indices of the arms that may be chosen, ascending; None: all.
        rng: What an unknown rule is sampled with.
        choices: How often an unknown rule is asked.

    Raises:
        ConfigurationError: If the rule has to be sampled and no generator was given.
        InvalidBeliefError: If a belief is all but certain of a success rate of 0 or 1.
    """
    eligible = tuple(arms.every if among is None else among)
    if len(eligible) == 1:
        return Propensities(_spread([1.0], eligible, arms))
    beliefs = [arms.beliefs[index] for index in eligible]
    costs_usd = [arms.costs_usd[index] for index in eligible]
    # The types exactly: a subclass may choose by another rule.
    if type(objective) is CheapestWithin:
        found = cheapest_within_shares(beliefs, costs_usd, objective.eps)
    elif type(objective) is TargetRate:
        found = target_rate_shares(beliefs, costs_usd, objective)
    elif type(objective) is BestQuality:
        found = best_net_shares(beliefs, costs_usd, math.inf)
    elif type(objective) is Utility:
        found = best_net_shares(beliefs, costs_usd, objective.success_value_usd)
    elif type(objective) is Budget:
        value_usd = objective.success_value_usd(arms)
        found = best_net_shares(beliefs, costs_usd, math.inf if value_usd is None else value_usd)
    elif rng is None:
        raise ConfigurationError(
            f"the choices of {objective.name!r} have no formula: pass rng= to sample them."
        )
    else:
        return _sampled(objective, arms, eligible, rng, choices)
    return Propensities(_spread(found, eligible, arms))


def cheapest_within_shares(
    beliefs: Sequence[Belief], costs_usd: Sequence[float], eps: float
) -> list[float]:
    """Return how often each arm is the cheapest within ``eps`` of the highest draw.

    Args:
        beliefs: One per arm.
        costs_usd: Expected cost per arm, ascending; equal ones make one price class.
        eps: As in ``CheapestWithin``.
    """
    return _normalised(_within_shares(beliefs, costs_usd, eps, 1.0))


def target_rate_shares(
    beliefs: Sequence[Belief], costs_usd: Sequence[float], objective: TargetRate
) -> list[float]:
    """Return how often each arm is the cheapest whose draw reaches a target.

    While nothing cheaper has reached the target q, an arm is chosen if its draw does and is the
    highest of its price class; where nothing at all reaches q, the fallback rule chooses among
    draws that are all below it.

    Args:
        beliefs: One per arm.
        costs_usd: Expected cost per arm, ascending; equal ones make one price class.
        objective: The rule.
    """
    import numpy as np

    target, top = np.array([objective.rate]), np.array([1.0])
    below = [float(belief.below(target)[0]) for belief in beliefs]
    shares = [0.0] * len(beliefs)
    missed = 1.0
    for members in price_classes(costs_usd):
        own = [beliefs[member] for member in members]
        for place, index in enumerate(members):
            leads = leads_below(own, place, top) - leads_below(own, place, target)
            shares[index] = missed * float(leads[0])
        missed *= math.prod(below[member] for member in members)
    if missed > _NEGLIGIBLE:
        left = _within_shares(beliefs, costs_usd, objective.fallback.eps, objective.rate)
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
        return _normalised(_within_shares(beliefs, [0.0] * len(beliefs), 0.0, 1.0))
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


def price_classes(costs_usd: Sequence[float]) -> list[list[int]]:
    """Return the indices of equal costs, group by group, in the order of the costs."""
    classes: list[list[int]] = []
    for index, cost_usd in enumerate(costs_usd):
        if classes and costs_usd[classes[-1][0]] == cost_usd:
            classes[-1].append(index)
        else:
            classes.append([index])
    return classes


def _within_shares(
    beliefs: Sequence[Belief], costs_usd: Sequence[float], eps: float, ceiling: float
) -> list[float]:
    """Return the probability per arm that ``CheapestWithin`` chooses it and no draw is too high.

    Let m be the highest draw and t = (1 - eps) m. No arm of a cheaper price class may reach t, by
    its draw or by its mean; arms of the same class stand back if they reach t with a higher draw;
    arms of dearer classes only must not exceed m. So

        P(j) = integral over m of  prod_cheaper G(t) x (
                   f_j(m) prod_same F(m) prod_dearer F(m)         j itself has the highest draw
                 + pick_j(t, m) d/dm prod_dearer F(m) )           a dearer arm has it

    with G_l(t) = F_l(t) where mean_l < t and 0 elsewhere. pick_j(t, m) is the probability that j is
    the one that its class puts forward while no draw of the class exceeds m; for a class of its
    own that is F_j(m) - G_j(t). See ``_picked`` for classes of several.

    Args:
        beliefs: One per arm.
        costs_usd: Expected cost per arm, ascending; equal ones make one price class.
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
    passed = grid.weights
    for members in price_classes(costs_usd):
        dearer = slice(members[-1] + 1, None)
        dearer_below = below[dearer].prod(axis=0)
        dearer_peak = _density_of_highest(density[dearer], below[dearer])
        for place, index in enumerate(members):
            rivals = [other for other in members if other != index]
            chosen = density[index] * below[rivals].prod(axis=0) * dearer_below
            if members[-1] < len(beliefs) - 1:
                own = [beliefs[member] for member in members]
                picked = _picked(own, place, limits, grid.rates) if rivals else None
                chosen += dearer_peak * (below[index] - short[index] if picked is None else picked)
            shares[index] = float(passed @ chosen)
        passed = passed * short[members].prod(axis=0)
    return shares


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


def _spread(found: Sequence[float], eligible: Sequence[int], arms: Arms) -> tuple[float, ...]:
    shares = [0.0] * len(arms.names)
    for index, share in zip(eligible, found, strict=True):
        shares[index] = share
    return tuple(shares)


def _sampled(
    objective: Objective, arms: Arms, eligible: Sequence[int], rng: "Generator", choices: int
) -> Propensities:
    drawn = zip(*(belief.draws(rng, choices) for belief in arms.beliefs), strict=True)
    counts = [0] * len(arms.names)
    among = arms.every if len(eligible) == len(arms.every) else eligible
    for draws in drawn:
        counts[objective.choose(arms, draws, among)] += 1
    shares = tuple(count / choices for count in counts)
    worst = max(share * (1.0 - share) for share in shares)
    return Propensities(shares, math.sqrt(worst / choices))
