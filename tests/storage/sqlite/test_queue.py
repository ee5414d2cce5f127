"""The writer queue: one writer at a time over threads and processes, with a bounded wait."""

import fcntl
import multiprocessing
import os
import signal
import threading
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from armwise.errors import StoreUnavailableError
from armwise.storage.sqlite import SQLiteStore
from armwise.storage.sqlite.queue import WriterQueue
from armwise.testing.contracts.histories import record

fork = multiprocessing.get_context("fork")


def is_free(path: Path) -> bool:
    """Return whether nobody holds the queue at this moment."""
    with path.open("r+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def becomes_free(path: Path) -> bool:
    """Return whether the queue is free within some seconds."""
    deadline = time.monotonic() + 10
    while not is_free(path):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def hold(path: Path, taken: Event, done: Event) -> None:
    """Hold the queue until told."""
    with WriterQueue(path).turn():
        taken.set()
        done.wait(30)


def test_threads_and_queues_of_one_process_take_turns(tmp_path: Path) -> None:
    """Two queues on one file, four threads: never two inside at once."""
    path, inside, most = tmp_path / "x.writer", [0], [0]
    queues = [WriterQueue(path), WriterQueue(path)]

    def work(queue: WriterQueue) -> None:
        for _ in range(50):
            with queue.turn():
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                time.sleep(0.0001)
                inside[0] -= 1

    threads = [threading.Thread(target=work, args=(queues[n % 2],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [1]
    assert is_free(path)


def test_a_turn_that_does_not_come_is_an_error(tmp_path: Path) -> None:
    """It says where to look; when the other lets go the queue is free, and turns come again."""
    path = tmp_path / "x.writer"
    taken, done = fork.Event(), fork.Event()
    process = fork.Process(target=hold, args=(path, taken, done))
    process.start()
    taken.wait(30)
    queue = WriterQueue(path, patience_s=0.1)

    with pytest.raises(StoreUnavailableError, match="another process has held"), queue.turn():
        pass
    done.set()
    process.join()

    assert becomes_free(path)
    with queue.turn():
        assert not is_free(path)
    assert is_free(path)


def test_a_turn_comes_when_no_thread_can_be_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the interpreter shuts down outcomes are still delivered; the wait stays bounded."""
    path = tmp_path / "x.writer"
    taken, done = fork.Event(), fork.Event()
    process = fork.Process(target=hold, args=(path, taken, done))
    process.start()
    taken.wait(30)

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(StoreUnavailableError), WriterQueue(path, patience_s=0.1).turn():
        pass
    done.set()
    with WriterQueue(path).turn():
        held = not is_free(path)
    process.join()

    assert held


def test_a_thread_that_waits_too_long_is_told(tmp_path: Path) -> None:
    """Threads of the same process wait no longer than processes do."""
    queue = WriterQueue(tmp_path / "x.writer", patience_s=0.1)
    refused: list[StoreUnavailableError] = []

    def work() -> None:
        try:
            with queue.turn():
                pass
        except StoreUnavailableError as error:
            refused.append(error)

    with queue.turn():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert "another thread" in str(refused[0])


def test_a_child_forked_during_a_wait_does_not_keep_the_lock(tmp_path: Path) -> None:
    """It has a copy of the open lock file; what its parent waited for is freed all the same."""
    path = tmp_path / "x.writer"
    taken, done = fork.Event(), fork.Event()
    holder = fork.Process(target=hold, args=(path, taken, done))
    holder.start()
    taken.wait(30)
    with pytest.raises(StoreUnavailableError), WriterQueue(path, patience_s=0.05).turn():
        pass

    child = os.fork()
    if not child:
        time.sleep(60)
        os._exit(0)
    done.set()
    holder.join()

    try:
        assert becomes_free(path)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def write(path: Path, ready: Event) -> None:
    """Write for ever."""
    kept = SQLiteStore(path)
    number = 0
    while True:
        kept.apply("goal", [record(number)])
        number += 1
        ready.set()


def test_the_turn_of_a_killed_writer_is_free(tmp_path: Path) -> None:
    """The kernel frees the lock of a process that dies, wherever it was."""
    path = tmp_path / "evidence.db"
    kept = SQLiteStore(path)

    for _ in range(10):
        ready = fork.Event()
        process = fork.Process(target=write, args=(path, ready))
        process.start()
        ready.wait(30)
        process.kill()
        process.join()

        kept.apply("goal", [record(1 << 40)])

    kept.close()
