"""Prices that are nearly the same: what a rule does with them, and what it says."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armwise.bandit import Arms, Beta, CheapestWithin, Objective, TargetRate
from armwise.errors import ConfigurationError

RULES: tuple[Objective, ...] = (CheapestWithin(0.2, 0.1), TargetRate(0.7, 0.05, 0.1))


def arms(*costs_usd: float | None) -> Arms:
    """Return arms a, b, c, ... of these costs, about which nothing is known."""
    return Arms.of(
        (name, Beta(1, 1), cost) for name, cost in zip("abcdefgh", costs_usd, strict=False)
    )


def choose(rule: Objective, of: Arms, *draws: float) -> str:
    """Return the name of the chosen arm."""
    return of.names[rule.choose(of, draws, of.every)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_nearly_equal_costs_are_settled_by_the_draw(rule: Objective) -> None:
    """A hair of a learned cost decides nothing between two that are good enough."""
    of = arms(1.0, 1.001, 3.0)

    assert choose(rule, of, 0.80, 0.85, 0.90) == "b"
    assert choose(rule, of, 0.85, 0.80, 0.90) == "a"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_dearer_arm_never_wins_by_its_draw_alone(rule: Objective) -> None:
    """Beyond the tolerance the cheaper arm is chosen as long as it is good enough."""
    assert choose(rule, arms(1.0, 1.11), 0.80, 0.95) == "a"
    assert choose(rule, arms(1.0, 1.09), 0.80, 0.95) == "b"
    assert choose(rule, arms(1.0, 1.11), 0.10, 0.95) == "b"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_class_is_anchored_at_the_cheapest_that_is_good_enough(rule: Objective) -> None:
    """Small steps do not lead to a dear arm, and who is not good enough anchors nothing."""
    of = arms(1.0, 1.08, 1.16, 1.24)

    assert choose(rule, of, 0.80, 0.81, 0.90, 0.95) == "b"  # c is within 10 % of b, not of a
    assert choose(rule, of, 0.10, 0.81, 0.90, 0.95) == "c"  # a is out, so b is the anchor
    assert choose(rule, of, 0.10, 0.20, 0.90, 0.95) == "d"


@pytest.mark.parametrize("build", [CheapestWithin, TargetRate])
def test_a_tolerance_of_0_takes_costs_at_their_word(build: type[CheapestWithin]) -> None:
    """Then only equal costs make a class, free arms and arms without a price included."""
    rule = build(0.5, price_tolerance=0.0)

    assert choose(rule, arms(1.0, 1.0000001), 0.8, 0.9) == "a"
    assert choose(rule, arms(1.0, 1.0), 0.8, 0.9) == "b"
    assert choose(rule, arms(0.0, 0.0), 0.8, 0.9) == "b"
    assert choose(rule, arms(None, None), 0.8, 0.9) == "b"


def test_free_arms_and_arms_without_a_price_are_apart_from_priced_ones() -> None:
    """No share above nothing reaches a price, and no share above a price reaches the unknown."""
    assert choose(CheapestWithin(0.2), arms(0.0, 1e-9), 0.8, 0.9) == "a"
    assert choose(CheapestWithin(0.2), arms(1.0, None), 0.8, 0.9) == "a"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(
    draws=st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4),
    costs=st.lists(st.floats(0.9, 1.3), min_size=4, max_size=4),
)
def test_no_arm_at_that_price_that_is_good_enough_has_a_higher_draw(
    rule: Objective, draws: list[float], costs: list[float]
) -> None:
    """The definition, asked of the choice; and the reason names both arms and a true premium."""
    of = arms(*costs)
    best = max(draws)
    least = 0.7 if isinstance(rule, TargetRate) and best >= 0.7 else 0.0
    if not least:
        least = (0.95 if isinstance(rule, TargetRate) else 0.8) * best
    by_mean = isinstance(rule, CheapestWithin) or best < 0.7
    good = [i for i in of.every if draws[i] >= least or (by_mean and of.means[i] >= least)]

    chosen = rule.choose(of, draws, of.every)

    assert chosen in good
    same = [i for i in good if of.costs_usd[i] <= of.costs_usd[good[0]] * 1.1]
    assert chosen in same
    assert draws[chosen] == max(draws[i] for i in same)
    reason = rule.reason(of, draws, of.every)
    assert f"{of.names[good[0]]} is the cheapest" in reason
    if chosen != good[0]:
        dearer = of.costs_usd[chosen] / of.costs_usd[good[0]] - 1
        assert f"{of.names[chosen]} does so too" in reason
        assert f"({dearer:.1%} dearer)" in reason


@pytest.mark.parametrize("tolerance", [-0.1, 1, math.nan, "0.1", True])
@pytest.mark.parametrize("build", [CheapestWithin, TargetRate])
def test_a_tolerance_that_is_no_share_is_refused(
    build: type[CheapestWithin], tolerance: object
) -> None:
    """The error says what the tolerance means."""
    with pytest.raises(ConfigurationError, match=r"price_tolerance\) must be in \[0, 1\)"):
        build(0.5, price_tolerance=tolerance)  # type: ignore[arg-type]
