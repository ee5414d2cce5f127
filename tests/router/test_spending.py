"""A hard cap on spending: refused before the call, whatever the call, whoever reports what."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path as FilePath
from typing import Any

import pytest

from armwise import Router
from armwise.bandit.models import Independent
from armwise.errors import ConfigurationError, NoEligiblePathError, SpendExceededError
from armwise.router.checks import Judge
from armwise.storage import MemoryStore
from armwise.testing import ScriptedError

ASK = [{"role": "user", "content": "Which company makes the iPhone?"}]
COST_USD = 30e-6
"""Of one scripted call of ten input and twenty output tokens on the path "cheap"."""

Build = Callable[..., Router]


def calls_of(router: Router) -> list[Any]:
    """Return the calls that a router's scripted models have had."""
    adapter: Any = router._adapter
    calls: list[Any] = adapter.calls
    return calls


def spent_usd(router: Router) -> float:
    """Return what a router says that the period has cost."""
    period = router.cost_report().period
    assert period is not None
    return period.usd


def test_a_request_is_refused_once_the_cap_is_reached(router_of: Build) -> None:
    """Before any call; the error says what was spent, what may be, and until when."""
    router = router_of({"cheap": "a"}, max_spend_usd=2.5 * COST_USD)
    for _ in range(3):
        router.completion(ASK)

    with pytest.raises(SpendExceededError) as error:
        router.completion(ASK)

    assert len(calls_of(router)) == 3
    assert error.value.spent_usd == pytest.approx(3 * COST_USD)
    assert error.value.cap_usd == 2.5 * COST_USD
    assert "$0.000090 of $7.5e-05 per day are spent until" in str(error.value)
    assert isinstance(error.value, NoEligiblePathError)


def test_deciding_alone_is_refused_too_and_counts_what_is_reported(router_of: Build) -> None:
    """Who calls the provider himself reports the cost; it counts once."""
    router = router_of({"cheap": "a"}, max_spend_usd=1.0)
    request_id = router.decide(ASK).request_id

    router.report_outcome(request_id, True, cost_usd=1.0)
    router.report_outcome(request_id, False, cost_usd=1.0, revision=2)

    assert spent_usd(router) == 1.0
    with pytest.raises(SpendExceededError):
        router.decide(ASK)


def test_a_reported_cost_does_not_count_beside_the_measured_one(router_of: Build) -> None:
    """What the router booked for its own call stands."""
    router = router_of({"cheap": "a"}, max_spend_usd=1.0)
    _, request_id = router.completion(ASK, return_request_id=True)

    router.report_outcome(request_id, True, cost_usd=0.9)

    assert spent_usd(router) == pytest.approx(COST_USD)


def test_streams_count(router_of: Build) -> None:
    """Read to the end at their usage, abandoned ones at what was expected."""
    router = router_of({"cheap": "a b c"}, max_spend_usd=1.0)

    list(router.completion(ASK, stream=True))
    read = spent_usd(router)
    left = router.completion(ASK, stream=True)
    next(left)
    left.close()

    assert read == pytest.approx(COST_USD)
    assert spent_usd(router) > 2 * COST_USD


def test_every_attempt_counts_and_errors_cost_nothing(router_of: Build) -> None:
    """A path that fails is free, one that is escalated from is not."""
    router = router_of(
        {"cheap": ScriptedError(503), "small": "no", "dear": "no"},
        max_spend_usd=1.0,
        success_when="text == 'yes'",
    )

    router.completion(ASK)

    assert spent_usd(router) == pytest.approx(2 * COST_USD)


def test_judges_count(router_of: Build) -> None:
    """A judge's call is money like any other."""
    judge = Judge("dear", "Is it right?")
    router = router_of(
        {"cheap": "a", "dear": "1"}, paths=["cheap"], max_spend_usd=1.0, success_when=judge
    )

    router.completion(ASK)

    judges_usd = router.cost_report().judges_usd
    assert judges_usd > 0
    assert spent_usd(router) == pytest.approx(COST_USD + judges_usd)


