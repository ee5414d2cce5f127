"""Evidence fades on its way through the engine: ids carry its clock, beliefs follow it."""

import logging
from datetime import timedelta
from typing import Any

import pytest

from armwise.adapters import ModelInfo, Price
from armwise.bandit import CheapestWithin, FourSignals
from armwise.bandit.decay import HalfLife, Outcomes
from armwise.bandit.models import Independent
from armwise.engine import Engine, PathPrices, Signer, parse_paths
from armwise.storage import ArmKey, MemoryStore

ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
NOW_S = 1_800_000_000.0
DAY_S = 86_400.0


def engine(store: MemoryStore, half_life: HalfLife, **settings: Any) -> Engine:
    """Return an engine with two paths of one price on a store."""
    parsed = parse_paths(("one", "two"))
    return Engine(
        "goal",
        parsed,
        objective=CheapestWithin(),
        store=store,
        prices=PathPrices(parsed, lambda model: ModelInfo(Price(1e-6, 1e-6))),
        complexity=FourSignals(),
        model=Independent(),
        signer=Signer(),
        half_life=half_life,
        **settings,
    )


def test_beliefs_widen_while_nothing_happens() -> None:
    """A day later, without a single report, a day's half-life has halved what is believed."""
    now = [NOW_S]
    store = MemoryStore(clock=lambda: now[0])
    learner = engine(store, timedelta(days=1), clock=lambda: now[0], seed=1)
    decision = learner.decide(ASK)
    for _ in range(30):
        learner.report(learner.decide(ASK).request_id, True)

    before = learner.decide(ASK)
    now[0] += DAY_S
    after = learner.decide(ASK)

    seen = store.bucket("goal", decision.bucket).arms
    outcomes = sum(evidence.outcomes for evidence in seen.values())
    assert outcomes == pytest.approx(15, rel=0.011)
    assert max(after.arms.means) < max(before.arms.means)


def test_draws_of_a_belief_that_has_faded_are_thrown_away() -> None:
    """Prefetched draws belong to one moment: after ten half-lives they scatter like the prior."""
    now = [NOW_S]
    store = MemoryStore(clock=lambda: now[0])
    learner = engine(store, timedelta(days=1), clock=lambda: now[0], seed=2)
    for _ in range(400):
        learner.report(learner.decide(ASK).request_id, True)
    for _ in range(50):
        learner.decide(ASK)

    now[0] += 20 * DAY_S
    draws = [draw for _ in range(100) for draw in learner.decide(ASK).draws]

    assert min(draws) < 0.1


def test_an_id_carries_the_count_of_its_bucket() -> None:
    """A report that comes after others weighs what it would have weighed in time."""
    store = MemoryStore()
    learner = engine(store, Outcomes(4))
    late = learner.decide(ASK)
    for _ in range(4):
        learner.report(learner.decide(ASK).request_id, False)

    learner.report(late.request_id, True)

    seen = store.bucket("goal", late.bucket)
    assert (late.count, learner.token(late.request_id).count) == (0, 0)
    assert (seen.count, learner.decide(ASK).count) == (5, 5)
    successes = seen.arms[ArmKey(late.bucket, late.path)].successes / 2**20
    assert successes == pytest.approx(2 ** (-5 / 4), rel=0.011)


def test_the_half_life_of_the_store_is_adopted(caplog: pytest.LogCaptureFixture) -> None:
    """A second engine with another half-life is told so once, and fades by the first one's."""
    store = MemoryStore()
    engine(store, Outcomes(7))

    with caplog.at_level(logging.WARNING):
        engine(store, Outcomes(7))
        silent = len(caplog.records)
        second = engine(store, None)
        for _ in range(3):
            second.report(second.decide(ASK).request_id, True)

    assert silent == 0
    assert len(caplog.records) == 1
    assert "7 outcomes" in caplog.text
    assert store.declare("goal", None) == Outcomes(7)
