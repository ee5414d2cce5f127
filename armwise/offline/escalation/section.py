"""Runs the part "escalation" and makes its tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from armwise.offline import parallel
from armwise.offline.escalation import hindsight
from armwise.offline.escalation.climbing import NOISY_PRICES, PLANNED, Way
from armwise.offline.escalation.playing import Check, Climbed, Game, climb
from armwise.offline.escalation.routed import climb_routed
from armwise.offline.real.outcome_set import OutcomeSet
from armwise.offline.real.part import Source, load, sources_of
from armwise.offline.real.references import Point, best_path
from armwise.offline.result import Cell, Gate, Line, Measured, Plot, Section, Table

if TYPE_CHECKING:
    from armwise.offline.benchmark import BenchOptions, Progress

VALUES_USD = (0.003, 0.01, 0.03, 0.1)
ATTEMPTS = (3, 4)
GOOD = Check()
POOR = Check(false_passes=0.05, false_fails=0.05)
"""A check that is wrong in 5 % of the cases, either way."""

RUNS = 60
QUICK_RUNS = 2
_CHUNK = 5
_SLACK = 0.005
"""How far below the order of the true prices the plan may be at small values. That order knows
what nobody knows beforehand, and is nearly the best one while a success is worth little."""

_SLACK_SOURCE = "the order of the true mean costs, less .005"

ABOUT = """\
Complete outcome matrices, one pass per shuffle, learning from nothing. Each request may be tried
several times: a check says at once whether an attempt has succeeded, and the way decides which
path to try next, or to stop. Accuracy is the share of requests whose answer is right, cost is that
of all attempts, U = accuracy - cost / value. Every attempt is learned from on its own path, apart
by the number of failures before it. The order of the true mean costs is known to nobody
beforehand; orders "in hindsight" are chosen on the very outcomes that they are judged by.\
"""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some passes of one way."""

    source: Source
    way: str
    game: Game
    seeds: tuple[int, ...]


ROUTED = "armwise, through Router.completion"
"""The planner as a user's request meets it. Ten times as slow as the planner alone, so that it is
played only where the checks are good and attempts are few."""


def ways(outcomes: OutcomeSet, attempts: int) -> dict[str, Way]:
    """Return those that are played on beliefs and costs alone, by name."""
    order = hindsight.true_price_order(outcomes, attempts)
    ratio = hindsight.ratio_order(outcomes, attempts)
    true_prices = hindsight.fixed("order of true prices", "cheapest first", order)
    ratios = hindsight.fixed("order of true cost per success", "Smith's rule", ratio)
    return {way.name: way for way in (PLANNED, NOISY_PRICES, true_prices, ratios)}


def names(outcomes: OutcomeSet, game: Game) -> list[str]:
    """Return the names of all that are played for a game."""
    alone = list(ways(outcomes, game.attempts))
    if game.check == GOOD and game.attempts == min(ATTEMPTS):
        alone.insert(1, ROUTED)
    return alone


def play(piece: Piece) -> tuple[Climbed, ...]:
    """Play the passes of a piece, in whatever process."""
    outcomes = load(piece.source)
    if piece.way == ROUTED:
        return tuple(climb_routed(outcomes, piece.game, seed) for seed in piece.seeds)
    way = ways(outcomes, piece.game.attempts)[piece.way]
    return tuple(climb(outcomes, way, piece.game, seed) for seed in piece.seeds)


def run(options: "BenchOptions", progress: "Progress") -> Section:
    """Play every way on every outcome set; see ``armwise.offline.real`` for the sets.

    Raises:
        ConfigurationError: If a file cannot be used, or none was given and the distribution
            ``paretobandit`` is not installed.
    """
    runs = options.runs_or(RUNS, QUICK_RUNS)
    tables: list[Table] = []
    plots: list[Plot] = []
    gates: list[Gate] = []
    for source, outcomes in [(source, load(source)) for source in sources_of(options)]:
        found = _played(source, outcomes, runs, options, progress)
        tables += [_table(outcomes, found, attempts, GOOD) for attempts in ATTEMPTS]
        tables.append(_table(outcomes, found, max(ATTEMPTS), POOR))
        plots.append(_plot(outcomes, found))
        gates += _gates(outcomes, found)
    return Section(
        name="escalation",
        title="Several attempts per request, where success can be checked",
        about=ABOUT,
        settings={"shuffles": runs, "attempts": ATTEMPTS},
        tables=tuple(tables),
        plots=tuple(plots),
        # A user's own set may well be one where a fixed order is the right thing.
        gates=() if options.quick or options.data else tuple(gates),
    )


Found = dict[tuple[str, Game], list[Climbed]]


