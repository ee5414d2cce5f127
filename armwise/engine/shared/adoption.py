"""Takes over what processes have left behind that are gone."""

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from armwise.engine.shared.journal import Orphan, orphans
from armwise.engine.shared.outbox import Entry, Outbox
from armwise.engine.shared.records import decode

AT_ONCE = 100
"""Records per step: one batch of the sender. Reading one takes about 15 us, so a step holds the
interpreter up no longer than sending does."""

_MOST_WAITING = 1_000
"""While more than this waits to be sent, nothing is adopted: what is adopted lies safely on disk,
and must not push out what this process has reported."""

_log = logging.getLogger("armwise.engine")


class Adoption:
    """Moves orphaned records into this process's outbox, a few at a time.

    An orphan is deleted when all of it is in this process's own journal. If this process dies
    before, both journals hold some records, and the store counts each of them once.

    Args:
        root: Directory of all processes that use the same store.
        outbox: Where the records go.
    """

    def __init__(self, root: Path, outbox: Outbox) -> None:
        self._root = root
        self._outbox = outbox
        self._orphans: Iterator[Orphan] = iter(())
        self._orphan: Orphan | None = None
        self._bodies: Iterator[bytes] = iter(())
        self._adopted = 0

    @property
    def is_under_way(self) -> bool:
        """Whether there is more to take over, and room for it."""
        return self._orphan is not None and self._has_room

    def look(self) -> None:
        """Look for orphans, unless the last ones are still being adopted."""
        if self._orphan is None and self._outbox.has_journal:
            self._orphans = orphans(self._root, self._outbox.directory)
            self._begin_next()

    def step(self) -> None:
        """Take over a few records."""
        if not self.is_under_way:
            return
        for _ in range(AT_ONCE):
            body = next(self._bodies, None)
            if body is None:
                self._end()
                return
            with suppress(ValueError):  # of another version: it cannot be read here
                goal, item = decode(body)
                self._outbox.put(Entry(goal, item, is_own=False))
                self._adopted += 1

    def stop(self) -> None:
        """Leave the orphan that is being adopted to others."""
        if self._orphan is not None:
            self._orphan.leave()
        self._orphan, self._orphans, self._bodies = None, iter(()), iter(())

    @property
    def _has_room(self) -> bool:
        return self._outbox.waiting < _MOST_WAITING and self._outbox.has_journal

    def _begin_next(self) -> None:
        self._adopted = 0
        self._orphan = next(self._orphans, None)
        if self._orphan is not None:
            self._bodies = self._orphan.bodies()

    def _end(self) -> None:
        if self._orphan is not None:
            # On a full disk they are in memory alone: then the orphan has to stay.
            settle: Callable[[], None] = (
                self._orphan.bury if self._outbox.has_journal else self._orphan.leave
            )
            settle()
            if self._adopted:
                _log.info("%s records of a process that is gone are delivered", self._adopted)
        self._begin_next()
