"""Routers on a shared store: they learn from each other, and their beliefs are fitted aside."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from armwise import Router
from armwise.bandit.decay import Outcomes
from armwise.bandit.models import Hierarchical
from armwise.engine.shared import SharedStore
from armwise.errors import StoreUnavailableError
from armwise.events import EpochOpened, Event, StoreFaulted

PATHS = ["openai/gpt-4o-mini", "openai/gpt-4o"]
ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
Opener = Callable[..., SharedStore]


def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> bool:
    """Wait for a condition; return whether it came true."""
    deadline_s = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline_s:
        time.sleep(0.01)
    return condition()


def test_one_learns_what_the_other_was_told(shared: Opener, tmp_path: Path) -> None:
    """Failures that are reported to one Router turn the other away from that path."""
    one = Router(PATHS, "goal", store=shared(root=tmp_path / "one"), seed=1)
    other = Router(PATHS, "goal", store=shared(root=tmp_path / "other"), seed=2)
    before = other.decide(ASK).arms.means

    for _ in range(80):
        decision = one.decide(ASK)
        one.report_outcome(decision.request_id, decision.path == PATHS[1])

    assert one.flush()
    assert until(lambda: other.decide(ASK).arms.means != before)
    assert until(lambda: [other.decide(ASK).path for _ in range(20)].count(PATHS[1]) >= 18)


def test_no_decision_fits_a_model(shared: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fit of all buckets is made in the background thread, never on a request."""
    import threading

    fitted_by: set[str] = set()
    fit = Hierarchical.fit

    def watched(self: Hierarchical, *arguments: object) -> object:
        fitted_by.add(threading.current_thread().name)
        return fit(self, *arguments)  # type: ignore[arg-type]

    router = Router(PATHS, "goal", store=shared(), beliefs=Hierarchical())
    monkeypatch.setattr(Hierarchical, "fit", watched)

    for _ in range(150):
        router.report_outcome(router.decide(ASK, task_type="extraction").request_id, True)
    assert router.flush()
    assert until(lambda: bool(fitted_by))
    router.decide(ASK)

    assert fitted_by == {"armwise-store"}


def test_a_break_is_found_in_what_was_delivered(shared: Opener, remote: object) -> None:
    """The detector sees each outcome once, when the store has counted it, and opens an epoch."""
    events: list[Event] = []
    router = Router(
        PATHS[:1], "goal", store=shared(), half_life=Outcomes(1000), on_event=events.append
    )

    for number in range(240):
        request_id = router.decide(ASK).request_id
        for _ in range(3):  # repeated reports must not be taken for so many failures
            router.report_outcome(request_id, number < 160)
        if number % 20 == 0:
            assert router.flush()

    assert router.flush()
    assert until(lambda: any(isinstance(event, EpochOpened) for event in events))
    opened = [event for event in events if isinstance(event, EpochOpened)]
    assert opened[0].epoch == 1
    assert router.flush()
    held = remote.memory.read("goal")  # type: ignore[attr-defined]
    assert until(
        lambda: (
            remote.memory.read("goal").buckets["general/simple"].epochs  # type: ignore[attr-defined]
            == {PATHS[0]: len(opened)}
        )
    )
    assert held.buckets["general/simple"].outcomes == 240


def test_a_store_that_goes_down_is_told_of(
    shared: Opener, remote: object, caplog: pytest.LogCaptureFixture
) -> None:
    """One warning and one event per outage; decisions and reports go on."""
    events: list[Event] = []
    router = Router(PATHS, "goal", store=shared(), on_event=events.append)
    remote.error = StoreUnavailableError("no route to host")  # type: ignore[attr-defined]

    for _ in range(50):
        router.report_outcome(router.decide(ASK).request_id, True)
    assert until(lambda: any(isinstance(event, StoreFaulted) for event in events))
    health = router.stats().store
    remote.error = None  # type: ignore[attr-defined]

    assert health is not None
    assert not health.is_up
    assert router.flush(5.0)
    assert caplog.text.count("no route to host") == 1
    assert "down" in str(health).lower()


def test_a_router_starts_while_the_store_is_down(shared: Opener, remote: object) -> None:
    """It decides by the prior, keeps what is reported, and delivers it later."""
    remote.error = StoreUnavailableError("gone")  # type: ignore[attr-defined]
    router = Router(PATHS, "goal", store=shared())

    request_id = router.decide(ASK).request_id
    router.report_outcome(request_id, True)
    assert not router.flush(0.1)
    remote.error = None  # type: ignore[attr-defined]

    assert router.flush(5.0)
    assert remote.memory.read("goal").buckets  # type: ignore[attr-defined]


def test_the_stores_half_life_holds(
    shared: Opener, remote: object, caplog: pytest.LogCaptureFixture
) -> None:
    """A Router that asks for another one is told which is in force, and works by that."""
    remote.memory.declare("goal", Outcomes(77))  # type: ignore[attr-defined]

    router = Router(PATHS, "goal", store=shared(), half_life=None)

    assert "77 outcomes" in caplog.text
    router.close()
