"""Conversations: what a lost prompt cache costs is weighed into leaving a path."""

from collections.abc import Callable
from typing import Any

import pytest

from armwise import BestQuality, CheapestWithin, Escalate, Router, Utility
from armwise.adapters import Price, Usage
from armwise.bandit.propensity import propensities
from armwise.engine import Path, PathPrices
from armwise.engine.sessions import CACHE_S, LEAST_CACHED_TOKENS, Sessions
from armwise.testing import Scripted, ScriptedAdapter

ASK = [{"role": "user", "content": "Which company makes the iPhone?"}]
LONG = 100_000
"""Tokens of a prompt whose cache saves 100,000 x (3 - 0.3) dollars per million: 27 cents."""


class Clock:
    """The wall clock, moved on by hand."""

    def __init__(self) -> None:
        self.now_s = 1_800_000_000.0

    def __call__(self) -> float:
        """Return the time that was set."""
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock that routers built from now on go by."""
    clock = Clock()
    monkeypatch.setattr("time.time", clock)
    return clock


Build = Callable[..., Router]


@pytest.fixture
def router(clock: Clock) -> Build:
    """Return a function that builds a router over a cheap path and one with a prompt cache."""

    def build(tokens: int = LONG, cached: float | None = 0.3, **settings: Any) -> Router:
        paths = [
            Path("cheap", input_usd_per_mtok=1, output_usd_per_mtok=1),
            Path(
                "dear",
                input_usd_per_mtok=3,
                output_usd_per_mtok=15,
                cached_input_usd_per_mtok=cached,
            ),
        ]
        answer = Scripted("yes", input_tokens=tokens, output_tokens=10)
        adapter = ScriptedAdapter({"cheap": lambda _: answer, "dear": lambda _: answer})
        return Router(paths, "sessions", adapter=adapter, seed=2, **settings)

    return build


def begin_on_dear(router: Router, session_id: str = "chat-1") -> None:
    """Let the first turn of a conversation be answered by the dear path."""
    router.pin("dear")
    router.completion(ASK, session_id=session_id)
    router.unpin("dear")


def test_a_conversation_stays_where_its_prompt_is_cached(router: Build) -> None:
    """The cheap path saves less than the cache, so it is not chosen; without a session it is."""
    one = router(objective=CheapestWithin(0.9))
    begin_on_dear(one)

    decision = one.decide(ASK, session_id="chat-1")

    assert decision.path == "dear"
    assert one.decide(ASK).path == "cheap"
    assert one.decide(ASK, session_id="chat-2").path == "cheap"
    assert "the conversation stays on dear: cheap is not worth $0.270000" in decision.why()


def test_it_leaves_for_a_gain_that_is_worth_more(router: Build) -> None:
    """A success worth a thousand dollars outweighs 27 cents of cache."""
    one = router(objective=Utility(success_value_usd=1000.0))
    for _ in range(40):
        for path, outcome in (("cheap", True), ("dear", False)):
            one.report_outcome(
                one.decide(ASK, exclude={"cheap", "dear"} - {path}).request_id, outcome
            )
    begin_on_dear(one)

    decision = one.decide(ASK, session_id="chat-1")

    assert decision.path == "cheap"
    assert "the conversation leaves dear: that is worth more than $0.270000" in decision.why()


def test_a_rule_that_ignores_costs_ignores_the_cache(router: Build) -> None:
    """Under ``BestQuality`` the draws alone decide."""
    one = router(objective=BestQuality())
    begin_on_dear(one)

    decisions = [one.decide(ASK, session_id="chat-1") for _ in range(50)]

    assert {decision.path for decision in decisions} == {"cheap", "dear"}


def test_the_price_of_the_cache_is_in_the_costs_that_are_logged(router: Build) -> None:
    """Propensities stay exact: the rule is applied to what the decision shows."""
    one = router(objective=CheapestWithin(0.02))
    begin_on_dear(one)

    plain, decision = one.decide(ASK), one.decide(ASK, session_id="chat-1")

    costs = dict(zip(decision.arms.names, decision.arms.costs_usd, strict=True))
    before = dict(zip(plain.arms.names, plain.arms.costs_usd, strict=True))
    assert costs["dear"] == before["dear"]
    assert costs["cheap"] == pytest.approx(before["cheap"] + 0.27)
    assert list(decision.arms.costs_usd) == sorted(decision.arms.costs_usd)
    shares = propensities(decision.objective, decision.arms, decision.eligible).shares
    assert sum(shares) == pytest.approx(1.0)
    assert shares[decision.arms.names.index("dear")] > 0.5


def test_after_the_caches_lifetime_nothing_is_lost(router: Build, clock: Clock) -> None:
    """Five minutes without a call end it, to the second; a call begins it anew."""
    one = router(objective=CheapestWithin(0.9))
    begin_on_dear(one)

    clock.now_s += CACHE_S - 1.0
    assert one.decide(ASK, session_id="chat-1").path == "dear"
    clock.now_s += 1.0
    assert one.decide(ASK, session_id="chat-1").path == "cheap"


@pytest.mark.parametrize(("tokens", "cached"), [(LEAST_CACHED_TOKENS - 1, 0.3), (LONG, None)])
def test_where_nothing_is_cached_nothing_is_lost(
    router: Build, tokens: int, cached: float | None
) -> None:
    """A short prompt is not kept, and without a price for cached tokens nothing was saved."""
    one = router(tokens, cached, objective=CheapestWithin(0.9))
    begin_on_dear(one)

    assert one.decide(ASK, session_id="chat-1").path == "cheap"


def test_a_path_that_may_not_be_chosen_is_left(router: Build) -> None:
    """Bans, wishes and cooldowns come first."""
    one = router(objective=CheapestWithin(0.9))
    begin_on_dear(one)

    assert one.decide(ASK, session_id="chat-1", exclude={"dear"}).path == "cheap"
    one.ban("dear")
    assert one.decide(ASK, session_id="chat-1").path == "cheap"


def test_a_planned_escalation_weighs_it_too(router: Build) -> None:
    """The rates of a plan keep to their arms when costs are ordered anew."""
    one = router(escalate=Escalate(2, success_value_usd=0.3), success_when="text == 'yes'")
    begin_on_dear(one)

    plain, decision = one.decide(ASK), one.decide(ASK, session_id="chat-1")

    assert plain.path == "cheap"
    assert decision.path == "dear"
    assert decision.draws == decision.objective.rates[0]  # type: ignore[attr-defined]


def sessions(most: int = 10) -> Sessions:
    """Return the conversations of a process whose one path keeps prompts."""
    path = Path("a", input_usd_per_mtok=3, output_usd_per_mtok=15, cached_input_usd_per_mtok=0.3)
    return Sessions(PathPrices([path], lambda _: pytest.fail("the price is declared")), most)


def test_the_conversation_unused_for_longest_is_forgotten() -> None:
    """Memory is bounded."""
    known = sessions(most=3)

    for session_id in ("1", "2", "3", "1", "4"):
        known.answered(session_id, "a", Usage(LONG, 1), 0.0)

    assert list(known._turns) == ["3", "1", "4"]


def test_a_provider_that_does_not_cache_is_found_out() -> None:
    """A repeated prompt of which no token came from a cache is not taken to be kept any more."""
    known = sessions()

    kept: list[int] = []
    for cached in (0, 90_000, 0, 0, 90_000):
        known.answered("1", "a", Usage(LONG, 1, cached_input_tokens=cached), 0.0)
        kept.append(known._turns["1"].tokens)

    assert kept == [LONG, LONG, 0, 0, LONG]


def test_the_saving_is_that_of_the_price_list() -> None:
    """Input price less cached price, per token; nothing where either is unknown."""
    prices = PathPrices([], lambda _: pytest.fail("no path"))

    assert prices.cached_saving_usd("unknown") == 0.0
    assert Price(3e-6, 15e-6, 0.3e-6).cached_input_usd == 0.3e-6
