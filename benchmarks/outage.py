"""What callers notice while the store hangs, is down, and comes back."""

from __future__ import annotations  # array[float] can be written, but not evaluated before 3.12

import gc
import os
import random
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Thread
from typing import Literal

from armwise import Router
from armwise.engine import SharedStore, open_store
from armwise.storage import connect
from armwise.testing import ScriptedAdapter
from armwise.testing.servers import RedisServer
from benchmarks.decide import PROMPT
from benchmarks.reporting import Figure, Options, Report, progress, run
from benchmarks.soak.worker import MODELS, RATES
from benchmarks.timing import share_at

NOTES = """\
- 4 threads of one process decide and report 100 times a second each, on one Router with a Valkey
  server that keeps an AOF (`appendfsync everysec`). Hang: SIGSTOP. Outage: SIGKILL.
- A decision is timed until its request id is read, a report until it returns. Of the empty loop,
  which takes about as long as a decision and is timed between the two, whatever is slow is the
  machine's share: other processes, and threads that wait for the interpreter.
- What the interpreter holds before the callers start is frozen, as in the other benchmarks: else
  Python's own collection of all that was imported (0.1 s here) is the longest call.
- "until the outbox is empty" counts from the moment at which the server is started again.
- Cold start: a new process, from `Router(...)` to its first decision, which has to rest on the
  snapshot file of an earlier process. Imports come before.
"""

THREADS, RATE_HZ = 4, 100.0
FAULT_S = 3.0
GOAL = "outage"
TARGET_P99_MS, TARGET_MAX_MS, TARGET_EMPTY_S, TARGET_COLD_S = 1.0, 50.0, 5.0, 1.0

Phase = Literal["healthy", "hang", "outage", "recovery"]
PHASES: tuple[Phase, ...] = ("healthy", "hang", "outage", "recovery")


def _per_phase() -> dict[Phase, array[float]]:
    return {phase: array("d") for phase in PHASES}


@dataclass
class Times:
    """Seconds that calls took, in the order of the calls, per phase.

    Numbers are kept in arrays: the garbage collector would walk lists of objects.
    """

    decide: dict[Phase, array[float]] = field(default_factory=_per_phase)
    report: dict[Phase, array[float]] = field(default_factory=_per_phase)
    empty: dict[Phase, array[float]] = field(default_factory=_per_phase)


