"""How closely ``Budget`` meets its budget, and what it gives up for that."""

from collections.abc import Sequence
from dataclasses import dataclass

from armwise.bandit import Budget
from armwise.offline.benchmark import BenchOptions
from armwise.offline.bernoulli import World
from armwise.offline.own import with_shipped_code
from armwise.offline.result import Cell, Measured, Table
from armwise.offline.routing_cases import CASES

RUNS, QUICK_RUNS = 40, 2
BUDGETS = ((".80/.90", 0.3), (".70/.88/.90", 0.3), (".55/.82/.90/.92", 0.2))
"""Budgets between the prices of two arms, so that both have to be played."""


@dataclass(frozen=True, slots=True)
class Piece:
    """All runs of one budget."""

    case: int
    budget: float
    world: World


@dataclass(frozen=True, slots=True)
class Spent:
    """What the runs of one budget came to, one value per run.

    Args:
        case: Name of the case.
        budget: Mean cost of a request that may be spent, the dearest arm's being 1.
        share: Spending over budget at the end.
        overspent: Most that was ever spent above the budget so far, in budgets of a request.
        regret: Successes given up against the best mix of arms that the budget allows.
    """

    case: str
    budget: float
    share: tuple[float, ...]
    overspent: tuple[float, ...]
    regret: tuple[float, ...]


def pieces(options: BenchOptions) -> list[Piece]:
    """Return what there is to play."""
    runs = range(min(RUNS, options.runs_or(RUNS, QUICK_RUNS)))
    numbers = {case.name: number for number, case in enumerate(CASES)}
    found: list[Piece] = []
    for name, budget in BUDGETS:
        case = CASES[numbers[name]]
        world = World(case.rates, runs, options.seed, costs=case.costs)
        found.append(Piece(numbers[name], budget, world))
    return found


def play(piece: Piece) -> Spent:
    """Play a budget."""
    import numpy as np

    case, world, budget = CASES[piece.case], piece.world, piece.budget
    pulls = with_shipped_code(Budget(budget), world)
    spending = pulls @ np.array(case.costs) / budget
    over = (spending - np.array(world.marks())[:, None]).max(axis=0)
    best = best_mix(case.rates, case.costs, budget) * world.requests
    return Spent(
        case.name,
        budget,
        tuple((spending[-1] / world.requests).tolist()),
        tuple(np.maximum(over, 0.0).tolist()),
        tuple((best - pulls[-1] @ np.array(case.rates)).tolist()),
    )


def best_mix(rates: Sequence[float], costs: Sequence[float], budget: float) -> float:
    """Return the highest success rate of a mix of arms whose mean cost is at most the budget.

    A linear program with two constraints: at most two arms are mixed.
    """
    best = 0.0
    for one, rate in enumerate(rates):
        if costs[one] <= budget:
            best = max(best, rate)
        for other, dearer in enumerate(costs):
            if costs[one] <= budget < dearer:
                share = (budget - costs[one]) / (dearer - costs[one])
                best = max(best, (1.0 - share) * rate + share * rates[other])
    return best


def table(spent: Sequence[Spent]) -> Table:
    """Return one row per budget."""
    rows: list[tuple[Cell, ...]] = [
        (
            one.case,
            Measured(one.budget, digits=2),
            Measured.of(one.share, digits=4),
            Measured(max(one.share), digits=4),
            Measured.of(one.overspent, digits=1),
            Measured.of(one.regret, digits=1),
        )
        for one in spent
    ]
    return Table(
        "Budget: what is spent, and what is given up against the best mix of arms",
        ("rates", "budget", "spent / budget", "largest", "most overspent", "regret"),
        tuple(rows),
        "Costs with the dearest arm's at 1. Overspent: in budgets of one request, at its highest "
        "during a run. Regret: successes, against the linear program that knows the rates.",
    )
