"""A full disk and sums that overflow: refused by name, nothing half applied, and on it goes."""

import multiprocessing
import resource
import signal
import sqlite3
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from armwise.errors import StoreError, StoreRefusedError
from armwise.storage import CallFacts
from armwise.storage.codec import to_plain
from armwise.storage.sqlite import SQLiteStore
from armwise.testing.contracts.histories import record

GOAL = "goal"


def state(kept: SQLiteStore) -> object:
    """Return all integers of the goal."""
    held = kept.read(GOAL)
    assert held is not None
    return to_plain(held)


def counted(path: Path) -> int:
    """Return the number of dedupe records."""
    connection = sqlite3.connect(path)
    found = int(connection.execute("SELECT count(*) FROM counted").fetchone()[0])
    connection.close()
    return found


def test_a_full_database_is_refused_by_name_and_goes_on_afterwards(tmp_path: Path) -> None:
    """SQLite rolls back by itself and says so only indirectly; the cause is what is raised."""
    kept = SQLiteStore(tmp_path / "evidence.db")
    kept.apply(GOAL, [record()])
    before = state(kept)
    with kept._file.writing() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
    with kept._file._connections.one() as connection:
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    many = [record(number) for number in range(1, 3_000)]

    with pytest.raises(StoreRefusedError, match=r"full.*SQLITE_FULL"):
        kept.apply(GOAL, many)

    assert state(kept) == before
    assert counted(kept.path) == 1
    kept.apply(GOAL, many)  # the connection that was limited is gone
    assert counted(kept.path) == 3_000
    kept.close()


def fill(path: Path, told: Connection) -> None:
    """Write under a limit on the size of files, then without one; tell what happened."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    kept = SQLiteStore(path)
    kept.apply(GOAL, [record(number) for number in range(100)])
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, most))
    acknowledged, error = 100, ""
    for number in range(100, 100_000, 50):
        try:
            kept.apply(GOAL, [record(at) for at in range(number, number + 50)])
        except StoreError as refused:
            error = f"{type(refused).__name__} {refused}"
            break
        acknowledged += 50
    readable = state(kept)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    kept.apply(GOAL, [record(number) for number in range(acknowledged, acknowledged + 50)])
    kept.close()
    told.send((acknowledged, error, readable))


def test_a_disk_that_takes_no_more_loses_nothing(tmp_path: Path) -> None:
    """What was acknowledged stays, reading goes on, and later writing does."""
    path = tmp_path / "evidence.db"
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=fill, args=(path, theirs))

    process.start()
    acknowledged, error, readable = ours.recv()
    process.join()

    assert "disk" in error
    assert acknowledged > 100
    assert readable["buckets"]["extraction/simple"]["outcomes"] == acknowledged
    kept = SQLiteStore(path)
    assert counted(path) == acknowledged + 50
    held = kept.read(GOAL)
    assert held is not None
    assert held.buckets["extraction/simple"].outcomes == acknowledged + 50
    kept.close()


@pytest.mark.parametrize("cost", [2**62, 2**70])
def test_a_sum_beyond_64_bits_is_refused_whole(cost: int, tmp_path: Path) -> None:
    """SQLite would turn it into a float; here nothing of the call is counted."""
    kept = SQLiteStore(tmp_path / "evidence.db")
    kept.apply(GOAL, [record(0, facts=CallFacts(cost_nanousd=2**62))])
    before = state(kept)

    with pytest.raises(StoreRefusedError, match="64-bit"):
        kept.apply(GOAL, [record(1), record(2, facts=CallFacts(cost_nanousd=cost))])

    assert state(kept) == before
    assert counted(kept.path) == 1
    kept.close()
