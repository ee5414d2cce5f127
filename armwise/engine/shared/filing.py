"""Which entries of an outbox are on disk, in which segments of the journal, and how long they stay.

Everything here is called under the outbox's lock, except ``write``, which takes it itself for the
moments before and after the disk does its work: a thread that waits for the disk holds up nobody.
"""

import logging
import threading
from contextlib import suppress
from time import monotonic, sleep

from armwise.engine.shared.journal import Journal, Slot, TornError

_POLL_S = 0.001

_log = logging.getLogger("armwise.engine")


class Filing:
    """Writes to a journal, and deletes its segments when nothing in them is needed any more.

    Args:
        lock: The lock of the outbox.

    Attributes:
        unwritten: How many entries are in memory alone, since the start.
    """

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._journal: Journal | None = None
        self._needed: dict[int, int] = {}
        self._last_sent_s: dict[int, float] = {}
        self._writing = 0
        self._is_failing = False
        self.unwritten = 0

    @property
    def journal(self) -> Journal | None:
        """Where entries are written; None: nowhere."""
        return self._journal

    @property
    def works(self) -> bool:
        """Whether entries are written to disk."""
        return self._journal is not None and not self._is_failing

    def write_to(self, journal: Journal | None) -> None:
        """Write from now on to this journal; None: to none."""
        self._journal = journal
        self._is_failing = False
        self._needed.clear()
        self._last_sent_s.clear()

    def write(self, body: bytes) -> int | None:
        """Write an entry down; return the segment that holds it, None if none does.

        It is needed there until ``let_go`` is called.
        """
        with self._lock:
            slot = self._reserved(len(body))
            if slot is None:
                return None
            self.hold(slot.segment)
            self._writing += 1
        error: OSError | None = None
        try:
            Journal.write(slot, body)
        except OSError as raised:  # a full disk: memory has to do
            error = raised
        with self._lock:
            self._writing -= 1
            if error is None:
                self._is_failing = False
                return slot.segment
            self.let_go(slot.segment, monotonic())
            self._fail(error)
            journal = self._journal
            if isinstance(error, TornError) and journal and journal.segment == slot.segment:
                with suppress(OSError):
                    journal.rotate()
            return None

    def hold(self, segment: int | None) -> None:
        """Keep a segment for one more entry in it."""
        if segment is not None:
            self._needed[segment] = self._needed.get(segment, 0) + 1

    def let_go(self, segment: int | None, now_s: float) -> None:
        """Keep a segment for one entry less, but for a while after this."""
        if segment is not None and segment in self._needed:
            self._needed[segment] -= 1
            self._last_sent_s[segment] = now_s

    def tidy(self, oldest_s: float) -> None:
        """Delete segments in which nothing is needed, and nothing was sent since then."""
        journal = self._journal
        if journal is None:
            return
        done = [
            segment
            for segment, sent_s in self._last_sent_s.items()
            if sent_s < oldest_s and not self._needed.get(segment)
        ]
        for segment in done:
            if segment == journal.segment:
                try:
                    journal.rotate()
                except OSError:  # it goes on being written to
                    continue
            journal.drop(segment)
            del self._last_sent_s[segment]
            self._needed.pop(segment, None)

    def close(self, *, is_done: bool) -> None:
        """Let go of the journal, when nobody writes any more; takes the lock itself.

        Args:
            is_done: Whether nothing in it is needed any more; else it stays on disk.
        """
        with self._lock:
            journal, self._journal = self._journal, None
        if journal is not None:
            while self._writing:
                sleep(_POLL_S)  # for whoever reports while the store is closed
            journal.close(is_done=is_done)

    def begin_anew(self) -> None:
        """Forget everything, in a forked child: it belongs to the parent."""
        if self._journal is not None:
            self._journal.forsake()
        self.write_to(None)
        self.unwritten = self._writing = 0

    def _reserved(self, size: int) -> Slot | None:
        """Return where to write so many bytes, None for nowhere."""
        if self._journal is None:
            self.unwritten += 1
            return None
        try:
            return self._journal.reserve(size)
        except OSError as error:
            self._fail(error)
            return None

    def _fail(self, error: OSError) -> None:
        self.unwritten += 1
        if not self._is_failing:
            self._is_failing = True
            _log.warning(
                "the journal takes no more (%s): what is reported is kept in memory until the "
                "store has it, and dies with this process",
                error,
            )
