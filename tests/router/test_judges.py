"""Judges on the way of a request: learned scores, own cost, own time, unknown on any error."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from armwise import Path, Router
from armwise.events import Attempted, CheckRaised, Event, Judged, PathFaulted
from armwise.router.checks import Judge, Length
from armwise.testing import Scripted, ScriptedError

ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
GRADER = Path("grader", input_usd_per_mtok=1.0, output_usd_per_mtok=2.0)

Build = Callable[..., Router]


def judged(events: list[Event]) -> list[Judged]:
    """Return the events of judges."""
    return [event for event in events if isinstance(event, Judged)]


def attempted(events: list[Event]) -> Attempted:
    """Return the event of the one attempt."""
    (one,) = [event for event in events if isinstance(event, Attempted)]
    return one


def building(router_of: Build, grader: Any, **settings: Any) -> Router:
    """Return a router whose one path answers "Apple" and is judged by ``grader``."""
    settings.setdefault("success_when", {"judge": Judge(GRADER, timeout_s=5.0)})
    return router_of({"cheap": "Apple", "grader": grader}, paths=["cheap"], **settings)


@pytest.mark.anyio
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
async def test_the_grade_is_learned_and_its_cost_is_the_judges_own(
    router_of: Build, events: list[Event], is_async: bool, stream: bool
) -> None:
    """On the path that answered: the score, and none of the judge's money."""
    grader = Scripted('{"score": 0.25}', input_tokens=1_000, output_tokens=10)
    router = building(router_of, lambda _: grader)

    if is_async:
        response = await router.acompletion(ASK, stream=stream)
        if stream:
            [_ async for _ in response]
    else:
        response = router.completion(ASK, stream=stream)
        if stream:
            list(response)

    stats = router.stats()
    (arms,) = stats.buckets.values()
    assert set(arms) == {"cheap"}
    assert (arms["cheap"].successes, arms["cheap"].failures) == (0.25, 0.75)
    assert (attempted(events).outcome, attempted(events).category) == (0.25, "judge")
    (event,) = judged(events)
    assert (event.check, event.path, event.score) == ("judge", "grader", 0.25)
    assert event.cost_usd == pytest.approx(1_000e-6 + 20e-6)
    assert attempted(events).cost_usd == pytest.approx(30e-6)
    report = router.cost_report()
    assert (report.spent_usd, report.judges_usd) == pytest.approx((30e-6, 1_020e-6))
    assert "judges, beside it and in this process: $0.001020" in str(report)
    (counted,) = stats.judges.values()
    assert (counted.calls, counted.unknown, counted.uncosted) == (1, 0, 0)
    assert counted.cost_usd == event.cost_usd
    assert "judge: asked 1 times, 0 without a grade, $0.001020" in str(stats)


@pytest.mark.anyio
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(
    "grader",
    [
        "I would say that it is fine.",
        '{"score": 11}',
        lambda _: ScriptedError(500),
        lambda _: ScriptedError(401),
        lambda _: RuntimeError("broken"),
    ],
    ids=["prose", "out of range", "server", "key", "own"],
)
async def test_whatever_goes_wrong_the_outcome_is_unknown(
    router_of: Build, events: list[Event], grader: Any, is_async: bool
) -> None:
    """The answer is returned, no path has a fault, and the check is named once as raising."""
    router = building(router_of, grader)

    for _ in range(2):
        response = await router.acompletion(ASK) if is_async else router.completion(ASK)

    (arms,) = router.stats().buckets.values()
    assert response.choices[0].message.content == "Apple"
    assert (arms["cheap"].successes, arms["cheap"].failures, arms["cheap"].faults) == (0, 0, 0)
    assert [event.check for event in events if isinstance(event, CheckRaised)] == ["judge"] * 2
    assert not [event for event in events if isinstance(event, PathFaulted)]
    assert router.stats().judges["judge"].unknown == 2


def test_a_cheap_failure_spares_the_judge(router_of: Build, events: list[Event]) -> None:
    """It is asked last, and only about answers that passed everything else."""
    asked: list[Any] = []
    router = building(
        router_of,
        lambda call: asked.append(call) or '{"score": 1}',  # type: ignore[func-returns-value]
        success_when={"judge": Judge("grader"), "long": Length(min_words=2)},
    )

    router.completion(ASK)

    assert asked == []
    assert attempted(events).category == "long"
    assert router.stats().judges == {}


def test_a_price_that_is_not_known_is_counted_as_such(router_of: Build) -> None:
    """Unknown is not zero."""
    router = building(router_of, '{"pass": true}', success_when=Judge("grader", graded=False))

    router.completion(ASK)

    (counted,) = router.stats().judges.values()
    assert (counted.cost_usd, counted.uncosted) == (0.0, 1)
    assert "and 1 unknown" in str(router.stats())


@pytest.mark.anyio
async def test_a_slow_judge_is_given_up_within_its_own_time(
    router_of: Build, events: list[Event]
) -> None:
    """And the answer that it should have graded is returned."""
    grader = Scripted('{"score": 1}', latency_s=30.0)
    router = building(router_of, lambda _: grader, success_when=Judge("grader", timeout_s=0.2))
    begun_s = time.perf_counter()

    response = await router.acompletion(ASK)

    assert time.perf_counter() - begun_s < 5.0
    assert response.choices[0].message.content == "Apple"
    assert attempted(events).outcome is None


def test_a_judge_gets_no_more_than_what_the_request_has_left(router_of: Build) -> None:
    """One deadline holds over the answer and what is asked about it."""
    calls: list[Any] = []
    router = building(
        router_of,
        lambda call: calls.append(call) or '{"score": 1}',  # type: ignore[func-returns-value]
        timeout_s=2.0,
    )

    router.completion(ASK)

    assert 0 < calls[0].timeout_s <= 2.0


@pytest.mark.anyio
async def test_a_request_that_is_cancelled_while_it_is_judged_is_unknown(
    router_of: Build, events: list[Event]
) -> None:
    """What the answer cost is known and counted; the cancellation goes on its way."""
    grader = Scripted('{"score": 1}', latency_s=30.0)
    router = building(router_of, lambda _: grader)
    task = asyncio.create_task(router.acompletion(ASK))
    await asyncio.sleep(0.1)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert (attempted(events).outcome, attempted(events).fault) == (None, None)
    assert attempted(events).cost_usd is not None


def test_nothing_that_a_judge_reads_or_writes_is_kept(
    router_of: Build, events: list[Event], tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in events, logs, the decision log, or explanations."""
    caplog.set_level("DEBUG")
    log = tmp_path / "log.jsonl"
    router = building(
        router_of,
        "secret reasons without a grade",
        success_when=Judge("grader", "secret criterion"),
        decision_log=log,
    )

    _, request_id = router.completion(ASK, return_request_id=True)

    everything = (events, caplog.text, log.read_text(), str(router.explain(request_id)))
    assert "secret" not in repr(everything)
    assert "iPhone" not in repr(everything)
