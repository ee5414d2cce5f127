"""One request through its paths: answers, checks, reports, fallbacks."""

import asyncio
import inspect
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from armwise import Outcome, ReportStatus, Router
from armwise.errors import (
    AllPathsFailedError,
    ConfigurationError,
    InvalidMessagesError,
    UnknownKeyError,
)
from armwise.events import Attempted, CheckRaised, Event, PathFaulted
from armwise.storage import MemoryStore
from armwise.testing import Scripted, ScriptedError

ASK = [{"role": "user", "content": "Who makes the iPhone?"}]

Build = Callable[..., Router]
BUCKET = "general/simple"


def arm(router: Router, path: str) -> Any:
    """Return the stats of one path in the bucket of the simple question."""
    return router.stats().buckets[BUCKET][path]


def quality(router: Router, path: str) -> tuple[float, float]:
    """Return successes and failures of one path."""
    return arm(router, path).successes, arm(router, path).failures


async def ask(router: Router, *, is_async: bool, **params: Any) -> Any:
    """Ask the simple question through one of the twins."""
    if is_async:
        return await router.acompletion(ASK, **params)
    return router.completion(ASK, **params)


both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


@pytest.mark.anyio
@both
async def test_an_answer_is_checked_counted_and_returned(router_of: Build, is_async: bool) -> None:
    """The response passes through; success, cost and latency are learned on its path."""
    router = router_of(
        {"cheap": lambda _: Scripted("Apple", input_tokens=100, output_tokens=50)},
        success_when="'Apple' in text",
    )

    response = await ask(router, is_async=is_async)

    assert response.choices[0].message.content == "Apple"
    assert quality(router, "cheap") == (1, 0)
    assert arm(router, "cheap").mean_cost_usd == pytest.approx(150e-6)
    assert arm(router, "cheap").mean_latency_s > 0


@pytest.mark.parametrize(
    ("success_when", "expected"),
    [
        ("finish_reason == 'stop'", (1, 0)),
        ("finish_reason == 'length'", (0, 1)),
        ("json['company'] == 'Apple'", (0, 1)),
        ("response.no_such_field == 1", (0, 0)),
        (lambda response: response.choices[0].message.content == "Apple", (1, 0)),
        (lambda response: None, (0, 0)),
        (lambda response: 0.25, (0.25, 0.75)),
        (lambda response: 1 / 0, (0, 0)),
        (lambda response: "yes", (0, 0)),
        ({"type": "object"}, (0, 1)),
        (None, (0, 0)),
    ],
    ids=[
        "true", "false", "bad json", "raises", "callable", "unknown", "graded", "callable raises",
        "wrong type", "schema", "none",
    ],
)  # fmt: skip
def test_a_check_is_true_false_or_unknown(
    router_of: Build, success_when: Any, expected: tuple[float, float]
) -> None:
    """What raises is unknown, never a success; text that should be JSON and is not, a failure."""
    router = router_of({"cheap": "Apple"}, success_when=success_when)

    router.completion(ASK)

    assert expected == pytest.approx(quality(router, "cheap"), abs=1e-6)
    assert arm(router, "cheap").attempts == 1


