"""The queue in which all writers of a database wait: a file lock that the kernel hands on.

SQLite's own waiting sleeps and polls. One process then wins for seconds while others starve, and
the write-ahead log is never short of readers and writers for long enough to be begun anew. With a
lock that is waited for in the kernel every writer gets its turn, and checkpoints never run beside a
commit.
"""

import fcntl
import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from armwise.errors import StoreRefusedError, StoreUnavailableError

PATIENCE_S = 10.0
"""How long a writer waits for its turn. Turns take milliseconds: who waits so long waits for a
process that was stopped inside one. A guess, that no benchmark comes near."""

_POLL_S = 0.005

_BURST_S = 0.001
"""How long a process may take turn after turn: 1 ms costs a tenth of the writes of eight busy
writers, and brings the 99th percentile of their waits from 50-90 ms to 36 ms."""


class _Wait:
    """One wait in the kernel's queue. That knows no time-out, so a thread waits in our place.

    Args:
        file: The lock file; the thread works on a copy of the descriptor, which shares the lock.
    """

    def __init__(self, file: int) -> None:
        self._copy = os.dup(file)
        self._decision = threading.Lock()
        self._granted = threading.Event()
        self._given_up = False
        self._is_held = False
        thread = threading.Thread(target=self._wait, name="armwise-sqlite-queue", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            os.close(self._copy)
            raise

    def ended_in(self, patience_s: float) -> bool:
        """Return whether the lock was granted in time; if not, it is freed when it is granted."""
        if self._granted.wait(max(patience_s, 0.0)):
            return True
        with self._decision:
            if not self._is_held:
                self._given_up = True
        return self._is_held

    def _wait(self) -> None:
        try:
            fcntl.flock(self._copy, fcntl.LOCK_EX)
            with self._decision:
                self._is_held = not self._given_up
                if self._given_up:
                    fcntl.flock(self._copy, fcntl.LOCK_UN)
        finally:
            os.close(self._copy)  # before the turn begins, for whoever has it may fork
        if self._is_held:
            self._granted.set()


def _granted(file: int, deadline: float) -> bool:
    """Wait for the lock; return whether it came in time."""
    try:
        wait = _Wait(file)
    except RuntimeError:  # no thread can be started any more: the interpreter is shutting down
        while monotonic() < deadline:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                sleep(_POLL_S)
            else:
                return True
        return False
    return wait.ended_in(deadline - monotonic())


class WriterQueue:
    """The turn to write, among the threads of this process and all processes of this machine.

    Args:
        path: The lock file, created if missing and never removed: who removes it splits the queue.
        mode: Its rights if it is created.
        patience_s: Seconds to wait for a turn.
    """

    def __init__(self, path: Path, mode: int = 0o600, patience_s: float = PATIENCE_S) -> None:
        self._path = path
        self._mode = mode
        self._patience_s = patience_s
        self._thread = threading.Lock()
        self._file: int | None = None
        self._stepped_back_at = 0.0

    @contextmanager
    def turn(self) -> Generator[None]:
        """Hold the turn to write.

        Raises:
            StoreUnavailableError: If it does not come in time.
            StoreRefusedError: If the lock file cannot be opened.
        """
        deadline = monotonic() + self._patience_s
        if not self._thread.acquire(timeout=self._patience_s):
            raise self._too_long("another thread of this process")
        try:
            self._lock(deadline)
            try:
                yield
            finally:
                self._unlock()
        finally:
            self._thread.release()
            self._step_back()

    def hold(self) -> bool:
        """Take the turn before a fork; return whether it came. ``let_go`` is called in any case."""
        self._thread.acquire()
        try:
            self._lock(monotonic() + self._patience_s)
        except (StoreUnavailableError, StoreRefusedError):
            return False
        return True

    def let_go(self) -> None:
        """Free the lock and close its file, so that no child shares it."""
        self._close()

    def go_on(self) -> None:
        """Let threads in again after a fork; the lock file is opened anew by who needs it."""
        self._thread.release()

    def close(self) -> None:
        """Let go of the lock file; the next turn opens it again."""
        with self._thread:
            self._close()

    def _lock(self, deadline: float) -> None:
        file = self._open()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not _granted(file, deadline):
                self._close()
                raise self._too_long("another process") from None

    def _unlock(self) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def _step_back(self) -> None:
        """Let others run now and then: who frees a lock and asks again at once mostly gets it."""
        now = monotonic()
        if now - self._stepped_back_at > _BURST_S:
            self._stepped_back_at = now
            os.sched_yield()

    def _open(self) -> int:
        if self._file is None:
            try:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, self._mode)
            except OSError as error:
                raise StoreRefusedError(
                    f"the lock file {self._path} cannot be opened ({error.strerror}). Give this "
                    "user the right to write the file and its directory, and see that the disk is "
                    "not full."
                ) from error
        return self._file

    def _close(self) -> None:
        if self._file is not None:
            # A child of another thread's fork may hold a copy of the open file, and with it the
            # lock, so closing does not free it; unlocking does.
            fcntl.flock(self._file, fcntl.LOCK_UN)
            os.close(self._file)
            self._file = None

    def _too_long(self, who: str) -> StoreUnavailableError:
        return StoreUnavailableError(
            f"{who} has held {self._path} for {self._patience_s:g} s. Look for a worker that was "
            f"stopped (kill -STOP, a debugger) or waits for a dead disk: lsof {self._path}"
        )
