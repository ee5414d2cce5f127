"""The background thread of a shared store: sends, reads, adopts, tidies."""

import logging
import threading
from collections.abc import Callable
from time import monotonic, sleep

_GATHER_S = 0.005
"""How long records are gathered before they are sent, so that a busy worker sends full batches: far
below the second after which others read them."""

_LONGEST_NAP_S = 5.0

_log = logging.getLogger("armwise.engine")


class Worker:
    """A daemon thread that takes a turn whenever it is woken or due.

    Args:
        name: Name of the thread.
        turn: Does what is to be done; what it raises is logged once.
        nap_s: Returns how long until there is something to do by itself.
    """

    def __init__(self, name: str, turn: Callable[[], object], nap_s: Callable[[], float]) -> None:
        self._name = name
        self._turn = turn
        self._nap_s = nap_s
        self._thread: threading.Thread | None = None
        self._start_lock = threading.Lock()
        self._wake = threading.Event()
        self._is_urgent = False
        self._is_stopping = False
        self._has_warned = False

    @property
    def runs(self) -> bool:
        """Whether the thread has been started, and not stopped."""
        return self._thread is not None

    def start(self) -> None:
        """Start the thread unless it runs, or was stopped."""
        with self._start_lock:
            if self._thread is None and not self._is_stopping:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def wake(self, *, urgent: bool = False) -> None:
        """Let it take a turn now.

        Args:
            urgent: Do not gather first.
        """
        if urgent:
            self._is_urgent = True
        if not self._wake.is_set():
            self._wake.set()

    def stop(self, timeout_s: float) -> None:
        """End the thread after its present turn."""
        self._is_stopping = True
        self._wake.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout_s)
        self._thread = None

    def begin_anew(self) -> None:
        """Forget the parent's thread, in a forked child; ``start`` starts an own one."""
        self._thread = None
        self._start_lock = threading.Lock()
        self._wake = threading.Event()
        self._is_urgent = False

    def _run(self) -> None:
        while not self._is_stopping:
            woken = self._wake.wait(min(_LONGEST_NAP_S, self._nap_s()))
            if woken and not self._is_urgent and not self._is_stopping:
                sleep(_GATHER_S)
            self._wake.clear()
            self._is_urgent = False
            try:
                self._turn()
            except Exception:  # noqa: BLE001 - the thread must live on
                if not self._has_warned:
                    self._has_warned = True
                    _log.exception(
                        "the background work of a store raised; further errors are not shown"
                    )
                sleep(_GATHER_S)


class Every:
    """Tells when so much time has passed.

    Args:
        interval_s: The time.
    """

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._next_s = 0.0

    def is_due(self) -> bool:
        """Return whether the time has passed since this last said so; at first it has."""
        now_s = monotonic()
        if now_s < self._next_s:
            return False
        self._next_s = now_s + self._interval_s
        return True