def test_a_check_that_raises_is_counted_and_named(
    router_of: Build, events: list[Event], caplog: pytest.LogCaptureFixture
) -> None:
    """One warning names the check's error; the answer's text is not in it."""
    router = router_of({"cheap": "my secret"}, success_when=lambda response: int("my secret"))

    router.completion(ASK)
    router.completion(ASK)

    assert router.stats().counters.checks_raised == 2
    raised = [event for event in events if isinstance(event, CheckRaised)]
    assert [event.error for event in raised] == ["ValueError"] * 2
    warnings = [record for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "secret" not in caplog.text


def test_an_async_check_needs_the_async_twin(router_of: Build) -> None:
    """Under completion an async check is unknown; under acompletion it decides."""

    async def check(response: Any) -> bool:
        return True

    router = router_of({"cheap": "Apple"}, success_when=check)

    router.completion(ASK)

    assert quality(router, "cheap") == (0, 0)
    assert router.stats().counters.checks_raised == 1


@pytest.mark.anyio
async def test_an_async_check_decides_under_acompletion(router_of: Build) -> None:
    """The async twin awaits it."""

    async def check(response: Any) -> bool:
        return True

    router = router_of({"cheap": "Apple"}, success_when=check)

    await router.acompletion(ASK)

    assert quality(router, "cheap") == (1, 0)


def test_an_explicit_report_overrides_the_check(router_of: Build) -> None:
    """The user's word replaces the automatic outcome, once."""
    router = router_of({"cheap": "Apple"}, success_when="True")

    _, request_id = router.completion(ASK, return_request_id=True)
    answers = [router.report_outcome(request_id, Outcome.FAILURE) for _ in range(2)]

    assert answers == [ReportStatus.CORRECTED, ReportStatus.DUPLICATE]
    assert quality(router, "cheap") == (0, 1)


def test_reported_cost_fills_only_what_was_not_measured(router_of: Build) -> None:
    """A measured cost stands; an unmeasured one is taken from the report."""
    router = router_of({"cheap": "Apple", "mystery": "Apple"}, paths=["mystery"])

    _, request_id = router.completion(ASK, return_request_id=True)
    router.report_outcome(request_id, True, cost_usd=0.5, latency_s=100)

    assert arm(router, "mystery").mean_cost_usd == 0.5
    assert arm(router, "mystery").mean_latency_s < 1


@pytest.mark.anyio
@both
@pytest.mark.parametrize("status", [401, 403, 404, 408, 429, 500, 503, 529])
async def test_a_providers_error_moves_on_and_never_touches_quality(
    router_of: Build, is_async: bool, status: int
) -> None:
    """The next path answers; the fault is recorded on its own path, the success on the other."""
    router = router_of(
        {"cheap": lambda _: ScriptedError(status), "dear": "Apple"}, success_when="True"
    )

    response, request_id = await ask(router, is_async=is_async, return_request_id=True)

    assert response.choices[0].message.content == "Apple"
    assert quality(router, "cheap") == (0, 0)
    assert (arm(router, "cheap").faults, arm(router, "dear").faults) == (1, 0)
    assert quality(router, "dear") == (1, 0)
    router.report_outcome(request_id, Outcome.FAILURE)
    assert (quality(router, "cheap"), quality(router, "dear")) == ((0, 0), (0, 1))


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_bad_request_is_raised_at_once(router_of: Build, status: int) -> None:
    """What every path would refuse is not tried elsewhere, and nothing is learned."""
    router = router_of({"cheap": lambda _: ScriptedError(status, "bad"), "dear": "Apple"})

    with pytest.raises(ScriptedError, match="bad"):
        router.completion(ASK)

    assert router.stats().buckets == {}


def test_a_bug_is_raised_as_it_is(router_of: Build) -> None:
    """An error that is no provider's is never swallowed by a fallback."""
    router = router_of({"cheap": lambda _: TypeError("mine"), "dear": "Apple"})

    with pytest.raises(TypeError, match="mine"):
        router.completion(ASK)


def test_a_prompt_that_is_too_long_goes_to_a_larger_window(router_of: Build) -> None:
    """Models that are known to take no more are passed over."""
    too_long = ScriptedError(400, "maximum context length is 8000 tokens")
    router = router_of({"cheap": lambda _: too_long, "small": "no", "dear": "Apple"})

    response = router.completion(ASK)

    assert response.model == "dear"
    assert "small" not in [call.model for call in router._adapter.calls]  # type: ignore[attr-defined]


@pytest.mark.anyio
@both
async def test_when_all_fail_one_error_names_each(router_of: Build, is_async: bool) -> None:
    """Paths and causes are listed, and the last error is chained."""
    router = router_of(
        {
            "cheap": lambda _: ScriptedError(500, "boom"),
            "dear": lambda _: ScriptedError(429, "slow"),
        }
    )

    with pytest.raises(AllPathsFailedError) as caught:
        await ask(router, is_async=is_async)

    assert list(caught.value.causes) == ["cheap", "dear"]
    for word in ("cheap", "boom", "dear", "slow"):
        assert word in str(caught.value)
    assert caught.value.__cause__ is caught.value.causes["dear"]


def test_errors_that_cannot_be_shown_do_not_hide_the_rest(router_of: Build) -> None:
    """The message about all paths is made even of an error whose text raises."""

    class UnspeakableError(ScriptedError):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    router = router_of(
        {"cheap": lambda _: UnspeakableError(401), "dear": lambda _: ScriptedError(500)}
    )

    with pytest.raises(AllPathsFailedError, match=r"cheap: UnspeakableError: \(its text raised"):
        router.completion(ASK)


def test_a_misconfigured_path_is_loud_once(
    router_of: Build, events: list[Event], caplog: pytest.LogCaptureFixture
) -> None:
    """A wrong key is one warning, however many requests it costs."""
    router = router_of({"cheap": lambda _: ScriptedError(401, "no key"), "dear": "Apple"})
    router.pin("cheap")  # else it is not called again for a while

    for _ in range(3):
        router.completion(ASK)

    assert len([event for event in events if isinstance(event, PathFaulted)]) == 3
    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "no key" in warnings[0]


def test_one_deadline_holds_over_all_attempts(router_of: Build) -> None:
    """Each attempt gets what is left; when nothing is, the rest is named as not tried."""

    def slow(call: Any) -> Exception:
        time.sleep(0.15)
        return ScriptedError(500)

    router = router_of({"cheap": slow, "small": "late", "dear": "late"})

    with pytest.raises(AllPathsFailedError, match=r"deadline 0\.1 s.*small, dear"):
        router.completion(ASK, timeout_s=0.1)

    assert [call.timeout_s for call in router._adapter.calls] == [pytest.approx(0.1, abs=0.01)]  # type: ignore[attr-defined]


def test_timeouts_take_few_values(router_of: Build) -> None:
    """LiteLLM keeps a client per timeout: the first is passed on as it is, later ones rounded."""
    too_long = ScriptedError(400, "maximum context length")  # nothing cools down for it
    router = router_of({"cheap": lambda _: too_long, "dear": "Apple"}, timeout_s=10)

    for _ in range(50):
        router.completion(ASK)

    timeouts = [call.timeout_s for call in router._adapter.calls]  # type: ignore[attr-defined]
    assert set(timeouts[::2]) == {10}
    assert set(timeouts[1::2]) == {2**3.25}


def test_parameters_of_path_and_call_reach_the_provider(router_of: Build) -> None:
    """The path's own are the base; the call's win; messages are the very same object."""
    router = router_of(
        {"cheap": "Apple"},
        paths=[{"model": "cheap", "params": {"temperature": 0, "seed": 1}, "timeout_s": 9}],
    )

    router.completion(ASK, temperature=1, user="me", task_type="label")

    call = router._adapter.calls[0]  # type: ignore[attr-defined]
    assert call.params == {"temperature": 1, "seed": 1, "user": "me"}
    assert call.messages is ASK
    assert call.timeout_s == 9


def test_observe_mode_serves_the_default_and_learns(router_of: Build) -> None:
    """Whatever is chosen, the default answers; its errors are not papered over."""
    router = router_of(
        {"cheap": "no", "dear": "Apple"}, mode="observe", default_path="dear", success_when="True"
    )

    assert router.completion(ASK).model == "dear"
    assert quality(router, "dear") == (1, 0)
    assert arm(router, "cheap").attempts == 0

    broken = router_of(
        {"cheap": "no", "dear": lambda _: ScriptedError(500)}, mode="observe", default_path="dear"
    )
    with pytest.raises(ScriptedError):  # the very error that callers handle today
        broken.completion(ASK)


def test_explain_lists_every_attempt(router_of: Build) -> None:
    """The failed path and the one that answered are both in the story."""
    router = router_of({"cheap": lambda _: ScriptedError(500), "dear": "Apple"})

    _, request_id = router.completion(ASK, return_request_id=True)
    router.report_outcome(request_id, True, category="checked_by_hand")
    story = router.explain(request_id)

    attempts = [step for step in story.steps if isinstance(step, Attempted)]
    assert [(step.path, step.fault) for step in attempts] == [("cheap", "server"), ("dear", None)]
    for word in ("ended in server", "dear", "reported", "checked_by_hand"):
        assert word in str(story)


def test_the_cost_report_compares_with_a_named_baseline(router_of: Build) -> None:
    """Spent is measured; the baseline's cost is what its own requests cost in that bucket."""
    router = router_of({"cheap": lambda _: Scripted("Apple", 100, 100), "dear": "Apple"})

    for _ in range(10):
        router.completion(ASK)
    report = router.cost_report()

    assert report.baseline == "dear"
    assert report.spent_usd == pytest.approx(10 * 200e-6)
    assert report.baseline_usd == pytest.approx(10 * 200 * 1e-5, rel=0.2)
    assert report.saved_usd == pytest.approx(report.baseline_usd - report.spent_usd)
    assert "saved" in str(report)
    with pytest.raises(ConfigurationError, match="baseline 'x' is not one of the paths"):
        router.cost_report("x")


def test_threads_get_their_own_answers_and_ids(router_of: Build) -> None:
    """64 threads: every id names the path that answered it, and every outcome is counted."""
    router = router_of({"cheap": lambda call: str(call.messages[0]["content"])}, half_life=None)
    wrong: list[str] = []

    def work(number: int) -> None:
        for turn in range(20):
            text = f"{number}/{turn}"
            response, request_id = router.completion(
                [{"role": "user", "content": text}], return_request_id=True
            )
            if response.choices[0].message.content != text:
                wrong.append(text)
            router.report_outcome(request_id, True)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert quality(router, "cheap") == (1_280, 0)
    assert arm(router, "cheap").attempts == 1_280


def test_an_interrupted_call_teaches_nothing(router_of: Build) -> None:
    """Ctrl-C passes through; no attempt, no outcome."""

    def interrupted(call: Any) -> Any:
        raise KeyboardInterrupt

    router = router_of({"cheap": interrupted, "dear": "Apple"})

    with pytest.raises(KeyboardInterrupt):
        router.completion(ASK)

    assert router.stats().buckets == {}


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"goal_id": ""}, "goal_id must be a non-empty string"),
        ({"goal_id": "g" * 256}, "at most 255 bytes"),
        ({"goal_id": 7}, "got 7"),
        ({"paths": []}, "empty"),
        ({"success_when": ""}, "success_when"),
        ({"success_when": 7}, "7"),
        ({"success_when": "__import__('os')"}, "__import__"),
        ({"success_when": "respons == 1"}, "response"),
        ({"success_when": "1 +"}, "success_when"),
        ({"objective": "cheap"}, "CheapestWithin"),
        ({"objective": type("Rule", (), {"choose": None})}, "objective must be"),
        ({"store": "mongodb://localhost"}, "memory://"),
        ({"store": 7}, "store must be"),
        ({"mode": "live"}, "'observe', 'shadow', 'canary', 'apply'"),
        ({"mode": None}, "got None"),
        ({"mode": "observe"}, "default_path="),
        ({"mode": "shadow"}, "default_path="),
        ({"mode": "canary"}, "default_path="),
        ({"default_path": "a"}, "mode='canary', canary_share=0.98"),
        ({"canary_share": 0}, "mode='observe'"),
        ({"canary_share": 1.0}, "mode='apply'"),
        ({"canary_share": True}, "got True"),
        ({"shadow_share": 0}, "above 0 and at most 1"),
        ({"shadow_share": 1.1}, "got 1.1"),
        ({"guard_margin": -0.1}, "got -0.1"),
        ({"guard_margin": 1}, "below 1"),
        ({"mode": "observe", "default_path": "c"}, "Known: 'a', 'b'"),
        ({"timeout_s": -1}, "got -1"),
        ({"seed": -1}, "seed must be"),
        ({"namespace": "a\n"}, "namespace must be"),
        ({"namespace": None}, "namespace must be"),
        ({"store": MemoryStore}, "store must be"),
        ({"adapter": 5}, "adapter must be a callable"),
        ({"complexity": 5}, "assess method"),
        ({"on_event": 5}, "on_event must be"),
        ({"detect_changes": "no"}, "detect_changes must be"),
        ({"timeout_s": 1e300}, "timeout_s must be"),
        ({"paths": [{"model": "m", "params": {1: 2}}]}, "strings as keys"),
        ({"paths": [{"model": "m", "params": {"input_cost_per_second": 1}}]}, "input_usd_per_mtok"),
    ],
)
def test_a_router_that_cannot_work_is_not_built(settings: dict[str, Any], hint: str) -> None:
    """Every argument is validated at once, with words that help."""
    with pytest.raises(ConfigurationError, match=hint):
        Router(**{"paths": ["a", "b"], "goal_id": "goal"} | settings)


