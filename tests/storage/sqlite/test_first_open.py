"""Many processes may open a file that does not exist yet, all at once."""

import multiprocessing
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

import pytest

from armwise.errors import StoreUnavailableError
from armwise.storage.sqlite import SQLiteStore
from armwise.storage.sqlite.queue import WriterQueue
from armwise.testing.contracts.histories import record

PROCESSES = 8
ROUNDS = 30

fork = multiprocessing.get_context("fork")


def work(folder: Path, number: int, start: Barrier, told: Connection) -> None:
    """Open a new file in each round, together with the others, and write."""
    errors: list[str] = []
    for turn in range(ROUNDS):
        start.wait(60)
        try:
            kept = SQLiteStore(folder / f"{turn}.db")
            kept.apply("goal", [record(number)])
            kept.close()
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not happen
            errors.append(f"{type(error).__name__}: {error}")
    told.send(errors)


def hold(path: Path, taken: Event, done: Event) -> None:
    """Hold the queue of a file until told."""
    with WriterQueue(path).turn():
        taken.set()
        done.wait(60)


def test_a_new_file_is_created_in_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process has the turn nothing is created; afterwards it is."""
    path, taken, done = tmp_path / "evidence.db", fork.Event(), fork.Event()
    process = fork.Process(target=hold, args=(Path(f"{path}.writer"), taken, done))
    process.start()
    taken.wait(60)

    with monkeypatch.context() as impatient:
        impatient.setattr(WriterQueue.__init__, "__defaults__", (0o600, 0.1))
        with pytest.raises(StoreUnavailableError):
            SQLiteStore(path)
    existed = path.exists()
    done.set()
    SQLiteStore(path).close()
    process.join()

    assert not existed
    assert path.exists()


def test_eight_processes_open_a_new_file_at_once(tmp_path: Path) -> None:
    """30 times: all of them open it, and what each wrote is there."""
    start, pipes = fork.Barrier(PROCESSES), [fork.Pipe() for _ in range(PROCESSES)]
    processes = [
        fork.Process(target=work, args=(tmp_path, number, start, theirs))
        for number, (_, theirs) in enumerate(pipes)
    ]

    for process in processes:
        process.start()
    errors = [error for ours, _ in pipes for error in ours.recv()]
    for process in processes:
        process.join()

    assert errors == []
    for turn in range(ROUNDS):
        kept = SQLiteStore(tmp_path / f"{turn}.db")
        held = kept.read("goal")
        assert held is not None
        assert held.buckets["extraction/simple"].outcomes == PROCESSES
        kept.close()
