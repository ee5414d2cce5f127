"""The tables, the plot and the gates of one outcome set."""

from collections.abc import Sequence

from armwise.offline.contenders.roster import SHIPPED
from armwise.offline.learner import Contender
from armwise.offline.real.board import UNSTATED_VALUE, VALUES_USD, Board
from armwise.offline.real.references import REFERENCES, MixLine, Point, every_path
from armwise.offline.result import Cell, Gate, Line, Measured, Plot, Table

RIVALS = ("Beta TS, per task", "epsilon-greedy", "UCB1", "LiteLLM's rule")
"""What armwise has to be better than at every value."""

LEAST_ABOVE_MIX = -0.01

_FAMILIES = ("armwise", "static", "textbook", "peer")
_HINDSIGHT = "hindsight"
_LINE_POINTS = 60


def tables(board: Board) -> tuple[Table, ...]:
    """Return all tables of an outcome set."""
    return (_utilities(board), _points(board), _above_mix(board), _unstated(board), _about(board))


def plot(board: Board) -> Plot:
    """Return the plane of cost and accuracy: paths, mixes, hindsight, contenders."""
    outcomes = board.outcomes
    mix = MixLine.of(outcomes)
    lowest, highest = mix.points[0].cost_usd, mix.points[-1].cost_usd
    is_log = min(outcomes.mean_costs_usd()) > 0
    lines = [
        _points_line("paths", every_path(outcomes)),
        _mix_line(mix, lowest, highest, is_log=is_log),
        _points_line(
            "best per task in hindsight",
            [REFERENCES["best path per task in hindsight"](outcomes, v) for v in VALUES_USD],
        ),
    ]
    lines += [_points_line(one.name, _means(board, [one])) for one in board.family("armwise")]
    for family in _FAMILIES[1:]:
        members = board.family(family)
        if members:
            lines.append(_points_line(family, _means(board, members)))
    return Plot(
        name=f"real_{outcomes.name}",
        title=f"{outcomes.name}: what accuracy costs",
        x_label="mean cost of a request, mUSD",
        y_label="accuracy",
        lines=tuple(lines),
        log_x=is_log,
    )


def _clearly(lead: Measured) -> float:
    """Return what is left of a lead after twice its standard error."""
    return lead.value - 2.0 * (lead.error or 0.0)


def gates(board: Board) -> tuple[Gate, ...]:
    """Return what armwise's default has to reach; nothing where it did not play."""
    own = [one for one in board.contenders if one.name == SHIPPED]
    if not own:
        return ()
    name = board.outcomes.name
    mix = MixLine.of(board.outcomes)
    rivals = [one for one in board.contenders if one.name in RIVALS]
    found: list[Gate] = []
    for value_usd in VALUES_USD:
        series = board.series(own[0], value_usd)
        told = f"{name}, V = {_musd(value_usd)} mUSD"
        found += [
            Gate(
                f"{told}: utility above that of {rival.name}, less two paired standard errors",
                _clearly(series.lead(board.series(rival, value_usd), value_usd)),
                0.0,
                ">=",
                "a learner that ships must beat what it replaces",
            )
            for rival in rivals
        ]
        found.append(
            Gate(
                f"{told}: accuracy above the best random mix at equal cost",
                series.above(mix).value,
                LEAST_ABOVE_MIX,
                ">=",
                "where nothing can be learned, a router must not lose",
            )
        )
    return tuple(found)


def _utilities(board: Board) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, reference in REFERENCES.items():
        points = [(reference(board.outcomes, value), value) for value in VALUES_USD]
        rows.append((name, _HINDSIGHT, *(Measured(p.utility(value)) for p, value in points)))
    for contender in _ordered(board):
        cells = (board.series(contender, value).utility(value) for value in VALUES_USD)
        rows.append((contender.name, contender.family, *cells))
    return Table(
        title=f"{board.outcomes.name}: utility of a request",
        columns=("policy", "family", *_told()),
        rows=tuple(rows),
        note="Utility = accuracy - mean cost / V, V being the value of a success: mean over "
        "shuffles ± standard error. Policies in hindsight know the whole set. " + _missing(board),
        marked=_marked(board, len(REFERENCES)),
    )


def _points(board: Board) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, reference in REFERENCES.items():
        points = [reference(board.outcomes, value) for value in VALUES_USD]
        rows.append((name, *(_at(p.accuracy, 1000 * p.cost_usd) for p in points)))
    for contender in _ordered(board):
        series = [board.series(contender, value) for value in VALUES_USD]
        cells = (_at(one.accuracy().value, one.cost_musd().value) for one in series)
        rows.append((contender.name, *cells))
    return Table(
        title=f"{board.outcomes.name}: accuracy @ mean cost in mUSD",
        columns=("policy", *_told()),
        rows=tuple(rows),
        note="mUSD: thousandths of a US dollar per request. A policy to which no value can be told "
        "shows the same everywhere.",
        marked=_marked(board, len(REFERENCES)),
    )


