"""The part "scaling": what a decision costs with more paths, more buckets and more goals."""

import gc
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from statistics import median, quantiles
from time import perf_counter_ns
from typing import Any

from armwise.adapters import ModelInfo
from armwise.bandit import Arms, Assessment, Beta, CheapestWithin, Sampler
from armwise.bandit.models import Hierarchical
from armwise.engine import Engine, Path, PathPrices, Signer
from armwise.offline.benchmark import BenchOptions, Progress
from armwise.offline.result import Cell, Gate, Line, Measured, Plot, Section, Table
from armwise.storage import MemoryStore

PATHS = (2, 4, 8, 16, 32, 64)
BUCKETS, QUICK_BUCKETS = (1, 10, 100, 1_000, 10_000), (1, 10, 100, 1_000)
ROUNDS, QUICK_ROUNDS = 41, 7
TURNS, DECISIONS = 1_000, 500
WARM = 12
_ARMS = 4
_TASKS, _LEVELS = 10, 10
_RATES = (0.6, 0.9)

MOST_BY_BUCKETS = 2.0
"""10,000 buckets do not fit into the caches of a processor, and one does: no more work is done,
but memory is waited for. 1.5 was measured on two shared cores."""

MOST_BY_PATHS = 2.2
"""Doubling the paths may double the cost."""

ABOUT = """\
A turn is a decision and what is learned from it: Sampler.choose with CheapestWithin and
Sampler.observe. A decision of the engine is Engine.decide with four paths and the memory store, its
path and bucket read; buckets are spread over as many goals as there are hundreds of them, and the
next request is for any of them. Medians of batches that take turns, so that a drifting machine hits
every line alike; the spread is from the 5th to the 95th percentile. Outcomes and draws are seeded,
times are not.\
"""

Times = Mapping[int, Sequence[float]]
"""Microseconds per decision, one value per batch, by how many there were."""


def run(options: BenchOptions, progress: Progress) -> Section:
    """Time decisions over paths and over buckets."""
    from numpy.random import default_rng

    rounds = options.runs_or(ROUNDS, QUICK_ROUNDS)
    rng = default_rng([options.seed, 3])
    with progress("scaling: paths", rounds) as advance:
        by_paths = _in_turn({paths: _turns(paths, rng) for paths in PATHS}, rounds, advance)
    counts = QUICK_BUCKETS if options.quick else BUCKETS
    with progress("scaling: buckets", WARM + rounds) as advance:
        places = _Places(max(counts))
        for _ in range(WARM):
            places.decide(range(max(counts)))
            advance()
        batches = {count: places.batch(count, rng) for count in counts}
        by_buckets = _in_turn(batches, rounds, advance)
    return section(by_paths, by_buckets)


def section(by_paths: Times, by_buckets: Times) -> Section:
    """Return tables, plot and gates of what was timed."""
    first, last = min(by_buckets), max(by_buckets)
    return Section(
        name="scaling",
        title="Time per decision with more paths, buckets and goals",
        about=ABOUT,
        settings={"batches": len(by_paths[PATHS[0]]), "turns": TURNS, "decisions": DECISIONS},
        tables=(
            _table("A turn, by paths", "paths", by_paths),
            _table("A decision of the engine with four paths, by buckets", "buckets", by_buckets),
        ),
        plots=(
            Plot(
                "scaling-paths",
                "Deciding and learning, by paths",
                "paths",
                "microseconds per turn",
                (_line("armwise, choose and observe", by_paths),),
            ),
            Plot(
                "scaling-buckets",
                "Deciding, by buckets",
                "buckets, any of them next",
                "microseconds per decision",
                (_line("armwise, Engine.decide", by_buckets),),
                log_x=True,
            ),
        ),
        gates=(
            Gate(
                f"turn at {PATHS[-1]} paths over turn at {PATHS[-2]}",
                median(by_paths[PATHS[-1]]) / median(by_paths[PATHS[-2]]),
                MOST_BY_PATHS,
                "<=",
                "at most linear growth",
            ),
            Gate(
                f"decision in any of {last:,} buckets over decision in {first}",
                median(by_buckets[last]) / median(by_buckets[first]),
                MOST_BY_BUCKETS,
                "<=",
                "the work does not grow, but caches are left",
            ),
        ),
    )


