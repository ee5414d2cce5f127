"""What workers tell each other about outages, through the store that they share.

A notice is "path P answers with such errors: leave it alone until T". It is kept as an epoch in a
book, one book per kind of error: an epoch only grows, whoever writes it and in whatever order, and
that is what a notice must do. So it needs nothing that stores do not promise anyway, is delivered
and read like evidence, and is there after a restart.

T is a time of the clock of the worker that writes it, so workers' clocks have to agree to within a
second or two.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from armwise.adapters import Fault
from armwise.storage import BOOKS_PREFIX

if TYPE_CHECKING:
    from armwise.engine.opening import LocalStore

TOLD = (Fault.RATE_LIMIT, Fault.SERVER, Fault.TIMEOUT)
"""Errors that other workers are told of: those that the provider, and not the way to it, gives. A
worker whose own network or whose own key is broken must not keep the others from a path."""

_BOOKS = {fault: f"{BOOKS_PREFIX}{fault}" for fault in TOLD}


class Notice(NamedTuple):
    """One notice.

    Attributes:
        path: Name of the path.
        fault: What it answered with.
        until_s: Until when it is to be left alone, seconds since 1970.
    """

    path: str
    fault: Fault
    until_s: float


class Notices:
    """The notices of one goal.

    Args:
        stored_goal: The goal's name in the store.
        store: Where they are kept. One that fails costs the notice and nothing else.
    """

    def __init__(self, stored_goal: str, store: "LocalStore") -> None:
        self._goal = stored_goal
        self._store = store
        self._goal_version: int | None = None
        self._versions: tuple[int, ...] | None = None

    def post(self, notice: Notice) -> None:
        """Tell others, if it is theirs to know."""
        if notice.fault in TOLD:
            with suppress(Exception):  # whatever is wrong with the store, the request goes on
                until_ms = int(notice.until_s * 1000)
                self._store.open_epoch(self._goal, _BOOKS[notice.fault], notice.path, until_ms)

    def has_changed(self) -> bool:
        """Return whether a notice has come in since this was asked last."""
        goal_version = self._store.goal_version(self._goal)
        if goal_version == self._goal_version:
            return False
        versions = tuple(self._store.version(self._goal, _BOOKS[fault]) for fault in TOLD)
        has_changed = versions != self._versions
        self._goal_version, self._versions = goal_version, versions
        return has_changed

    def read(self) -> Iterator[Notice]:
        """Return all notices, also those that are over."""
        for fault in TOLD:
            until_ms = self._store.bucket(self._goal, _BOOKS[fault]).epochs
            for path, end_ms in until_ms.items():
                yield Notice(path, fault, end_ms / 1000)
