"""``router.doctor()`` examines a live Router, and finds what really happened to it."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from armwise import CheapestWithin, Outcome, Router
from armwise.adapters import ModelInfo, Price
from armwise.bandit import Outcomes
from armwise.engine import Diagnosis, Severity
from armwise.storage import MemoryStore
from armwise.testing import ScriptedAdapter, ScriptedError

RouterOf = Callable[..., Router]
ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
FULL = Path("/dev/full")
MODELS = {"cheap": ModelInfo(Price(1e-5, 1e-5)), "dear": ModelInfo(Price(1e-4, 1e-4))}


def found(router: Router, word: str) -> Diagnosis:
    """Return the one diagnosis that a word is in."""
    (held,) = [each for each in router.doctor() if word in each.what]
    return held


def test_a_router_that_works_is_healthy(router_of: RouterOf) -> None:
    """Both paths are played and judged, one is clearly better: nothing to say."""
    router = router_of({"cheap": "Apple", "dear": "no"}, success_when="'Apple' in text")

    for _ in range(60):
        router.completion(ASK)

    assert router.doctor() == []


def test_requests_without_outcomes_are_found(router_of: RouterOf) -> None:
    """30 answers and nobody says how they were."""
    router = router_of({"cheap": "Apple"})

    for _ in range(30):
        router.completion(ASK)

    diagnosis = found(router, "no outcome is known")
    assert diagnosis.severity is Severity.BAD
    assert diagnosis.figure == "0 of 30 answers have an outcome"


def test_a_check_that_raises_is_found(router_of: RouterOf) -> None:
    """Every second answer makes the check raise."""
    calls = iter(range(100))

    def check(_: Any) -> bool:
        if next(calls) % 2:
            raise KeyError("x")
        return True

    router = router_of({"cheap": "Apple"}, success_when=check)
    for _ in range(30):
        router.completion(ASK)

    assert found(router, "checks raise").figure == "15 times in 30 decisions"


def test_a_wrong_key_and_an_unknown_price_are_found(router_of: RouterOf) -> None:
    """The path answers 401 and nobody knows its price; requests are answered by the other."""
    router = router_of(
        {"cheap": lambda _: ScriptedError(401), "unlisted": "Apple"},
        success_when="'Apple' in text",
    )

    router.completion(ASK)

    assert found(router, "'cheap' is misconfigured").severity is Severity.BAD
    assert found(router, "no price is known").what.endswith("'unlisted'")


def tied(rule: CheapestWithin, **settings: Any) -> Router:
    """Return a Router whose two paths do equally well, at prices one to ten."""
    world = random.Random(3)
    router = Router(
        ["cheap", "dear"],
        "goal",
        adapter=ScriptedAdapter({"cheap": "x", "dear": "x"}, MODELS),
        objective=rule,
        success_when=lambda _: world.random() < 0.8,
        seed=4,
        **settings,
    )
    for _ in range(60):
        router.completion(ASK)
    return router


def test_tied_arms_are_found_with_what_exploring_them_costs() -> None:
    """The figure is that of the present propensities, not of what was played."""
    router = tied(CheapestWithin(0.02))

    diagnosis = found(router, "cannot be told from cheap")

    assert diagnosis.what.startswith("in general/simple, dear")
    assert "more per 1,000 requests" in diagnosis.figure


def test_the_fix_for_tied_arms_heals() -> None:
    """Pinned to the cheap path, or allowed to be that much worse, nothing is explored."""
    pinned = tied(CheapestWithin(0.02))
    pinned.pin("cheap", bucket="general/simple")
    wide = tied(CheapestWithin(0.99))

    assert not [each for each in (*pinned.doctor(), *wide.doctor()) if "told from" in each.what]


def test_another_half_life_in_the_store_is_found(router_of: RouterOf) -> None:
    """The second worker asks for another one than the first has declared."""
    store = MemoryStore()
    router_of({"cheap": "x"}, store=store, half_life=Outcomes(500))

    late = router_of({"cheap": "x"}, store=store, half_life=Outcomes(90))

    diagnosis = found(late, "another half-life")
    assert "90" in diagnosis.figure
    assert "500" in diagnosis.figure


@pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
def test_a_log_that_cannot_be_written_is_found(router_of: RouterOf) -> None:
    """A full disk takes no line; requests go on."""
    router = router_of({"cheap": "x"}, decision_log=FULL)

    decision = router.decide(ASK)
    router.report_outcome(decision.request_id, Outcome.SUCCESS)

    assert found(router, "decision log lost lines").figure == "2 times"


def test_a_returned_canary_is_found(router_of: RouterOf) -> None:
    """It says by how much the choices did worse, and that resume() puts it back."""
    router = router_of(
        {"cheap": "no", "dear": "Apple"},
        mode="canary",
        default_path="dear",
        canary_share=0.5,
        success_when="'Apple' in text",
        seed=1,
    )
    for _ in range(60):
        router.completion(ASK)

    diagnosis = found(router, "went back to 'dear'")

    assert "success rate 0.000 against 1.000" in diagnosis.figure
    assert "router.resume()" in diagnosis.fix
    router.resume()
    assert not [each for each in router.doctor() if "went back" in each.what]


def test_shadows_without_a_check_are_found(router_of: RouterOf) -> None:
    """They are paid for and teach nothing about quality."""
    router = router_of({"cheap": "no", "dear": "Apple"}, mode="shadow", default_path="dear")
    router.completion(ASK)
    router.flush()

    assert "1 calls" in found(router, "no success_when= judges them").figure


def test_a_router_that_may_try_again_is_examined_too() -> None:
    """Plans have no formula: counted shares stand in for them."""
    router = Router(
        ["cheap", "dear"],
        "goal",
        adapter=ScriptedAdapter({"cheap": "no", "dear": "Apple"}, MODELS),
        success_when="'Apple' in text",
        escalate=2,
        seed=1,
    )
    for _ in range(5):
        router.completion(ASK)

    assert all(each.fix for each in router.doctor())
