"""Escalation: another path after a failed check, as long as it is worth its cost."""

import asyncio
from typing import Any

import pytest

from armwise import Escalate, Router, Utility
from armwise.adapters import ModelInfo, Price
from armwise.bandit import UNIT, CheapestWithin
from armwise.errors import AllPathsFailedError, ConfigurationError
from armwise.events import Attempted, Event
from armwise.storage import MemoryStore, ReportStatus
from armwise.testing import Scripted, ScriptedAdapter, ScriptedError

ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
MODELS = {
    "cheap": ModelInfo(Price(1e-6, 1e-6)),
    "small": ModelInfo(Price(2e-6, 2e-6)),
    "dear": ModelInfo(Price(1e-5, 1e-5)),
}
PASSES = "'good' in text"


def router(scripts: dict[str, Any], **settings: Any) -> Router:
    """Return a router over scripted models that may try again."""
    settings.setdefault("escalate", Escalate(3, success_value_usd=1.0))
    settings.setdefault("success_when", PASSES)
    settings.setdefault("half_life", None)
    settings.setdefault("seed", 1)
    adapter = ScriptedAdapter(scripts, MODELS)
    return Router(settings.pop("paths", list(scripts)), "goal", adapter=adapter, **settings)


def text(response: Any) -> str:
    """Return what was answered."""
    return str(response.choices[0].message.content)


def test_a_failed_check_is_followed_by_another_path() -> None:
    """The answer that passed is returned, under the id of the attempt that gave it."""
    store = MemoryStore()
    events: list[Event] = []
    asked = router({"cheap": "bad", "small": "good"}, store=store, on_event=events.append)

    for _ in range(20):
        response, request_id = asked.completion(ASK, return_request_id=True)
        assert text(response) == "good"

    token = asked.explain(request_id).token
    assert token.path == "small"
    attempts = [event for event in events if isinstance(event, Attempted)]
    assert {event.path for event in attempts if event.outcome == 0.0} <= {"cheap"}
    stats = asked.stats().escalation
    assert stats is not None
    assert (stats.requests, stats.passed, stats.given_up) == (20, 20, 0)
    assert stats.attempts == len(attempts)


def test_each_attempt_is_counted_on_its_own_path_and_place() -> None:
    """Evidence tells apart how a path does at first and after one failure."""
    store = MemoryStore()
    asked = router({"cheap": "bad", "dear": "good"}, store=store)

    asked.completion(ASK)
    for _ in range(5):
        asked.completion(ASK)

    seen = {
        (key.path, key.earlier_failures): value for key, value in store.evidence("goal").items()
    }
    failed_first = seen[("cheap", 0)].failures // UNIT
    assert seen[("dear", 1)].successes == failed_first * UNIT
    assert failed_first >= 1
    assert ("cheap", 1) not in seen


def test_a_plan_learns_to_skip_what_always_fails() -> None:
    """After some requests the path that never passes is not tried first any more."""
    asked = router({"cheap": "bad", "dear": "good"}, escalate=Escalate(2, success_value_usd=0.01))

    counts = []
    for _ in range(60):
        before = asked.stats().escalation
        asked.completion(ASK)
        after = asked.stats().escalation
        assert after is not None
        counts.append(after.attempts - (before.attempts if before else 0))

    assert sum(counts[-20:]) <= 24


def test_what_is_not_worth_another_try_is_given_up() -> None:
    """Where nothing passes, plans grow shorter until a single cheap call is made."""
    scripts = {"cheap": "bad", "small": "bad", "dear": "bad"}
    asked = router(scripts, escalate=Escalate(3, success_value_usd=0.001))

    for _ in range(80):
        response = asked.completion(ASK)
        assert text(response) == "bad"

    before = asked.stats().escalation
    for _ in range(10):
        asked.completion(ASK)
    after = asked.stats().escalation
    assert before is not None
    assert after is not None
    assert after.given_up == after.requests == 90
    assert after.attempts - before.attempts <= 12


def test_of_failed_answers_the_best_is_returned() -> None:
    """The highest score wins, whenever it came."""
    scores = {"half good": 0.4, "bad": 0.0, "quite bad": 0.1}

    def score(response: Any) -> float:
        return scores[text(response)]

    asked = router({"cheap": "half good", "small": "bad", "dear": "quite bad"}, success_when=score)

    answers = {text(asked.completion(ASK)) for _ in range(5)}

    assert answers == {"half good"}


def test_an_unknown_check_does_not_burn_money() -> None:
    """A check that raises is no failure: the answer is handed on."""

    def broken(response: Any) -> bool:
        raise RuntimeError("my own mistake")

    asked = router({"cheap": "a", "dear": "b"}, success_when=broken)

    asked.completion(ASK)

    stats = asked.stats().escalation
    assert stats is not None
    assert (stats.attempts, stats.passed, stats.given_up) == (1, 0, 0)


def test_errors_of_providers_are_not_failures() -> None:
    """They go on to the next path, teach nothing about quality, and no later failure counts."""
    store = MemoryStore()
    scripts = {"cheap": ScriptedError(500), "small": "bad", "dear": "good"}
    asked = router(scripts, store=store)

    responses = [text(asked.completion(ASK)) for _ in range(10)]

    assert set(responses) == {"good"}
    seen = {
        (key.path, key.earlier_failures): value for key, value in store.evidence("goal").items()
    }
    assert all(value.outcomes == 0 for (path, _), value in seen.items() if path == "cheap")
    assert ("small", 1) not in seen or seen[("small", 1)].outcomes == 0
    assert sum(value.faults for (path, _), value in seen.items() if path == "cheap") > 0


