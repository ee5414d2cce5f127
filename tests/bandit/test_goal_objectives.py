"""Rules with a target, a value or a budget, on draws that are given."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armwise.bandit import (
    Arms,
    BestQuality,
    Beta,
    Budget,
    CheapestWithin,
    Objective,
    TargetRate,
    Utility,
    ranking,
)
from armwise.bandit.objectives.budget import HIGHEST_PRICE
from armwise.errors import ConfigurationError


def arms(*costs_usd: float | None) -> Arms:
    """Return arms a, b, c, ... of these costs."""
    names = "abcdefgh"[: len(costs_usd)]
    return Arms.of((name, Beta(1, 1), cost) for name, cost in zip(names, costs_usd, strict=True))


def choose(rule: Objective, of: Arms, *draws: float) -> str:
    """Return the name of the chosen arm."""
    return of.names[rule.choose(of, draws, of.every)]


def test_a_target_takes_the_cheapest_that_reaches_it() -> None:
    """By its draw alone; a tie in price is settled by the higher draw."""
    assert choose(TargetRate(0.8), arms(1, 2, 4), 0.79, 0.8, 0.99) == "b"
    assert choose(TargetRate(0.8), arms(1, 1, 4), 0.85, 0.9, 0.99) == "b"


def test_a_target_out_of_reach_is_no_reason_to_pay_any_price() -> None:
    """Where nobody reaches it, a hair of quality is not bought; a clear difference is."""
    of = arms(0.01, 0.1, 3.0)

    assert choose(TargetRate(0.9), of, 0.1, 0.55, 0.57) == "b"
    assert choose(TargetRate(0.9), of, 0.1, 0.40, 0.57) == "c"
    assert choose(TargetRate(0.9, slack=0), of, 0.1, 0.569, 0.57) == "c"


def test_a_utility_pays_for_quality_what_quality_is_worth() -> None:
    """Ten points more are bought for less than a tenth of a success's value."""
    assert choose(Utility(1.0), arms(0.01, 0.10), 0.8, 0.9) == "b"
    assert choose(Utility(1.0), arms(0.01, 0.12), 0.8, 0.9) == "a"


def test_an_arm_without_a_cost_has_no_utility() -> None:
    """It is chosen only where no arm has a cost, and then by its draw."""
    assert choose(Utility(100.0), arms(1.0, None), 0.01, 0.99) == "a"
    assert choose(Utility(100.0), arms(None, None), 0.3, 0.6) == "b"


def test_a_budget_that_is_not_reached_buys_quality() -> None:
    """At the price 0 money is free."""
    assert choose(Budget(0.5), arms(1, 2), 0.8, 0.81) == "b"


def test_a_price_makes_a_budget_a_utility() -> None:
    """At the price p a success is worth the dearest arm's cost over p."""
    of, rule = arms(0.02, 0.2), Budget(0.1, price=0.5)

    assert rule.success_value_usd(of) == pytest.approx(0.4)
    assert choose(rule, of, 0.5, 0.94) == choose(Utility(0.4), of, 0.5, 0.94) == "a"
    assert choose(rule, of, 0.5, 0.96) == choose(Utility(0.4), of, 0.5, 0.96) == "b"


def test_a_budget_over_free_or_unpriced_arms_chooses_by_quality() -> None:
    """Nothing is dear among arms that cost nothing; an unknown cost is no unit to count in."""
    assert choose(Budget(0.1, price=2.0), arms(0, 0, 0), 0.2, 0.9, 0.5) == "b"
    assert choose(Budget(0.1, price=0.2), arms(0.1, 0.3, None), 0.2, 0.9, 0.99) == "b"


def test_the_price_of_a_budget_follows_the_spending() -> None:
    """Twice the budget raises it by .05, nothing spent lowers it by .05, within 0 and 5."""
    assert Budget(0.1).paced(0.2).price == pytest.approx(0.05)
    assert Budget(0.1, price=0.3).paced(0.0).price == pytest.approx(0.25)
    assert Budget(0.1).paced(0.0).price == 0
    assert Budget(0.1).paced(1e6).price == HIGHEST_PRICE


@pytest.mark.parametrize("budget_usd", [0.2, 0.5, 0.8])
def test_a_budget_is_met_over_many_requests(budget_usd: float) -> None:
    """Between two arms of 1/16 and 1 the mean cost of 10,000 requests is the budget's."""
    rng, of = np.random.default_rng(1), arms(1 / 16, 1.0)
    rule, spent = Budget(budget_usd), 0.0
    for _ in range(10_000):
        draws = (rng.beta(700, 300), rng.beta(900, 100))
        cost = of.costs_usd[rule.choose(of, draws, of.every)]
        rule, spent = rule.paced(cost), spent + cost

    assert spent / 10_000 == pytest.approx(budget_usd, rel=0.05)


RULES = (BestQuality(), CheapestWithin(), TargetRate(0.8), Utility(1.0), Budget(0.5, 0.7))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(
    draws=st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=6),
    costs=st.lists(st.sampled_from([0.0, 0.1, 1.0, 2.0, None]), min_size=6, max_size=6),
    data=st.data(),
)
def test_every_rule_ranks_all_that_may_be_chosen(
    rule: Objective, draws: list[float], costs: list[float | None], data: st.DataObject
) -> None:
    """For any draws, costs and exclusions; and the reason names the chosen arm."""
    of = arms(*costs[: len(draws)])
    among = sorted(data.draw(st.sets(st.sampled_from(list(of.every)), min_size=1)))

    order = ranking(rule, of, draws, among)

    assert sorted(order) == among
    assert order[0] == rule.choose(of, draws, among)
    assert of.names[order[0]] in rule.reason(of, draws, among)


@pytest.mark.parametrize("value", [0, -1, math.inf, math.nan, "0.1", True, None])
def test_what_is_no_amount_of_money_is_refused(value: object) -> None:
    """The error shows the value and what to write instead."""
    with pytest.raises(ConfigurationError, match=r"must be US dollars above 0.*Utility\(0\.02\)"):
        Utility(value)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"must be US dollars above 0.*Budget\(0\.002\)"):
        Budget(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [0, 1, 90, -0.1, math.nan, "0.9", True])
def test_a_target_that_is_no_rate_is_refused(rate: object) -> None:
    """Ninety is no rate, .9 is."""
    with pytest.raises(ConfigurationError, match=r"between 0 and 1.*TargetRate\(0\.9\)"):
        TargetRate(rate)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="slack"):
        TargetRate(0.9, slack=1.0)
