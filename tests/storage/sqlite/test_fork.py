"""A process that forks while its threads write: both sides go on, on files of their own."""

import os
import sqlite3
import threading
from pathlib import Path

from armwise.storage.sqlite import SQLiteStore
from armwise.testing.contracts.histories import record

FORKS = 12
PER_CHILD = 20


def open_files(path: Path) -> list[str]:
    """Return what this process has open of the store's files; nothing where it cannot be told."""
    if not Path("/proc/self/fd").exists():
        return []
    links: list[str] = []
    for number in os.listdir("/proc/self/fd"):  # noqa: PTH208 - entries vanish as they are read
        try:
            links.append(os.readlink(f"/proc/self/fd/{number}"))  # noqa: PTH115 - as above
        except OSError:
            continue
    return [link for link in links if link.startswith(str(path))]


def in_child(kept: SQLiteStore, base: int) -> int:
    """Write and read as a child does; return what its exit says."""
    if open_files(kept.path):
        return 2
    for number in range(PER_CHILD):
        kept.apply("goal", [record(base + number)])
    held = kept.read("goal")
    kept.close()
    return 0 if held is not None and held.buckets else 3


def test_children_write_while_threads_of_the_parent_do(tmp_path: Path) -> None:
    """Nothing open is inherited, nobody hangs, and every record is counted once."""
    kept, stop = SQLiteStore(tmp_path / "evidence.db"), threading.Event()
    written = [0] * 4
    errors: list[BaseException] = []

    def work(thread: int) -> None:
        try:
            while not stop.is_set():
                kept.apply("goal", [record((thread << 32) + written[thread])])
                written[thread] += 1
                kept.read("goal")
        except BaseException as error:  # noqa: BLE001 - reported below
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    children: list[int] = []
    for number in range(FORKS):
        child = os.fork()
        if not child:
            code = 1
            try:
                code = in_child(kept, (100 + number) << 32)
            finally:
                os._exit(code)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    stop.set()
    for thread in threads:
        thread.join()
    kept.close()

    assert errors == []
    assert codes == [0] * FORKS
    assert min(written) > 0
    connection = sqlite3.connect(kept.path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    (counted,) = connection.execute("SELECT count(*) FROM counted").fetchone()
    (attempts,) = connection.execute("SELECT sum(attempts) FROM eras").fetchone()
    connection.close()
    assert counted == attempts == sum(written) + FORKS * PER_CHILD
