"""What has been reported and is on its way to a shared store.

An entry is *waiting* until the store has acknowledged it, and then *recent* for a while: a server
that was killed, or replaced by its replica, may have lost what it had acknowledged last, so recent
entries are sent once more over every new connection. The store counts each of them once.

"A while" is time in which the store was heard of: while it is silent, nobody knows whether it still
has what it acknowledged just before, however long the silence lasts.
"""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from armwise.engine.shared.filing import Filing
from armwise.engine.shared.journal import Journal
from armwise.engine.shared.records import Item, encode
from armwise.storage import ReportStatus
from armwise.storage.ledger import Settlement

WINDOW_S = 30.0
"""How long delivered records are kept to be sent again over a new connection: more than a replica
lags behind (5 s by the advised setting), a Sentinel takes to promote it (1.2 s measured) and a
server with ``appendfsync everysec`` loses in a power cut (0.8 s measured)."""

MOST_WAITING = 200_000
MOST_RECENT = 100_000
"""Bounds on memory, a guess: about 600 bytes an entry, so 120 MB and 60 MB at the worst."""


@dataclass(eq=False, slots=True)
class Entry:
    """One item on its way.

    Args:
        goal: Stored name of the goal.
        item: What to send.
        segment: Segment of the journal that holds it; None: it is in memory alone.
        settlement: What it changes in the local view until it is read back; None for nothing.
        is_own: Whether this process made it; else it was adopted, or is sent again.
        is_acknowledged: Whether the store has answered.
        status: The store's answer.
        tries: How often the store refused it while it took others.
        done: Set when the store has answered, for whoever waits; None: nobody does.
    """

    goal: str
    item: Item
    segment: int | None = None
    settlement: Settlement | None = None
    is_own: bool = True
    is_acknowledged: bool = False
    status: ReportStatus = ReportStatus.QUEUED
    tries: int = 0
    done: threading.Event | None = field(default=None, repr=False)


