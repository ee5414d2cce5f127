"""Requests that wait for an outcome, and what silence about them is counted as."""

import threading
from typing import Any

import pytest

from armwise.adapters import ModelInfo
from armwise.bandit import CheapestWithin, FourSignals
from armwise.bandit.models import Independent
from armwise.engine import Engine, PathPrices, Signer, Silence, parse_paths
from armwise.engine.waiting import Waiting
from armwise.events import Event, Reported
from armwise.storage import ArmKey, MemoryStore, Record, ReportStatus

ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
HOUR_S = 3600.0


def record(number: int, attempt: int = 0) -> Record:
    """Return an attempt of which nothing is known."""
    return Record(ArmKey("general/simple", "cheap"), number.to_bytes(10), attempt, 0)


def waiting(most: int = 100) -> tuple[Waiting, list[None]]:
    """Return a table of requests that fail after an hour, and a list that grows with drops."""
    drops: list[None] = []
    return Waiting(Silence(0, HOUR_S), lambda: drops.append(None), most=most), drops


def test_those_whose_time_is_up_come_out_once_oldest_first() -> None:
    """As outcomes of revision 0."""
    table, _ = waiting()
    for number in range(3):
        table.expect(record(number), 10.0 * number)

    assert table.overdue(HOUR_S - 1) == []
    first = table.overdue(HOUR_S + 10)
    assert [silent.nonce for silent in first] == [record(0).nonce, record(1).nonce]
    assert [(silent.revision, silent.score) for silent in first] == [(0, 0)] * 2
    assert table.overdue(HOUR_S + 10) == []
    assert len(table) == 1


def test_a_sweep_takes_no_more_than_it_is_asked_for() -> None:
    """The rest comes with the next one."""
    table, _ = waiting()
    for number in range(5):
        table.expect(record(number), 0.0)

    assert [len(table.overdue(HOUR_S, 2)) for _ in range(4)] == [2, 2, 1, 0]


def test_what_was_heard_of_does_not_come_out() -> None:
    """Nor the decision before the attempt that was heard of; other requests stay."""
    table, _ = waiting()
    table.expect(record(1), 0.0)
    table.expect(record(2), 0.0)
    table.expect(record(3), 0.0)

    table.heard(record(1).nonce, 0)
    table.heard(record(2).nonce, 1)

    assert [silent.nonce for silent in table.overdue(HOUR_S)] == [record(3).nonce]


def test_one_too_many_drops_the_oldest_and_says_so() -> None:
    """Memory is bounded; what is dropped stays without an outcome."""
    table, drops = waiting(most=2)
    for number in range(5):
        table.expect(record(number), 0.0)

    assert len(drops) == 3
    assert [silent.nonce for silent in table.overdue(HOUR_S)] == [record(3).nonce, record(4).nonce]


def learner(clock: list[float], *, store: MemoryStore | None = None, **settings: Any) -> Engine:
    """Return an engine of one path whose requests fail if nothing is said for an hour."""
    paths = parse_paths(["cheap"])
    defaults: dict[str, Any] = {
        "objective": CheapestWithin(),
        "store": store or MemoryStore(clock=lambda: clock[0]),
        "prices": PathPrices(paths, lambda model: ModelInfo()),
        "complexity": FourSignals(),
        "model": Independent(),
        "signer": Signer("a secret of the fleet"),
        "silence": Silence(0, HOUR_S),
        "clock": lambda: clock[0],
    }
    return Engine("goal", paths, **defaults | settings)


def cheap(engine: Engine) -> tuple[float, float, int]:
    """Return successes, failures and attempts of the one arm."""
    arm = engine.stats().buckets["general/simple"]["cheap"]
    return arm.successes, arm.failures, arm.attempts


def test_silence_is_counted_by_whatever_comes_next() -> None:
    """A decision sweeps; so do a report and stats."""
    clock, events = [1_800_000_000.0], list[Event]()
    engine = learner(clock, on_event=events.append)
    decision = engine.decide(ASK)
    engine.expect(decision)

    clock[0] += HOUR_S
    engine.decide(ASK)

    (timeout,) = [event for event in events if isinstance(event, Reported)]
    assert (timeout.outcome, timeout.revision, timeout.status) == (0.0, 0, "applied")
    assert cheap(engine) == (0, 1, 1)
    assert engine.stats().counters.timeouts == 1
    assert engine.explain(decision.request_id).steps == (timeout,)


def test_a_late_report_replaces_a_timeout_exactly() -> None:
    """As if it had come in time."""
    clock = [1_800_000_000.0]
    engine = learner(clock)
    decision = engine.decide(ASK)
    engine.expect(decision)
    clock[0] += HOUR_S

    assert cheap(engine) == (0, 1, 1)
    assert engine.report(decision.request_id, True) is ReportStatus.CORRECTED
    assert cheap(engine) == (1, 0, 1)


@pytest.mark.parametrize("outcome", [True, "unknown"])
def test_a_report_in_time_ends_the_wait(outcome: Any) -> None:
    """Unknown too: who says that he does not know has spoken."""
    clock = [1_800_000_000.0]
    engine = learner(clock)
    decision = engine.decide(ASK)
    engine.expect(decision)
    engine.report(decision.request_id, outcome)

    clock[0] += 2 * HOUR_S

    assert cheap(engine) == (float(outcome is True), 0, 1)
    assert engine.stats().counters.timeouts == 0


def test_a_report_elsewhere_makes_the_timeout_stale() -> None:
    """Another process of the same store heard of it; this one's timeout changes nothing."""
    clock = [1_800_000_000.0]
    store = MemoryStore(clock=lambda: clock[0])
    here, there = (learner(clock, store=store) for _ in range(2))
    decision = here.decide(ASK)
    here.expect(decision)
    there.report(decision.request_id, True)

    clock[0] += HOUR_S

    assert cheap(here) == (1, 0, 1)
    assert here.stats().counters.timeouts == 0


def test_silence_may_be_worth_a_score() -> None:
    """A value between failure and success."""
    clock = [1_800_000_000.0]
    engine = learner(clock, silence=Silence(2_500, HOUR_S))
    engine.expect(engine.decide(ASK))
    clock[0] += HOUR_S

    assert cheap(engine) == (0.25, 0.75, 1)


def test_without_a_timeout_nothing_waits() -> None:
    """Silence means nothing by default."""
    clock = [1_800_000_000.0]
    engine = learner(clock, silence=None)
    engine.expect(engine.decide(ASK))
    clock[0] += 100 * HOUR_S

    assert engine.stats().buckets == {}


def test_threads_that_decide_report_and_time_out_lose_and_double_nothing() -> None:
    """Each of 1,600 requests has one outcome: its report, or its timeout."""
    clock = [1_800_000_000.0]
    engine = learner(clock, detect_changes=False)

    def work() -> None:
        for number in range(200):
            decision = engine.decide(ASK)
            engine.expect(decision)
            if number % 2:
                engine.report(decision.request_id, True)
            clock[0] += HOUR_S / 400

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    clock[0] += HOUR_S

    won, lost, attempts = cheap(engine)
    assert attempts == 1_600
    assert won + lost == 1_600
    assert won == 800
    assert engine.stats().counters.not_awaited == 0
