"""A shadow call is made beside the served one: it teaches, and can neither fail nor delay it."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from armwise import Router
from armwise.events import Attempted, Event
from armwise.testing import Scripted, ScriptedAdapter, ScriptedError

RouterOf = Callable[..., Router]
ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
SHADOW: dict[str, Any] = {"mode": "shadow", "default_path": "dear"}
CHECK = "'Apple' in text"


def shadows(events: list[Event]) -> list[Attempted]:
    """Return the attempts that were made beside others."""
    return [event for event in events if isinstance(event, Attempted) and event.is_shadow]


def test_the_choice_is_called_checked_and_counted_on_its_own_path(
    router_of: RouterOf, events: list[Event]
) -> None:
    """The default is served; the choice has an attempt of its own number, outcome and cost."""
    router = router_of({"cheap": "no", "dear": "Apple"}, **SHADOW, success_when=CHECK)

    response = router.completion(ASK)

    assert response.model == "dear"
    assert router.flush()
    arms = router.stats().buckets["general/simple"]
    assert (arms["cheap"].failures, arms["cheap"].successes) == (1, 0)
    assert (arms["dear"].failures, arms["dear"].successes) == (0, 1)
    (shadow,) = shadows(events)
    assert (shadow.path, shadow.attempt, shadow.outcome) == ("cheap", 1, 0.0)
    assert shadow.cost_usd == pytest.approx(30e-6)
    rollout = router.stats().rollout
    assert rollout is not None
    assert (rollout.shadows.calls, rollout.shadows.cost_usd) == (1, pytest.approx(30e-6))
    assert "shadow calls: 1 answered, 0 failed, 0 skipped, $0.000030" in str(router.stats())
    assert router.cost_report().spent_usd == pytest.approx(30e-6 + 300e-6)


def test_the_id_names_the_served_path(router_of: RouterOf) -> None:
    """A report is about the answer that was handed on, with or without a shadow."""
    router = router_of({"cheap": "no", "dear": "Apple"}, **SHADOW)

    _, request_id = router.completion(ASK, return_request_id=True)
    router.flush()
    router.report_outcome(request_id, True)

    arms = router.stats().buckets["general/simple"]
    assert (arms["dear"].successes, arms["cheap"].successes) == (1, 0)
    assert arms["cheap"].attempts == 1


def test_no_shadow_where_the_default_was_chosen(router_of: RouterOf) -> None:
    """What is served anyway is not called twice."""
    router = router_of({"cheap": "Apple", "dear": "Apple"}, mode="shadow", default_path="cheap")

    router.completion(ASK)
    router.flush()

    assert router.stats().buckets["general/simple"]["dear"].attempts == 0


@pytest.mark.parametrize("error", [ScriptedError(500), ScriptedError(400), RuntimeError("odd")])
def test_an_error_of_a_shadow_fails_no_request(router_of: RouterOf, error: Exception) -> None:
    """Whatever the chosen path raises, the default's answer is returned, and quality unchanged."""
    router = router_of({"cheap": lambda _: error, "dear": "Apple"}, **SHADOW, success_when=CHECK)

    response = router.completion(ASK)

    assert response.model == "dear"
    assert router.flush()
    stats = router.stats()
    assert stats.rollout is not None
    assert stats.rollout.shadows.faults == 1
    assert stats.buckets["general/simple"]["cheap"].failures == 0


def test_a_check_that_raises_on_a_shadow_fails_no_request(router_of: RouterOf) -> None:
    """It is counted as a check that raised, like any other."""

    def check(response: Any) -> bool:
        if response.model == "cheap":
            raise KeyError("missing")
        return True

    router = router_of({"cheap": "no", "dear": "Apple"}, **SHADOW, success_when=check)

    router.completion(ASK)
    router.flush()

    assert router.stats().counters.checks_raised == 1


def test_a_slow_shadow_delays_no_request(router_of: RouterOf) -> None:
    """The choice answers only when it is let; the request has returned long before."""
    let = threading.Event()

    def slow(_: Any) -> str:
        assert let.wait(10)
        return "Apple"

    router = router_of({"cheap": slow, "dear": "Apple"}, **SHADOW, success_when=CHECK)

    response = router.completion(ASK)

    assert response.model == "dear"
    assert not router.flush(timeout_s=0.05)
    let.set()
    assert router.flush(timeout_s=10)
    assert router.stats().buckets["general/simple"]["cheap"].successes == 1


