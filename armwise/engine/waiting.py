"""Requests whose outcome is awaited, and what silence about one of them means."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from armwise.engine.recall import REMEMBERED
from armwise.storage import CallFacts, Record
from armwise.storage.forking import register


@dataclass(frozen=True, slots=True)
class Silence:
    """What is counted for a request about which nothing was said in time.

    Args:
        score: The outcome, 0..10000, written under revision 0.
        timeout_s: Seconds after the decision, or the answer, before it is.
    """

    score: int
    timeout_s: float


class Waiting:
    """Requests of this process without an outcome, the longest waiting first.

    There is no thread and no timer: whoever uses the Router sweeps. Each request is put in and
    taken out once, in constant time. At most ``most`` wait; one more drops the oldest, which then
    stays without an outcome, as if silence meant nothing.

    What is put in twice, in two processes, or reported at the moment of its timeout is settled by
    the store: the timeout is revision 0, so any report replaces it or finds it STALE.

    Args:
        silence: What silence means.
        on_drop: Called for each one that is dropped.
        most: How many may wait.
    """

    def __init__(
        self, silence: Silence, on_drop: Callable[[], object], *, most: int = REMEMBERED
    ) -> None:
        self._silence = silence
        self._most = most
        self._on_drop = on_drop
        # A plain dict would search its own holes for the oldest entry.
        self._records: OrderedDict[tuple[bytes, int], tuple[float, Record]] = OrderedDict()
        self._lock = threading.Lock()
        self._next_due_s = float("inf")
        register(self)

    def __len__(self) -> int:
        return len(self._records)

    def expect(self, record: Record, now_s: float) -> None:
        """Wait for the outcome of an attempt.

        Args:
            record: The attempt without an outcome; what its timeout will be counted as.
            now_s: Now, in seconds since 1970.
        """
        silent = replace(record, facts=CallFacts(), revision=0, score=self._silence.score)
        due_s = now_s + self._silence.timeout_s
        with self._lock:
            self._records[record.nonce, record.attempt] = (due_s, silent)
            self._next_due_s = min(self._next_due_s, due_s)
            is_full = len(self._records) > self._most
            if is_full:
                self._records.popitem(last=False)
        if is_full:
            self._on_drop()

    def heard(self, nonce: bytes, attempt: int) -> None:
        """Stop waiting for an attempt, and for the decision that it was made for.

        Who reports a later attempt went past the first one and knows how it ended.
        """
        with self._lock:
            self._records.pop((nonce, attempt), None)
            self._records.pop((nonce, 0), None)

    def overdue(self, now_s: float, most: int | None = None) -> list[Record]:
        """Take out, and return as outcomes, those whose time is up, oldest first.

        Args:
            now_s: Now, in seconds since 1970.
            most: How many at most; None: all of them.
        """
        if now_s < self._next_due_s:  # nearly always; the lock is not needed for that
            return []
        taken: list[Record] = []
        with self._lock:
            while self._records and (most is None or len(taken) < most):
                due_s, record = next(iter(self._records.values()))
                if due_s > now_s:
                    break
                self._records.popitem(last=False)
                taken.append(record)
            oldest = next(iter(self._records.values()), None)
            self._next_due_s = float("inf") if oldest is None else oldest[0]
        return taken

    def before_fork(self) -> None:
        """Wait until nothing is being put in or taken out."""
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; the child waits for the same requests, which count once in a shared store."""
        self._lock.release()
