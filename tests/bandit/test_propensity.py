"""Propensities beside closed forms, beside a million draws, and beside the rules themselves."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armwise.bandit import (
    Arms,
    Belief,
    BestQuality,
    Beta,
    Budget,
    CheapestWithin,
    LogitNormal,
    Objective,
    TargetRate,
    Utility,
    propensities,
)
from armwise.bandit.shares import best_net_shares, cheapest_within_shares
from armwise.errors import ConfigurationError, InvalidBeliefError

UNIFORM = Beta(1, 1)
RULES: list[Objective] = [
    CheapestWithin(0.0),
    CheapestWithin(0.02),
    CheapestWithin(0.3),
    BestQuality(),
    TargetRate(0.9),
    TargetRate(0.6),
    Utility(5.0),
    Utility(100.0),
    Budget(1.0, price=0.0),
    Budget(1.0, price=0.7),
]


def arms(*costs_usd: float | None, beliefs: Sequence[Belief]) -> Arms:
    """Return arms a, b, c, ... of these costs and beliefs."""
    return Arms.of(zip("abcdefgh", beliefs, costs_usd, strict=False))


def random_beliefs(rng: np.random.Generator, size: int) -> list[Belief]:
    """Return beliefs as they are met: new, well known, borrowed, nearly certain."""
    found: list[Belief] = []
    for kind in rng.integers(4, size=size):
        known = 10 ** rng.uniform(0, 4)
        rate = rng.beta(4, 1)
        found.append(
            [
                UNIFORM,
                Beta(0.5 + known * rate, 0.5 + known * (1 - rate)),
                LogitNormal(rng.normal(1.5, 1), 10 ** rng.uniform(-2, 0.5)),
                Beta(0.5 + known, 0.5),
            ][kind]
        )
    return found


def drawn(beliefs: Sequence[Belief], size: int, rng: np.random.Generator) -> Any:
    """Return draws, one row per belief."""
    return np.array([belief.draws(rng, size) for belief in beliefs])


def test_uniform_beliefs_have_closed_forms() -> None:
    """Areas of the unit square, by hand."""
    pair = arms(1, 2, beliefs=[UNIFORM, UNIFORM])

    # The dear one is chosen if its draw exceeds both draw and mean (1/2) of the other by 1 / .8.
    dear = 0.8 * (1 - (0.5 / 0.8) ** 2) / 2
    assert propensities(CheapestWithin(0.2), pair).shares == pytest.approx((1 - dear, dear))
    # A price of .3 per success: the dear one's draw has to exceed the other by .3.
    assert propensities(Utility(10 / 3), pair).shares == pytest.approx((1 - 0.245, 0.245))
    # Where both miss the target of .4, the cheap one's mean is near enough to any best draw.
    assert propensities(TargetRate(0.4), pair).shares == pytest.approx((1 - 0.24, 0.24))
    # The highest of five uniform draws against one.
    five = arms(1, 2, beliefs=[UNIFORM, Beta(5, 1)])
    assert propensities(BestQuality(), five).shares == pytest.approx((1 / 6, 5 / 6))
    assert propensities(Budget(1.0), five).shares == pytest.approx((1 / 6, 5 / 6))
    # At a dual price of 1 the value of a success is the dearest cost, so costs differ by 1/2.
    assert propensities(Budget(1.0, 1.0), pair).shares == pytest.approx((1 - 0.125, 0.125))


@pytest.mark.parametrize("size", range(2, 9))
def test_a_million_draws_agree(size: int) -> None:
    """Within 1e-4 and the draws' own noise, for random beliefs of both shapes."""
    rng = np.random.default_rng(size)
    for eps in (0.02, 0.1):
        beliefs = random_beliefs(rng, size)
        rates = drawn(beliefs, 1_000_000, rng)
        limits = (1 - eps) * rates.max(axis=0)
        means = np.array([belief.mean for belief in beliefs])[:, None]
        cheapest = ((rates >= limits) | (means >= limits)).argmax(axis=0)
        handicaps = np.sort(rng.uniform(0, 0.3, size))
        best = (rates - handicaps[:, None]).argmax(axis=0)

        costs = 1 + 0.04 * np.arange(size)  # three or four are at one price
        good = (rates >= limits) | (means >= limits)
        dearest = 1.1 * costs[good.argmax(axis=0)]
        highest = np.where(good & (costs[:, None] <= dearest), rates, -1.0).argmax(axis=0)

        for shares, chosen in (
            (cheapest_within_shares(beliefs, range(size), eps), cheapest),
            (cheapest_within_shares(beliefs, costs.tolist(), eps, 0.1), highest),
            (best_net_shares(beliefs, handicaps.tolist(), 1.0), best),
        ):
            seen = np.bincount(chosen, minlength=size) / 1e6
            noise = np.sqrt(np.maximum(seen * (1 - seen), 1e-6) / 1e6)
            assert (abs(np.array(shares) - seen) <= 1e-4 + 4 * noise).all()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.name}/{getattr(rule, 'price', 0)}")
