"""Who is told what becomes of a shared store, in the store's background thread."""

import logging
from collections.abc import Sequence
from typing import Protocol
from weakref import WeakSet

from armwise.engine.shared.outbox import Entry
from armwise.events import Event, RecordsDropped, StoreFaulted, StoreRecovered
from armwise.storage import Record, ReportStatus

_log = logging.getLogger("armwise.engine")


class Subscriber(Protocol):
    """Who wants to know what becomes of a goal. Called from the background thread."""

    @property
    def stored_goal(self) -> str:
        """The goal's name in the store."""
        ...

    def delivered(self, records: Sequence[Record], answers: Sequence[ReportStatus]) -> None:
        """The store has answered records of this process."""
        ...

    def refreshed(self) -> None:
        """The local copy has changed."""
        ...

    def told(self, event: Event) -> None:
        """Something happened to the store."""
        ...


class Audience:
    """The subscribers of a store, and its log."""

    def __init__(self) -> None:
        self._subscribers: WeakSet[Subscriber] = WeakSet()
        self._has_told_of_loss = False

    def add(self, subscriber: Subscriber) -> None:
        """Tell somebody from now on, until it is collected."""
        self._subscribers.add(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        """Tell it nothing more."""
        self._subscribers.discard(subscriber)

    def delivered(self, entries: Sequence[Entry]) -> None:
        """Tell of entries of this process that the store has answered."""
        for subscriber in list(self._subscribers):
            records: list[Record] = []
            answers: list[ReportStatus] = []
            for entry in entries:
                if entry.goal == subscriber.stored_goal and isinstance(entry.item, Record):
                    records.append(entry.item)
                    answers.append(entry.status)
            if records:
                subscriber.delivered(records, answers)

    def refreshed(self, goal_id: str) -> None:
        """Tell of a goal whose local copy has changed."""
        for subscriber in list(self._subscribers):
            if subscriber.stored_goal == goal_id:
                subscriber.refreshed()

    def told(self, event: Event) -> None:
        """Tell of the store itself."""
        # Logged here, once, and not by each Router of the store.
        match event:
            case StoreFaulted():
                _log.warning(
                    "store %s fails (%s); requests go on, outcomes are kept until it works again: "
                    "%s",
                    *(event.store, event.fault, event.error),
                )
            case StoreRecovered():
                _log.warning(
                    "store %s works again after %.1f s; %s records wait for it",
                    *(event.store, event.outage_s, event.waiting),
                )
            case RecordsDropped(reason="full") if not self._has_told_of_loss:
                self._has_told_of_loss = True
                _log.error("more records wait for store %s than may: some are lost", event.store)
            case _:
                pass
        for subscriber in list(self._subscribers):
            subscriber.told(event)
