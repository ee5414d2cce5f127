"""Ways to go on after a failed check: fixed orders, and the plan that is learned."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from armwise.bandit import Belief, plan
from armwise.bandit.evidence import MOST_FAILURES
from armwise.bandit.models import Cell, Fit, Hierarchical, is_stale
from armwise.engine.costs import PRICE_OBSERVATIONS
from armwise.offline.learner import Request, Setting


class Climber(Protocol):
    """Decides attempt by attempt, and learns from every one of them."""

    def next(self, request: Request, tried: Sequence[int]) -> int | None:
        """Return the number of the path to try next, None to stop; never None at first."""
        ...

    def best(self, request: Request, tried: Sequence[int]) -> int:
        """Return which of the failed attempts to answer with, by path."""
        ...

    def learn(
        self, request: Request, tried: Sequence[int], path: int, *, passed: bool, cost_usd: float
    ) -> None:
        """Take what came of one attempt that was made after those in ``tried``."""
        ...


@dataclass(frozen=True, slots=True)
class Way:
    """One row of the comparison.

    Args:
        name: As the tables show it.
        about: What it is, in half a sentence.
        build: Makes a climber, given what is told beforehand and the most attempts.
    """

    name: str
    about: str
    build: Callable[[Setting, int], Climber]


class FixedOrder:
    """The same order for every request, until a check passes.

    Args:
        order: Numbers of the paths, as many as attempts are made at most.
    """

    def __init__(self, order: Sequence[int]) -> None:
        self._order = tuple(order)

    def next(self, request: Request, tried: Sequence[int]) -> int | None:
        """Return the next of the order; see ``Climber.next``."""
        return self._order[len(tried)] if len(tried) < len(self._order) else None

    def best(self, request: Request, tried: Sequence[int]) -> int:
        """Return the last one tried: orders go from cheap to dear."""
        return tried[-1]

    def learn(
        self, request: Request, tried: Sequence[int], path: int, *, passed: bool, cost_usd: float
    ) -> None:
        """Learn nothing."""


class Planned:
    """armwise's planner on its default beliefs, which hold how a path does after failures.

    Before each attempt one standard normal number is drawn per path and moves its beliefs for
    every number of earlier failures alike, so that a plan is consistent in itself.

    Args:
        setting: What is told beforehand; it has to state the value of a success.
        attempts: Most attempts per request.
    """

    def __init__(self, setting: Setting, attempts: int) -> None:
        from numpy.random import default_rng

        if setting.success_value_usd is None:
            raise ValueError("planning attempts needs the value of a success")
        self._value_usd = setting.success_value_usd
        self._attempts = attempts
        self._names = setting.paths
        self._guesses_usd = setting.list_costs_usd
        self._model = Hierarchical()
        self._rng = default_rng([setting.seed, 3])
        self._counts: dict[Cell, tuple[float, float]] = {}
        self._costs: dict[tuple[str, str, int], tuple[float, int]] = {}
        self._spent: dict[int, tuple[float, int]] = {}
        self._fit: Fit = self._model.fit({}, {})
        self._fitted = self._unseen = 0
        self._beliefs: dict[Cell, Belief] = {}

    def next(self, request: Request, tried: Sequence[int]) -> int | None:
        """Return the first step of the best plan; see ``Climber.next``."""
        paths = range(len(self._names))
        moves = self._rng.standard_normal(len(self._names)).tolist()
        rates = [
            [self._belief(self._cell(request, path, k)).at(moves[path]) for path in paths]
            for k in range(min(self._attempts, MOST_FAILURES + 1))
        ]
        costs_usd = [self._cost_usd(request, path) for path in paths]
        steps = plan(rates, costs_usd, self._value_usd, self._attempts, tried).order
        if steps:
            return steps[0]
        if tried:
            return None
        # Nothing is worth its cost, but a request has to be answered: the least loss.
        return max(paths, key=lambda path: rates[0][path] * self._value_usd - costs_usd[path])

    def best(self, request: Request, tried: Sequence[int]) -> int:
        """Return the path with the highest success rate among those tried."""
        return max(tried, key=lambda path: self._belief(self._cell(request, path, 0)).mean)

    def learn(
        self, request: Request, tried: Sequence[int], path: int, *, passed: bool, cost_usd: float
    ) -> None:
        """Count the attempt where it belongs; see ``Climber.learn``."""
        cell = self._cell(request, path, min(len(tried), MOST_FAILURES))
        won, lost = self._counts.get(cell, (0.0, 0.0))
        self._counts[cell] = (won + passed, lost + (not passed))
        self._beliefs.pop(cell, None)
        bucket = (request.task_type, request.level, path)
        usd, calls = self._costs.get(bucket, (0.0, 0))
        self._costs[bucket] = (usd + cost_usd, calls + 1)
        usd, calls = self._spent.get(path, (0.0, 0))
        self._spent[path] = (usd + cost_usd, calls + 1)
        self._unseen += 1
        if is_stale(self._fitted, self._unseen):
            self._fit = self._model.fit(dict(self._counts), {}, self._fit)
            self._fitted, self._unseen = self._fitted + self._unseen, 0
            self._beliefs.clear()

    def _cell(self, request: Request, path: int, failures: int) -> Cell:
        return Cell(request.task_type, request.level, self._names[path], failures)

    def _belief(self, cell: Cell) -> Belief:
        held = self._beliefs.get(cell)
        if held is None:
            successes, failures = self._counts.get(cell, (0.0, 0.0))
            held = self._fit.belief(cell, successes, failures).tempered(self._model.noise)
            self._beliefs[cell] = held
        return held

    def _cost_usd(self, request: Request, path: int) -> float:
        """Return list price, goal and bucket, each worth three requests beside the next."""
        cost_usd = self._guesses_usd[path]
        bucket = (request.task_type, request.level, path)
        for usd, calls in (self._spent.get(path, (0.0, 0)), self._costs.get(bucket, (0.0, 0))):
            cost_usd = (PRICE_OBSERVATIONS * cost_usd + usd) / (PRICE_OBSERVATIONS + calls)
        return cost_usd


def price_order(setting: Setting, attempts: int) -> Climber:
    """Return the order of the list prices that were told, wrong as they are."""
    costs_usd = setting.list_costs_usd
    return FixedOrder(sorted(range(len(costs_usd)), key=costs_usd.__getitem__)[:attempts])


PLANNED = Way("armwise, planned", "Hierarchical(0.5) and the planner", Planned)
NOISY_PRICES = Way("order of list prices", "cheapest first, as list prices say", price_order)