@pytest.mark.parametrize(
    "costs",
    [
        (1, 2, 4, 8),
        (1, 1, 2, 2),
        (1, 2, 2, 2),
        (1, 1, 1, None),
        (0, 0, 0, 0),
        (1, 1.1, 1.21, 1.33),  # neighbours are at one price, their neighbours are not
        (1, 1.05, 1.1, 2),
    ],
)
def test_the_rule_itself_agrees(rule: Objective, costs: tuple[float | None, ...]) -> None:
    """What choose() does on 20,000 draws, also inside price classes and without a price."""
    rng = np.random.default_rng(1)
    of = arms(
        *costs, beliefs=[Beta(9, 3), LogitNormal(1.2, 0.4), Beta(30, 6), LogitNormal(2.0, 1.0)]
    )
    for among in (of.every, (0, 1, 3), (1, 2)):
        shares = propensities(rule, of, among).shares

        rows = drawn(of.beliefs, 20_000, rng).T.tolist()
        chosen = [rule.choose(of, row, among) for row in rows]
        seen = np.bincount(chosen, minlength=4) / 20_000
        assert shares == pytest.approx(seen.tolist(), abs=0.018)  # five standard errors
        assert all(shares[index] == 0.0 for index in of.every if index not in among)


@given(
    beliefs=st.lists(
        st.one_of(
            st.builds(Beta, st.floats(0.6, 1e5), st.floats(0.6, 1e5)),
            st.builds(LogitNormal, st.floats(-4, 6), st.floats(0.003, 3)),
        ),
        min_size=1,
        max_size=5,
    ),
    costs=st.lists(st.sampled_from([0.5, 1.0, 1.1, 1.2, 3.0]), min_size=5, max_size=5),
    rule=st.sampled_from(RULES),
)
def test_shares_are_a_distribution(
    beliefs: list[Belief], costs: list[float], rule: Objective
) -> None:
    """Of whatever width and wherever the beliefs are: none below 0, all together 1."""
    shares = propensities(rule, arms(*costs, beliefs=beliefs)).shares

    assert min(shares) >= 0.0
    assert sum(shares) == pytest.approx(1.0, abs=1e-9)


@given(
    beliefs=st.lists(
        st.one_of(
            st.builds(Beta, st.floats(0.6, 1e5), st.floats(0.6, 1e5)),
            st.builds(LogitNormal, st.floats(-4, 6), st.floats(0.003, 3)),
        ),
        min_size=2,
        max_size=5,
    ),
    eps=st.sampled_from([0.0, 0.02, 0.2]),
    step=st.sampled_from([1.0, 1.06]),
)
def test_quadrature_leaves_nothing_out(beliefs: list[Belief], eps: float, step: float) -> None:
    """Before they are made to add up to 1, shares already do, to 1e-6, whatever the prices."""
    from armwise.bandit.shares import _within_shares, price_classes

    classes = price_classes([step**rank for rank in range(len(beliefs))], tolerance=0.1)

    shares = _within_shares(beliefs, classes, eps, 1.0)

    assert sum(shares) == pytest.approx(1.0, abs=1e-6)


def test_a_finer_grid_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five times the nodes move no share by more than 1e-5: the grid is fine enough."""
    rng = np.random.default_rng(1)
    cases = [
        (rule, arms(*rng.uniform(0, 2, 8), beliefs=random_beliefs(rng, int(rng.integers(2, 9)))))
        for rule in RULES
        for _ in range(10)
    ]
    coarse = [propensities(rule, of).shares for rule, of in cases]

    monkeypatch.setattr("armwise.bandit.quadrature._NODES_PER_DEVIATION", 10.0)

    for shares, (rule, of) in zip(coarse, cases, strict=True):
        assert propensities(rule, of).shares == pytest.approx(shares, abs=1e-5)


def test_narrow_beliefs_far_apart_stay_accurate() -> None:
    """Near-certain beliefs are not missed between the nodes."""
    sure = [Beta(1e6, 9e6), Beta(5e6, 5e6), Beta(9e6, 1e6), UNIFORM]

    shares = propensities(BestQuality(), arms(1, 2, 3, 4, beliefs=sure)).shares

    # Only the uniform draw above .9 beats the third; it has a tenth of the probability.
    assert shares == pytest.approx((0.0, 0.0, 0.9, 0.1), abs=1e-6)


def test_a_belief_in_nothing_but_0_or_1_is_refused() -> None:
    """No evidence leads there, and no integral finds its probability."""
    certain = [Beta(1e-8, 1e4), LogitNormal(48, 0.05)]

    with pytest.raises(InvalidBeliefError, match="exactly 0 or 1"):
        propensities(BestQuality(), arms(1, 2, beliefs=certain))


def test_an_arm_without_a_price_has_no_utility() -> None:
    """It never wins by utility while another arm is priced, and by its draw where none is."""
    beliefs = [UNIFORM, UNIFORM]

    assert propensities(Utility(10), arms(1, None, beliefs=beliefs)).shares == (1.0, 0.0)
    both = propensities(Utility(10), arms(None, None, beliefs=beliefs)).shares
    assert both == pytest.approx((0.5, 0.5))


class Other(CheapestWithin):
    """A rule that armwise knows nothing about."""


def test_a_rule_without_a_formula_is_sampled() -> None:
    """Its shares come with a standard error, and need a generator."""
    of = arms(1, 2, 4, beliefs=[Beta(9, 3), Beta(19, 3), UNIFORM])
    exact = propensities(CheapestWithin(0.1), of)

    found = propensities(Other(0.1), of, rng=np.random.default_rng(1))

    assert exact.standard_error == 0.0
    assert 0.0 < found.standard_error <= 0.008
    assert found.shares == pytest.approx(exact.shares, abs=5 * found.standard_error)
    with pytest.raises(ConfigurationError, match="pass rng="):
        propensities(Other(0.1), of)