def test_an_answer_without_usage_counts_as_expected(router_of: Build) -> None:
    """What is not measured is not free."""
    router = router_of({"cheap": "a"}, max_spend_usd=1.0)
    adapter: Any = router._adapter
    complete = adapter.complete

    def without_usage(call: Any) -> Any:
        response = complete(call)
        response.usage = None
        return response

    adapter.complete = without_usage
    expected_usd = router.decide(ASK).expected_usd("cheap")
    router.completion(ASK)

    assert spent_usd(router) == pytest.approx(expected_usd)


def test_the_next_period_begins_with_nothing_spent(router_of: Build) -> None:
    """By the clock; what was spent before stays in the books of its own period."""
    router = router_of({"cheap": "a"}, max_spend_usd=COST_USD, per="hour")
    now_s = 1_800_000_000.0
    router._engine._clock = lambda: now_s
    router.completion(ASK)
    with pytest.raises(SpendExceededError):
        router.completion(ASK)

    router._engine._clock = lambda: now_s + 3600
    router.completion(ASK)

    assert len(calls_of(router)) == 2


def test_the_cap_is_shared_and_survives_a_restart(router_of: Build, tmp_path: FilePath) -> None:
    """A second worker on the same store, and one that begins later, see the same total."""
    url = f"sqlite:///{tmp_path}/armwise.db"
    settings: dict[str, Any] = {"store": url, "max_spend_usd": 2 * COST_USD, "delivery": "sync"}
    with router_of({"cheap": "a"}, **settings) as first:
        first.completion(ASK)
        first.completion(ASK)

    with router_of({"cheap": "a"}, **settings) as later, pytest.raises(SpendExceededError):
        later.completion(ASK)


def test_own_spending_counts_before_it_is_delivered(router_of: Build, tmp_path: FilePath) -> None:
    """A worker that delivers in the background refuses at once what it has spent itself."""
    url = f"sqlite:///{tmp_path}/armwise.db"
    with router_of({"cheap": "a"}, store=url, max_spend_usd=2 * COST_USD) as router:
        router.completion(ASK)
        router.completion(ASK)

        with pytest.raises(SpendExceededError):
            router.completion(ASK)


def test_two_routers_on_one_store_spend_from_one_cap(router_of: Build) -> None:
    """Each sees at once what the other has booked."""
    store = MemoryStore()
    first = router_of({"cheap": "a"}, store=store, max_spend_usd=2 * COST_USD)
    second = router_of({"cheap": "a"}, store=store, max_spend_usd=2 * COST_USD)

    first.completion(ASK)
    second.completion(ASK)

    for router in (first, second):
        with pytest.raises(SpendExceededError):
            router.completion(ASK)


def test_the_books_are_seen_nowhere_else(router_of: Build) -> None:
    """Stats, beliefs and the cost report know the requests alone."""
    store = MemoryStore()
    plain = router_of({"cheap": "a", "dear": "b"}, beliefs=Independent(), seed=3)
    capped = router_of(
        {"cheap": "a", "dear": "b"}, beliefs=Independent(), seed=3, store=store, max_spend_usd=1.0
    )

    for router in (plain, capped):
        for _ in range(5):
            router.completion(ASK)

    assert capped.stats().buckets.keys() == plain.stats().buckets.keys()
    assert capped.cost_report().attempts == plain.cost_report().attempts == 5
    assert capped.cost_report().spent_usd == plain.cost_report().spent_usd


def test_a_path_without_a_price_cannot_be_capped(router_of: Build) -> None:
    """Refused when the Router is built; added later, it is excluded with the reason."""
    with pytest.raises(ConfigurationError) as error:
        router_of({"cheap": "a", "nameless": "b"}, max_spend_usd=1.0)
    router = router_of({"cheap": "a", "nameless": "b"}, paths=["cheap"], max_spend_usd=1.0)
    router.add_path("nameless")

    assert "max_spend_usd= needs the price of every path" in str(error.value)
    assert "its price is not known" in router.decide(ASK).exclusions["nameless"]


def test_the_cap_is_passed_by_what_is_in_flight_at_most(router_of: Build) -> None:
    """Eight threads at once: no more than eight calls beyond the cap, and every one is counted."""
    router = router_of({"cheap": "a"}, max_spend_usd=20 * COST_USD)

    def work(_: int) -> None:
        with suppress(SpendExceededError):
            for _ in range(20):
                router.completion(ASK)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert 20 <= len(calls_of(router)) <= 28
    assert spent_usd(router) == pytest.approx(len(calls_of(router)) * COST_USD)
