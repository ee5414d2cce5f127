"""A canary that does worse than the default path goes back to it by itself."""

import logging
import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from armwise import Router
from armwise.events import Event, ReturnedToDefault

RouterOf = Callable[..., Router]
ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
SCRIPTS = {"cheap": "no", "dear": "Apple"}
CANARY: dict[str, Any] = {
    "mode": "canary",
    "default_path": "dear",
    "canary_share": 0.5,
    "seed": 7,
}


def returns(events: list[Event]) -> list[ReturnedToDefault]:
    """Return the events of a return."""
    return [event for event in events if isinstance(event, ReturnedToDefault)]


def test_a_canary_that_fails_is_sent_back(
    router_of: RouterOf, events: list[Event], caplog: pytest.LogCaptureFixture
) -> None:
    """The choice always fails, the default never: soon every request is served the default.

    It is told once, as an event and as a warning, and shown in the stats.
    """
    router = router_of(SCRIPTS, **CANARY, success_when="'Apple' in text")

    with caplog.at_level(logging.WARNING, logger="armwise"):
        served = [router.completion(ASK).model for _ in range(100)]

    last = max(number for number, model in enumerate(served) if model == "cheap")
    assert last < 25
    (event,) = returns(events)
    assert (event.default_path, event.rate, event.default_rate) == ("dear", 0.0, 1.0)
    assert event.outcomes == served.count("cheap")
    warned = [record.getMessage() for record in caplog.records if "resume()" in record.getMessage()]
    assert len(warned) == 1
    rollout = router.stats().rollout
    assert rollout is not None
    assert rollout.has_returned
    assert "returned from canary because the choices did worse" in str(router.stats())
    assert router.mode == "observe"
    assert router.decide(ASK).serving.mode == "observe"


def test_resume_begins_the_comparison_anew(router_of: RouterOf, events: list[Event]) -> None:
    """After resume() old outcomes do not send it back at once, new ones may."""
    router = router_of(SCRIPTS, **CANARY, success_when="'Apple' in text")
    for _ in range(100):
        router.completion(ASK)

    assert router.resume()
    assert not router.resume()
    assert router.mode == "canary"
    router.completion(ASK)
    assert router.mode == "canary"
    for _ in range(100):
        router.completion(ASK)

    assert router.mode == "observe"
    assert len(returns(events)) == 2


def test_a_canary_that_does_as_well_stays(router_of: RouterOf, events: list[Event]) -> None:
    """Ten canaries of 300 requests, each path right in nine of ten: none is sent back.

    At a level of .05 over all looks, and a margin of .02, two returns are 1 in 10 at most; none
    happens with these seeds.
    """
    for seed in range(10):
        world = random.Random(seed)
        router = router_of(
            SCRIPTS,
            **{**CANARY, "seed": seed},
            success_when=lambda _, world=world: world.random() < 0.9,
        )
        for _ in range(300):
            router.completion(ASK)

    assert returns(events) == []


def test_the_margin_says_how_much_worse_is_allowed(
    router_of: RouterOf, events: list[Event]
) -> None:
    """Half against all is within a margin of .6 for ever, and far outside of .02."""
    for margin, sent_back in ((0.6, 0), (0.02, 1)):
        events.clear()
        world = random.Random(5)
        router = router_of(
            SCRIPTS,
            **CANARY,
            guard_margin=margin,
            success_when=lambda response, world=world: (
                response.model == "dear" or world.random() < 0.5
            ),
        )
        for _ in range(200):
            router.completion(ASK)

        assert len(returns(events)) == sent_back


def test_reports_count_and_correct_what_checks_said(
    router_of: RouterOf, events: list[Event]
) -> None:
    """Every check passes, but users report the choice's answers as failures: it is sent back."""
    router = router_of(SCRIPTS, **CANARY, success_when="len(text) > 0")
    for _ in range(60):
        response, request_id = router.completion(ASK, return_request_id=True)
        assert not returns(events) or response.model == "dear"
        if response.model == "cheap":
            router.report_outcome(request_id, False)

    assert len(returns(events)) == 1


def test_a_repeated_report_counts_once(router_of: RouterOf) -> None:
    """The same report three times, and a conflicting one, are one outcome."""
    router = router_of(SCRIPTS, **CANARY)
    decision = router.decide(ASK)

    for outcome in (True, True, True, False):
        router.report_outcome(decision.request_id, outcome)

    rollout = router.stats().rollout
    assert rollout is not None
    group = rollout.followed if decision.serving.is_followed else rollout.control
    assert (group.successes, group.failures) == (1.0, 0.0)


def test_an_outcome_that_is_taken_back_counts_no_more(router_of: RouterOf) -> None:
    """A later revision replaces what was counted; unknown takes it away."""
    router = router_of(SCRIPTS, **CANARY)
    decision = router.decide(ASK)

    seen = []
    for revision, outcome in ((1, True), (2, 0.25), (3, "unknown")):
        router.report_outcome(decision.request_id, outcome, revision=revision)
        rollout = router.stats().rollout
        assert rollout is not None
        group = rollout.followed if decision.serving.is_followed else rollout.control
        seen.append((group.successes, group.failures))

    assert seen == [(1.0, 0.0), (0.25, 0.75), (0.0, 0.0)]


def test_provider_errors_are_no_outcomes(router_of: RouterOf) -> None:
    """An error says nothing about quality, so it is in neither group's rate."""
    from armwise.testing import ScriptedError

    router = router_of(
        {"cheap": lambda _: ScriptedError(500), "dear": "Apple"},
        **{**CANARY, "canary_share": 0.99},
        success_when="'Apple' in text",
    )

    for _ in range(30):
        router.completion(ASK)

    rollout = router.stats().rollout
    assert rollout is not None
    assert rollout.followed.rate == 1.0
    assert rollout.followed.outcomes + rollout.control.outcomes == 30


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_counts_for_itself(router_of: RouterOf) -> None:
    """What the parent has heard is not counted again by each of its children."""
    router = router_of(SCRIPTS, **CANARY, success_when="'Apple' in text")
    router.completion(ASK)

    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        code = 1
        try:
            rollout = router.stats().rollout
            assert rollout is not None
            before = rollout.followed.outcomes + rollout.control.outcomes
            router.completion(ASK)
            rollout = router.stats().rollout
            assert rollout is not None
            after = rollout.followed.outcomes + rollout.control.outcomes
            os.write(writer, f"{before:.0f} {after:.0f}".encode())
            code = 0
        finally:
            os._exit(code)
    os.waitpid(child, 0)

    assert os.read(reader, 20) == b"0 1"
