"""Outages of providers cost a call now and then, no request, and no belief about quality."""

from collections.abc import Callable
from typing import Any

import pytest

from armwise import Router
from armwise.adapters import Call
from armwise.errors import AllPathsFailedError
from armwise.storage import MemoryStore
from armwise.testing import ScriptedError

ASK = [{"role": "user", "content": "Who makes the iPhone?"}]

Build = Callable[..., Router]


class Provider:
    """A provider whose state is set by hand; it counts its calls."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.calls: list[Call] = []

    def __call__(self, call: Call) -> Any:
        """Answer, or fail as it was set."""
        self.calls.append(call)
        return self.error or "Apple"


class Clock:
    """The wall clock, moved on by hand."""

    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        """Return the time that was set."""
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock that routers and stores built from now on go by."""
    clock = Clock()
    monkeypatch.setattr("time.time", clock)
    return clock


@pytest.fixture
def cheap() -> Provider:
    """Return the provider of the path that is always preferred."""
    return Provider()


def quality(router: Router) -> Any:
    """Return all that is stored about the quality of every path, as integers."""
    evidence = router._store.evidence("goal")
    return {
        key: (seen.successes, seen.failures, seen.squares)
        for key, seen in evidence.items()
        if seen.successes or seen.failures
    }


def test_sixty_seconds_of_errors_cost_at_most_one_call_per_cooldown(
    router_of: Build, cheap: Provider, clock: Clock
) -> None:
    """No request waits for more than one failed call, and quality stays the same to the integer."""
    router = router_of({"cheap": cheap, "dear": "Apple"}, success_when="text == 'Apple'")
    for _ in range(50):
        clock.now_s += 0.1
        router.completion(ASK)
    before = quality(router)
    cheap.error = ScriptedError(500)

    failed_per_request: list[int] = []
    for _ in range(600):
        clock.now_s += 0.1
        calls = len(cheap.calls)
        response = router.completion(ASK)
        assert response.model == "dear"
        failed_per_request.append(len(cheap.calls) - calls)

    assert max(failed_per_request) == 1
    # 1 forgiven; cooldowns of about 1, 2, 4, 8, 16 and 32 s hold 6 or 7 probes in 60 s.
    assert sum(failed_per_request) <= 8
    after = quality(router)
    (cheap_arm,) = (key for key in before if key.path == "cheap")
    assert after[cheap_arm] == before[cheap_arm]
    cheap.error = None
    clock.now_s += 60.0
    assert router.completion(ASK).model == "cheap"
    assert router.completion(ASK).model == "cheap"


def test_why_tells_of_the_cooldown(router_of: Build, cheap: Provider, clock: Clock) -> None:
    """A path that is passed over has its reason in the decision."""
    router = router_of({"cheap": cheap, "dear": "Apple"})
    cheap.error = ScriptedError(429, retry_after_s=12.0)
    router.completion(ASK)

    decision = router.decide(ASK)

    assert decision.path == "dear"
    assert decision.ranking == ("dear", "cheap")
    assert "excluded cheap: cooling down for 12 s more after rate_limit" in decision.why()


def test_stats_tell_availability_apart_from_quality(
    router_of: Build, cheap: Provider, clock: Clock
) -> None:
    """Three faults lower the one and leave the other as it was."""
    router = router_of({"cheap": cheap, "dear": "Apple"}, success_when="text == 'Apple'")
    router.pin("cheap")
    for _ in range(3):
        router.completion(ASK)
    before = router.stats()
    cheap.error = ScriptedError(500)
    for _ in range(3):
        router.completion(ASK)

    after = router.stats()

    assert before.availability == {"cheap": 0.8, "dear": 0.5}
    assert after.availability == {"cheap": 0.5, "dear": 0.8}
    arms = [stats.buckets["general/simple"]["cheap"] for stats in (before, after)]
    assert arms[0].successes == arms[1].successes == 3
    assert arms[1].faults == 3
    assert "cheap is passed over: cooling down for" in str(after)


def test_where_all_cool_down_the_one_that_ends_first_is_called(
    router_of: Build, cheap: Provider, clock: Clock
) -> None:
    """A request is never refused because of cooldowns."""
    dear = Provider()
    router = router_of({"cheap": cheap, "dear": dear})
    cheap.error = ScriptedError(429, retry_after_s=30.0)
    dear.error = ScriptedError(429, retry_after_s=10.0)
    with pytest.raises(AllPathsFailedError):
        router.completion(ASK)
    dear.error = None

    assert router.completion(ASK).model == "dear"


def test_a_pinned_path_is_tried_first_all_the_same(
    router_of: Build, cheap: Provider, clock: Clock
) -> None:
    """A pin is an operator's word: its path is called although it cools down, then the others."""
    router = router_of({"cheap": cheap, "dear": "Apple"})
    router.pin("cheap")
    cheap.error = ScriptedError(503)
    router.completion(ASK)
    cheap.error = None

    decision = router.decide(ASK)

    assert decision.path == "cheap"
    assert "cheap is tried although cooling down" in decision.why()


