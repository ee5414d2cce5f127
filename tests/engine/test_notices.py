"""Notices: workers on one store tell each other which paths to leave alone, and until when."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from armwise.adapters import Fault
from armwise.engine.cooling import Cooling
from armwise.engine.notices import Notice, Notices
from armwise.engine.shared import SharedStore
from armwise.storage import LocalEvidence, MemoryStore
from armwise.storage.sqlite import SQLiteStore

NOW_S = 1_000_000.0


def worker(store: LocalEvidence, now_s: float = NOW_S) -> Cooling:
    """Return what one more worker on a store knows."""
    return Cooling(Notices("goal", store), clock=lambda: now_s)  # type: ignore[arg-type]


@pytest.mark.parametrize("fault", [Fault.RATE_LIMIT, Fault.SERVER, Fault.TIMEOUT])
def test_others_are_told_of_what_a_provider_says(fault: Fault) -> None:
    """A worker that has never called the path passes it over until the same moment."""
    store = MemoryStore()
    first, second = worker(store), worker(store)

    first.faulted("a", fault, retry_after_s=20.0)

    assert second.excluded(NOW_S) == {
        "a": f"cooling down for 20 s more after {fault}, as another worker has told"
    }
    assert second.excluded(NOW_S + 20.0) == {}


@pytest.mark.parametrize("fault", [Fault.CONNECTION, Fault.MISCONFIGURED])
def test_others_are_not_told_of_what_may_be_ones_own_fault(fault: Fault) -> None:
    """A worker without a network, or with a wrong key, keeps nobody else from a path."""
    store = MemoryStore()
    first, second = worker(store), worker(store)

    first.faulted("a", fault)

    assert list(first.excluded(NOW_S)) == ["a"]
    assert second.excluded(NOW_S) == {}


def test_who_is_being_answered_does_not_believe_it() -> None:
    """Only a rate limit, which all workers share, outweighs a path's own recent answers."""
    store = MemoryStore()
    first, second = worker(store), worker(store)
    for _ in range(30):
        second.answered("a")

    first.faulted("a", Fault.SERVER)
    assert second.excluded(NOW_S) == {}
    first.faulted("a", Fault.RATE_LIMIT)
    assert list(second.excluded(NOW_S)) == ["a"]


def test_the_longest_notice_holds() -> None:
    """Of several workers' notices the one that ends last is kept, in whatever order they come."""
    store = MemoryStore()
    notices = Notices("goal", store)

    for seconds in (5.0, 60.0, 30.0):
        notices.post(Notice("a", Fault.RATE_LIMIT, NOW_S + seconds))

    assert list(notices.read()) == [Notice("a", Fault.RATE_LIMIT, NOW_S + 60.0)]


def test_a_path_that_came_back_is_not_left_alone_again_by_an_old_notice() -> None:
    """A worker that was answered hears only what is new."""
    store = MemoryStore()
    first, second = worker(store), worker(store)
    first.faulted("a", Fault.SERVER, retry_after_s=50.0)
    assert list(second.excluded(NOW_S)) == ["a"]

    second.answered("a")
    store.open_epoch("goal", "general/simple", "b", 1)  # something changes

    assert second.excluded(NOW_S) == {}


def test_a_notice_that_is_over_is_not_heard() -> None:
    """A worker that starts after an outage knows nothing of it."""
    store = MemoryStore()
    worker(store).faulted("a", Fault.SERVER, retry_after_s=10.0)

    assert worker(store, NOW_S + 11.0).excluded(NOW_S + 11.0) == {}


def test_a_store_that_fails_costs_the_notice_and_nothing_else() -> None:
    """Neither telling nor hearing raises."""

    class Broken(MemoryStore):
        def open_epoch(self, goal_id: str, bucket: str, path: str, epoch: int) -> None:
            raise OSError("disk full")

    cooling = worker(Broken())

    cooling.faulted("a", Fault.SERVER)

    assert list(cooling.excluded(NOW_S)) == ["a"]


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Callable[[], SharedStore]]:
    """Return a function that opens one more process's view of a file."""
    opened: list[SharedStore] = []

    def open_one() -> SharedStore:
        store = SharedStore(
            SQLiteStore(tmp_path / "a.db"), "a.db", tmp_path / "journal", refresh_s=0.05
        )
        store.declare("goal", None)
        opened.append(store)
        return store

    yield open_one
    for store in opened:
        store.close()


def test_workers_on_a_shared_store_hear_of_it_with_the_next_reading(
    shared: Callable[[], SharedStore],
) -> None:
    """What one worker meets, another one knows within a refresh, through journal and file."""
    first, other = shared(), shared()
    now_s = time.time()

    worker(first, now_s).faulted("a", Fault.RATE_LIMIT, retry_after_s=100.0)

    second = worker(other, now_s)
    deadline_s = time.monotonic() + 20.0
    while not second.excluded(now_s) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    assert list(second.excluded(now_s)) == ["a"]
