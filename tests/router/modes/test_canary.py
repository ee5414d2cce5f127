"""A canary serves the choice to a share of the requests, and the default path to the rest."""

from collections.abc import Callable
from typing import Any

import pytest

from armwise import Escalate, Router
from armwise.adapters import ModelInfo, Price
from armwise.engine import Mode
from armwise.events import Event
from armwise.testing import ScriptedAdapter, ScriptedError

RouterOf = Callable[..., Router]
ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
CANARY: dict[str, Any] = {"mode": "canary", "default_path": "dear"}


@pytest.mark.parametrize("share", [0.05, 0.5, 0.98])
def test_the_choice_is_served_to_its_share_of_the_requests(
    router_of: RouterOf, share: float
) -> None:
    """Of 4,000 requests within four standard deviations: it fails once in 16,000 runs."""
    router = router_of({"cheap": "no", "dear": "Apple"}, **CANARY, canary_share=share)

    decisions = [router.decide(ASK) for _ in range(4_000)]

    followed = sum(decision.serving.is_followed for decision in decisions)
    assert abs(followed - 4_000 * share) <= 4 * (4_000 * share * (1 - share)) ** 0.5
    assert {(each.serving.is_followed, each.path) for each in decisions} == {
        (True, "cheap"),
        (False, "dear"),
    }


def test_a_session_is_in_one_group_from_beginning_to_end(router_of: RouterOf) -> None:
    """Two workers put each of 200 conversations into the same group, at every request of it."""
    workers = [
        router_of({"cheap": "no", "dear": "Apple"}, **CANARY, canary_share=0.5) for _ in range(2)
    ]

    groups = {
        session: {
            worker.decide(ASK, session_id=session).serving.is_followed
            for worker in workers
            for _ in range(3)
        }
        for session in map(str, range(200))
    }

    assert all(len(group) == 1 for group in groups.values())
    assert 60 < sum(True in group for group in groups.values()) < 140


def test_a_seed_repeats_the_groups(router_of: RouterOf) -> None:
    """Users' tests of a canary see the same requests in it."""
    runs = []
    for _ in range(2):
        router = router_of({"cheap": "no", "dear": "Apple"}, **CANARY, canary_share=0.5, seed=3)
        runs.append([router.decide(ASK).path for _ in range(50)])

    assert runs[0] == runs[1]
    assert set(runs[0]) == {"cheap", "dear"}


def test_errors_of_the_default_are_raised_and_those_of_the_choice_answered(
    router_of: RouterOf,
) -> None:
    """Requests outside of the canary get what they got before; those in it move on."""
    down = {"cheap": lambda _: ScriptedError(500), "dear": "Apple"}
    inside = router_of(down, **CANARY, canary_share=0.999, seed=1)
    outside = router_of(
        {"cheap": "no", "dear": lambda _: ScriptedError(500)}, **CANARY, canary_share=0.001, seed=1
    )

    assert inside.completion(ASK).model == "dear"
    with pytest.raises(ScriptedError):
        outside.completion(ASK)


@pytest.mark.parametrize(("share", "called"), [(0.999, {"cheap", "dear"}), (0.001, {"dear"})])
def test_only_requests_in_the_canary_escalate(share: float, called: set[str]) -> None:
    """A failed check goes on to another path inside, and ends the request outside."""
    scripts = {"cheap": "no", "dear": "no"}
    models = {"cheap": ModelInfo(Price(1e-6, 1e-6)), "dear": ModelInfo(Price(1e-5, 1e-5))}
    adapter = ScriptedAdapter(scripts, models)
    router = Router(
        [{"model": "cheap", "weight": 0.6}, {"model": "dear", "weight": 0.9}],
        "goal",
        adapter=adapter,
        **CANARY,
        canary_share=share,
        success_when="'Apple' in text",
        escalate=Escalate(max_attempts=2, success_value_usd=1.0),
        seed=1,
    )

    router.completion(ASK)

    assert len(adapter.calls) == len(called)
    assert {call.model for call in adapter.calls} == called


def test_why_and_stats_tell_the_share_and_the_groups(
    router_of: RouterOf, events: list[Event]
) -> None:
    """A person reads which mode is in force, and how both groups do."""
    router = router_of(
        {"cheap": "no", "dear": "Apple"},
        **CANARY,
        canary_share=0.5,
        guard_margin=0.99,
        success_when="'Apple' in text",
        seed=1,
    )

    for _ in range(40):
        router.completion(ASK)

    rollout = router.stats().rollout
    assert rollout is not None
    assert rollout.decisions == rollout.followed.outcomes + rollout.control.outcomes == 40
    assert (rollout.followed.rate, rollout.control.rate) == (0.0, 1.0)
    assert rollout.difference[1] < 0.0
    assert "mode canary: default path dear" in str(router.stats())
    whys = {router.decide(ASK).why().split("\n")[2] for _ in range(20)}
    assert "mode canary, which follows 50%: dear is served, cheap was chosen" in whys


@pytest.mark.parametrize("mode", ["observe", "shadow", "canary"])
def test_the_default_path_cannot_be_taken_away(router_of: RouterOf, mode: Mode) -> None:
    """Ban and removal of what most requests are served are refused, whatever the mode."""
    router = router_of({"cheap": "no", "dear": "Apple"}, mode=mode, default_path="dear")

    for refused in (router.ban, router.remove_path):
        with pytest.raises(ValueError, match="default_path"):
            refused("dear")


def test_without_a_mode_nothing_is_told_of_one(router_of: RouterOf) -> None:
    """In "apply" there is no rollout in the stats, and nothing to resume."""
    router = router_of({"cheap": "no", "dear": "Apple"})

    assert router.stats().rollout is None
    assert (router.mode, router.resume()) == ("apply", False)