def test_a_hanging_path_is_not_waited_for_as_long_as_a_healthy_one(
    router_of: Build, cheap: Provider, clock: Clock
) -> None:
    """After a fault the probe gets a few mean latencies instead of the user's time-out."""
    router = router_of({"cheap": cheap, "dear": "Apple"}, timeout_s=100.0)
    router._engine.cooling._mean_latency_s = lambda *_: 2.0
    router.completion(ASK)
    cheap.error = ScriptedError(408)
    router.completion(ASK)
    clock.now_s += 30.0

    router.completion(ASK)

    assert [call.timeout_s for call in cheap.calls[:2]] == [100.0, 100.0]
    given_s = cheap.calls[-1].timeout_s
    assert given_s is not None
    assert 3 * 2.0 <= given_s < 4 * 2.0


def test_the_users_timeout_is_never_exceeded(
    router_of: Build, cheap: Provider, clock: Clock
) -> None:
    """Patience shortens a time-out and never lengthens it."""
    router = router_of({"cheap": cheap, "dear": "Apple"}, timeout_s=1e-6)
    cheap.error = ScriptedError(500)
    with pytest.raises(AllPathsFailedError):
        router.completion(ASK)
    clock.now_s += 30.0
    cheap.error = None

    router.completion(ASK)

    assert cheap.calls[-1].timeout_s == 1e-6


def test_a_request_that_every_path_would_refuse_is_raised_at_once(
    router_of: Build, cheap: Provider
) -> None:
    """A bad request cools nothing down: the provider is there."""
    router = router_of({"cheap": cheap, "dear": "Apple"})
    cheap.error = ScriptedError(422, "no such parameter")
    with pytest.raises(ScriptedError, match="no such parameter"):
        router.completion(ASK)
    cheap.error = None

    assert router.completion(ASK).model == "cheap"


def test_paths_that_are_all_misconfigured_are_named_so(router_of: Build) -> None:
    """Where no path has a key that works, the error says that it is nobody's outage."""
    router = router_of(
        {"cheap": lambda _: ScriptedError(401, "no key"), "dear": lambda _: ScriptedError(404)}
    )

    with pytest.raises(AllPathsFailedError, match="every path is misconfigured"):
        router.completion(ASK)


def test_a_stream_brings_its_path_back_when_it_begins(
    router_of: Build, cheap: Provider, clock: Clock
) -> None:
    """Others need not wait for its end."""
    router = router_of({"cheap": cheap, "dear": "Apple"})
    cheap.error = ScriptedError(500)
    router.completion(ASK)
    cheap.error = None
    clock.now_s += 30.0

    stream = router.completion(ASK, stream=True)

    assert stream.decision.path == "cheap"
    assert router.decide(ASK).path == "cheap"


def test_a_reported_success_brings_a_path_back(
    router_of: Build, cheap: Provider, clock: Clock
) -> None:
    """Who calls the provider himself ends the probe by his report."""
    router = router_of({"cheap": cheap, "dear": "Apple"})
    cheap.error = ScriptedError(500)
    router.completion(ASK)
    clock.now_s += 30.0
    probe = router.decide(ASK)
    assert (probe.path, router.decide(ASK).path) == ("cheap", "dear")

    router.report_outcome(probe.request_id, True)

    assert router.decide(ASK).path == "cheap"


def test_two_routers_on_one_store_share_cooldowns(
    router_of: Build, cheap: Provider, clock: Clock
) -> None:
    """What one meets, the other one knows."""
    store = MemoryStore()
    first, second = (router_of({"cheap": cheap, "dear": "Apple"}, store=store) for _ in range(2))
    cheap.error = ScriptedError(429, retry_after_s=60.0)
    first.completion(ASK)

    decision = second.decide(ASK)

    assert decision.path == "dear"
    assert decision.exclusions == {
        "cheap": "cooling down for 60 s more after rate_limit, as another worker has told"
    }


def test_a_call_that_was_given_too_little_time_cools_nothing_down(
    router_of: Build, cheap: Provider, clock: Clock
) -> None:
    """A time-out below the path's mean latency is the caller's haste."""
    router = router_of({"cheap": cheap, "dear": "Apple"})
    for _ in range(3):
        router.completion(ASK)
    router._engine.latencies.mean_s = lambda *_: 5.0  # type: ignore[method-assign]
    cheap.error = ScriptedError(408)

    router.completion(ASK, timeout_s=1.0)

    assert router.decide(ASK).path == "cheap"
    router.completion(ASK, timeout_s=10.0)
    assert router.decide(ASK).path == "dear"