@pytest.mark.parametrize(
    ("params", "error", "hint"),
    [
        ({"messages": "hi"}, InvalidMessagesError, "list of messages"),
        ({"messages": []}, InvalidMessagesError, "empty"),
        ({"messages": ASK, "num_retries": 3}, ConfigurationError, "one attempt per path"),
        ({"messages": ASK, "timeout": 3}, ConfigurationError, "write timeout_s"),
        ({"messages": ASK, "model": "x"}, ConfigurationError, "'model'"),
        ({"messages": ASK, "timeout_s": 0}, ConfigurationError, "got 0"),
        ({"messages": ASK, "task_type": ""}, ConfigurationError, "task_type"),
    ],
)
def test_a_bad_call_reaches_no_provider(
    router_of: Build, params: dict[str, Any], error: type[Exception], hint: str
) -> None:
    """What cannot be sent is refused before anything is called or counted."""
    router = router_of({"cheap": "Apple"})

    with pytest.raises(error, match=hint):
        router.completion(**params)

    assert router._adapter.calls == []  # type: ignore[attr-defined]


@pytest.mark.anyio
async def test_a_call_that_is_cancelled_in_its_check_is_paid_and_unknown(router_of: Build) -> None:
    """Cost and latency are known by then; the outcome is not."""

    async def slow(response: Any) -> bool:
        await asyncio.sleep(10)
        return True

    router = router_of({"cheap": "Apple"}, success_when=slow)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(router.acompletion(ASK), 0.05)

    assert quality(router, "cheap") == (0, 0)
    assert arm(router, "cheap").attempts == 1
    assert arm(router, "cheap").mean_cost_usd > 0


