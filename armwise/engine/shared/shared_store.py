"""A store that several processes share, as one process works with it.

Reporting appends to a journal and returns; a background thread delivers. Deciding reads a local
copy that the same thread renews. A store that is down, hangs or refuses therefore costs freshness
and no request; what was reported meanwhile is delivered when it works again, also by another
process if this one has died.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from armwise.bandit.decay import HalfLife
from armwise.engine.keys import SharedKeys, environment_signer
from armwise.engine.reporting import ReportsById
from armwise.engine.request_id import Signer
from armwise.engine.shared.audience import Audience, Subscriber
from armwise.engine.shared.background import Background
from armwise.engine.shared.health import StoreHealth
from armwise.engine.shared.outbox import MOST_RECENT, MOST_WAITING, WINDOW_S, Entry, Outbox
from armwise.engine.shared.records import Opening
from armwise.engine.shared.refresher import REFRESH_S
from armwise.engine.shared.view import View
from armwise.engine.shared.viewed import Viewed
from armwise.errors import StoreError, StoreUnavailableError
from armwise.events import RecordsDropped
from armwise.storage import Keyring, Record, ReportStatus, Store
from armwise.storage.forking import register

Delivery = Literal["background", "sync"]

_log = logging.getLogger("armwise.engine")


class SharedStore(Viewed, ReportsById):
    """A ``Store`` behind a journal, and the ``LocalEvidence`` of what was last read of it.

    Safe to use from any thread, and after a fork. ``open_store`` makes one per URL and process.

    Args:
        store: What several processes share.
        name: Its URL without the password.
        root: Directory for journals and snapshots of all processes that use this store; None
            keeps everything in memory.
        delivery: "background", or "sync": every report waits for the store, and no thread runs.
        refresh_s: Time between two readings of a goal.
        window_s: How long delivered records are sent again over every new connection.
        most_waiting: How many records may wait; one more drops the oldest.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        root: Path | None,
        *,
        delivery: Delivery = "background",
        refresh_s: float = REFRESH_S,
        window_s: float = WINDOW_S,
        most_waiting: int = MOST_WAITING,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.store = store
        self.name = name
        self.delivery = delivery
        self._root = root
        self._clock = clock
        self._audience = Audience()
        self._outbox = Outbox(most_waiting, MOST_RECENT, window_s)
        self._view = View(clock, self._decided)
        self._background = Background(
            store,
            name,
            root,
            self._view,
            self._outbox,
            runs=delivery == "background",
            refresh_s=refresh_s,
            on_delivered=self._audience.delivered,
            on_refreshed=self._audience.refreshed,
            on_event=self._audience.told,
            renew_keys=self._renew_keys,
        )
        self._sender, self._refresher = self._background.sender, self._background.refresher
        self._keys: SharedKeys | None = None
        if isinstance(store, Keyring):
            self._keys = SharedKeys(store, name, root, self._sender.failed)
        self.users = 0
        self.is_closed = False
        self._using = threading.Lock()
        register(self)

    def claim(self) -> bool:
        """Take notice of one more user; return False if it was closed and cannot be used."""
        with self._using:
            self.users += not self.is_closed
            return not self.is_closed

    def declare(self, goal_id: str, half_life: HalfLife) -> HalfLife:
        """Begin to work on a goal; return the half-life that is in force, as far as is known.

        Reads the goal once, so that the first decision knows what others have learned. A store
        that cannot be read now is read later, and the snapshot file of an earlier run stands in.
        """
        in_force = half_life
        try:
            if self.delivery == "background" and self._sender.breaker.is_open:
                raise StoreUnavailableError("it did not answer a moment ago")  # nor wait again
            in_force = self.store.declare(goal_id, half_life)
            self._view.hold(goal_id, in_force)
            self._refresher.read(goal_id)
        except StoreError as error:
            self._view.hold(goal_id, half_life)
            self._refresher.begin(goal_id)
            if not self._sender.breaker.is_open:
                self._sender.failed(error)
        if self.delivery == "background":
            self._background.awake()
        return in_force

    def apply(self, goal_id: str, records: Sequence[Record]) -> list[ReportStatus]:
        """Take records to be counted.

        Returns:
            QUEUED for each; with ``delivery="sync"`` what became of it.

        Raises:
            StoreError: Only with ``delivery="sync"``.
        """
        if self.delivery == "sync":
            return self._apply_now(goal_id, records)
        for record in records:
            self._put(Entry(goal_id, record))
        return [ReportStatus.QUEUED] * len(records)

    def deliver(
        self, goal_id: str, records: Sequence[Record], timeout_s: float
    ) -> list[ReportStatus]:
        """Take records to be counted and wait for the store's answers.

        Returns:
            What became of each; QUEUED if the store did not answer in time: it is delivered
            later.
        """
        if self.delivery == "sync":
            return self._apply_now(goal_id, records)
        deadline_s = time.monotonic() + timeout_s
        self._begin()
        entries: list[Entry] = []
        for record in records:
            entry = Entry(goal_id, record)
            self._view.lay_over(entry)
            self._outbox.note(entry)
            if not self._sender.send_now(entry):
                entry.done = threading.Event()
                self._tell_of_loss(self._outbox.enqueue(entry))
                self._background.wake(urgent=True)
            entries.append(entry)
        for entry in entries:
            if entry.done is not None:
                entry.done.wait(max(0.0, deadline_s - time.monotonic()))
        return [entry.status for entry in entries]

    def open_epoch(self, goal_id: str, bucket: str, path: str, epoch: int) -> None:
        """Begin an arm anew here at once, and in the store as soon as it takes it."""
        if self.delivery == "sync":
            self.store.open_epoch(goal_id, bucket, path, epoch)
            self._refresher.read(goal_id)
        else:
            self._put(Entry(goal_id, Opening(bucket, path, epoch)))

    def signer(self, namespace: str) -> Signer:
        """Return what signs, and reads, the request ids of a tenant.

        Its key is that of the environment, else one that all processes get from this store.
        """
        signer = environment_signer()
        if signer is None and self._keys is not None:
            signer = self._keys.signer(namespace)
        return signer or Signer()

    def subscribe(self, subscriber: Subscriber) -> None:
        """Tell somebody of a goal's deliveries and changes, until it is collected."""
        self._audience.add(subscriber)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Tell it nothing more."""
        self._audience.remove(subscriber)

    def refresh(self, goal_id: str) -> None:
        """Read a goal from the store now.

        Raises:
            StoreError: If the store fails.
        """
        self._refresher.read(goal_id)

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything that was reported is delivered; return whether it is."""
        deadline_s = time.monotonic() + timeout_s
        while self._outbox.waiting:
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                return False
            self._background.wake(urgent=True)
            time.sleep(min(0.002, left_s))
        return True

    def health(self, goal_id: str | None = None) -> StoreHealth:
        """Return how the store is doing, and how old the copy of a goal is."""
        read_s = self._view.read_s(goal_id) if goal_id in self._view.goals else None
        return StoreHealth(
            store=self.name,
            is_up=not self._sender.breaker.is_open,
            waiting=self._outbox.waiting,
            dropped=self._outbox.dropped,
            faults=self._sender.faults,
            has_journal=self._outbox.has_journal,
            snapshot_age_s=None if read_s is None else max(0.0, self._clock() - read_s),
        )

    def close(self, timeout_s: float = 2.0) -> None:
        """Deliver what waits, for so long, and let go of thread, journal and connections.

        Of several users of one URL the last one lets go. What could not be delivered stays in the
        journal, for the next process. May be called twice.
        """
        with self._using:
            self.users = max(0, self.users - 1)
        is_delivered = self.flush(timeout_s)
        with self._using:
            if self.users or self.is_closed:
                return
            self.is_closed = True
        if not is_delivered:
            where = f"stay in {self._root}" if self._outbox.has_journal else "are lost"
            _log.warning(
                "%s did not take %s records in time: they %s",
                self.name,
                self._outbox.waiting,
                where,
            )
        self._background.stop(timeout_s)
        self.store.close()

    def before_fork(self) -> None:
        """Wait until no thread is half way through a change."""
        self._background.before_fork()
        self._view.before_fork()
        self._outbox.before_fork()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; a child starts with an empty outbox, a journal and a thread of its own."""
        if in_child:
            self._using = threading.Lock()
            self._outbox.begin_anew()
            self._view.forget_overlay()
        self._outbox.after_fork()
        self._view.after_fork()
        self._background.after_fork(in_child=in_child)

    def _begin(self) -> None:
        """Make sure of a journal and a thread before anything is taken."""
        if self.is_closed:
            raise StoreUnavailableError(
                f"{self.name} was closed in this process: close it after the last report."
            )
        self._background.awake()

    def _put(self, entry: Entry) -> None:
        self._begin()
        self._view.lay_over(entry)
        self._tell_of_loss(self._outbox.put(entry))
        self._background.wake()

    def _tell_of_loss(self, dropped: int) -> None:
        if dropped:
            self._audience.told(RecordsDropped(self.name, dropped, "full"))

    def _renew_keys(self) -> None:
        if self._keys is not None:
            self._keys.renew()

    def _decided(self, goal_id: str) -> None:
        self._background.decided(goal_id)

    def _apply_now(self, goal_id: str, records: Sequence[Record]) -> list[ReportStatus]:
        answers = self.store.apply(goal_id, records)
        entries = [Entry(goal_id, record, is_acknowledged=True) for record in records]
        for entry in entries:
            self._view.lay_over(entry)
        if goal_id in self._view.goals and self._refresher.is_due(goal_id):
            with suppress(StoreError):  # the records are counted; the copy can wait
                self._refresher.read(goal_id)
        return answers
