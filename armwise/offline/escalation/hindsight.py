"""Orders of attempts by those who know the whole outcome set: what is left to gain."""

from collections.abc import Sequence
from itertools import permutations
from typing import TYPE_CHECKING, Any

from armwise.offline.escalation.climbing import Climber, FixedOrder, Way
from armwise.offline.learner import Setting
from armwise.offline.real.outcome_set import OutcomeSet
from armwise.offline.real.references import Point

if TYPE_CHECKING:
    from numpy.typing import NDArray


def true_price_order(outcomes: OutcomeSet, attempts: int) -> tuple[int, ...]:
    """Return the paths from the lowest true mean cost up."""
    costs_usd = outcomes.mean_costs_usd()
    return tuple(sorted(range(len(costs_usd)), key=costs_usd.__getitem__)[:attempts])


def ratio_order(outcomes: OutcomeSet, attempts: int) -> tuple[int, ...]:
    """Return the paths from the lowest true cost per success up (Smith 1956).

    The least costly order until a success, if attempts were independent.
    """
    rates, costs_usd = outcomes.success_rates(), outcomes.mean_costs_usd()
    ratios = [cost / max(rate, 1e-9) for cost, rate in zip(costs_usd, rates, strict=True)]
    return tuple(sorted(range(len(ratios)), key=ratios.__getitem__)[:attempts])


def fixed(name: str, about: str, order: Sequence[int]) -> Way:
    """Return the way that always takes this order."""

    def build(_: Setting, attempts: int) -> Climber:
        return FixedOrder(order[:attempts])

    return Way(name, about, build)


def best_order(outcomes: OutcomeSet, success_value_usd: float, attempts: int) -> tuple[int, ...]:
    """Return the one order, of at most so many attempts, that is best on the whole set."""
    won, costs_usd = _arrays(outcomes, None)
    return _best(won, costs_usd, success_value_usd, attempts)[0]


def outcome_of(outcomes: OutcomeSet, order: Sequence[int]) -> Point:
    """Return what one order comes to on every request of the set."""
    won, costs_usd = _arrays(outcomes, None)
    open_: Any = 1.0
    spent_usd: Any = 0.0
    for path in order:
        spent_usd = spent_usd + open_ * costs_usd[:, path]
        open_ = open_ * (1.0 - won[:, path])
    return Point(1.0 - float(open_.mean()), float(spent_usd.mean()))


def best_order_per_task(outcomes: OutcomeSet, success_value_usd: float, attempts: int) -> Point:
    """Return what the best order of each task comes to."""
    tasks = [request.task_type for request in outcomes.requests]
    accuracy = spent_usd = 0.0
    for task in sorted(set(tasks)):
        won, costs_usd = _arrays(outcomes, [at for at, one in enumerate(tasks) if one == task])
        _, point = _best(won, costs_usd, success_value_usd, attempts)
        accuracy += point.accuracy * len(won)
        spent_usd += point.cost_usd * len(won)
    return Point(accuracy / len(tasks), spent_usd / len(tasks))


def _arrays(
    outcomes: OutcomeSet, rows: Sequence[int] | None
) -> tuple["NDArray[Any]", "NDArray[Any]"]:
    import numpy as np

    won, costs_usd = np.asarray(outcomes.successes), np.asarray(outcomes.costs_usd)
    return (won, costs_usd) if rows is None else (won[rows], costs_usd[rows])


def _best(
    won: "NDArray[Any]", costs_usd: "NDArray[Any]", success_value_usd: float, attempts: int
) -> tuple[tuple[int, ...], Point]:
    """Return the best order and what it comes to, by trying all of them."""
    import numpy as np

    paths = won.shape[1]
    found: dict[tuple[int, ...], tuple[Any, Any]] = {(): (np.ones(len(won)), np.zeros(len(won)))}
    best: tuple[int, ...] = ()
    top = Point(0.0, float("inf"))
    for length in range(1, min(attempts, paths) + 1):
        longer: dict[tuple[int, ...], tuple[Any, Any]] = {}
        for order in permutations(range(paths), length):
            open_, spent_usd = found[order[:-1]]
            spent_usd = spent_usd + open_ * costs_usd[:, order[-1]]
            open_ = open_ * (1.0 - won[:, order[-1]])
            longer[order] = (open_, spent_usd)
            point = Point(1.0 - float(open_.mean()), float(spent_usd.mean()))
            if point.utility(success_value_usd) > top.utility(success_value_usd):
                best, top = order, point
        found = longer
    return best, top
