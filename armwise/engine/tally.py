"""Counts of this process, for ``stats()``."""

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Counters:
    """What this process has counted since its Router was built.

    Args:
        decisions: Decisions made.
        checks_raised: Checks that raised, so that the outcome stayed unknown.
        hooks_raised: Times that a user's ``on_event`` raised.
        store_errors: Records that the store could not take.
        log_errors: Lines that the decision log could not take.
        timeouts: Outcomes that were counted because nothing was reported in time.
        not_awaited: Requests that were dropped from those that wait for an outcome, for there
            were too many; silence about them means nothing.
    """

    decisions: int = 0
    checks_raised: int = 0
    hooks_raised: int = 0
    store_errors: int = 0
    log_errors: int = 0
    timeouts: int = 0
    not_awaited: int = 0


class Tally:
    """Mutable counterpart of ``Counters``, exact under threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(Counters.__dataclass_fields__, 0)

    def add(self, name: str) -> int:
        """Count one more; return the new count."""
        with self._lock:
            self._counts[name] += 1
            return self._counts[name]

    def counters(self) -> Counters:
        """Return the counts as they stand."""
        with self._lock:
            return Counters(**self._counts)

    def before_fork(self) -> None:
        """Wait until no count is being changed."""
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on counting."""
        self._lock.release()
