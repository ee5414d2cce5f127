"""How likely each arm is to be chosen: exactly for the rules of armwise, sampled for others."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from armwise.bandit.arms import Arms
from armwise.bandit.objectives import (
    BestQuality,
    Budget,
    CheapestWithin,
    Objective,
    Planned,
    TargetRate,
    Utility,
)
from armwise.bandit.planned_shares import first_choices
from armwise.bandit.shares import best_net_shares, cheapest_within_shares, target_rate_shares
from armwise.errors import ConfigurationError

if TYPE_CHECKING:
    from numpy.random import Generator

SAMPLED_CHOICES = 4000
"""Choices that an unknown rule is asked for: a standard error of at most 0.008."""


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
        objective: The rule. Those of armwise for one attempt are integrated, any other one is asked
            ``choices`` times; of a plan over several attempts, how likely it begins with an arm.
        arms: The beliefs and costs that it chooses by.
        among: Indices of the arms that may be chosen, ascending; None: all.
        rng: What a rule without a formula is sampled with.
        choices: How often such a rule is asked.

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
        tolerance = objective.price_tolerance
        found = cheapest_within_shares(beliefs, costs_usd, objective.eps, tolerance)
    elif type(objective) is TargetRate:
        found = target_rate_shares(beliefs, costs_usd, objective)
    elif type(objective) is BestQuality:
        found = best_net_shares(beliefs, costs_usd, math.inf)
    elif type(objective) is Utility:
        found = best_net_shares(beliefs, costs_usd, objective.success_value_usd)
    elif type(objective) is Budget:
        value_usd = objective.success_value_usd(arms)
        found = best_net_shares(beliefs, costs_usd, math.inf if value_usd is None else value_usd)
    elif type(objective) is Planned and objective.attempts == 1:  # then it is ``Utility``
        found = best_net_shares(beliefs, costs_usd, objective.success_value_usd)
    elif rng is None:
        raise ConfigurationError(
            f"the choices of {objective.name!r} have no formula: pass rng= to sample them."
        )
    else:
        return _sampled(objective, arms, eligible, rng, choices)
    return Propensities(_spread(found, eligible, arms))


def _spread(found: Sequence[float], eligible: Sequence[int], arms: Arms) -> tuple[float, ...]:
    shares = [0.0] * len(arms.names)
    for index, share in zip(eligible, found, strict=True):
        shares[index] = share
    return tuple(shares)


def _sampled(
    objective: Objective, arms: Arms, eligible: Sequence[int], rng: "Generator", choices: int
) -> Propensities:
    among = arms.every if len(eligible) == len(arms.every) else eligible
    if type(objective) is Planned:
        counts = first_choices(objective, arms, among, rng, choices).tolist()
    else:
        counts = [0] * len(arms.names)
        for draws in zip(*(belief.draws(rng, choices) for belief in arms.beliefs), strict=True):
            counts[objective.choose(arms, draws, among)] += 1
    shares = tuple(count / choices for count in counts)
    worst = max(share * (1.0 - share) for share in shares)
    return Propensities(shares, math.sqrt(worst / choices))
