"""Eight processes that write to one SQLite file: with the writer queue, and by SQLite's waiting."""

import multiprocessing
import sqlite3
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from statistics import median

from armwise.storage import ArmKey, CallFacts, Record
from armwise.storage.sqlite import SQLiteStore, file
from armwise.storage.sqlite.queue import WriterQueue
from benchmarks.reporting import Figure, Options, Report, progress, run

NOTES = """\
- Eight processes report one outcome after another through `SQLiteStore.apply`, each call a
  transaction of its own, for the whole time; nothing is batched. A wait is the time of one call.
- The queue is what armwise does: a file lock, then BEGIN IMMEDIATE. The control is the same store
  without the file lock, with SQLite's own waiting (busy_timeout 30 s). Both take turns in one run.
- The ratio is that of the number of writes of the process with the fewest and with the most. The
  log is the largest that the write-ahead log was seen during a round.
- Targets hold for the queue, in the worst round (waits) and in the median one (ratio).
"""

WRITERS = 8
CONTROL_BUSY_S = 30.0

TARGET_RATIO = 0.7
TARGET_WAIT_S = 0.5
TARGET_LOG_MB = 16.0


@dataclass(frozen=True, slots=True)
class Round:
    """What eight writers did in one round.

    Args:
        writes: Number of writes per process.
        waits_s: All times that a write took, sorted.
        log_bytes: Largest size of the write-ahead log.
        lasted_s: How long they wrote.
    """

    writes: list[int]
    waits_s: list[float]
    log_bytes: int
    lasted_s: float

    @property
    def ratio(self) -> float:
        """Fewest writes of a process by most."""
        return min(self.writes) / max(self.writes)

    def wait_s(self, share: float) -> float:
        """Return the wait that a share of the writes did not exceed."""
        return self.waits_s[min(int(len(self.waits_s) * share), len(self.waits_s) - 1)]


@dataclass(frozen=True, slots=True)
class Setting:
    """How a round is written.

    Args:
        lasts_s: For how long.
        queued: With the writer queue, or by SQLite's own waiting.
        durable: Whether each write waits for the disk.
    """

    lasts_s: float
    queued: bool
    durable: bool


@contextmanager
def no_queue(_: WriterQueue) -> Generator[None]:
    """Wait for nobody, in the place of ``WriterQueue.turn``."""
    yield


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where the writers of a round wait for each other.

    Args:
        start: Everybody has opened the file.
        done: The log has been looked at: the file may be closed.
    """

    start: Barrier
    done: Event


def write(path: Path, number: int, setting: Setting, meeting: Meeting, told: Connection) -> None:
    """Write for some seconds, in a process of its own, and tell how long each write took."""
    if not setting.queued:
        WriterQueue.turn = no_queue  # type: ignore[method-assign]
        file.BUSY_S = CONTROL_BUSY_S
    kept = SQLiteStore(path, durable=setting.durable)
    waits_s: list[float] = []
    arm, written = ArmKey("general/simple", f"path {number % 4}"), number << 40
    facts = CallFacts(cost_nanousd=1_000_000, latency_us=800_000)
    meeting.start.wait()
    until = time.perf_counter() + setting.lasts_s
    while (begun := time.perf_counter()) < until:
        record = Record(arm, written.to_bytes(10), 0, int(time.time() * 1000), facts, 1, 10_000)
        kept.apply("goal", [record])
        waits_s.append(time.perf_counter() - begun)
        written += 1
    told.send(waits_s)
    meeting.done.wait()
    kept.close()


def one_round(folder: Path, setting: Setting) -> Round:
    """Let eight processes write to a new file for some seconds."""
    path = folder / "evidence.db"
    SQLiteStore(path, durable=setting.durable).close()
    fork = multiprocessing.get_context("fork")
    meeting = Meeting(fork.Barrier(WRITERS + 1), fork.Event())
    pipes = [fork.Pipe() for _ in range(WRITERS)]
    processes = [
        fork.Process(target=write, args=(path, number, setting, meeting, theirs))
        for number, (_, theirs) in enumerate(pipes)
    ]
    for process in processes:
        process.start()
    meeting.start.wait()
    largest = _watched(Path(f"{path}-wal"), setting.lasts_s)
    told = [ours.recv() for ours, _ in pipes]
    meeting.done.set()
    for process in processes:
        process.join()
    waits_s = sorted(wait for waits in told for wait in waits)
    return Round([len(waits) for waits in told], waits_s, largest, setting.lasts_s)


def _watched(log: Path, lasts_s: float) -> int:
    largest, until = 0, time.perf_counter() + lasts_s
    while time.perf_counter() < until:
        largest = max(largest, log.stat().st_size if log.exists() else 0)
        time.sleep(0.05)
    return largest


def measure(options: Options) -> Report:
    """Let eight processes write to one SQLite file, with the queue and without it."""
    rounds, lasts_s = (1, 2.0) if options.quick else (5, 6.0)
    found: dict[tuple[bool, bool], list[Round]] = {}
    with progress("eight writers", 4 * rounds) as advance:
        for _ in range(rounds):
            for durable in (False, True):
                for queued in (True, False):
                    with tempfile.TemporaryDirectory() as folder:
                        seen = one_round(Path(folder), Setting(lasts_s, queued, durable))
                    found.setdefault((durable, queued), []).append(seen)
                    advance()
    figures: list[Figure] = []
    for (durable, queued), seen_rounds in found.items():
        figures += _figures(seen_rounds, durable=durable, queued=queued)
    return Report(
        name="sqlite_writers",
        title="Eight processes writing to one SQLite file",
        figures=figures,
        spread="lowest and highest of the rounds",
        settings={
            "writers": WRITERS,
            "rounds": rounds,
            "seconds_per_round": lasts_s,
            "SQLite": sqlite3.sqlite_version,
        },
        notes=NOTES,
    )


def _figures(rounds: list[Round], *, durable: bool, queued: bool) -> list[Figure]:
    key = f"{'durable' if durable else 'normal'}_{'queue' if queued else 'control'}"
    how = f"{'durable' if durable else 'default'}, {'queue' if queued else 'control'}"
    ratios = [seen.ratio for seen in rounds]
    longest = [seen.waits_s[-1] for seen in rounds]
    logs = [seen.log_bytes / 1e6 for seen in rounds]
    rates = [sum(seen.writes) / seen.lasted_s for seen in rounds]
    late = [seen.wait_s(0.99) * 1000 for seen in rounds]

    def line(
        name: str, what: str, values: list[float], unit: str, value: float | None = None
    ) -> Figure:
        middle = median(values) if value is None else value
        target = _TARGETS.get(name) if queued else None
        sense = ">=" if name == "ratio" else "<="
        text, low, high = f"{how}: {what}", min(values), max(values)
        return Figure(f"{key}_{name}", text, middle, unit, low, high, target, sense)

    return [
        line("ratio", "writes of the slowest by the fastest process", ratios, "x"),
        line("wait", "longest wait of a write, worst round", longest, "s", max(longest)),
        line("late", "99th percentile of the waits", late, "ms"),
        line("log", "largest write-ahead log, worst round", logs, "MB", max(logs)),
        line("rate", "writes per second of all", rates, "/s"),
    ]


_TARGETS = {"ratio": TARGET_RATIO, "wait": TARGET_WAIT_S, "log": TARGET_LOG_MB}


if __name__ == "__main__":
    run("sqlite_writers", measure)
