"""What a rule chooses from in one request, where its costs are not the bucket's own."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from armwise.bandit import Arms, Objective
from armwise.bandit.objectives import Planned
from armwise.engine.eligibility import Eligible


class Choice(NamedTuple):
    """What a rule chooses from."""

    arms: Arms
    draws: tuple[float, ...]
    objective: Objective
    may: Eligible


def in_order(choice: Choice, costs_usd: Sequence[float]) -> Choice:
    """Return a choice with other costs, cheapest first again."""
    arms, may = choice.arms, choice.may
    order = sorted(arms.every, key=lambda index: costs_usd[index])
    place = {index: position for position, index in enumerate(order)}
    objective = choice.objective
    if isinstance(objective, Planned):
        rates = tuple(tuple(row[index] for index in order) for row in objective.rates)
        objective = replace(objective, rates=rates)
    return Choice(
        Arms(
            names=tuple(arms.names[index] for index in order),
            beliefs=tuple(arms.beliefs[index] for index in order),
            costs_usd=tuple(costs_usd[index] for index in order),
            means=tuple(arms.means[index] for index in order),
            every=arms.every,
        ),
        tuple(choice.draws[index] for index in order),
        objective,
        may._replace(
            among=tuple(sorted(place[index] for index in may.among)),
            fallbacks=tuple(sorted(place[index] for index in may.fallbacks)),
        ),
    )
