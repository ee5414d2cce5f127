"""Writers that are killed at any moment: what was acknowledged is there, once."""

import multiprocessing
import os
import random
import sqlite3
import time
from pathlib import Path

from armwise.bandit import UNIT
from armwise.storage import CallFacts
from armwise.storage.sqlite import SQLiteStore
from armwise.testing.contracts.histories import record

WRITERS = 4
KILLS = 16
COST = 7

fork = multiprocessing.get_context("fork")


def write(path: Path, log: Path, base: int) -> None:
    """Report request after request; note each that was acknowledged, in one write of the log."""
    kept = SQLiteStore(path)
    notes = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for number in range(base, base + 100_000, 3):
        facts = CallFacts(cost_nanousd=COST)
        batch = [record(at, facts=facts) for at in range(number, number + 3)]
        kept.apply("goal", batch)
        os.write(notes, b"".join(b"%d\n" % at for at in range(number, number + 3)))


def acknowledged(folder: Path) -> set[int]:
    """Return the requests that any writer noted."""
    lines = [line for log in folder.glob("*.log") for line in log.read_text("utf-8").splitlines()]
    return {int(line) for line in lines}


def test_nothing_acknowledged_is_lost_and_nothing_is_doubled(tmp_path: Path) -> None:
    """After each kill -9 the file is whole, and the sums are those of the dedupe records."""
    path, chance = tmp_path / "evidence.db", random.Random(7)
    SQLiteStore(path).close()
    started = iter(range(100))

    def begun() -> multiprocessing.Process:
        number = next(started)
        log = tmp_path / f"{number}.log"
        process = fork.Process(target=write, args=(path, log, number * 1_000_000))
        process.start()
        return process  # type: ignore[return-value]

    writers = [begun() for _ in range(WRITERS)]
    for turn in range(KILLS):
        time.sleep(0.05 + 0.25 * chance.random())
        victim = turn % WRITERS
        writers[victim].kill()
        writers[victim].join()
        writers[victim] = begun()
    for writer in writers:
        writer.kill()
    for writer in writers:
        writer.join()

    noted = acknowledged(tmp_path)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    rows = connection.execute("SELECT nonce FROM counted").fetchall()
    connection.close()
    counted = [int.from_bytes(nonce) for (nonce,) in rows]
    kept = SQLiteStore(path)
    held = kept.read("goal")
    assert held is not None
    (eras,) = held.buckets["extraction/simple"].arms.values()
    assert len(noted) > 100 * KILLS // 4
    assert noted <= set(counted)
    assert len(counted) == len(set(counted))
    assert len(counted) - len(noted) <= 3 * (KILLS + WRITERS)  # one call each, on its way
    assert eras.newest.attempts == eras.newest.reported == eras.newest.costed == len(counted)
    assert eras.newest.successes == len(counted) * UNIT
    assert eras.newest.cost_nanousd == len(counted) * COST
    assert held.buckets["extraction/simple"].outcomes == len(counted)
    again = kept.apply("goal", [record(at, facts=CallFacts(COST)) for at in sorted(noted)])
    assert set(again) == {"duplicate"}
    kept.close()