def test_the_number_of_attempts_is_bounded() -> None:
    """At most as many calls as allowed, however valuable a success is."""
    scripts = {"cheap": "bad", "small": "bad", "dear": "bad"}
    asked = router(scripts, escalate=Escalate(2, success_value_usd=1e6))

    asked.completion(ASK)

    stats = asked.stats().escalation
    assert stats is not None
    assert stats.attempts == 2


def test_all_errors_are_one_error() -> None:
    """If no path answers at all, every one was tried, whatever the number of attempts."""
    asked = router(
        {name: ScriptedError(503) for name in MODELS}, escalate=Escalate(2, success_value_usd=1.0)
    )

    with pytest.raises(AllPathsFailedError) as caught:
        asked.completion(ASK)

    assert set(caught.value.causes) == set(MODELS)


def test_an_error_after_a_failed_answer_returns_that_answer() -> None:
    """A bad answer is better than an exception about a path that was only a second try."""
    asked = router({"cheap": "bad", "dear": ScriptedError(400)}, paths=["cheap", "dear"])

    answers = set()
    for _ in range(10):
        try:
            answers.add(text(asked.completion(ASK)))
        except Exception as error:  # noqa: BLE001 - a first try that is a bad request raises
            answers.add(type(error).__name__)

    assert "bad" in answers


def test_the_deadline_of_escalation_returns_the_best_so_far() -> None:
    """No attempt is begun after it; the answer that there is is returned."""
    scripts = {name: Scripted("bad", latency_s=0.06) for name in MODELS}
    asked = router(scripts, escalate=Escalate(3, success_value_usd=1e6, deadline_s=0.05))

    response = asked.completion(ASK)

    assert text(response) == "bad"
    stats = asked.stats().escalation
    assert stats is not None
    assert stats.attempts == 1


def test_async_takes_the_same_way() -> None:
    """Acompletion escalates as completion does."""
    asked = router({"cheap": "bad", "dear": "good"})

    async def ask() -> str:
        return text(await asked.acompletion(ASK))

    assert asyncio.run(ask()) == "good"


def test_a_stream_is_handed_on_as_it_is() -> None:
    """It cannot be checked before it is read, so it is planned as the only attempt."""
    asked = router({"cheap": "bad", "dear": "good"})

    stream = asked.completion(ASK, stream=True)
    decision = stream.decision
    list(stream)

    assert decision.objective.attempts == 1
    assert "".join(decision.why()).count("escalate 1") == 1


def test_a_report_is_about_the_attempt_that_was_returned() -> None:
    """The user's word corrects the check of the returned answer and no other."""
    store = MemoryStore()
    asked = router({"cheap": "bad", "dear": "good"}, store=store)
    while True:
        _, request_id = asked.completion(ASK, return_request_id=True)
        if asked.explain(request_id).token.earlier_failures:
            break
    before = {key: value for key, value in store.evidence("goal").items() if key.path == "cheap"}

    status = asked.report_outcome(request_id, False)

    assert status is ReportStatus.CORRECTED
    after = store.evidence("goal")
    assert {key: value for key, value in after.items() if key.path == "cheap"} == before
    assert sum(value.failures for key, value in after.items() if key.path == "dear") == UNIT


def test_a_pin_is_not_escalated_past() -> None:
    """An operator's pin holds for the whole request."""
    asked = router({"cheap": "bad", "dear": "good"})
    asked.pin("cheap")

    assert text(asked.completion(ASK)) == "bad"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"escalate": 0}, "max_attempts"),
        ({"escalate": "twice"}, "max_attempts"),
        ({"escalate": True}, "max_attempts"),
        ({"escalate": 3, "success_when": None, "check_response_format": False}, "success_when"),
        ({"escalate": 3, "mode": "observe", "default_path": "dear"}, "observe"),
        ({"escalate": 3, "mode": "shadow", "default_path": "dear"}, "mode='canary'"),
        ({"escalate": 3, "objective": CheapestWithin(0.1)}, "Utility"),
        (
            {"escalate": Escalate(3, 0.5), "objective": Utility(0.25)},
            "State it once",
        ),
        ({"escalate": 3, "paths": ["cheap", "openai/no-such-model"]}, "needs the price"),
        (
            {
                "escalate": Escalate(3, deadline_s=5.0),
                "paths": [{"model": "cheap", "timeout_s": 30.0}, "dear"],
            },
            "shorter than one call",
        ),
    ],
)
def test_what_cannot_work_is_refused(settings: dict[str, Any], message: str) -> None:
    """Each is named when the Router is built, with what to write instead."""
    with pytest.raises(ConfigurationError, match=message):
        router({"cheap": "a", "dear": "b"}, **settings)


@pytest.mark.parametrize("values", [(3, 0.0), (3, float("nan")), (3, -1.0), (3, None, 0.0), (256,)])
def test_an_escalation_that_is_none_is_refused(values: tuple[Any, ...]) -> None:
    """Amounts and times must be above 0, attempts fit a byte."""
    with pytest.raises(ConfigurationError, match="Escalate"):
        Escalate(*values)


def test_utility_states_the_value() -> None:
    """One statement of what a success is worth serves rule and plan."""
    asked = router({"cheap": "bad", "dear": "good"}, escalate=2, objective=Utility(0.5))

    assert asked.decide(ASK).objective.success_value_usd == 0.5


def test_without_a_value_thirty_times_the_dearest_cost_stands_in() -> None:
    """300 + 300 tokens at the dearest price, thirty times."""
    asked = router({"cheap": "bad", "dear": "good"}, escalate=2)

    assert asked.decide(ASK).objective.success_value_usd == pytest.approx(30 * 600 * 1e-5)
