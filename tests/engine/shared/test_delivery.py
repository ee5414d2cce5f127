"""What is reported reaches a shared store, whatever happens to the store meanwhile."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from armwise.bandit import UNIT
from armwise.bandit.decay import Outcomes
from armwise.engine.shared import SharedStore
from armwise.errors import StoreRefusedError, StoreUnavailableError
from armwise.events import Event, RecordsDropped, StoreFaulted, StoreRecovered
from armwise.storage import ArmKey, Record, ReportStatus

ARM = ArmKey("general/simple", "cheap")
GOAL = "goal"
Opener = Callable[..., SharedStore]


def record(number: int, revision: int = 1, score: int | None = 10_000) -> Record:
    """Return a record of one request, decided just now."""
    now_ms = int(time.time() * 1000)
    return Record(ARM, number.to_bytes(10), 0, now_ms, revision=revision, score=score)


class Listener:
    """Collects what a shared store tells."""

    stored_goal = GOAL

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.answers: list[ReportStatus] = []
        self.refreshes = 0

    def delivered(self, records: Sequence[Record], answers: Sequence[ReportStatus]) -> None:
        """Collect answers."""
        assert len(records) == len(answers)
        self.answers.extend(answers)

    def refreshed(self) -> None:
        """Count."""
        self.refreshes += 1

    def told(self, event: Event) -> None:
        """Collect events."""
        self.events.append(event)


def successes(remote: "object") -> float:
    """Return how many successes a remote store has counted."""
    held = remote.memory.read(GOAL)  # type: ignore[attr-defined]
    assert held is not None
    return sum(seen.successes for seen in held.evidence(0).values()) / UNIT


def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> bool:
    """Wait for a condition; return whether it came true."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        time.sleep(0.005)
    return True


def test_reports_return_at_once_and_arrive(shared: Opener, remote: object) -> None:
    """They are queued, then delivered in batches, and this process is told the answers."""
    store, listener = shared(), Listener()
    store.declare(GOAL, None)
    store.subscribe(listener)

    answers = [store.apply(GOAL, [record(n)])[0] for n in range(250)]

    assert set(answers) == {ReportStatus.QUEUED}
    assert store.flush(5.0)
    assert successes(remote) == 250
    assert listener.answers == [ReportStatus.APPLIED] * 250
    assert max(number for _, number in remote.calls) <= 100  # type: ignore[attr-defined]


def test_a_waiting_report_is_answered(shared: Opener) -> None:
    """It says what became of it, as the store itself would."""
    store = shared()
    store.declare(GOAL, None)

    answers = [
        store.deliver(GOAL, [item], 2.0)[0]
        for item in (record(1), record(1), record(1, score=0), record(1, revision=2, score=0))
    ]

    assert answers == [
        ReportStatus.APPLIED,
        ReportStatus.DUPLICATE,
        ReportStatus.CONFLICT,
        ReportStatus.CORRECTED,
    ]


def test_an_outage_costs_time_and_nothing_else(shared: Opener, remote: object) -> None:
    """Reports go on; all arrive once when the store is back; the outage is told once."""
    store, listener = shared(), Listener()
    store.declare(GOAL, None)
    store.subscribe(listener)
    remote.error = StoreUnavailableError("gone")  # type: ignore[attr-defined]

    store.apply(GOAL, [record(n) for n in range(30)])
    waited = store.deliver(GOAL, [record(99)], 0.2)
    assert not store.flush(0.3)
    assert store.health(GOAL).waiting == 31
    assert not store.health(GOAL).is_up
    remote.error = None  # type: ignore[attr-defined]

    assert waited == [ReportStatus.QUEUED]
    assert store.flush(5.0)
    assert successes(remote) == 31
    assert until(lambda: any(isinstance(event, StoreRecovered) for event in listener.events))
    assert [type(event) for event in listener.events] == [StoreFaulted, StoreRecovered]
    assert store.health(GOAL).is_up


def test_who_waits_is_answered_when_the_store_comes_back(shared: Opener, remote: object) -> None:
    """A waiting report that failed at first is delivered within its time."""
    store = shared()
    store.declare(GOAL, None)
    remote.error = StoreUnavailableError("gone")  # type: ignore[attr-defined]
    store.apply(GOAL, [record(0)])
    assert until(lambda: not store.health().is_up)

    import threading

    def mend() -> None:
        remote.error = None  # type: ignore[attr-defined]

    threading.Timer(0.2, mend).start()

    assert store.deliver(GOAL, [record(1)], 5.0) == [ReportStatus.APPLIED]


def test_a_server_that_forgot_is_told_again(shared: Opener, remote: object) -> None:
    """After a new connection the latest records are sent once more, the half-life first."""
    store = shared()
    store.declare(GOAL, Outcomes(50))
    store.apply(GOAL, [record(n) for n in range(150)])
    assert store.flush(5.0)

    remote.lose_everything()  # type: ignore[attr-defined]

    assert until(lambda: successes(remote) > 0)
    assert store.flush(5.0)
    held = remote.memory.read(GOAL)  # type: ignore[attr-defined]
    assert held.half_life == Outcomes(50)
    assert held.buckets[ARM.bucket].outcomes == 150


