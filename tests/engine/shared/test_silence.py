"""A store that was silent may have lost what it acknowledged; it is asked again all the same."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from armwise.engine.shared import SharedStore
from armwise.errors import StoreRefusedError, StoreUnavailableError
from armwise.storage import ArmKey, Record

ARM = ArmKey("general/simple", "cheap")
GOAL = "goal"
Opener = Callable[..., SharedStore]


def record(number: int) -> Record:
    """Return a record of one request, decided just now."""
    now_ms = int(time.time() * 1000)
    return Record(ARM, number.to_bytes(10), 0, now_ms, revision=1, score=10_000)


def outcomes(remote: Any, goal: str = GOAL) -> int:
    """Return how many outcomes a remote store has counted."""
    held = remote.memory.read(goal)
    return 0 if held is None else sum(bucket.outcomes for bucket in held.buckets.values())


def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> bool:
    """Wait for a condition; return whether it came true."""
    deadline_s = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return condition()


def test_a_loss_is_made_good_after_an_outage_of_any_length(shared: Opener, remote: Any) -> None:
    """An outage four times as long as the window does not age what was acknowledged before it."""
    store = shared(window_s=0.5)
    store.declare(GOAL, None)
    store.apply(GOAL, [record(n) for n in range(150)])
    assert store.flush(5.0)

    remote.error = StoreUnavailableError("down")
    remote.lose_everything()
    time.sleep(2.0)
    remote.error = None

    assert until(lambda: outcomes(remote) == 150)


def test_what_is_older_than_the_window_is_let_go(shared: Opener, remote: Any) -> None:
    """The control: while the store is heard of, the window passes."""
    store = shared(window_s=0.2)
    store.declare(GOAL, None)
    store.apply(GOAL, [record(n) for n in range(150)])
    assert store.flush(5.0)
    time.sleep(1.5)

    remote.lose_everything()
    time.sleep(0.5)

    assert outcomes(remote) == 0


def test_a_process_that_only_decides_finds_the_store_again(shared: Opener, remote: Any) -> None:
    """Nothing waits to be sent, and still the copy is renewed when the store is back."""
    store = shared()
    store.declare(GOAL, None)
    remote.error = StoreUnavailableError("down")
    assert until(lambda: not store.health().is_up)

    remote.error = None
    remote.memory.apply(GOAL, [record(1)])

    assert until(lambda: store.health().is_up)
    assert until(lambda: bool(store.evidence(GOAL)))


def test_a_goal_that_cannot_be_read_does_not_stop_the_others(
    shared: Opener, remote: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One damaged goal is told of; the others are read, and the store counts as up."""
    read = remote.read

    def refuse(goal_id: str, unless: int | None = None) -> object:
        if goal_id == "damaged":
            raise StoreRefusedError("holds something else")
        return read(goal_id, unless)

    store = shared()
    store.declare("damaged", None)
    store.declare(GOAL, None)
    monkeypatch.setattr(remote, "read", refuse)
    assert until(lambda: store.health().faults > 0)

    remote.memory.apply(GOAL, [record(1)])

    assert until(lambda: bool(store.evidence(GOAL)))
    assert store.health().is_up


def test_a_closed_store_refuses_what_it_could_not_deliver(shared: Opener) -> None:
    """A report to a store that was closed is an error, not a record that nobody sends."""
    store = shared()
    store.declare(GOAL, None)
    store.close()

    with pytest.raises(StoreUnavailableError, match="was closed in this process"):
        store.apply(GOAL, [record(1)])
    with pytest.raises(StoreUnavailableError, match="was closed in this process"):
        store.deliver(GOAL, [record(1)], 1.0)


def test_the_first_report_is_on_disk_too(shared: Opener, remote: Any) -> None:
    """Whoever opens a store just to report has a journal before the first record."""
    remote.error = StoreUnavailableError("down")
    store = shared()

    store.apply(GOAL, [record(1)])

    assert store._outbox.unwritten == 0
    assert store.health().has_journal