def _in_turn(
    batches: Mapping[int, Callable[[], float]], rounds: int, advance: Callable[[], object]
) -> Times:
    found: dict[int, list[float]] = {count: [] for count in batches}
    gc.collect()
    gc.freeze()
    try:
        for _ in range(rounds):
            for count, batch in batches.items():
                gc.collect()
                found[count].append(batch())
            advance()
    finally:
        gc.unfreeze()
    return found


def _turns(paths: int, rng: Any) -> Callable[[], float]:
    """Return a batch of turns over so many paths; beliefs are those of some 50 outcomes."""
    low, high = _RATES
    rates = [low + (high - low) * path / (paths - 1) for path in range(paths)]
    priors = [
        (f"{path:02}", Beta(1.0 + 50.0 * rate, 51.0 - 50.0 * rate), 1.0 + path)
        for path, rate in enumerate(rates)
    ]
    rule = CheapestWithin()

    def batch() -> float:
        sampler = Sampler(Arms.of(priors), rng)
        luck = rng.random(TURNS).tolist()
        begun = perf_counter_ns()
        for one in luck:
            arm = sampler.choose(rule)
            sampler.observe(arm, one < rates[arm])
        return (perf_counter_ns() - begun) / TURNS / 1e3

    return batch


class _Places:
    """Buckets of many goals of one tenant, to be decided in."""

    def __init__(self, buckets: int) -> None:
        goals = range(-(-buckets // (_TASKS * _LEVELS)))
        store, signer = MemoryStore(), Signer()
        paths = [
            Path(
                model=f"model-{path}",
                name=f"model-{path}",
                input_usd_per_mtok=4.0**path,
                output_usd_per_mtok=4.0**path,
            )
            for path in range(_ARMS)
        ]
        prices = PathPrices(paths, lambda _: ModelInfo())
        self._level = ""
        engines = [
            Engine(
                f"goal-{goal}",
                paths,
                objective=CheapestWithin(),
                model=Hierarchical(),
                store=store,
                prices=prices,
                complexity=self,
                signer=signer,
                seed=goal,
            )
            for goal in goals
        ]
        self._places = [
            (engine, f"task-{task}", f"level-{level}")
            for engine, task, level in product(engines, range(_TASKS), range(_LEVELS))
        ]

    def assess(self, prompt: str, task_type: str, *, demands_structure: bool) -> Assessment:
        """Return the level that was set; see ``Complexity.assess``."""
        return Assessment(self._level, 0.0)

    def decide(self, numbers: Sequence[int]) -> float:
        """Decide in these buckets; return microseconds per decision."""
        ask = ({"role": "user", "content": "Which company makes the iPhone?"},)
        places = [self._places[number] for number in numbers]
        took_ns = 0
        for engine, task, level in places:
            self._level = level
            begun = perf_counter_ns()
            decision = engine.decide(ask, task)
            _ = decision.path, decision.bucket
            took_ns += perf_counter_ns() - begun
        return took_ns / len(places) / 1e3

    def batch(self, count: int, rng: Any) -> Callable[[], float]:
        """Return a batch of decisions in any of so many buckets."""
        return lambda: self.decide(rng.integers(0, count, DECISIONS).tolist())


def _table(title: str, what: str, times: Times) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for count, values in times.items():
        cuts = quantiles(values, n=20, method="inclusive")
        cells = [Measured(value, digits=2) for value in (median(values), cuts[0], cuts[-1])]
        rows.append((f"{count:,}", *cells))
    return Table(title, (what, "µs, median", "5 %", "95 %"), tuple(rows))


def _line(name: str, times: Times) -> Line:
    middle = tuple(median(values) for values in times.values())
    return Line(name, tuple(float(count) for count in times), middle)