def _above_mix(board: Board) -> Table:
    mix = MixLine.of(board.outcomes)
    rows: list[tuple[Cell, ...]] = []
    for contender in _ordered(board):
        cells = (board.series(contender, value).above(mix) for value in VALUES_USD)
        rows.append((contender.name, *cells))
    return Table(
        title=f"{board.outcomes.name}: accuracy above the best random mix at equal cost",
        columns=("policy", *_told()),
        rows=tuple(rows),
        note="The best mix knows every path's accuracy and cost beforehand and rolls a die between "
        "two of them; a learner pays for finding out.",
        marked=_marked(board),
    )


def _unstated(board: Board) -> Table:
    value_usd = board.unstated_value_usd
    mix = MixLine.of(board.outcomes)
    rows: list[tuple[Cell, ...]] = []
    for name, reference in REFERENCES.items():
        point = reference(board.outcomes, value_usd)
        above = Measured(point.accuracy - mix.accuracy_at(point.cost_usd))
        cost = Measured(1000 * point.cost_usd)
        rows.append(
            (name, Measured(point.accuracy), cost, Measured(point.utility(value_usd)), above)
        )
    marked: list[int] = []
    for (name, told), series in board.found.items():
        if told in VALUES_USD:
            continue
        if series.contender.family == "armwise":
            marked.append(len(rows))
        shown = name if told is None else f"{name}, told that value"
        utility = series.utility(value_usd)
        rows.append((shown, series.accuracy(), series.cost_musd(), utility, series.above(mix)))
    return Table(
        title=f"{board.outcomes.name}: no value stated",
        columns=("policy", "accuracy", "mUSD", "utility", "above mix"),
        rows=tuple(rows),
        note=f"Judged at V = {UNSTATED_VALUE} times the dearest path's mean cost, here "
        f"{_musd(value_usd)} mUSD. Rules that cannot do without a value are left out.",
        marked=tuple(marked),
    )


def _about(board: Board) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for contender in _ordered(board):
        series = board.series(contender, VALUES_USD[1])
        speed = series.ms_per_thousand(len(board.outcomes))
        rows.append((contender.name, len(series.replays), speed, contender.about))
    return Table(
        title=f"{board.outcomes.name}: settings, and time",
        columns=("policy", "shuffles", "ms per 1,000 requests", "settings"),
        rows=tuple(rows),
        note="Time to choose and to learn, without any model's; it differs from run to run, all "
        "else does not. Slow libraries play fewer shuffles.",
        marked=_marked(board),
    )


def _ordered(board: Board) -> tuple[Contender, ...]:
    return tuple(one for family in _FAMILIES for one in board.family(family))


def _marked(board: Board, first: int = 0) -> tuple[int, ...]:
    return tuple(range(first, first + len(board.family("armwise"))))


def _told() -> tuple[str, ...]:
    return tuple(f"V = {_musd(value)} mUSD" for value in VALUES_USD)


def _musd(value_usd: float) -> str:
    return f"{1000 * value_usd:.4g}"


def _at(accuracy: float, cost_musd: float) -> str:
    return f"{accuracy:.4f} @ {cost_musd:.4g}"


def _missing(board: Board) -> str:
    if not board.missing:
        return ""
    names = ", ".join(board.missing)
    return f"Not installed, so not shown: {names}. Run: pip install {' '.join(board.missing)}."


def _means(board: Board, contenders: Sequence[Contender]) -> list[Point]:
    """Return one point per contender and value, and one only where no value is told."""
    found: dict[tuple[float, float], Point] = {}
    for contender in contenders:
        for value in VALUES_USD:
            series = board.series(contender, value)
            point = Point(series.accuracy().value, series.cost_musd().value / 1000)
            found[point.accuracy, point.cost_usd] = point
    return list(found.values())


def _points_line(name: str, points: Sequence[Point]) -> Line:
    costs = tuple(1000 * point.cost_usd for point in points)
    return Line(name, costs, tuple(point.accuracy for point in points), "points")


def _mix_line(mix: MixLine, lowest: float, highest: float, *, is_log: bool) -> Line:
    """Return the line of the mixes, which is bent on a logarithmic axis."""
    steps = [step / (_LINE_POINTS - 1) for step in range(_LINE_POINTS)]
    if is_log:
        costs = [lowest * (highest / lowest) ** step for step in steps]
    else:
        costs = [lowest + (highest - lowest) * step for step in steps]
    accuracies = tuple(mix.accuracy_at(cost) for cost in costs[:-1])
    accuracies += (mix.points[-1].accuracy,)
    return Line("random mixes", tuple(1000 * cost for cost in costs), accuracies, "dashed")