def test_too_many_shadows_are_left_out_and_counted(router_of: RouterOf) -> None:
    """8 run and 64 wait; of 100 requests the rest is skipped, and every request is answered."""
    let = threading.Event()

    def slow(_: Any) -> str:
        assert let.wait(30)
        return "Apple"

    router = router_of({"cheap": slow, "dear": "Apple"}, **SHADOW)

    served = [router.completion(ASK).model for _ in range(100)]
    let.set()

    assert served == ["dear"] * 100
    assert router.flush(timeout_s=30)
    rollout = router.stats().rollout
    assert rollout is not None
    assert rollout.shadows.calls + rollout.shadows.skipped == 100
    assert 72 <= rollout.shadows.calls < 100


def test_the_share_bounds_what_shadows_cost(router_of: RouterOf) -> None:
    """Of 400 requests a quarter is shadowed, within four standard deviations."""
    router = router_of({"cheap": "no", "dear": "Apple"}, **SHADOW, shadow_share=0.25)

    shadowed = sum(router.decide(ASK).serving.is_shadowed for _ in range(400))

    assert abs(shadowed - 100) <= 4 * (400 * 0.25 * 0.75) ** 0.5


def test_no_shadow_is_paid_for_once_the_cap_is_spent(router_of: RouterOf) -> None:
    """The served call alone goes over it; with room for both, the shadow is booked too."""
    spent = []
    for cap_usd in (250e-6, 310e-6):
        router = router_of({"cheap": "no", "dear": "Apple"}, **SHADOW, max_spend_usd=cap_usd)
        router.completion(ASK)
        router.flush()
        stats = router.stats()
        assert stats.rollout is not None
        shadows_made = stats.rollout.shadows
        spent.append((shadows_made.calls, shadows_made.skipped, router.cost_report().spent_usd))

    assert spent == [(0, 1, pytest.approx(300e-6)), (1, 0, pytest.approx(330e-6))]


def test_a_stream_is_shadowed_without_streaming(router_of: RouterOf) -> None:
    """The shadow is one whole answer, without the parameters of a stream."""
    calls: list[Any] = []

    def noted(call: Any) -> str:
        calls.append(call)
        return "no"

    router = router_of({"cheap": noted, "dear": "It is Apple"}, **SHADOW, success_when=CHECK)

    stream = router.completion(ASK, stream=True, stream_options={"include_usage": True})
    text = "".join(chunk.choices[0].delta.content for chunk in stream if chunk.choices)

    assert text == "It is Apple"
    assert router.flush()
    (call,) = calls
    assert not call.stream
    assert "stream_options" not in call.params
    arms = router.stats().buckets["general/simple"]
    assert (arms["cheap"].failures, arms["dear"].successes) == (1, 1)


def test_messages_that_the_caller_changes_reach_the_shadow_as_they_were(
    router_of: RouterOf,
) -> None:
    """The caller appends to its list once the answer is there; the shadow sees the old one."""
    let = threading.Event()
    seen: list[int] = []
    messages = [{"role": "user", "content": "Who makes the iPhone?"}]

    def slow(call: Any) -> str:
        assert let.wait(10)
        seen.append(len(call.messages))
        return "no"

    router = router_of({"cheap": slow, "dear": "Apple"}, **SHADOW)

    router.completion(messages)
    messages.append({"role": "assistant", "content": "Apple"})
    let.set()
    router.flush(timeout_s=10)

    assert seen == [1]


def test_closing_waits_for_shadows(router_of: RouterOf, events: list[Event]) -> None:
    """What was under way is counted before the store is let go."""
    with router_of(
        {"cheap": Scripted("no", latency_s=0.2), "dear": "Apple"}, **SHADOW, success_when=CHECK
    ) as router:
        router.completion(ASK)

    assert [shadow.outcome for shadow in shadows(events)] == [0.0]


