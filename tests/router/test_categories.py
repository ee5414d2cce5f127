"""The name of the check that failed: in the event, the decision log, ``explain`` and ``stats``."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from armwise import Router
from armwise.events import Attempted, CheckRaised, Event
from armwise.router.checks import Finished, Length
from armwise.testing import Scripted

ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
CHECKS = {"ended": Finished(), "short": Length(max_words=3)}

Build = Callable[..., Router]

ANSWERS = [
    (Scripted("Apple"), None),
    (Scripted("Apple", finish_reason="length"), "ended"),
    (Scripted("It is made by Apple"), "short"),
]


@pytest.mark.anyio
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize(("answer", "category"), ANSWERS)
async def test_the_event_tells_which_check_failed(
    router_of: Build,
    events: list[Event],
    *,
    answer: Scripted,
    category: str | None,
    is_async: bool,
    stream: bool,
) -> None:
    """Whichever way the answer came."""
    router = router_of({"cheap": lambda _: answer}, success_when=CHECKS)

    if is_async:
        response = await router.acompletion(ASK, stream=stream)
        if stream:
            [_ async for _ in response]
    else:
        response = router.completion(ASK, stream=stream)
        if stream:
            list(response)

    (attempted,) = [event for event in events if isinstance(event, Attempted)]
    assert attempted.category == category
    assert attempted.outcome == (1.0 if category is None else 0.0)


def test_stats_count_failures_per_check(router_of: Build) -> None:
    """The most frequent first; what passed, or was graded, is not among them."""
    texts = iter(["Apple", "a b c d", "a b c d e", "Apple"])
    scores = iter([1.0, 0.0, 0.5])
    checks = {**CHECKS, "tone": lambda _: next(scores)}
    router = router_of({"cheap": lambda _: next(texts)}, success_when=checks)
    for _ in range(4):
        router.completion(ASK)

    stats = router.stats()

    assert list(stats.failed_checks.items()) == [("short", 2), ("tone", 1)]
    assert "answers that failed a check: short 2, tone 1" in str(stats)


def test_explain_and_the_log_name_the_check(router_of: Build, tmp_path: Path) -> None:
    """From memory, and from the log where the process no longer remembers."""
    log = tmp_path / "log.jsonl"
    settings = {"success_when": CHECKS, "decision_log": log}
    router = router_of({"cheap": "It is made by Apple"}, **settings)
    _, request_id = router.completion(ASK, return_request_id=True)

    (line,) = [json.loads(line) for line in log.read_text().splitlines() if "outcome" in line]
    (step,) = router_of({"cheap": ""}, **settings).explain(request_id).steps

    assert (line["score"], line["category"]) == (0.0, "short")
    assert "check 0 by 'short'" in str(router.explain(request_id))
    assert isinstance(step, Attempted)
    assert step.category == "short"


def test_every_check_that_raises_is_counted_and_named(
    router_of: Build, events: list[Event], caplog: pytest.LogCaptureFixture
) -> None:
    """Though another one decides; each warns once."""
    router = router_of(
        {"cheap": "It is made by Apple"},
        success_when={"broken": lambda _: 1 / 0, "typo": "response.nothing", "bad": lambda _: 0},
    )

    for _ in range(2):
        router.completion(ASK)

    raised = [event.check for event in events if isinstance(event, CheckRaised)]
    assert raised == ["typo", "broken"] * 2
    assert router.stats().counters.checks_raised == 4
    warned = [record.getMessage() for record in caplog.records if "raised" in record.getMessage()]
    assert len(warned) == 2
    assert router.stats().failed_checks == {"bad": 2}