def _played(
    source: Source,
    outcomes: OutcomeSet,
    runs: int,
    options: "BenchOptions",
    progress: "Progress",
) -> Found:
    games = [Game(value, tries, GOOD) for tries in ATTEMPTS for value in VALUES_USD]
    games += [Game(value, max(ATTEMPTS), POOR) for value in VALUES_USD]
    pieces = [
        Piece(
            source,
            way,
            game,
            tuple(options.seed * 1_000_000 + at for at in range(start, min(start + _CHUNK, runs))),
        )
        for game in games
        for way in names(outcomes, game)
        for start in range(0, runs, _CHUNK)
    ]
    with progress(f"escalation: {outcomes.name}", len(pieces)) as advance:
        results = parallel.each(play, pieces, advance)
    found: Found = {}
    for piece, climbed in zip(pieces, results, strict=True):
        found.setdefault((piece.way, piece.game), []).extend(climbed)
    return found


def _utility(climbed: Sequence[Climbed], value_usd: float) -> Measured:
    return Measured.of([one.point.utility(value_usd) for one in climbed])


def _table(outcomes: OutcomeSet, found: Found, attempts: int, check: Check) -> Table:
    columns = ["way"]
    for value in VALUES_USD:
        columns += [f"U at ${value:g}", f"accuracy @ mUSD at ${value:g}"]
    rows = [
        (
            name,
            *_cells([found[name, Game(value, attempts, check)] for value in VALUES_USD]),
        )
        for name in names(outcomes, Game(VALUES_USD[0], attempts, check))
    ]
    if check == GOOD:
        rows += _hindsight_rows(outcomes, attempts)
    wrong = "" if check == GOOD else f", a check that errs in {check.false_fails:.0%} of the cases"
    return Table(
        title=f"{outcomes.name}: at most {attempts} attempts{wrong}",
        columns=tuple(columns),
        rows=tuple(rows),
        note="Values of a success in US dollars; costs in thousandths of one.",
        marked=(0,),
    )


def _cells(per_value: Sequence[Sequence[Climbed]]) -> list[Cell]:
    cells: list[Cell] = []
    for value, climbed in zip(VALUES_USD, per_value, strict=True):
        accuracy = Measured.of([one.point.accuracy for one in climbed]).value
        cost_musd = Measured.of([1000 * one.point.cost_usd for one in climbed]).value
        cells += [_utility(climbed, value), f"{accuracy:.3f} @ {cost_musd:.3f}"]
    return cells


def _hindsight_rows(outcomes: OutcomeSet, attempts: int) -> list[tuple[Cell, ...]]:
    def row(name: str, points: Sequence[Point]) -> tuple[Cell, ...]:
        cells: list[Cell] = [name]
        for value, point in zip(VALUES_USD, points, strict=True):
            cells += [
                Measured(point.utility(value)),
                f"{point.accuracy:.3f} @ {1000 * point.cost_usd:.3f}",
            ]
        return tuple(cells)

    orders = [hindsight.best_order(outcomes, value, attempts) for value in VALUES_USD]
    points = [hindsight.outcome_of(outcomes, order) for order in orders]
    per_task = [hindsight.best_order_per_task(outcomes, value, attempts) for value in VALUES_USD]
    single = [best_path(outcomes, value) for value in VALUES_USD]
    return [
        row("best order in hindsight", points),
        row("best order per task in hindsight", per_task),
        row("best single path in hindsight, one attempt", single),
    ]


def _plot(outcomes: OutcomeSet, found: Found) -> Plot:
    attempts = max(ATTEMPTS)
    lines: list[Line] = []
    for name in ways(outcomes, attempts):
        points = [
            Point(
                Measured.of([one.point.accuracy for one in climbed]).value,
                Measured.of([one.point.cost_usd for one in climbed]).value,
            )
            for climbed in (found[name, Game(value, attempts, GOOD)] for value in VALUES_USD)
        ]
        points = sorted(set(points), key=lambda point: point.cost_usd)
        costs = tuple(1000 * point.cost_usd for point in points)
        rates = tuple(point.accuracy for point in points)
        lines.append(Line(name, costs, rates, "line" if name == PLANNED.name else "points"))
    singles = zip(outcomes.mean_costs_usd(), outcomes.success_rates(), strict=True)
    costs_usd, accuracies = zip(*sorted(singles), strict=True)
    costs = tuple(1000 * cost for cost in costs_usd)
    lines.append(Line("single paths", costs, tuple(accuracies), "points"))
    return Plot(
        name=f"escalation-{outcomes.name}",
        title=f"{outcomes.name}: at most {attempts} attempts",
        x_label="cost per request, thousandths of a US dollar",
        y_label="accuracy",
        lines=tuple(lines),
        log_x=True,
    )


def _gates(outcomes: OutcomeSet, found: Found) -> list[Gate]:
    gates: list[Gate] = []
    for attempts in ATTEMPTS:
        for value in VALUES_USD[:-1]:
            game = Game(value, attempts, GOOD)
            planned = _utility(found[PLANNED.name, game], value)
            true_prices = _utility(found["order of true prices", game], value)
            gates.append(
                Gate(
                    f"{outcomes.name}: U of the plan at ${value:g}, {attempts} attempts",
                    planned.value,
                    true_prices.value - _SLACK,
                    ">=",
                    _SLACK_SOURCE,
                )
            )
    return gates
