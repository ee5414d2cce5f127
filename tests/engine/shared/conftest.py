"""A store that fails on demand, and shared stores on top of one."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from armwise.engine.shared import SharedStore
from armwise.errors import StoreError
from armwise.storage import GoalEvidence, MemoryStore, Record, ReportStatus


class Remote:
    """A memory store as if it were elsewhere: it can be down, refuse, and lose its memory.

    Attributes:
        error: What every call raises; None: it works.
        refuses: Tells which records it refuses.
        connections: How many connections were made to it.
        calls: Goal and number of records of every call that counted.
    """

    def __init__(self) -> None:
        self.memory = MemoryStore()
        self.error: StoreError | None = None
        self.refuses: Callable[[Record], StoreError | None] = lambda record: None
        self.connections = 0
        self.calls: list[tuple[str, int]] = []

    def declare(self, goal_id: str, half_life: Any) -> Any:
        """Declare, or fail."""
        self._work()
        return self.memory.declare(goal_id, half_life)

    def apply(self, goal_id: str, records: Sequence[Record]) -> list[ReportStatus]:
        """Count, or fail."""
        self._work()
        for record in records:
            error = self.refuses(record)
            if error is not None:
                raise error
        self.calls.append((goal_id, len(records)))
        return self.memory.apply(goal_id, records)

    def read(self, goal_id: str, unless: int | None = None) -> GoalEvidence | None:
        """Read, or fail."""
        self._work()
        return self.memory.read(goal_id, unless)

    def open_epoch(self, goal_id: str, bucket: str, path: str, epoch: int) -> None:
        """Open an epoch, or fail."""
        self._work()
        self.memory.open_epoch(goal_id, bucket, path, epoch)

    def close(self) -> None:
        """Do nothing."""

    def lose_everything(self) -> None:
        """Come back empty, as a server without persistence does."""
        self.memory = MemoryStore()
        self.connections += 1

    def _work(self) -> None:
        if self.error is not None:
            raise self.error


@pytest.fixture
def remote() -> Remote:
    """Return a store that works so far."""
    return Remote()


@pytest.fixture
def shared(remote: Remote, tmp_path: Path) -> Iterator[Callable[..., SharedStore]]:
    """Return a function that opens the remote store as another process would."""
    opened: list[SharedStore] = []

    def build(**settings: Any) -> SharedStore:
        settings.setdefault("refresh_s", 0.05)
        root = settings.pop("root", tmp_path / "state")
        store = SharedStore(settings.pop("store", remote), "remote://test", root, **settings)
        opened.append(store)
        return store

    yield build
    for store in opened:
        store.close(0.2)
