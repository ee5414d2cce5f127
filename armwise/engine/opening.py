"""Turns a URL into a store to work with: one per URL and process, whoever asks."""

import atexit
import os
import threading
from collections.abc import Sequence
from hashlib import sha256
from typing import Protocol, runtime_checkable

from armwise.bandit.decay import HalfLife
from armwise.engine.keys import environment_signer
from armwise.engine.reporting import ReportsById
from armwise.engine.request_id import Signer
from armwise.engine.shared import Delivery, SharedStore, journal_root
from armwise.errors import ConfigurationError
from armwise.storage import (
    STORE_VARIABLE,
    LocalEvidence,
    MemoryStore,
    Record,
    ReportStatus,
    connect,
    shown_url,
    store_place,
)


@runtime_checkable
class LocalStore(LocalEvidence, Protocol):
    """A store whose evidence can be read at once: what an engine works on."""

    def declare(self, goal_id: str, half_life: HalfLife) -> HalfLife:
        """Begin to work on a goal; see ``Store.declare``."""
        ...

    def apply(self, goal_id: str, records: Sequence[Record]) -> list[ReportStatus]:
        """Take records to be counted; QUEUED for those that are counted later."""
        ...

    def open_epoch(self, goal_id: str, bucket: str, path: str, epoch: int) -> None:
        """Begin an arm anew; see ``Store.open_epoch``."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class ProcessStore(MemoryStore, ReportsById):
    """The memory of this process, with reports by request id."""

    def deliver(
        self, goal_id: str, records: Sequence[Record], timeout_s: float
    ) -> list[ReportStatus]:
        """Count records; there is nothing to wait for."""
        return self.apply(goal_id, records)

    def signer(self, namespace: str) -> Signer:
        """Return the environment's signer, else the process's own."""
        return environment_signer() or Signer()


def open_store(
    url: str | None = None, *, delivery: Delivery = "background"
) -> SharedStore | ProcessStore:
    """Open the store that a URL names.

    All who name the same URL in one process share one connection pool, one journal and one thread.
    Close it when you are done; what was reported is delivered first, for up to 2 s.

    Args:
        url: ``memory://`` keeps evidence in this process, ``sqlite:///file.db`` shares it among the
            processes of one machine, ``redis://host:6379/0`` among many machines (``rediss://``,
            ``unix://``, ``valkey://``, ``redis+sentinel://``, ``redis+cluster://`` likewise). None
            reads ``ARMWISE_STORE`` from the environment and falls back to ``memory://``.
        delivery: "background": reports return at once and are delivered by a thread. "sync": every
            report waits for the store and raises what is wrong with it; no thread runs. For
            scripts and serverless functions.

    Raises:
        ConfigurationError: If the URL is not known or not complete.
    """
    named = url if url is not None else os.environ.get(STORE_VARIABLE, "memory://")
    if delivery not in ("background", "sync"):
        raise ConfigurationError(f"delivery must be 'background' or 'sync', got {delivery!r}.")
    if named == "memory://":
        return ProcessStore()
    place = store_place(named)
    with _lock:
        opened = _opened.get((place, named, delivery))
        if opened is None or not opened.claim():
            opened = _opened[place, named, delivery] = _open(named, place, delivery)
            opened.claim()
        return opened


_opened: dict[tuple[str, str, Delivery], SharedStore] = {}
_lock = threading.Lock()


def _open(url: str, place: str, delivery: Delivery) -> SharedStore:
    if not _opened:
        atexit.register(_close_all)
    # By place, not by URL: what waits in a journal is adopted by others of the same store alone,
    # also after the password was changed.
    root = journal_root(sha256(place.encode()).hexdigest()[:16])
    return SharedStore(connect(url), shown_url(url), root, delivery=delivery)


def _close_all() -> None:
    """Deliver what still waits when the process ends."""
    for opened in list(_opened.values()):
        opened.users = 0
        opened.close()