def test_without_a_window_they_are_lost(shared: Opener, remote: object) -> None:
    """The control: it is the window that brings them back."""
    store = shared(window_s=0.0)
    store.declare(GOAL, None)
    store.apply(GOAL, [record(n) for n in range(150)])
    assert store.flush(5.0)

    remote.lose_everything()  # type: ignore[attr-defined]
    store.apply(GOAL, [record(999)])
    assert store.flush(5.0)
    time.sleep(0.2)

    assert successes(remote) < 150


def test_a_refusing_goal_does_not_hold_up_the_others(shared: Opener, remote: object) -> None:
    """Records of one goal wait, those of another arrive."""
    store = shared()
    store.declare(GOAL, None)
    store.declare("other", None)
    other = ArmKey("general/simple", "other")
    remote.refuses = (  # type: ignore[attr-defined]
        lambda item: StoreRefusedError("wrong type") if item.arm.path == "other" else None
    )

    for number in range(5):
        store.apply("other", [replace(record(number), arm=other)])
        store.apply(GOAL, [record(number)])

    assert until(lambda: successes(remote) == 5)
    assert store.health().waiting == 5
    remote.refuses = lambda item: None  # type: ignore[attr-defined]
    assert store.flush(10.0)


def test_who_waits_for_a_refusing_goal_does_not_hold_up_the_others(
    shared: Opener, remote: object
) -> None:
    """A refusal that a waiting report meets is one goal's, and is told once."""
    store, listener = shared(), Listener()
    for goal in (GOAL, "other"):
        store.declare(goal, None)
    store.subscribe(listener)
    remote.refuses = lambda sent: (  # type: ignore[attr-defined]
        StoreRefusedError("wrong type") if sent.arm.path == "damaged" else None
    )
    damaged = replace(record(0), arm=ArmKey("general/simple", "damaged"))

    refused = store.deliver(GOAL, [damaged], 0.0)
    taken = store.deliver("other", [record(1)], 0.0)

    assert refused == [ReportStatus.QUEUED]
    assert taken == [ReportStatus.APPLIED]
    assert len([event for event in listener.events if isinstance(event, StoreFaulted)]) == 1


def test_a_poisonous_record_is_put_aside(shared: Opener, remote: object, tmp_path: object) -> None:
    """What alone is refused is given up, loudly, and written down; the rest arrives."""
    store, listener = shared(), Listener()
    store.declare(GOAL, None)
    store.subscribe(listener)
    poison = record(7).nonce
    remote.refuses = (  # type: ignore[attr-defined]
        lambda item: StoreRefusedError("overflow") if item.nonce == poison else None
    )

    store.apply(GOAL, [record(n) for n in range(20)])

    assert store.flush(20.0)
    assert successes(remote) == 19
    assert store.health().dropped == 1
    drops = [event for event in listener.events if isinstance(event, RecordsDropped)]
    assert [(event.number, event.reason) for event in drops] == [(1, "poison")]
    refused = tmp_path / "state" / "refused.jsonl"  # type: ignore[operator]
    assert poison.hex() in refused.read_text()


def test_what_waits_is_bounded(shared: Opener, remote: object) -> None:
    """Beyond the bound the oldest are dropped, which is counted and told."""
    store, listener = shared(most_waiting=10), Listener()
    store.declare(GOAL, None)
    store.subscribe(listener)
    remote.error = StoreUnavailableError("gone")  # type: ignore[attr-defined]

    for number in range(25):
        store.apply(GOAL, [record(number)])

    assert store.health().waiting == 10
    assert store.health().dropped == 15
    assert sum(e.number for e in listener.events if isinstance(e, RecordsDropped)) == 15
    remote.error = None  # type: ignore[attr-defined]
    assert store.flush(5.0)
    assert successes(remote) == 10


def test_what_waits_is_bounded_for_those_who_wait_as_well(shared: Opener, remote: object) -> None:
    """During an outage reports with ``wait=True`` take no more memory than others."""
    store = shared(most_waiting=10)
    store.declare(GOAL, None)
    remote.error = StoreUnavailableError("gone")  # type: ignore[attr-defined]

    for number in range(25):
        store.deliver(GOAL, [record(number)], 0.0)

    assert store.health().waiting == 10
    assert store.health().dropped == 15
    remote.error = None  # type: ignore[attr-defined]


def test_sync_delivery_answers_and_raises(shared: Opener, remote: object) -> None:
    """Without a thread every report waits for the store, and is told what is wrong with it."""
    store = shared(delivery="sync")
    store.declare(GOAL, None)

    answers = store.apply(GOAL, [record(1), record(1)])
    remote.error = StoreUnavailableError("gone")  # type: ignore[attr-defined]

    assert answers == [ReportStatus.APPLIED, ReportStatus.DUPLICATE]
    with pytest.raises(StoreUnavailableError):
        store.apply(GOAL, [record(2)])
    remote.error = None  # type: ignore[attr-defined]
    assert store.evidence(GOAL)[ARM].successes == UNIT
