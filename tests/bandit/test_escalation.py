"""The planner of attempts, against trying every order."""

from itertools import permutations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armwise.bandit import Plan, plan
from armwise.bandit.escalation import MOST_STEPS

EVEN = (0.5, 0.5, 0.5)


def by_trying_all(
    rates: list[list[float]], costs_usd: list[float], value_usd: float, attempts: int
) -> float:
    """Return the value of the best order, of any length."""
    best = 0.0
    for length in range(1, attempts + 1):
        for order in permutations(range(len(costs_usd)), length):
            value, reached = 0.0, 1.0
            for failures, arm in enumerate(order):
                rate = rates[min(failures, 3)][arm]
                value += reached * (rate * value_usd - costs_usd[arm])
                reached *= 1 - rate
            best = max(best, value)
    return best


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 4))
def test_the_plan_is_the_best_of_all_orders(seed: int, arms: int, attempts: int) -> None:
    """For any rates, costs and value."""
    rng = np.random.default_rng(seed)
    rates, costs = rng.random((4, arms)).tolist(), (rng.random(arms) * 0.5).tolist()
    value = float(rng.random())

    found = plan(rates, costs, value, attempts)

    assert found.value_usd == pytest.approx(by_trying_all(rates, costs, value, attempts), abs=1e-12)
    assert len(set(found.order)) == len(found.order) <= attempts


def test_cheap_paths_come_first_where_a_check_catches_their_failures() -> None:
    """A path of a hundredth of the price is worth a try before the good one."""
    assert plan([(0.6, 0.9)], (0.01, 1.0), 10.0, 2).order == (0, 1)


def test_a_hopeless_request_is_given_up() -> None:
    """After two failures the rates are too low for any further cost."""
    rates = [(0.7, 0.8, 0.9), (0.4, 0.5, 0.6), (0.01, 0.01, 0.02), (0.0, 0.0, 0.0)]

    assert plan(rates, (0.1, 0.2, 0.25), 1.0, 4, tried=(0, 1)) == Plan((), 0.0)
    assert plan(rates, (0.1, 0.2, 0.25), 1.0, 4, tried=(0,)).order == (2,)


def test_the_whole_sequence_is_weighed_not_the_next_step() -> None:
    """The best single attempt is not the best beginning of two."""
    costs, value = (0.30, 0.02), 1.0

    assert plan([(0.9, 0.5)], costs, value, 1).order == (0,)
    assert plan([(0.9, 0.5)], costs, value, 2).order == (1, 0)


def test_what_was_tried_is_not_tried_again() -> None:
    """And the attempts already made count."""
    assert plan([EVEN], (0.1, 0.1, 0.1), 1.0, 3, tried=(1,)).order == (0, 2)
    assert plan([EVEN], (0.1, 0.1, 0.1), 1.0, 1, tried=(1,)) == Plan((), 0.0)
    assert plan([EVEN], (0.1, 0.1, 0.1), 1.0, 9, tried=(0, 1, 2)) == Plan((), 0.0)


def test_a_path_of_unknown_cost_is_never_planned() -> None:
    """Its cost is infinite."""
    assert plan([EVEN], (0.1, float("inf"), 0.2), 1.0, 3).order == (0, 2)


@pytest.mark.parametrize("arms", [9, 12, 16, 24])
def test_the_number_of_choices_is_bounded_however_many_attempts_there_are(arms: int) -> None:
    """As many attempts as paths are planned nine steps ahead, for all sets would take seconds."""
    order = plan([[0.5] * arms], [0.01] * arms, 1.0, arms).order

    assert 9 == len(order)
    assert 9 * sum(comb(9, size) for size in range(9)) <= MOST_STEPS


def test_many_paths_are_planned_in_bounded_steps_and_well() -> None:
    """With 40 paths and 5 attempts little is lost against 12 exact ones of the best ratio."""
    rng = np.random.default_rng(3)
    rates, costs = [rng.uniform(0.3, 0.9, 40).tolist()], rng.uniform(0.01, 0.5, 40).tolist()
    best = sorted(range(40), key=lambda arm: costs[arm] / rates[0][arm])[:12]
    exact = plan([[rates[0][arm] for arm in best]], [costs[arm] for arm in best], 1.0, 4)

    found = plan(rates, costs, 1.0, 5)

    assert found.value_usd >= exact.value_usd - 0.01
