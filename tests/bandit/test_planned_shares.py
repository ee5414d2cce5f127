"""How likely a plan over several attempts begins with each arm."""

import math
from dataclasses import replace

import numpy as np
import pytest

from armwise.bandit import Arms, Belief, Beta, LogitNormal, Utility, propensities
from armwise.bandit.objectives import Planned
from armwise.errors import ConfigurationError

Rows = tuple[tuple[Belief, ...], ...]

NORMAL: Rows = (
    (LogitNormal(0.3, 0.6), LogitNormal(0.8, 0.7), LogitNormal(1.5, 0.5)),
    (LogitNormal(-0.7, 0.8), LogitNormal(-0.2, 0.9), LogitNormal(0.6, 0.6)),
)
BETA: Rows = ((Beta(3, 2), Beta(5, 2), Beta(9, 1.5)), (Beta(2, 3), Beta(3, 3), Beta(4, 2)))
COSTS_USD = (0.001, 0.002, 0.01)


def arms_of(row: tuple[Belief, ...], costs_usd: tuple[float | None, ...] = COSTS_USD) -> Arms:
    """Return arms, cheapest first."""
    return Arms.of(zip("abcdefghijkl", row, costs_usd, strict=False))


def played(rule: Planned, arms: Arms, among: tuple[int, ...], size: int) -> list[float]:
    """Return how often a rule really begins with each arm, one plan after another."""
    rng = np.random.default_rng(5)
    counts = [0] * len(arms.names)
    for _ in range(size):
        moves = rng.standard_normal(len(arms.names)).tolist()
        rates = tuple(
            tuple(belief.at(move) for belief, move in zip(row, moves, strict=True))
            for row in rule.beliefs
        )
        counts[replace(rule, rates=rates).choose(arms, rates[0], among)] += 1
    return [count / size for count in counts]


@pytest.mark.parametrize("rows", [NORMAL, BETA], ids=["normal", "beta"])
@pytest.mark.parametrize(
    ("value_usd", "attempts", "among"),
    [(0.02, 2, (0, 1, 2)), (0.05, 3, (0, 1, 2)), (0.05, 2, (0, 2)), (0.0025, 2, (0, 1, 2))],
)
def test_shares_are_those_of_plans_made_one_by_one(
    rows: Rows, value_usd: float, attempts: int, among: tuple[int, ...]
) -> None:
    """Arrays of plans choose as often as single ones, also where few attempts are worth it."""
    arms = arms_of(rows[0])
    rule = Planned((), value_usd, attempts, rows)

    found = propensities(rule, arms, among, np.random.default_rng(1))
    seen = played(rule, arms, among, 3000)

    assert math.isclose(math.fsum(found.shares), 1.0)
    assert 0.0 < found.standard_error <= 0.008
    # Both are sampled: 4 standard errors of the difference, at a share of one half.
    bound = 4.0 * math.sqrt(0.25 / 3000 + 0.25 / 4000)
    assert found.shares == pytest.approx(seen, abs=bound)
    assert all(found.shares[index] == 0.0 for index in range(3) if index not in among)


def test_more_attempts_change_the_first_one() -> None:
    """The cheap arm begins more often where another one may follow."""
    arms = arms_of(NORMAL[0])
    rng = np.random.default_rng(1)

    once = propensities(Planned((), 0.05, 1, NORMAL[:1]), arms, rng=rng)
    twice = propensities(Planned((), 0.05, 2, NORMAL), arms, rng=rng)

    assert twice.shares[0] > once.shares[0] + 0.1


def test_a_plan_of_one_attempt_is_integrated() -> None:
    """With one attempt the rule is ``Utility``, and so are its propensities, to the last bit."""
    arms = arms_of(NORMAL[0])

    planned = propensities(Planned((), 0.05, 1, NORMAL[:1]), arms)

    assert planned == propensities(Utility(0.05), arms)


def test_without_prices_the_highest_draw_begins() -> None:
    """Where no arm has a price the plan is empty, and the best draw is chosen."""
    arms = arms_of(NORMAL[0], (None, None, None))
    rule = Planned((), 0.05, 2, NORMAL)

    found = propensities(rule, arms, rng=np.random.default_rng(1))

    assert found.shares == pytest.approx(played(rule, arms, (0, 1, 2), 2000), abs=0.05)


def test_plans_that_leave_arms_out_are_asked_one_by_one() -> None:
    """With too many arms for an exact plan the rule itself is asked."""
    row = tuple(LogitNormal(0.1 * index, 0.8) for index in range(12))
    harder = tuple(LogitNormal(0.1 * index - 1.0, 0.8) for index in range(12))
    arms = arms_of(row, tuple(0.001 * (index + 1) for index in range(12)))
    rule = Planned((), 0.05, 6, (row, harder))

    found = propensities(rule, arms, rng=np.random.default_rng(1), choices=60)

    assert found.shares == pytest.approx(played(rule, arms, arms.every, 60), abs=0.35)
    assert math.isclose(math.fsum(found.shares), 1.0)


def test_sampling_needs_a_generator() -> None:
    """Nothing is sampled from a hidden source of chance."""
    with pytest.raises(ConfigurationError, match="pass rng="):
        propensities(Planned((), 0.05, 2, NORMAL), arms_of(NORMAL[0]))
