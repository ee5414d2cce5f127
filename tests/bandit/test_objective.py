"""The rules, on draws that are given."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armwise.bandit import Arms, BestQuality, Beta, CheapestWithin, ranking
from armwise.errors import ConfigurationError

EVEN = Beta(1, 1)


def arms(*costs_usd: float | None, beliefs: tuple[Beta, ...] | None = None) -> Arms:
    """Return arms a, b, c, ... of these costs."""
    names = "abcdefgh"[: len(costs_usd)]
    chosen = beliefs or (EVEN,) * len(costs_usd)
    return Arms.of(zip(names, chosen, costs_usd, strict=True))


def choose(rule: CheapestWithin | BestQuality, of: Arms, *draws: float) -> str:
    """Return the name of the chosen arm."""
    return of.names[rule.choose(of, draws, of.every)]


def test_the_cheapest_arm_near_the_best_draw_is_chosen() -> None:
    """Within eps of the best is good enough; one hair below is not."""
    of = arms(1, 2, 4)
    rule = CheapestWithin(0.1)

    assert choose(rule, of, 0.81, 0.9, 0.9) == "a"
    assert choose(rule, of, 0.80, 0.82, 0.9) == "b"
    assert choose(rule, of, 0.5, 0.6, 0.9) == "c"


def test_the_posterior_mean_is_a_second_way_over_the_threshold() -> None:
    """A well-known good arm is not passed over because of one unlucky draw."""
    of = arms(1, 2, beliefs=(Beta(95, 5), Beta(90, 10)))

    assert choose(CheapestWithin(0.02), of, 0.80, 0.93) == "a"


def test_equal_costs_are_settled_by_the_draw() -> None:
    """Inside a price class plain Thompson sampling rules, so nobody starves."""
    of = arms(1, 1, 2)

    assert choose(CheapestWithin(0.2), of, 0.85, 0.9, 0.95) == "b"
    assert choose(CheapestWithin(0.2), of, 0.9, 0.85, 0.95) == "a"


def test_an_unknown_price_ranks_as_the_dearest() -> None:
    """An arm whose cost is unknown is never taken for a free one."""
    of = arms(None, 5.0)

    assert of.names == ("b", "a")
    assert of.costs_usd == (5.0, math.inf)
    assert choose(CheapestWithin(0.5), of, 0.8, 0.9) == "b"


def test_best_quality_ignores_cost() -> None:
    """The highest draw wins at any price."""
    assert choose(BestQuality(), arms(1, 2, 3), 0.8, 0.81, 0.7) == "b"


def test_a_ranking_removes_the_chosen_and_asks_the_rule_again() -> None:
    """A fallback is what the rule would choose if the first did not exist."""
    of = arms(1, 2, 4)

    assert [2, 1, 0] == ranking(CheapestWithin(0.1), of, (0.5, 0.7, 0.9), of.every)
    assert [0, 1, 2] == ranking(CheapestWithin(0.1), of, (0.9, 0.9, 0.9), of.every)


@given(
    draws=st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=6),
    costs=st.lists(st.sampled_from([0.0, 1.0, 2.0, None]), min_size=6, max_size=6),
    eps=st.floats(min_value=0, max_value=0.99),
    data=st.data(),
)
def test_the_choice_is_always_eligible_and_good_enough(
    draws: list[float], costs: list[float | None], eps: float, data: st.DataObject
) -> None:
    """For any draws, costs and exclusions: eligible, and at the price of the cheapest such."""
    of = arms(*costs[: len(draws)])
    every = list(of.every)
    among = sorted(data.draw(st.sets(st.sampled_from(every), min_size=1)))
    rule = CheapestWithin(eps)

    chosen = rule.choose(of, draws, among)

    threshold = (1 - eps) * max(draws[i] for i in among)
    reach = [i for i in among if draws[i] >= threshold or of.means[i] >= threshold]
    assert chosen in reach
    assert of.costs_usd[chosen] <= (1 + rule.price_tolerance) * min(of.costs_usd[i] for i in reach)
    assert sorted(ranking(rule, of, draws, among)) == among
    assert of.names[chosen] in rule.reason(of, draws, among)


@pytest.mark.parametrize("eps", [-0.1, 1, 1.5, math.nan, "0.1", True])
def test_an_eps_that_is_no_share_is_refused(eps: object) -> None:
    """The error says what eps means."""
    with pytest.raises(ConfigurationError, match="in \\[0, 1\\)"):
        CheapestWithin(eps)  # type: ignore[arg-type]
