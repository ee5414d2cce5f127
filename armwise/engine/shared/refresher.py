"""Reads a shared store now and then, so that decisions need not."""

import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from armwise.engine.shared import backup
from armwise.engine.shared.view import View
from armwise.errors import StoreUnavailableError
from armwise.storage import Store

REFRESH_S = 1.0
"""Time between two readings of a goal, give or take a fifth."""

DECISIONS = 100
"""Decisions of this process on a goal after which it is read early. Regret of 5 arms over 20,000
decisions with a copy renewed every 1 / 10 / 100 / 1,000 decisions: 51, 61, 64, 141 (simulated for
the design); up to about a hundred, staleness costs little."""

_SAVE_S = 10.0
"""Time between two writings of a goal's snapshot file: a guess."""


class _Due:
    __slots__ = ("at_s", "decisions", "is_saved", "most", "saved_s")

    def __init__(self) -> None:
        self.at_s = 0.0
        self.decisions = 0
        self.most = DECISIONS
        self.saved_s = float("-inf")
        self.is_saved = True


class Refresher:
    """Knows when each goal is to be read, and reads it.

    Args:
        store: What is read.
        view: What the readings are put into.
        root: Directory for snapshot files; None: none are written.
        uniform: Returns a random number from 0 to 1: workers do not read in step.
        refresh_s: Time between two readings of a goal.
        wake: Called when a goal is to be read early.
        on_refreshed: Called with a goal whose evidence has changed.
        on_refused: Called with a goal that cannot be read while others may, and the error.
    """

    def __init__(
        self,
        store: Store,
        view: View,
        root: Path | None,
        *,
        uniform: Callable[[], float],
        refresh_s: float,
        wake: Callable[[], object],
        on_refreshed: Callable[[str], object],
        on_refused: Callable[[str, Exception], object],
    ) -> None:
        self._store = store
        self._view = view
        self._root = root
        self._uniform = uniform
        self._refresh_s = refresh_s
        self._wake = wake
        self._on_refreshed = on_refreshed
        self._on_refused = on_refused
        self._due: dict[str, _Due] = {}
        self._lock = threading.Lock()

    def decided(self, goal: str) -> None:
        """Take notice of a decision. Two threads may count one for two: it need not be exact."""
        due = self._due.get(goal)
        if due is None:
            return
        due.decisions += 1
        if due.decisions == due.most:
            self._wake()

    def begin(self, goal: str) -> None:
        """Read this goal from now on, at once; until then its snapshot file stands in."""
        self._due.setdefault(goal, _Due())
        kept = backup.load(self._root, goal) if self._root is not None else None
        if kept is not None and kept.half_life == self._view.half_life(goal):
            self._view.restore(goal, kept)

    def refresh(self) -> bool:
        """Read the goals that are due; return whether there were any.

        A goal that the store refuses is left for a while; the others are read.

        Raises:
            StoreUnavailableError: If the store cannot be reached.
        """
        now_s = monotonic()
        is_any = False
        for goal, due in list(self._due.items()):
            if due.at_s > now_s and due.decisions < due.most:
                continue
            try:
                self.read(goal)
                is_any = True
            except StoreUnavailableError:
                raise
            except Exception as error:  # noqa: BLE001 - one damaged goal must not stop the others
                due.at_s = monotonic() + self._refresh_s * self._jitter()
                self._on_refused(goal, error)
        return is_any

    def read(self, goal: str) -> None:
        """Read one goal now.

        Raises:
            StoreError: If the store fails.
        """
        due = self._due.setdefault(goal, _Due())
        with self._lock:  # of two readings at once the older could be put in last
            due.decisions = 0
            due.most = max(1, round(DECISIONS * self._jitter()))
            known = self._view.acknowledged(goal)
            copy = self._store.read(goal, self._view.known_version(goal))
            due.at_s = monotonic() + self._refresh_s * self._jitter()
            self._view.replace(goal, copy, known)
        if copy is None:
            return
        self._on_refreshed(goal)
        if monotonic() - due.saved_s >= _SAVE_S:
            self._save(goal, due)
        else:
            due.is_saved = False

    def save(self) -> None:
        """Write the snapshot files that are behind."""
        for goal, due in list(self._due.items()):
            if not due.is_saved:
                self._save(goal, due)

    def _save(self, goal: str, due: _Due) -> None:
        due.saved_s, due.is_saved = monotonic(), True
        if self._root is not None:
            backup.save(self._root, goal, self._view.base(goal))

    def begin_anew(self) -> None:
        """In a forked child: a thread of the parent may have been reading."""
        self._lock = threading.Lock()

    def next_s(self) -> float:
        """Return how long until a goal is due."""
        now_s = monotonic()
        return max(0.0, min((due.at_s - now_s for due in self._due.values()), default=3600.0))

    def is_due(self, goal: str) -> bool:
        """Return whether a goal is to be read now."""
        due = self._due.get(goal)
        return due is None or due.at_s <= monotonic()

    def _jitter(self) -> float:
        return 0.8 + 0.4 * self._uniform()