@pytest.mark.anyio
async def test_the_deadline_ends_an_answer_that_trickles(router_of: Build) -> None:
    """Whatever the client does, acompletion gives a path no more than its time."""
    router = router_of({"cheap": lambda _: Scripted("late", latency_s=5), "dear": "Apple"})
    begun_s = time.perf_counter()

    with pytest.raises(AllPathsFailedError, match="TimeoutError"):
        await router.acompletion(ASK, timeout_s=0.2)

    assert time.perf_counter() - begun_s < 2
    assert arm(router, "cheap").faults == 1


def test_loading_the_provider_library_is_no_latency(router_of: Build) -> None:
    """The first request's clock and deadline start when the adapter is loaded."""
    router = router_of({"cheap": "Apple"}, success_when="latency_s < 0.2")
    router._adapter.warmup = lambda: time.sleep(0.4)  # type: ignore[method-assign]

    router.completion(ASK, timeout_s=0.3)

    assert quality(router, "cheap") == (1, 0)


def test_a_prompt_that_was_too_long_is_in_the_story(router_of: Build) -> None:
    """The attempt is recorded on its own path, as no fault and no failure."""
    too_long = ScriptedError(400, "maximum context length is 8000 tokens")
    router = router_of({"cheap": lambda _: too_long, "dear": "Apple"})

    _, request_id = router.completion(ASK, return_request_id=True)

    steps = router.explain(request_id).steps
    assert [(step.path, getattr(step, "fault", None)) for step in steps] == [
        ("cheap", "context"),
        ("dear", None),
    ]
    assert (arm(router, "cheap").attempts, arm(router, "cheap").faults) == (1, 0)