class Callers:
    """Threads that decide and report until they are told to stop.

    Args:
        router: What they use.
        seed: Seeds outcomes and pauses.
    """

    def __init__(self, router: Router, seed: int) -> None:
        self.phase: Phase = "healthy"
        self.times = [Times() for _ in range(THREADS)]
        self.reported = 0
        self.errors: list[str] = []
        self._router = router
        self._is_stopping = False
        self._threads = [
            Thread(target=self._call, args=(number, random.Random(seed + number)))  # noqa: S311
            for number in range(THREADS)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the threads."""
        self._is_stopping = True
        for thread in self._threads:
            thread.join()
        self.reported = sum(len(each.report[phase]) for each in self.times for phase in PHASES)

    def _call(self, number: int, random: random.Random) -> None:
        times, router = self.times[number], self._router
        due_s = time.perf_counter() + number / THREADS / RATE_HZ
        while not self._is_stopping:
            time.sleep(max(0.0, due_s - time.perf_counter()))
            due_s = max(due_s, time.perf_counter() - 0.1) + random.uniform(0.5, 1.5) / RATE_HZ
            phase = self.phase
            try:
                begun_s = time.perf_counter()
                decision = router.decide(PROMPT)
                request_id = decision.request_id
                decided_s = time.perf_counter()
                for _ in range(_EMPTY_STEPS):
                    pass
                looped_s = time.perf_counter()
                router.report_outcome(request_id, random.random() < RATES[decision.path])
                reported_s = time.perf_counter()
            except Exception as error:  # noqa: BLE001 - none may reach a caller
                self.errors.append(f"{type(error).__name__}: {error}")
                continue
            times.decide[phase].append(decided_s - begun_s)
            times.empty[phase].append(looped_s - decided_s)
            times.report[phase].append(reported_s - looped_s)


_EMPTY_STEPS = 2_000
"""About 30 us, as long as a decision."""


def measure(options: Options) -> Report:
    """Time decisions and reports through a hang and an outage of the store."""
    quiet_s = 2.0 if options.quick else 10.0
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ARMWISE_JOURNAL_DIR"] = folder
        with RedisServer("--appendonly", "yes", "--appendfsync", "everysec") as server:
            callers, empty_s = _through_faults(server, quiet_s, options.seed)
            kept = _kept(server)
            cold = [_cold_start(server, "hangs"), _cold_start(server, "is down")]
    figures = [
        *(figure for phase in PHASES for figure in _phase_figures(callers, phase)),
        Figure("empty", "until the outbox is empty", empty_s, "s", target=TARGET_EMPTY_S),
        Figure("errors", "errors that reached a caller", len(callers.errors), "", target=0),
        Figure(
            "missing",
            "outcomes reported and not in the store",
            callers.reported - kept,
            "",
            target=0,
        ),
        Figure("reported", "outcomes reported", callers.reported, ""),
        Figure("cold_hang", "cold start while the store hangs", cold[0], "s", target=TARGET_COLD_S),
        Figure("cold_down", "cold start while it is down", cold[1], "s", target=TARGET_COLD_S),
    ]
    return Report(
        name="outage",
        title="Callers while a shared store hangs, is down, and comes back",
        figures=figures,
        spread="none: percentiles over all calls of a phase",
        settings={
            "threads": THREADS,
            "calls_per_thread_and_second": RATE_HZ,
            "fault_seconds": FAULT_S,
            "quiet_seconds": quiet_s,
        },
        notes=NOTES,
        group="test",
    )


def _through_faults(server: RedisServer, quiet_s: float, seed: int) -> tuple[Callers, float]:
    """Let callers go through it; return them, and how long the outbox took to empty."""
    store = _shared(server)
    router = Router(list(RATES), GOAL, store=store, adapter=ScriptedAdapter({}, MODELS))
    router.warmup()
    router.decide(PROMPT)
    gc.collect()
    gc.freeze()
    callers = Callers(router, seed)
    with progress("through a hang and an outage", 5) as advance:
        time.sleep(quiet_s)
        advance()
        callers.phase = "hang"
        server.suspend()
        time.sleep(FAULT_S)
        server.resume()
        advance()
        callers.phase = "recovery"
        time.sleep(quiet_s / 2)
        advance()
        callers.phase = "outage"
        server.kill()
        time.sleep(FAULT_S)
        advance()
        callers.phase = "recovery"
        begun_s = time.monotonic()
        server.start()
        empty_s = _until(lambda: store.health().waiting == 0) - begun_s
        time.sleep(quiet_s)
        advance()
    callers.stop()
    gc.unfreeze()
    router.flush(5.0)
    router.close()
    store.close()
    return callers, empty_s


def _shared(server: RedisServer) -> SharedStore:
    store = open_store(server.url)
    assert isinstance(store, SharedStore)  # noqa: S101 - for the type checker
    return store


def _until(condition: Callable[[], bool]) -> float:
    """Return when a condition came true, after 30 s at the latest."""
    deadline_s = time.monotonic() + 30.0
    while not condition() and time.monotonic() < deadline_s:
        time.sleep(0.005)
    return time.monotonic()


def _kept(server: RedisServer) -> int:
    """Return how many outcomes the server holds."""
    store = connect(server.url)
    held = store.read(GOAL)
    store.close()
    return 0 if held is None else sum(bucket.outcomes for bucket in held.buckets.values())


_COLD = """
import sys, time
from armwise import Router
from armwise.testing import ScriptedAdapter
from benchmarks.outage import GOAL, MODELS, PROMPT, RATES
import numpy.random, redis
begun_s = time.perf_counter()
router = Router(list(RATES), GOAL, store=sys.argv[1], adapter=ScriptedAdapter({}, MODELS))
router.decide(PROMPT).request_id
took_s = time.perf_counter() - begun_s
known = sum(arm.attempts for bucket in router.stats().buckets.values() for arm in bucket.values())
assert known > 100, known
print(took_s)
"""


def _cold_start(server: RedisServer, how: Literal["hangs", "is down"]) -> float:
    """Return how long a new process takes to its first decision while the store does not answer."""
    if how == "hangs":
        server.suspend()
    else:
        server.kill()
    words = [sys.executable, "-c", _COLD, server.url]
    try:
        done = subprocess.run(words, check=True, capture_output=True, text=True)
    finally:
        if how == "hangs":
            server.resume()
    return float(done.stdout.split()[-1])


def _phase_figures(callers: Callers, phase: Phase) -> list[Figure]:
    figures: list[Figure] = []
    for call in ("decide", "report", "empty"):
        every = sorted(
            took_s * 1e3 for each in callers.times for took_s in getattr(each, call)[phase]
        )
        name = "an empty loop" if call == "empty" else f"`{call}`"
        p99, most = (None, None) if call == "empty" else (TARGET_P99_MS, TARGET_MAX_MS)
        figures += [
            Figure(f"{phase}_{call}_p50", f"{phase}: {name}, median", share_at(every, 0.5), "ms"),
            Figure(
                f"{phase}_{call}_p99",
                f"{phase}: {name}, 99 %",
                share_at(every, 0.99),
                "ms",
                target=p99,
            ),
            Figure(
                f"{phase}_{call}_max", f"{phase}: {name}, longest", every[-1], "ms", target=most
            ),
        ]
    return figures


if __name__ == "__main__":
    run("outage", measure)
