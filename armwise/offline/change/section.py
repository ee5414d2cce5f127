"""The ``change`` part of the benchmark: what forgetting and detection gain, and what they cost."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from armwise.offline.change.playing import Piece, Played, pieces, play
from armwise.offline.change.scenarios import (
    FADING,
    FADING_AND_DETECTOR,
    REQUESTS,
    SCENARIOS,
    SCHEMES,
    SHIPPED,
    WITH_RISES,
    Scheme,
)
from armwise.offline.parallel import each
from armwise.offline.result import Cell, Gate, Line, Measured, Plot, Section, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from armwise.offline.benchmark import BenchOptions, Progress

    Array = NDArray[Any]

RUNS, SHIPPED_RUNS = 200, 4_000
"""Runs per scheme, and of the shipped one where it is gated: single runs scatter so widely that the
median delay of a recovery is known to 1 % only after so many."""

QUICK_RUNS, QUICK_REQUESTS = 20, 1_000

MOST_COST_REGRET, MOST_DELAY, MOST_OUTCOMES = 450.0, 1_000.0, 30.0

_ABOUT = """\
Two arms with Bernoulli outcomes and the prices 1 to 16, Beta(1, 1) priors, CheapestWithin(0.05), \
no tempering and no pooling; the change comes in the middle. Every outcome is known at once. \
Quality regret: success rate given up beyond the 5 % that the rule allows, summed over the run. \
Cost regret: paid above the cheapest arm that is good enough, in prices of the dear arm. Delay: \
requests from the change until 40 of 50 choices in a row are right (median; half the run: never). \
Half-lives are counted in outcomes of the bucket. The detector is the shipped one; "rises too" \
adds its mirror image, which is not shipped. All schemes meet the same outcomes. The runs are \
played in lock-step on arrays, with the arithmetic of the shipped classes."""


def run(options: "BenchOptions", progress: "Progress") -> Section:
    """Play all scenarios under all schemes."""
    runs = options.runs_or(RUNS, QUICK_RUNS)
    shipped_runs = options.runs_or(SHIPPED_RUNS, QUICK_RUNS)
    requests = QUICK_REQUESTS if options.quick else REQUESTS
    steady, _, fall, recovery, other_fall, *_ = SCENARIOS
    both, alone = (SHIPPED, WITH_RISES), (SHIPPED,)
    work = [
        *pieces(SCENARIOS, SCHEMES, runs, requests, options.seed),
        *pieces((recovery,), both, shipped_runs, requests, options.seed + 1),
        *pieces((steady, fall, other_fall), alone, shipped_runs, requests, options.seed + 1),
    ]
    with progress("change", len(work)) as advance:
        found = each(play, work, advance)
    every = _by_scenario(work[: len(SCENARIOS)], found)
    shipped = _by_scenario(work[len(SCENARIOS) :], found[len(SCENARIOS) :])
    return Section(
        name="change",
        title="Models that change: what forgetting and detection gain, and what they cost",
        about=_ABOUT,
        settings={
            "runs": runs,
            "runs of the shipped scheme": shipped_runs,
            "requests": requests,
            "shipped": SHIPPED.name,
        },
        tables=(_scenarios(), _schemes(every), _targets(shipped)),
        plots=(_frontier(every, shipped),),
        gates=() if options.quick else _gates(shipped),
    )


def _by_scenario(work: Sequence[Piece], found: Sequence[Played]) -> dict[str, Played]:
    return {piece.scenario.name: played for piece, played in zip(work, found, strict=False)}


def _scenarios() -> Table:
    rows = tuple((one.name, one.what) for one in SCENARIOS)
    return Table("Scenarios", ("name", "what happens in the middle of a run"), rows)


def _schemes(every: dict[str, Played]) -> Table:
    columns = (
        "what is done",
        "A: cost regret",
        "A: false alarms",
        "A2: quality regret",
        "B: quality regret",
        "B: delay",
        "C: cost regret",
        "C: delay",
        "D: quality regret",
        "D: cost regret",
        "D: delay",
        "E: quality regret",
        "F: quality regret",
        "F: delay",
    )
    return Table(
        "Regret and delay",
        columns,
        tuple(_row(number, every) for number in range(len(SCHEMES))),
        "Means ± standard error; delays are medians, false alarms are per run.",
        (SCHEMES.index(SHIPPED),),
    )


def _row(number: int, every: dict[str, Played]) -> tuple[Cell, ...]:
    def mean(scenario: str, values: str, digits: int = 0) -> Measured:
        return Measured.of(getattr(every[scenario], values)[number].tolist(), digits)

    def delay(scenario: str) -> Measured:
        return Measured(_median(every[scenario].delay[number]), None, 0)

    return (
        SCHEMES[number].name,
        mean("A", "cost_regret"),
        mean("A", "false_alarms", 2),
        mean("A2", "quality_regret"),
        mean("B", "quality_regret"),
        delay("B"),
        mean("C", "cost_regret"),
        delay("C"),
        mean("D", "quality_regret"),
        mean("D", "cost_regret"),
        delay("D"),
        mean("E", "quality_regret"),
        mean("F", "quality_regret"),
        delay("F"),
    )


def _targets(shipped: dict[str, Played]) -> Table:
    """Return the figures that are gated, with what they scatter by."""
    steady, fall, recovery, other = (shipped[name] for name in ("A", "B", "C", "D"))
    found = "outcomes of the arm that fell until it is begun anew"
    answered = "requests until choices are right"
    rows: list[tuple[Cell, ...]] = [
        ("A: cost regret", *_mean(steady.cost_regret[0])),
        ("A: false alarms", *_mean(steady.false_alarms[0], 2)),
        (f"B: {found}", *_middle(fall.alarm[0])),
        (f"B: {answered}", *_middle(fall.delay[0])),
        (f"C: {answered}", *_middle(recovery.delay[0])),
        ("C: cost regret", *_mean(recovery.cost_regret[0])),
        ("C: cost regret, watching for rises too", *_mean(recovery.cost_regret[1])),
        (f"D: {found}", *_middle(other.alarm[0])),
        (f"D: {answered}", *_middle(other.delay[0])),
    ]
    return Table(
        f"The shipped default: {SHIPPED.name}",
        ("figure", "mean or median", "10 % of runs below", "10 % of runs above"),
        tuple(rows),
        "Means of regret and false alarms, medians of requests and outcomes, ± standard error.",
    )


def _mean(values: "Array", digits: int = 0) -> tuple[Cell, ...]:
    return Measured.of(values.tolist(), digits), *_spread(values)


def _middle(values: "Array") -> tuple[Cell, ...]:
    """Return median and spread; the error of a median is told by its neighbours in rank."""
    import numpy as np

    ranked = np.sort(values)
    step = max(1, round(math.sqrt(len(ranked)) / 2.0))  # one sd of the rank of the median
    middle = len(ranked) // 2
    high = ranked[min(len(ranked) - 1, middle + step)]
    error = float(high - ranked[max(0, middle - step)]) / 2.0
    return Measured(_median(ranked), error, 0), *_spread(ranked)


def _spread(values: "Array") -> tuple[Cell, Cell]:
    import numpy as np

    low, high = np.quantile(values, [0.1, 0.9])
    return Measured(float(low), None, 0), Measured(float(high), None, 0)


def _median(values: "Array") -> float:
    import numpy as np

    return float(np.median(values))


def _frontier(every: dict[str, Played], shipped: dict[str, Played]) -> Plot:
    def line(name: str, schemes: Sequence[Scheme]) -> Line:
        numbers = [SCHEMES.index(scheme) for scheme in schemes]
        return Line(
            name,
            tuple(float(every["A"].cost_regret[number].mean()) for number in numbers),
            tuple(_median(every["C"].delay[number]) for number in numbers),
        )

    x, y = float(shipped["A"].cost_regret[0].mean()), _median(shipped["C"].delay[0])
    return Plot(
        "frontier",
        "How soon a recovery is found, and what looking for it costs",
        "cost regret where nothing changes (scenario A)",
        "requests until a path that recovered is used again (scenario C, median)",
        (
            line("fading alone, half-life 200 to 2,000", FADING),
            line("fading and detector, half-life 500 to 2,000", FADING_AND_DETECTOR),
            Line("the shipped default", (x,), (y,), "points"),
            Line(
                "wanted: below and left",
                (0.0, MOST_COST_REGRET, MOST_COST_REGRET),
                (MOST_DELAY, MOST_DELAY, 0.0),
                "dashed",
            ),
        ),
    )


def _gates(shipped: dict[str, Played]) -> tuple[Gate, ...]:
    wanted = "wanted of the default: all of these at once"
    falls = tuple(
        Gate(
            f"{name}: outcomes until a fall is found, median",
            _median(shipped[name].alarm[0]),
            MOST_OUTCOMES,
            "<=",
            wanted,
        )
        for name in ("B", "D")
    )
    recovery = Gate(
        "C: requests until a path that recovered is used again, median",
        _median(shipped["C"].delay[0]),
        MOST_DELAY,
        "<=",
        wanted,
    )
    cost = Gate(
        "A: cost regret where nothing changes, mean",
        float(shipped["A"].cost_regret[0].mean()),
        MOST_COST_REGRET,
        "<=",
        wanted,
    )
    return (*falls, recovery, cost)