@pytest.mark.parametrize("cost_usd", [-1, float("nan"), "free", True, 1e12])
def test_a_reported_cost_that_is_none_is_refused(router_of: Build, cost_usd: Any) -> None:
    """Nothing of such a report is recorded."""
    router = router_of({"cheap": "Apple"})
    _, request_id = router.completion(ASK, return_request_id=True)

    with pytest.raises(ConfigurationError, match="cost_usd"):
        router.report_outcome(request_id, True, cost_usd=cost_usd)

    assert quality(router, "cheap") == (0, 0)


def test_ids_travel_between_processes_by_the_signing_key(
    router_of: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Routers of one process know each other's ids; another process needs ARMWISE_SIGNING_KEY."""
    code = (
        "from armwise import Router; "
        "print(Router(['openai/x'], 'goal').decide([{'role': 'user', 'content': 'x'}]).request_id)"
    )

    def id_of_another_process() -> str:
        words = [sys.executable, "-c", code]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()

    here = router_of({"cheap": "Apple"})
    _, request_id = router_of({"cheap": "Apple"}).completion(ASK, return_request_id=True)
    assert here.report_outcome(request_id, True) is ReportStatus.APPLIED
    with pytest.raises(UnknownKeyError, match="ARMWISE_SIGNING_KEY"):
        here.report_outcome(id_of_another_process(), True)

    monkeypatch.setenv("ARMWISE_SIGNING_KEY", "a secret of the fleet")
    here = router_of({"cheap": "Apple"})
    assert here.report_outcome(id_of_another_process(), True) is ReportStatus.APPLIED


@pytest.mark.anyio
async def test_many_tasks_get_their_own_answers(router_of: Build) -> None:
    """200 concurrent requests on one loop mix nothing up."""
    router = router_of(
        {"cheap": lambda call: Scripted(call.messages[0]["content"], latency_s=0.01)},
        half_life=None,
    )

    async def one(number: int) -> bool:
        response, request_id = await router.acompletion(
            [{"role": "user", "content": str(number)}], return_request_id=True
        )
        await router.areport_outcome(request_id, True)
        return response.choices[0].message.content == str(number)

    assert all(await asyncio.gather(*map(one, range(200))))
    assert quality(router, "cheap") == (200, 0)


def test_a_router_is_a_context_manager_and_closes_twice(router_of: Build) -> None:
    """Leaving the block closes; closing again is harmless."""
    with router_of({"cheap": "Apple"}) as router:
        router.completion(ASK)

    router.close()


def test_the_twins_take_the_same_arguments() -> None:
    """Every async method has its sync twin's signature."""
    for name in ("completion", "report_outcome", "warmup"):
        sync, twin = getattr(Router, name), getattr(Router, f"a{name}")
        assert inspect.signature(sync).parameters == inspect.signature(twin).parameters
