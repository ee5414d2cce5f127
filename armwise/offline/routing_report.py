"""Tables, plots and gates of the part "routing"."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from armwise.offline import routing_budget
from armwise.offline.bernoulli import REQUESTS, World
from armwise.offline.priced_rules import EPS
from armwise.offline.result import Cell, Gate, Line, Measured, Plot, Section, Table
from armwise.offline.routing_cases import CASES, EARLIER_RUNS, EARLIER_SPREADS, Case
from armwise.offline.significance import standard_errors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

Pulls = Mapping[tuple[str, int], "Array"]
"""Pulls per mark, run and arm, by name of the player and number of the case."""

Regret = Callable[[Case, "Array"], "Array"]

STANDARD_ERRORS = 3.0
DEFAULT_EPS = 0.02
_LARGE = 100.0

ABOUT = f"""\
An arm is good enough whose success rate is within {EPS:.0%} of the best arm's; the right arm is the
cheapest of these. Quality regret is success rate given up beyond that, summed over {REQUESTS:,}
requests; cost regret is what was paid above the right arm, in prices of the dearest arm. Prices run
from 1/16 to 1: two arms 1/16 and 1; three 1/16, 1/5, 1; four 1/16, 1/8, 1/4, 1. Rows named armwise
are its shipped code, the others are simulations of counts; all meet the same outcomes. Half the
noise: draws from Beta beliefs with half the standard deviation. The default is what a Router does
where nothing is said: CheapestWithin(0.02) and the beliefs that go with it, here on one bucket.\
"""


def quality_regret(case: Case, pulls: "Array", eps: float = EPS) -> "Array":
    """Return success rate given up beyond what is allowed, shape of pulls without the arms."""
    import numpy as np

    return pulls @ np.maximum(0.0, case.enough(eps) - np.array(case.rates))


def cost_regret(case: Case, pulls: "Array", eps: float = EPS) -> "Array":
    """Return what was paid above the right arm, shape of pulls without the arms."""
    import numpy as np

    return pulls @ np.maximum(0.0, np.array(case.costs) - case.costs[case.right(eps)])


def section(
    pulls: Pulls, gated: str, own: Sequence[str], spent: Sequence[routing_budget.Spent]
) -> Section:
    """Return tables, plots and gates.

    Args:
        pulls: What was played.
        gated: The player that is held against the earlier figures.
        own: The players that are armwise's shipped code.
        spent: What budgets came to.
    """
    return Section(
        name="routing",
        title="Routing: the cheapest arm that is good enough",
        about=ABOUT,
        settings={
            "requests": REQUESTS,
            "eps": EPS,
            "runs": {
                name: int(played.shape[1]) for (name, case), played in pulls.items() if not case
            },
        },
        tables=(
            _regrets("Quality regret, mean ± standard error", pulls, own, quality_regret),
            _regrets("Cost regret, mean ± standard error", pulls, own, cost_regret),
            _beside(pulls, gated),
            _tails(pulls, gated),
            _default(pulls, own),
            routing_budget.table(spent),
        ),
        plots=(_frontier(pulls), *_curves(pulls)),
        gates=tuple(_gates(pulls, gated)),
    )


def _players(pulls: Pulls) -> list[str]:
    return list(dict.fromkeys(name for name, _ in pulls))


def _shown(values: "Array", figure: float | None = None) -> Measured:
    measured = Measured.of(values.tolist())
    digits = 1 if max(measured.value, figure or 0.0) < _LARGE else 0
    return Measured(measured.value, measured.error, digits)


def _regrets(title: str, pulls: Pulls, own: Sequence[str], regret: Regret) -> Table:
    players = _players(pulls)
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            *(_shown(regret(case, pulls[name, number][-1])) for number, case in enumerate(CASES)),
        )
        for name in players
    ]
    return Table(
        title,
        ("rule", *(case.name for case in CASES)),
        tuple(rows),
        "Success rates of the arms from cheap to dear. Lower is better.",
        marked=tuple(number for number, name in enumerate(players) if name in own),
    )


def _beside(pulls: Pulls, gated: str) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for number, case in enumerate(CASES):
        played = pulls[gated, number][-1]
        for kind, figure, values in _pairs(case, played):
            spread = EARLIER_SPREADS.get(case.name) if _leads(case, kind) else None
            error = spread and spread / math.sqrt(EARLIER_RUNS)
            digits = 0 if figure >= _LARGE else 1
            rows.append((case.name, kind, _shown(values, figure), Measured(figure, error, digits)))
    return Table(
        f"{gated} beside earlier simulations of the same rule",
        ("rates", "regret", "here", "earlier"),
        tuple(rows),
        f"Earlier: {EARLIER_RUNS} runs of simulations written apart from this package.",
    )


def _tails(pulls: Pulls, gated: str) -> Table:
    import numpy as np

    rows: list[tuple[Cell, ...]] = []
    for number, case in enumerate(CASES):
        for kind, figure, values in _pairs(case, pulls[gated, number][-1]):
            if figure > 0.0:
                cuts = np.percentile(values, [50, 95, 99, 100]).tolist()
                rows.append((case.name, kind, *(Measured(cut, digits=0) for cut in cuts)))
    return Table(
        f"How regret is spread over the runs of {gated}",
        ("rates", "regret", "median", "95 %", "99 %", "highest"),
        tuple(rows),
        "A few runs in a hundred cost much more than the rest.",
    )


def _default(pulls: Pulls, own: Sequence[str]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name in own:
        for kind, regret in (("quality", quality_regret), ("cost", cost_regret)):
            cells = [
                _shown(regret(case, pulls[name, number][-1], DEFAULT_EPS))
                for number, case in enumerate(CASES)
            ]
            rows.append((name, kind, *cells))
    return Table(
        f"The same by the default's own measure: good enough is within {DEFAULT_EPS:.0%}",
        ("rule", "regret", *(case.name for case in CASES)),
        tuple(rows),
        "On .88/.90 the cheap arm is just not good enough by this measure, and .87/.90 neither.",
    )


def _pairs(case: Case, played: "Array") -> "list[tuple[str, float, Array]]":
    return [
        ("quality", case.within.quality_regret, quality_regret(case, played)),
        ("cost", case.within.cost_regret, cost_regret(case, played)),
    ]


def _leads(case: Case, kind: str) -> bool:
    """Return whether the spread that was written down is of this kind of regret."""
    return kind == ("cost" if case.within.cost_regret > 0.0 else "quality")


def _gates(pulls: Pulls, gated: str) -> list[Gate]:
    gates: list[Gate] = []
    for number, case in enumerate(CASES):
        for kind, figure, values in _pairs(case, pulls[gated, number][-1]):
            if figure == 0.0:  # no arm can be wrong in this way
                continue
            found = Measured.of(values.tolist())
            spread = EARLIER_SPREADS.get(case.name) if _leads(case, kind) else None
            if spread is None:
                spread = (found.error or 0.0) * math.sqrt(len(values))
            theirs = spread / math.sqrt(EARLIER_RUNS)
            gates.append(
                Gate(
                    f"{kind} regret on {case.name}: {found.value:.1f} against {figure:g}, "
                    "in standard errors above",
                    standard_errors(found.value - figure, found.error, theirs),
                    STANDARD_ERRORS,
                    "<=",
                    f"earlier simulations of the same rule, {EARLIER_RUNS} runs",
                )
            )
    return gates


def _frontier(pulls: Pulls) -> Plot:
    lines: list[Line] = []
    for name in _players(pulls):
        cost = quality = 1.0
        for number, case in enumerate(CASES):
            last = pulls[name, number][-1]
            cost += float(cost_regret(case, last).mean()) / len(CASES)
            quality += float(quality_regret(case, last).mean()) / len(CASES)
        lines.append(Line(name, (cost,), (quality,), "points"))
    return Plot(
        "routing-frontier",
        "What rules give up in quality, and what they overpay",
        "1 + mean cost regret of the eight instances",
        "1 + mean quality regret of the eight",
        tuple(lines),
        log_x=True,
        log_y=True,
    )


def _curves(pulls: Pulls) -> list[Plot]:
    plots: list[Plot] = []
    for name, kind, regret in (
        (".90/.90", "cost", cost_regret),
        (".80/.90", "quality", quality_regret),
        (".70/.88/.90", "cost", cost_regret),
    ):
        number = next(number for number, case in enumerate(CASES) if case.name == name)
        case = CASES[number]
        marks = tuple(float(mark) for mark in World(case.rates, range(1), 0).marks())
        lines = [
            Line(player, marks, tuple(regret(case, pulls[player, number]).mean(axis=1).tolist()))
            for player in _players(pulls)
            if not player.startswith("always")
        ]
        plots.append(
            Plot(
                f"routing-{kind}-{number + 1}",
                f"{kind.capitalize()} regret on {name}",
                "requests",
                f"cumulative {kind} regret",
                tuple(lines),
            )
        )
    return plots
