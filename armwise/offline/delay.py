"""The part "delay": what stale, late and lost outcomes cost Thompson sampling."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from armwise.offline import delay_play, parallel
from armwise.offline.benchmark import BenchOptions, Progress
from armwise.offline.bernoulli import REQUESTS, World
from armwise.offline.result import Cell, Gate, Line, Measured, Plot, Section, Table
from armwise.offline.significance import standard_errors

RUNS, QUICK_RUNS = 200, 40
RUNS_AT_ONCE = 40
EARLIER_RUNS = 100
"""Runs of the earlier figures: 100 to 300, and not said which had how many."""

STANDARD_ERRORS = 4.0

INSTANCES = {
    ".1 ... .9": tuple(arm / 10 for arm in range(1, 10)),
    ".95/.93/.90/.70": (0.95, 0.93, 0.90, 0.70),
}

ABOUT = f"""\
Thompson sampling from Beta(1, 1), {REQUESTS:,} requests, regret as in the part "textbook". Stale: W
workers take turns, and each looks at the shared counts after every n decisions of its own;
"overlaid" adds its own outcomes since, as armwise does. Their looks are spread evenly in time.
The earlier figures do not say how theirs were; "at once" lets all workers look at the same time,
which is the worst case, and the earlier figures lie between the two. Late: outcomes arrive after
an exponential number of requests. Lost: they never arrive, whatever they were.\
"""

Kind = Literal["stale", "overlaid", "at once", "at once, overlaid", "late", "lost"]
_STALE: tuple[Kind, ...] = ("stale", "at once", "overlaid", "at once, overlaid")


@dataclass(frozen=True, slots=True)
class Setting:
    """One way in which outcomes come late or never.

    Args:
        kind: Which way.
        workers: Workers that share the traffic, for the stale kinds.
        amount: Decisions between two looks, mean delay in requests, or share that is lost.
    """

    kind: Kind
    workers: int
    amount: float

    def play(self, world: World) -> list[float]:
        """Return the regret per run."""
        if self.kind == "late":
            regret = delay_play.late(world, self.amount)
        elif self.kind == "lost":
            regret = delay_play.lost(world, self.amount)
        else:
            regret = delay_play.stale(
                world,
                self.workers,
                int(self.amount),
                overlays=self.kind.endswith("overlaid"),
                at_once=self.kind.startswith("at once"),
            )
        values: list[float] = regret.tolist()
        return values


_WORKERS = ((1, 1), (4, 10), (16, 10), (4, 100), (16, 100), (8, 1000))
_DELAYS = (30.0, 100.0, 300.0, 1000.0, 3000.0)
_LOSSES = (0.5, 0.8, 0.9, 0.95)
_MANY, _FOUR = INSTANCES
EARLIER: dict[tuple[Kind, str], tuple[float, ...]] = {
    ("stale", _MANY): (41.8, 44.4, 60.7, 157.0, 442.0, 2602.0),
    ("stale", _FOUR): (29.3, 26.7, 30.7, 49.5, 100.0, 518.0),
    ("overlaid", _MANY): (41.8, 42.2, 54.7, 62.0, 187.0, 211.0),
    ("overlaid", _FOUR): (29.3, 28.8, 30.7, 29.8, 55.0, 98.0),
    ("late", _MANY): (45.0, 54.0, 80.0, 121.0, 205.0),
    ("late", _FOUR): (25.0, 30.0, 37.0, 48.0, 73.0),
    ("lost", _MANY): (77.0, 162.0, 286.0, 505.0),
    ("lost", _FOUR): (50.0, 85.0, 123.0, 174.0),
}
"""Regret in earlier simulations, written apart from this package, in the order of the amounts."""

Found = Mapping[tuple[Setting, str], list[float]]
"""Regret per run, by setting and name of the instance."""


@dataclass(frozen=True, slots=True)
class Piece:
    """All runs of a setting on an instance."""

    setting: Setting
    instance: str
    world: World


def play(piece: Piece) -> list[float]:
    """Return the regret per run."""
    return piece.setting.play(piece.world)


def run(options: BenchOptions, progress: Progress) -> Section:
    """Play all settings on both instances."""
    pieces = list(_pieces(options))
    with progress("delay", len(pieces)) as advance:
        played = parallel.each(play, pieces, advance)
    return section(
        {
            (piece.setting, piece.instance): regret
            for piece, regret in zip(pieces, played, strict=True)
        }
    )


def section(found: Found) -> Section:
    """Return tables, plots and gates of what was played."""
    return Section(
        name="delay",
        title="Stale, late and lost outcomes",
        about=ABOUT,
        settings={
            "requests": REQUESTS,
            "runs": max(len(regret) for regret in found.values()),
            "runs_at_once": RUNS_AT_ONCE,
        },
        tables=tuple(_tables(found)),
        plots=tuple(_plots(found)),
        gates=tuple(_gates(found)),
    )


def settings(kind: Kind) -> tuple[Setting, ...]:
    """Return the settings of one kind, in the order of ``EARLIER``."""
    if kind == "late":
        return tuple(Setting(kind, 1, delay) for delay in _DELAYS)
    if kind == "lost":
        return tuple(Setting(kind, 1, share) for share in _LOSSES)
    return tuple(Setting(kind, workers, refresh) for workers, refresh in _WORKERS)


def _pieces(options: BenchOptions) -> Iterator[Piece]:
    # A quick run leaves out the longer instance, and the worst case that no gate needs.
    names = (_FOUR,) if options.quick else (_MANY, _FOUR)
    kinds: tuple[Kind, ...] = (*_STALE, "late", "lost")
    for kind in kinds:
        at_once = kind in ("at once", "at once, overlaid")
        if at_once and options.quick:
            continue
        runs = options.runs_or(RUNS_AT_ONCE if at_once else RUNS, QUICK_RUNS)
        for setting in settings(kind):
            for name in names:
                yield Piece(setting, name, World(INSTANCES[name], range(runs), options.seed))


def _names(found: Found) -> list[str]:
    return list(dict.fromkeys(name for _, name in found))


def _tables(found: Found) -> Iterator[Table]:
    for name in _names(found):
        yield Table(
            f"Stale counts: regret on {name}",
            (
                "W x n",
                "not overlaid",
                "at once",
                "earlier",
                "overlaid",
                "at once, overlaid",
                "earlier",
            ),
            tuple(
                (
                    f"{workers} x {refresh}",
                    *_beside(found, name, number, _STALE[:2]),
                    *_beside(found, name, number, _STALE[2:]),
                )
                for number, (workers, refresh) in enumerate(_WORKERS)
            ),
            "W x n is about how many decisions have gone unseen.",
        )
    yield _amounts(found, "late", "Late outcomes: regret by mean delay in requests", "delay")
    yield _amounts(found, "lost", "Lost outcomes: regret by share that is lost", "share")


def _amounts(found: Found, kind: Kind, title: str, first: str) -> Table:
    names = _names(found)
    rows = [
        (
            f"{setting.amount:g}",
            *(cell for name in names for cell in _beside(found, name, number, (kind,))),
        )
        for number, setting in enumerate(settings(kind))
    ]
    heads = [head for name in names for head in (name, "earlier")]
    return Table(title, (first, *heads), tuple(rows))


def _beside(found: Found, name: str, number: int, kinds: Sequence[Kind]) -> list[Cell]:
    """Return a setting of these kinds, then the earlier figure of the first of them."""
    cells: list[Cell] = []
    for kind in kinds:
        regret = found.get((settings(kind)[number], name))
        cells.append("" if regret is None else Measured.of(regret, digits=1))
    return [*cells, Measured(EARLIER[kinds[0], name][number], digits=1)]


def _plots(found: Found) -> Iterator[Plot]:
    yield _by_amount(found, "late", "Regret by delay", "mean delay of an outcome, requests")
    yield _by_amount(found, "lost", "Regret by loss", "share of outcomes that is lost")
    unseen = tuple(float(workers * refresh) for workers, refresh in _WORKERS)
    for name in _names(found):
        lines = [
            Line(
                "armwise: overlaid" if kind == "overlaid" else kind,
                unseen,
                tuple(Measured.of(found[one, name]).value for one in settings(kind)),
            )
            for kind in _STALE
            if (settings(kind)[-1], name) in found
        ]
        yield Plot(
            f"delay-stale-{len(INSTANCES[name])}",
            f"Regret by staleness on {name}",
            "W x n, decisions",
            "regret",
            tuple(lines),
            log_x=True,
            log_y=True,
        )


def _by_amount(found: Found, kind: Kind, title: str, x_label: str) -> Plot:
    lines: list[Line] = []
    amounts = tuple(setting.amount for setting in settings(kind))
    for name in _names(found):
        here = tuple(Measured.of(found[one, name]).value for one in settings(kind))
        lines += [
            Line(f"armwise, {name}", amounts, here),
            Line(f"earlier, {name}", amounts, EARLIER[kind, name], "dashed"),
        ]
    is_log = kind == "late"
    return Plot(f"delay-{kind}", title, x_label, "regret", tuple(lines), is_log, log_y=True)


def _gates(found: Found) -> Iterator[Gate]:
    for (kind, name), figures in EARLIER.items():
        if (settings(kind)[0], name) not in found:
            continue
        off = [
            _standard_errors(found[setting, name], figure)
            for setting, figure in zip(settings(kind), figures, strict=True)
        ]
        # How looks were spread is not known of the earlier figures, so theirs are upper limits.
        is_limit = kind in ("stale", "overlaid")
        worst = max(off) if is_limit else max(abs(value) for value in off)
        yield Gate(
            f"{kind} on {name}: largest difference {'above' if is_limit else 'from'} the earlier "
            f"figures, of {len(off)}, in standard errors",
            worst,
            STANDARD_ERRORS,
            "<=",
            "earlier simulations, 100 to 300 runs",
        )


def _standard_errors(regret: Sequence[float], figure: float) -> float:
    here = Measured.of(regret)
    theirs = (here.error or 0.0) * math.sqrt(len(regret) / EARLIER_RUNS)
    return standard_errors(here.value - figure, here.error, theirs)
