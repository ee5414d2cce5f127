"""How long decisions take when many threads share one Router."""

from __future__ import annotations  # array[float] can be written, but not evaluated before 3.12

import gc
import time
from array import array
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from statistics import median
from threading import Thread

from benchmarks.decide import PATHS, PROMPT, seasoned_router
from benchmarks.reporting import Figure, Options, Report, progress, run
from benchmarks.timing import share_at

NOTES = """\
- Everything runs in one process. A decision is timed from the moment its thread runs until bucket,
  ranking and signed id are read; other threads and processes may interrupt it.
- "woken late" is how long after the asked moment a thread ran: the share of the scheduler and of
  the interpreter, in which the Router has no part.
- Empty loops are the noise floor: the same threads run a `for` loop without a body, about as long
  as a decision takes one thread alone.
"""

THREADS = 64
RATE_HZ = 50
JITTER = 0.5
"""Each decision comes up to this share of the interval early or late, so that threads drift."""

LIMIT_S = 0.001
TARGET_PERCENT = 99.5


@dataclass(frozen=True, slots=True)
class Turns:
    """The paced turns of some threads.

    Numbers are kept in arrays: the garbage collector would walk a hundred thousand objects, and
    its pauses would be counted as the Router's.

    Args:
        late_s: How much later than asked for the thread was woken, per turn.
        took_s: How long its work took, per turn.
    """

    late_s: array[float] = field(default_factory=lambda: array("d"))
    took_s: array[float] = field(default_factory=lambda: array("d"))

    def pace(self, work: Callable[[], object], begin_s: float, turns: int, random: Random) -> None:
        """Do some work 50 times a second, the first time at ``begin_s``."""
        for turn in range(turns):
            due_s = begin_s + (turn + random.uniform(0, JITTER)) / RATE_HZ
            time.sleep(max(0.0, due_s - time.perf_counter()))
            woken_s = time.perf_counter()
            work()
            self.took_s.append(time.perf_counter() - woken_s)
            self.late_s.append(woken_s - due_s)


def paced(work: Callable[[], object], seconds: float, seed: int, what: str) -> Turns:
    """Let 64 threads do some work 50 times a second each; return all turns.

    Args:
        work: What is timed.
        seconds: How long they go on.
        seed: Seeds the jitter.
        what: Shown while it runs.
    """
    turns = [Turns() for _ in range(THREADS)]
    count = int(seconds * RATE_HZ)
    begin_s = time.perf_counter() + 0.2  # by then all threads have been started
    threads = [
        Thread(
            target=turns[number].pace,
            args=(
                work,
                begin_s + number / THREADS / RATE_HZ,
                count,
                Random(seed + number),  # noqa: S311 - jitter
            ),
        )
        for number in range(THREADS)
    ]
    gc.collect()
    for each in threads:
        each.start()
    with progress(what, THREADS) as advance:
        for each in threads:
            each.join()
            advance()
    return Turns(
        array("d", (late_s for each in turns for late_s in each.late_s)),
        array("d", (took_s for each in turns for took_s in each.took_s)),
    )


@contextmanager
def collector_pauses() -> Generator[list[float]]:
    """Yield a list to which every pause of the garbage collector is added, in seconds."""
    pauses_s: list[float] = []
    begun_s = 0.0

    def watch(phase: str, _: dict[str, int]) -> None:
        nonlocal begun_s
        if phase == "start":
            begun_s = time.perf_counter()
        else:
            pauses_s.append(time.perf_counter() - begun_s)

    gc.callbacks.append(watch)
    try:
        yield pauses_s
    finally:
        gc.callbacks.remove(watch)


def loop_as_long_as(work: Callable[[], object]) -> Callable[[], object]:
    """Return an empty loop that takes about as long as some work, in a single thread."""

    def seconds_of(task: Callable[[], object]) -> float:
        took: list[float] = []
        for _ in range(1000):
            begun = time.perf_counter()
            task()
            took.append(time.perf_counter() - begun)
        return median(took)

    def loop(steps: int) -> Callable[[], object]:
        def run_through() -> None:
            for _ in range(steps):
                pass

        return run_through

    trial_steps = 1000
    return loop(round(trial_steps * seconds_of(work) / seconds_of(loop(trial_steps))))


def measure(options: Options) -> Report:
    """Let 64 threads decide 50 times a second each on one Router, and count slow decisions."""
    seconds = 1.0 if options.quick else 20.0
    router = seasoned_router(options.seed)

    def decide() -> None:
        decision = router.decide(messages=PROMPT)
        _ = decision.bucket, decision.ranking, decision.request_id

    counting = paced(loop_as_long_as(decide), seconds, options.seed, "64 threads counting")
    before = router.stats().counters.decisions
    with collector_pauses() as pauses_s:
        deciding = paced(decide, seconds, options.seed, "64 threads deciding")
    counted = router.stats().counters.decisions - before
    return Report(
        name="threads",
        title="64 threads deciding 50 times a second each on one Router",
        figures=[
            *_figures("decide", "decisions", deciding, TARGET_PERCENT),
            Figure("counted", "decisions counted by the Router", counted, "decisions"),
            Figure(
                "longest_collection",
                "longest pause of the garbage collector meanwhile",
                1e3 * max(pauses_s, default=0.0),
                "ms",
            ),
            *_figures("loop", "empty loops", counting, None),
        ],
        spread="none: shares and percentiles are over all turns",
        settings={
            "threads": THREADS,
            "decisions_per_thread_and_second": RATE_HZ,
            "seconds": seconds,
            "turns": len(deciding.took_s),
            "paths": len(PATHS),
        },
        notes=NOTES,
    )


def _figures(name: str, what: str, turns: Turns, target_percent: float | None) -> list[Figure]:
    took_us = sorted(1e6 * took_s for took_s in turns.took_s)
    late_us = sorted(1e6 * late_s for late_s in turns.late_s)
    fast = sum(took_s < LIMIT_S for took_s in turns.took_s)
    share = 100.0 * fast / len(turns.took_s)
    figures = [
        Figure(
            f"{name}_under_1ms",
            f"{what} under 1 ms",
            share,
            "%",
            target=target_percent,
            sense=">=",
        )
    ]
    for label, part in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)):
        figures.append(Figure(f"{name}_{label}", f"{what}, {label}", share_at(took_us, part), "us"))
    for label, part in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
        late = share_at(late_us, part)
        figures.append(Figure(f"{name}_late_{label}", f"{what}, woken late, {label}", late, "us"))
    return figures


if __name__ == "__main__":
    run("threads", measure)
