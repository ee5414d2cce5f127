"""The part "routing": quality and cost regret where arms have prices."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from armwise.bandit import CheapestWithin, Objective
from armwise.bandit.models import BeliefModel, Independent, default_model
from armwise.offline import parallel, routing_budget, routing_report
from armwise.offline.benchmark import BenchOptions, Progress
from armwise.offline.bernoulli import World, in_lockstep
from armwise.offline.own import with_shipped_code
from armwise.offline.priced_rules import EPS, FixedReference, Greedy, SampleWithin
from armwise.offline.result import Section
from armwise.offline.routing_cases import CASES
from armwise.offline.rules import Rule, Thompson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

QUICK_RUNS = 8
_CHUNK = 50


@dataclass(frozen=True, slots=True)
class Player:
    """One row of the tables.

    Args:
        name: As tables show it.
        runs: Runs of a full benchmark.
        play: Pulls per mark, run and arm on a world.
        is_own: Whether it is armwise's shipped code.
        in_quick: Whether a quick run plays it.
    """

    name: str
    runs: int
    play: "Callable[[World], Array]"
    is_own: bool = False
    in_quick: bool = True


def _own(
    name: str,
    runs: int,
    objective: Objective,
    model: BeliefModel | None = None,
    *,
    in_quick: bool = True,
) -> Player:
    return Player(
        name, runs, lambda world: with_shipped_code(objective, world, model), True, in_quick
    )


def _rule(rule: Rule, name: str | None = None, *, in_quick: bool = True) -> Player:
    return Player(name or rule.name, 400, lambda world: in_lockstep(rule, world), in_quick=in_quick)


GATED = "armwise, CheapestWithin(0.05)"
PLAYERS = (
    _own(GATED, 400, CheapestWithin(EPS)),
    _own("armwise, default", 32, CheapestWithin(), default_model(CheapestWithin()), in_quick=False),
    _own("armwise, CheapestWithin(0.02)", 60, CheapestWithin()),
    _own("armwise, 0.02, half the noise", 60, CheapestWithin(), Independent(0.5), in_quick=False),
    _own("armwise, 0.05, half the noise", 60, CheapestWithin(EPS), Independent(0.5)),
    _rule(SampleWithin()),
    _rule(FixedReference(), in_quick=False),
    _rule(Greedy(), in_quick=False),
    _rule(Thompson(), "best draw (Thompson sampling)"),
    Player("always the cheapest", 1, lambda world: _always(world, 0)),
    Player("always the best", 1, lambda world: _always(world, world.rates.index(max(world.rates)))),
)
_BY_NAME = {player.name: player for player in PLAYERS}


@dataclass(frozen=True, slots=True)
class Piece:
    """Some runs of one player on one case."""

    player: str
    case: int
    world: World


def play(piece: Piece) -> "Array":
    """Return pulls per mark, run and arm."""
    return _BY_NAME[piece.player].play(piece.world)


def run(options: BenchOptions, progress: Progress) -> Section:
    """Play all rules on all cases, and the budget beside them."""
    import numpy as np

    pieces = list(_pieces(options))
    budgets = routing_budget.pieces(options)
    with progress("routing", len(pieces) + len(budgets)) as advance:
        found = parallel.each(play, pieces, advance)
        spent = parallel.each(routing_budget.play, budgets, advance)
    pulls: dict[tuple[str, int], list[Array]] = {}
    for piece, played in zip(pieces, found, strict=True):
        pulls.setdefault((piece.player, piece.case), []).append(played)
    together = {key: np.concatenate(parts, axis=1) for key, parts in pulls.items()}
    return routing_report.section(together, GATED, _own_names(together), spent)


def _own_names(pulls: "Mapping[tuple[str, int], Array]") -> tuple[str, ...]:
    played = {name for name, _ in pulls}
    return tuple(one.name for one in PLAYERS if one.is_own and one.name in played)


def _pieces(options: BenchOptions) -> Iterator[Piece]:
    for player in PLAYERS:
        if options.quick and not player.in_quick:
            continue
        runs = min(player.runs, options.runs_or(player.runs, QUICK_RUNS))
        if player.name == GATED:
            runs = options.runs_or(player.runs, QUICK_RUNS)
        chunk = _CHUNK if player.is_own else runs
        for number, case in enumerate(CASES):
            for begun in range(0, runs, chunk):
                some = range(begun, min(runs, begun + chunk))
                world = World(case.rates, some, options.seed, costs=case.costs)
                yield Piece(player.name, number, world)


def _always(world: World, arm: int) -> "Array":
    import numpy as np

    marks = world.marks()
    pulls = np.zeros((len(marks), len(world.runs), len(world.rates)), np.int32)
    pulls[:, :, arm] = np.array(marks)[:, None]
    return pulls
