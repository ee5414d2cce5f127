"""The part "delay": what stale, late and lost outcomes cost Thompson sampling."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from armwise.offline import delay_play, parallel
from armwise.offline.benchmark import BenchOptions, Progress
from armwise.offline.bernoulli import REQUESTS, World
from armwise.offline.result import Cell, Gate, Line, Measured, Plot, Section, Table

RUNS, QUICK_RUNS = 200, 20
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
_STALE = {
    ".1 ... .9": (41.8, 44.4, 60.7, 157.0, 442.0, 2602.0),
    ".95/.93/.90/.70": (29.3, 26.7, 30.7, 49.5, 100.0, 518.0),
}
_OVERLAID = {
    ".1 ... .9": (41.8, 42.2, 54.7, 62.0, 187.0, 211.0),
    ".95/.93/.90/.70": (29.3, 28.8, 30.7, 29.8, 55.0, 98.0),
}
_DELAYS = (30.0, 100.0, 300.0, 1000.0, 3000.0)
_LATE = {
    ".1 ... .9": (45.0, 54.0, 80.0, 121.0, 205.0),
    ".95/.93/.90/.70": (25.0, 30.0, 37.0, 48.0, 73.0),
}
_LOSSES = (0.5, 0.8, 0.9, 0.95)
_LOST = {
    ".1 ... .9": (77.0, 162.0, 286.0, 505.0),
    ".95/.93/.90/.70": (50.0, 85.0, 123.0, 174.0),
}
"""Regret in earlier simulations, written apart from this package."""

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
        tables=(*_stale_tables(found), *_other_tables(found)),
        plots=(_late_plot(found), _stale_plot(found)),
        gates=tuple(_gates(found)),
    )


def settings() -> Iterator[Setting]:
    """Yield every setting."""
    for workers, refresh in _WORKERS:
        for kind in ("stale", "overlaid"):
            yield Setting(kind, workers, refresh)
        if workers > 1:
            yield Setting("at once", workers, refresh)
            yield Setting("at once, overlaid", workers, refresh)
    for delay in _DELAYS:
        yield Setting("late", 1, delay)
    for share in _LOSSES:
        yield Setting("lost", 1, share)


def _pieces(options: BenchOptions) -> Iterator[Piece]:
    for setting in settings():
        full = RUNS_AT_ONCE if setting.kind.startswith("at once") else RUNS
        runs = options.runs_or(full, QUICK_RUNS)
        for instance, rates in INSTANCES.items():
            yield Piece(setting, instance, World(rates, range(runs), options.seed))
