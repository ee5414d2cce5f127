"""A few threads of the Router's own for work that no request waits for."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from armwise.storage.forking import register

_log = logging.getLogger("armwise.router")

THREADS = 8
"""Threads at most. A shadow call waits for a provider nearly all of its time, for seconds; eight
follow some two calls a second. A guess: more would compete with the requests themselves."""

WAITING = 64
"""Pieces of work that may wait; more are refused, so that a slow path cannot fill the memory with
prompts. A guess, like the number of threads."""

_IDLE_S = 10.0
"""A thread without work ends after so many seconds."""


class Workers:
    """Daemon threads that are started when there is work; safe to use after a fork.

    Args:
        name: Of the threads.
        threads: How many at most.
        waiting: How many pieces of work may wait for one.
    """

    def __init__(self, name: str, threads: int = THREADS, waiting: int = WAITING) -> None:
        self._name = name
        self._most_threads = threads
        self._most_waiting = waiting
        self._has_warned = False
        self._begin()
        register(self)

    def submit(self, work: Callable[[], object]) -> bool:
        """Have something done; return False if too much is waiting, or the pool is closed.

        False too if no thread can be started; it never raises.
        """
        with self._changed:
            if self._is_closed or len(self._work) >= self._most_waiting:
                return False
            self._work.append(work)
            if self._idle < len(self._work) and self._threads < self._most_threads:
                self._start_thread()
            if self._threads == 0:
                self._work.pop()
                return False
            self._changed.notify()
        return True

    def drain(self, timeout_s: float) -> bool:
        """Wait until nothing is left to do; return whether that is so."""
        end_s = time.monotonic() + timeout_s
        with self._changed:
            while self._work or self._busy:
                left_s = end_s - time.monotonic()
                if left_s <= 0.0:
                    return False
                self._changed.wait(left_s)
        return True

    def close(self, timeout_s: float) -> bool:
        """Take no more work, and wait for what there is; return whether it was done in time."""
        with self._changed:
            self._is_closed = True
        return self.drain(timeout_s)

    def before_fork(self) -> None:
        """Wait until no work is being taken."""
        self._changed.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; in the child without the parent's threads and its work."""
        self._changed.release()
        if in_child:
            self._begin(is_closed=self._is_closed)

    def _begin(self, *, is_closed: bool = False) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._work: deque[Callable[[], object]] = deque()
        self._threads = self._idle = self._busy = 0
        self._is_closed = is_closed

    def _start_thread(self) -> None:
        with suppress(RuntimeError):  # the system has no more threads, or Python is shutting down
            threading.Thread(target=self._run, name=self._name, daemon=True).start()
            self._threads += 1

    def _run(self) -> None:
        while (work := self._next()) is not None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - nobody waits for it: it can only be told
                self.warn(error)
            finally:
                with self._changed:
                    self._busy -= 1
                    self._changed.notify_all()

    def _next(self) -> Callable[[], object] | None:
        """Return the next piece of work, None when the thread is to end."""
        with self._changed:
            self._idle += 1
            try:
                if not self._changed.wait_for(lambda: bool(self._work), _IDLE_S):
                    self._threads -= 1
                    return None
                self._busy += 1
                return self._work.popleft()
            finally:
                self._idle -= 1

    def warn(self, error: BaseException) -> None:
        """Tell of work that raised, once."""
        if not self._has_warned:
            self._has_warned = True
            # The class alone: texts of errors may quote prompts.
            _log.warning("%s: work beside a request raised %s", self._name, type(error).__name__)