def test_no_shadow_of_a_request_whose_default_failed(router_of: RouterOf) -> None:
    """The default's error is raised as it is, and nothing else is paid for."""
    called: list[str] = []
    router = router_of(
        {
            "cheap": lambda _: called.append("cheap") or "no",
            "dear": lambda _: ScriptedError(500),
        },
        **SHADOW,
    )

    with pytest.raises(ScriptedError):
        router.completion(ASK)
    router.flush()

    assert called == []


@pytest.mark.anyio
async def test_an_async_shadow_is_a_task_that_flush_waits_for(
    router_of: RouterOf, events: list[Event]
) -> None:
    """The answer does not wait for it; ``aflush`` does."""
    router = router_of(
        {"cheap": Scripted("no", latency_s=0.3), "dear": "Apple"}, **SHADOW, success_when=CHECK
    )

    response = await router.acompletion(ASK)

    assert response.model == "dear"
    assert shadows(events) == []
    assert await router.aflush(timeout_s=10)
    assert [shadow.outcome for shadow in shadows(events)] == [0.0]


@pytest.mark.anyio
async def test_an_async_stream_is_shadowed_too(router_of: RouterOf, events: list[Event]) -> None:
    """The shadow begins when the stream is open, and ends without it."""
    router = router_of({"cheap": "no", "dear": "It is Apple"}, **SHADOW, success_when=CHECK)

    stream = await router.acompletion(ASK, stream=True)
    async for _ in stream:
        pass
    assert await router.aflush()

    assert [(shadow.path, shadow.outcome) for shadow in shadows(events)] == [("cheap", 0.0)]


@pytest.mark.anyio
async def test_an_error_of_an_async_shadow_is_silent(router_of: RouterOf) -> None:
    """No exception is left in a task that nobody awaits."""
    router = router_of({"cheap": lambda _: ScriptedError(503), "dear": "Apple"}, **SHADOW)

    await router.acompletion(ASK)
    await router.aflush()

    rollout = router.stats().rollout
    assert rollout is not None
    assert rollout.shadows.faults == 1


@pytest.mark.anyio
async def test_what_breaks_beside_an_async_request_is_told_by_its_class(
    router_of: RouterOf, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of our own is one warning, not a traceback of the loop with the prompt in it."""
    router = router_of({"cheap": "no", "dear": "Apple"}, **SHADOW)

    def broken(*_: Any) -> None:
        raise ZeroDivisionError("Who makes the iPhone?")

    monkeypatch.setattr("armwise.router.shadowing.call_of", broken)
    with caplog.at_level("WARNING"):
        response = await router.acompletion(ASK)
        await router.aflush()

    assert response.model == "dear"
    assert "armwise-shadow-goal: work beside a request raised ZeroDivisionError" in caplog.text
    assert "iPhone" not in caplog.text


def test_shadows_wait_for_no_report(router_of: RouterOf) -> None:
    """Silence about a shadow means nothing: nobody has seen its answer."""
    from datetime import timedelta

    router = router_of(
        {"cheap": "no", "dear": "Apple"},
        **SHADOW,
        on_timeout="failure",
        outcome_timeout=timedelta(seconds=0.05),
    )

    router.completion(ASK)
    router.flush()
    time.sleep(0.1)

    arms = router.stats().buckets["general/simple"]
    assert (arms["dear"].failures, arms["cheap"].failures) == (1, 0)


def test_text_and_embedding_calls_are_shadowed_as_what_they_are() -> None:
    """The shadow of an embedding asks for an embedding of the same input."""
    asked: list[tuple[str, str, Any]] = []

    class Noting(ScriptedAdapter):
        def complete(self, call: Any) -> Any:
            asked.append((call.model, call.kind, call.input))
            return super().complete(call)

    from armwise.adapters import ModelInfo, Price

    models = {name: ModelInfo(Price(cost, cost)) for name, cost in (("a", 1e-6), ("b", 1e-5))}
    router = Router(
        ["a", "b"],
        "goal",
        adapter=Noting({"a": "no", "b": "no"}, models),
        mode="shadow",
        default_path="b",
        seed=1,
    )

    for _ in range(10):
        router.embedding("some text")
        router.flush()

    assert set(asked) == {("a", "embedding", "some text"), ("b", "embedding", "some text")}