class Outbox:
    """Entries on their way, oldest first per goal; safe to use from any thread.

    Args:
        most_waiting: How many may wait in memory; one more drops the oldest.
        most_recent: How many acknowledged entries are kept for sending again.
        window_s: For how long.
    """

    def __init__(self, most_waiting: int, most_recent: int, window_s: float) -> None:
        self._most_waiting = most_waiting
        self._window_s = window_s
        self._waiting: dict[str, deque[Entry]] = {}
        self._recent: deque[tuple[float, Entry]] = deque(maxlen=most_recent)
        self._lock = threading.Lock()
        self._filing = Filing(self._lock)
        self._heard_s = monotonic()
        self.waiting = 0
        self.dropped = 0

    def write_to(self, journal: Journal | None) -> None:
        """Write what is put in from now on to this journal; None: keep it in memory alone."""
        with self._lock:
            self._filing.write_to(journal)

    @property
    def has_journal(self) -> bool:
        """Whether entries are written to disk."""
        return self._filing.works

    @property
    def unwritten(self) -> int:
        """How many entries were kept in memory alone since the start."""
        return self._filing.unwritten

    @property
    def directory(self) -> Path | None:
        """Directory of the journal."""
        journal = self._filing.journal
        return None if journal is None else journal.directory

    def put(self, entry: Entry) -> int:
        """Take an entry to be sent; return how many old ones were dropped for it."""
        self.note(entry)
        return self.enqueue(entry)

    def note(self, entry: Entry) -> None:
        """Write down an entry that somebody is about to send himself."""
        entry.segment = self._filing.write(encode(entry.goal, entry.item))

    def enqueue(self, entry: Entry) -> int:
        """Take an entry that was noted; return how many old ones were dropped for it."""
        with self._lock:
            self._waiting.setdefault(entry.goal, deque()).append(entry)
            self.waiting += 1
            return self._make_room() if self.waiting > self._most_waiting else 0

    def goals(self) -> list[str]:
        """Return the goals for which something waits."""
        with self._lock:
            return [goal for goal, queue in self._waiting.items() if queue]

    def take(self, goal: str, most: int) -> list[Entry]:
        """Return the oldest waiting entries of a goal; they go on waiting until acknowledged."""
        with self._lock:
            queue = self._waiting.get(goal, ())
            return [queue[number] for number in range(min(most, len(queue)))]

    def acknowledge(self, entries: Sequence[Entry], answers: Sequence[ReportStatus]) -> None:
        """Take notice of the store's answers."""
        now_s = monotonic()
        with self._lock:
            self._take_off_front(entries)
            for entry, status in zip(entries, answers, strict=True):
                entry.status = status
                entry.is_acknowledged = True
                self._recent.append((now_s, entry))
                self._filing.let_go(entry.segment, now_s)
                if entry.done is not None:
                    entry.done.set()

    def discard(self, entry: Entry) -> None:
        """Give up an entry that the store does not take."""
        with self._lock:
            queue = self._waiting.get(entry.goal)
            if queue is not None and entry in queue:
                queue.remove(entry)
                self.waiting -= 1
            entry.is_acknowledged = True
            self.dropped += 1
            self._filing.let_go(entry.segment, monotonic())
            if entry.done is not None:
                entry.done.set()

    def repeat(self, entry: Entry) -> None:
        """Let an acknowledged entry wait once more."""
        with self._lock:
            self._wait_again(entry)

    def heard(self) -> None:
        """Take notice that the store is there and still has what it acknowledged."""
        self._heard_s = monotonic()

    @property
    def has_recent(self) -> bool:
        """Whether something may have to be sent again."""
        return bool(self._recent)

    def send_again(self) -> int:
        """Let all recent entries wait again; return how many."""
        oldest_s = self._heard_s - self._window_s
        with self._lock:
            again = [entry for sent_s, entry in self._recent if sent_s >= oldest_s]
            self._recent.clear()
            for entry in again:
                self._wait_again(entry)
            return len(again)

    def tidy(self) -> None:
        """Forget what is no longer recent, and delete segments that nothing is left of."""
        oldest_s = self._heard_s - self._window_s
        with self._lock:
            while self._recent and self._recent[0][0] < oldest_s:
                self._recent.popleft()
            self._filing.tidy(oldest_s)

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits, and nothing is recent enough to be sent again."""
        oldest_s = self._heard_s - self._window_s
        with self._lock:
            return not self.waiting and all(sent_s < oldest_s for sent_s, _ in self._recent)

    def close(self) -> None:
        """Let go of the journal; it stays on disk unless everything in it is settled."""
        self._filing.close(is_done=self.is_settled)

    def begin_anew(self) -> None:
        """Forget everything, in a forked child: it belongs to the parent."""
        self._filing.begin_anew()
        self._waiting = {}
        self._recent.clear()
        self.waiting = self.dropped = 0

    def before_fork(self) -> None:
        """Wait until no entry is being put in or taken out."""
        self._lock.acquire()

    def after_fork(self) -> None:
        """Let entries in again."""
        self._lock.release()

    def _wait_again(self, entry: Entry) -> None:
        copy = Entry(entry.goal, entry.item, entry.segment, is_own=False)
        self._filing.hold(entry.segment)
        self._waiting.setdefault(entry.goal, deque()).append(copy)
        self.waiting += 1

    def _take_off_front(self, entries: Sequence[Entry]) -> None:
        """Take entries out that ``take`` gave, and so stand at the front of their queue."""
        gone = set(map(id, entries))
        for goal in {entry.goal for entry in entries}:
            queue = self._waiting.get(goal)
            while queue and id(queue[0]) in gone:
                queue.popleft()
                self.waiting -= 1

    def _make_room(self) -> int:
        dropped = 0
        for queue in self._waiting.values():
            if queue and self.waiting > self._most_waiting:
                oldest = queue.popleft()
                oldest.is_acknowledged = True  # the local view lets go of it too
                self._filing.let_go(oldest.segment, monotonic())
                oldest.segment = None  # it may be on its way, and is then let go of only once
                self.waiting -= 1
                dropped += 1
        self.dropped += dropped
        return dropped
