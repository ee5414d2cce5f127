"""Plays a contender over a shuffled outcome set: one pass, learning from nothing.

The conventions, so that figures can be compared:

- every request is seen once, in an order drawn from the seed; the contender sees the outcome and
  the cost of the path that it chose, and nothing of the others;
- beforehand it is told a list price per path that is wrong: the true mean cost of the path on this
  set times a lognormal factor with a standard deviation of 0.3 on the log scale;
- all contenders of one seed meet the same order and the same list prices.
"""

import time
from dataclasses import dataclass

from armwise.offline.learner import Contender, Setting
from armwise.offline.real.outcome_set import OutcomeSet
from armwise.offline.real.references import Point

PRICE_ERROR = 0.3
"""Standard deviation of the log of (list price estimate / true mean cost): off by 30 %, which is a
judgement of how well a list price foretells the tokens that a model will use."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What one pass came to.

    Args:
        point: Accuracy and mean cost over all requests, the first ones included.
        seconds: How long the contender took to choose and to learn.
    """

    point: Point
    seconds: float


def order_of(outcomes: OutcomeSet, seed: int) -> list[int]:
    """Return the numbers of all requests in the order of one pass."""
    import numpy as np

    order: list[int] = np.random.default_rng([seed, 1]).permutation(len(outcomes)).tolist()
    return order


def setting_of(outcomes: OutcomeSet, success_value_usd: float | None, seed: int) -> Setting:
    """Return what a contender is told before one pass."""
    import numpy as np

    errors = np.random.default_rng([seed, 2]).normal(0.0, PRICE_ERROR, len(outcomes.paths))
    estimates = np.exp(errors) * np.asarray(outcomes.mean_costs_usd())
    return Setting(
        paths=outcomes.paths,
        list_costs_usd=tuple(estimates.tolist()),
        success_value_usd=success_value_usd,
        seed=seed,
        requests=len(outcomes),
    )


def replay(
    outcomes: OutcomeSet, contender: Contender, success_value_usd: float | None, seed: int
) -> Replayed:
    """Play one pass.

    Args:
        outcomes: The set.
        contender: Who plays; a fresh learner is built.
        success_value_usd: Value of a success that it is told, None for none.
        seed: Decides the order, the list prices, and what is random in the contender.
    """
    learner = contender.build(setting_of(outcomes, success_value_usd, seed))
    order = order_of(outcomes, seed)
    requests, successes, costs_usd = outcomes.requests, outcomes.successes, outcomes.costs_usd
    accuracy = spent_usd = 0.0
    started_s = time.perf_counter()
    for number in order:
        request = requests[number]
        path = learner.choose(request)
        success, cost_usd = successes[number][path], costs_usd[number][path]
        learner.learn(request, path, success, cost_usd)
        accuracy += success
        spent_usd += cost_usd
    seconds = time.perf_counter() - started_s
    return Replayed(Point(accuracy / len(order), spent_usd / len(order)), seconds)
