"""What goes on behind a shared store: entries are sent, goals read, orphans adopted, all tidied."""

import logging
import random
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from armwise.engine.shared.adoption import Adoption
from armwise.engine.shared.journal import Journal
from armwise.engine.shared.outbox import Entry, Outbox
from armwise.engine.shared.records import encode
from armwise.engine.shared.refresher import Refresher
from armwise.engine.shared.sender import Sender
from armwise.engine.shared.view import View
from armwise.engine.shared.worker import Every, Worker
from armwise.errors import StoreError
from armwise.events import Event
from armwise.storage import Store, Tidied

_ADOPT_S, _TIDY_S, _PROBE_S, _TIDY_STORE_S, _KEYS_S = 10.0, 1.0, 1.0, 3600.0, 30.0
"""How often orphans are looked for, the journal is tidied, a store that is not read is asked if it
is there, the store is tidied, and new keys are looked for: guesses, and cheap."""

_log = logging.getLogger("armwise.engine")


class Background:
    """The thread of a shared store, and what it works with.

    Args:
        store: What several processes share.
        name: Its URL without the password.
        root: Directory for journals and snapshots; None keeps everything in memory.
        view: What is read goes there.
        outbox: What waits comes from there.
        runs: Whether a thread is to run at all.
        refresh_s: Time between two readings of a goal.
        on_delivered: Called with entries of this process that the store has answered.
        on_refreshed: Called with a goal whose evidence has changed.
        on_event: Takes events.
        renew_keys: Takes over signing keys that other processes have added.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        root: Path | None,
        view: View,
        outbox: Outbox,
        *,
        runs: bool,
        refresh_s: float,
        on_delivered: Callable[[Sequence[Entry]], object],
        on_refreshed: Callable[[str], object],
        on_event: Callable[[Event], object],
        renew_keys: Callable[[], object],
    ) -> None:
        self._store = store
        self._name = name
        self._root = root
        self._view = view
        self._outbox = outbox
        uniform = random.Random().random  # noqa: S311 - jitter
        self._worker = Worker("armwise-store", self._turn, self._nap_s)
        self.refresher = Refresher(
            store,
            view,
            root,
            uniform=uniform,
            refresh_s=refresh_s,
            wake=lambda: self._worker.wake(urgent=True),
            on_refreshed=on_refreshed,
            on_refused=lambda goal, error: self.sender.refused(goal, error),  # noqa: PLW0108 - is made below
        )
        self.sender = Sender(
            store,
            name,
            outbox,
            uniform=uniform,
            declare=self._declare,
            on_delivered=on_delivered,
            on_reconnected=view.distrust,
            on_event=on_event,
            put_aside=self._put_aside,
        )
        self._adoption = None if root is None else Adoption(root, outbox)
        self._adopting, self._tidying = Every(_ADOPT_S), Every(_TIDY_S)
        self._probing, self._tidying_store = Every(_PROBE_S), Every(_TIDY_STORE_S)
        self._renew_keys, self._renewing = renew_keys, Every(_KEYS_S)
        self._has_journal = False
        self._runs = runs
        self._is_asleep = runs
        self._lock = threading.Lock()

    def awake(self) -> None:
        """Start the thread if it does not run: at first, and in a forked child."""
        if self._is_asleep:
            self._open_journal()
            self._worker.start()
            self._is_asleep = False

    def wake(self, *, urgent: bool = False) -> None:
        """Let the thread take a turn soon, or at once."""
        self.awake()
        self._worker.wake(urgent=urgent)

    def decided(self, goal_id: str) -> None:
        """Take notice of a decision."""
        if self._is_asleep:
            self.awake()
        self.refresher.decided(goal_id)

    def stop(self, timeout_s: float) -> None:
        """End the thread for good and let go of the journal."""
        self._is_asleep = False
        self._worker.stop(timeout_s)
        if self._adoption is not None:
            self._adoption.stop()
        self.refresher.save()
        self._outbox.close()

    def _turn(self) -> None:
        if self.sender.wait_s() > 0:
            return
        self._adopt()
        if self._tidying.is_due():
            self._outbox.tidy()
        try:
            if not self.sender.send():
                return
            if self.refresher.refresh() or self._probed():
                self.sender.worked()
                self._look_after_store()
        except StoreError as error:
            self.sender.failed(error)

    def _probed(self) -> bool:
        """Ask a store that was not read whether it is there; return whether it was asked.

        Only if something hangs on it: an outage that may end, or records that may have been lost.
        """
        ping = getattr(self._store, "ping", None)
        is_needed = self.sender.breaker.is_open or self._outbox.has_recent
        if not is_needed or not self._probing.is_due():
            return False
        if ping is not None:
            ping()
        return True

    def _look_after_store(self) -> None:
        if self._renewing.is_due():
            self._renew_keys()
        if self._tidying_store.is_due() and isinstance(self._store, Tidied):
            for goal in self._view.goals:
                self._store.tidy(goal)

    def _nap_s(self) -> float:
        wait_s = self.sender.wait_s()
        if wait_s > 0:
            return wait_s
        if self._adoption is not None and self._adoption.is_under_way:
            return 0.0
        return min(_PROBE_S, self.refresher.next_s())

    def _declare(self, goal_id: str) -> None:
        if goal_id in self._view.goals:
            self._store.declare(goal_id, self._view.half_life(goal_id))

    def _open_journal(self) -> None:
        with self._lock:
            if self._has_journal or self._root is None:
                return
            self._has_journal = True
            try:
                self._outbox.write_to(Journal(self._root))
            except OSError as error:
                _log.warning(
                    "no journal can be written in %s (%s): what is reported is kept in memory "
                    "until %s has it. Set ARMWISE_JOURNAL_DIR to a directory that can be written.",
                    self._root,
                    error,
                    self._name,
                )

    def _adopt(self) -> None:
        """Take over a little of what processes left behind that are gone."""
        if self._adoption is not None:
            if self._adopting.is_due():
                self._adoption.look()
            self._adoption.step()

    def _put_aside(self, entry: Entry, reason: str) -> None:
        body = encode(entry.goal, entry.item).decode("ascii")
        _log.error("%s never takes one record, which is put aside: %s", self._name, reason)
        if self._root is not None:
            with suppress(OSError), (self._root / "refused.jsonl").open("a") as file:
                file.write(body + "\n")

    def before_fork(self) -> None:
        """Wait until the journal is not being opened."""
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; a child has no thread and no journal until it needs them."""
        if in_child:
            self._worker.begin_anew()
            if self._adoption is not None:
                self._adoption.stop()
            self.refresher.begin_anew()
            self._has_journal = False
            self._is_asleep = self._runs
        self._lock.release()
