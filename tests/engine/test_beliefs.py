"""What buckets borrow from each other, through the engine."""

from typing import Any

import pytest

from armwise import Budget, Router, TargetRate, Utility
from armwise.adapters import ModelInfo, Price
from armwise.bandit.models import Hierarchical, HierarchicalBeta, Independent, Pooled
from armwise.storage import MemoryStore
from armwise.testing import ScriptedAdapter

ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
PRICES = {"cheap": ModelInfo(Price(1e-6, 1e-6)), "dear": ModelInfo(Price(1e-5, 1e-5))}


def router(**settings: Any) -> Router:
    """Return a router over two priced paths; nothing is called."""
    adapter = ScriptedAdapter({"cheap": "Apple", "dear": "Apple"}, PRICES)
    return Router(["cheap", "dear"], "goal", adapter=adapter, **{"seed": 1} | settings)


def teach(taught: Router, task_type: str, path: str, outcomes: str) -> None:
    """Report outcomes of a path, "+" for a success and "-" for a failure."""
    for outcome in outcomes:
        decision = taught.decide(ASK, task_type=task_type)
        request_id = decision.request_id_for(path)
        taught.report_outcome(request_id, outcome == "+", cost_usd=0.001)


def mean(of: Router, task_type: str, path: str) -> float:
    """Return the believed success rate of a path that the next decision rests on."""
    arms = of.decide(ASK, task_type=task_type).arms
    return arms.beliefs[arms.names.index(path)].mean


@pytest.mark.parametrize(
    ("model", "borrows"), [(Hierarchical(), True), (Pooled(), True), (Independent(), False)]
)
def test_a_new_bucket_starts_from_what_a_path_did_elsewhere(model: Any, borrows: bool) -> None:
    """Under the default model and under pooling, not where buckets are independent."""
    taught = router(beliefs=model)
    teach(taught, "extraction", "cheap", "+-" * 10)
    teach(taught, "extraction", "dear", "+" * 20)

    gap = mean(taught, "label", "dear") - mean(taught, "label", "cheap")
    assert gap > 0.1 if borrows else gap == 0


@pytest.mark.parametrize(
    ("objective", "model"),
    [
        (None, HierarchicalBeta()),
        (TargetRate(0.9), HierarchicalBeta()),
        (Utility(0.01), Hierarchical()),
        (Budget(0.01), Hierarchical()),
    ],
    ids=["default", "target", "utility", "budget"],
)
def test_the_default_model_goes_with_the_rule(objective: Any, model: Any) -> None:
    """Rules in money explore least; rules that ask for good enough trust a cheap path sooner."""
    plain = router(objective=objective)
    named = router(objective=objective, beliefs=model)
    for taught in (plain, named):
        teach(taught, "extraction", "cheap", "+--+---")

    assert mean(plain, "label", "cheap") == mean(named, "label", "cheap")


def test_a_cheap_path_is_found_on_one_task_though_it_fails_on_another() -> None:
    """The dear path never fails on either, yet within 200 requests it gives way where it can."""
    found = 0
    for seed in range(10):
        taught = router(seed=seed)
        served: list[str] = []
        for _ in range(200):
            for task_type in ("lookup", "arithmetic"):
                decision = taught.decide(ASK, task_type=task_type)
                is_right = task_type == "lookup" or decision.path == "dear"
                taught.report_outcome(decision.request_id, is_right)
                if task_type == "lookup":
                    served.append(decision.path)
        found += served[-50:].count("cheap") > 40

    assert found >= 9


def test_draws_come_from_half_the_noise() -> None:
    """Beliefs in a decision are the tempered ones that it drew from; stats show the whole."""
    taught = router(beliefs=Hierarchical())
    teach(taught, "label", "cheap", "+-" * 20)

    arms = taught.decide(ASK, task_type="label").arms
    drawn = arms.beliefs[arms.names.index("cheap")].interval(0.9)
    (shown,) = (bucket["cheap"] for bucket in taught.stats().buckets.values())
    assert drawn[1] - drawn[0] == pytest.approx(0.5 * (shown.high - shown.low), rel=0.05)


def test_a_reset_is_forgotten_by_the_buckets_that_borrowed() -> None:
    """Evidence of a closed epoch teaches nobody any more."""
    taught = router(half_life=None)
    teach(taught, "extraction", "cheap", "-" * 30)
    low = mean(taught, "label", "cheap")

    taught.reset(task_type="extraction", path="cheap")
    teach(taught, "extraction", "cheap", "+")

    assert mean(taught, "label", "cheap") > low + 0.2


def test_a_store_that_cannot_be_looked_at_costs_learning_and_no_decision() -> None:
    """What was known stays in force."""

    class Broken(MemoryStore):
        is_down = False

        def snapshot(self, goal_id: str) -> Any:
            if self.is_down:
                raise OSError("down")
            return super().snapshot(goal_id)

    store = Broken()
    taught = router(store=store)
    teach(taught, "label", "cheap", "+" * 10)
    before = mean(taught, "label", "cheap")

    store.is_down = True
    teach(taught, "label", "cheap", "-" * 10)

    assert mean(taught, "label", "cheap") == before
    store.is_down = False
    assert mean(taught, "label", "cheap") < before - 0.1


def test_the_same_records_give_the_same_beliefs_in_any_order() -> None:
    """Two workers on stores that were told the same, in different orders, believe the same."""
    forward, backward = router(half_life=None), router(half_life=None)
    tasks = ("extraction", "label", "synthesis")
    for taught, order in ((forward, tasks), (backward, tasks[::-1])):
        for task_type in order:
            teach(taught, task_type, "cheap", "++-")
            teach(taught, task_type, "dear", "+-+")

    for task_type in (*tasks, "new"):
        mean(forward, task_type, "cheap")
        mean(backward, task_type, "cheap")
        assert mean(forward, task_type, "cheap") == pytest.approx(
            mean(backward, task_type, "cheap"), abs=1e-6
        )


@pytest.mark.parametrize("beliefs", ["hierarchical", Hierarchical, 0.5])
def test_what_is_no_model_is_refused(beliefs: object) -> None:
    """The error names models."""
    with pytest.raises(Exception, match=r"must be a model such as Hierarchical\(\)"):
        router(beliefs=beliefs)


@pytest.mark.parametrize("model", [None, Hierarchical(), Independent()], ids=str)
def test_steady_scores_narrow_a_belief_faster_than_coins_of_the_same_mean(model: Any) -> None:
    """Thirty scores near .8 say more than thirty outcomes of which four in five succeed."""
    coins, steady = router(beliefs=model), router(beliefs=model)
    for number in range(30):
        for taught, outcome in ((coins, number % 5 > 0), (steady, 0.8 + 0.05 * (number % 3 - 1))):
            request_id = taught.decide(ASK).request_id_for("cheap")
            taught.report_outcome(request_id, outcome)

    wide, narrow = (
        next(iter(taught.stats().buckets.values()))["cheap"] for taught in (coins, steady)
    )

    assert (wide.successes, narrow.successes) == pytest.approx((24, 24), rel=0.02)
    assert narrow.high - narrow.low < 0.6 * (wide.high - wide.low)
