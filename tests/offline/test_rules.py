"""Published rules say what their formulas say, on counts worked out by hand."""

import math

import numpy as np
import pytest
from scipy.special import betaincinv

from armwise.offline import priced_rules, rules
from armwise.offline.rules import RULES, Rule, choose, kl, lai_robbins

SUCCESSES = np.array([3.0, 8.0, 1.0])
PULLS = np.array([4.0, 10.0, 5.0])
T = 20


def rng(seed: int = 0) -> np.random.Generator:
    """Return a seeded generator."""
    return np.random.default_rng(seed)


def test_the_highest_index_is_played_in_every_row() -> None:
    """Rows are runs, columns are arms."""
    index = np.array([[0.1, 0.3, 0.2], [0.9, 0.3, 0.2]])

    assert [1, 0] == choose(index, rng()).tolist()


def test_ties_are_settled_by_lot() -> None:
    """Each of the best gets its share, the others nothing."""
    index = np.tile([1.0, 0.0, 1.0], (4000, 1))

    counts = np.bincount(choose(index, rng()), minlength=3)

    assert 0 == counts[1]
    assert 1900 < counts[0] < 2100


@pytest.mark.parametrize(("alpha", "name"), [(4.0, "UCB1"), (0.5, "UCB, alpha=0.5")])
def test_ucb_adds_a_hoeffding_bound(alpha: float, name: str) -> None:
    """Mean plus sqrt(alpha ln t / (2 pulls))."""
    index = rules.Ucb(alpha).index(SUCCESSES, PULLS, T, rng())

    assert index[1] == pytest.approx(0.8 + math.sqrt(alpha * math.log(20) / 20))
    assert rules.Ucb(alpha).name == name


def test_kl_ucb_plus_solves_its_equation() -> None:
    """Pulls times divergence from the mean to the index is ln(t / pulls)."""
    index = rules.KlUcbPlus().index(SUCCESSES, PULLS, T, rng())

    assert (PULLS * kl(SUCCESSES / PULLS, index)).tolist() == pytest.approx(
        np.log(T / PULLS).tolist()
    )
    assert (index > SUCCESSES / PULLS).all()


def test_kl_ucb_plus_is_accurate_from_rare_to_certain_success() -> None:
    """The bound is within 1e-5 of bisection, for means from 0 to 1 and any number of pulls."""
    pulls = np.repeat([1.0, 7.0, 100.0, 5000.0], 41)
    successes = pulls * np.tile(np.linspace(0.0, 1.0, 41), 4)
    level = np.log(10_000 / pulls) / pulls
    means = successes / pulls
    low, high = means.copy(), np.full_like(means, 1.0 - 1e-12)
    for _ in range(60):
        middle = (low + high) / 2
        inside = kl(means, middle) <= level
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)

    index = rules.KlUcbPlus().index(successes, pulls, 10_000, rng())

    assert np.abs(index - low).max() < 1e-5


def test_imed_weighs_evidence_against_an_arm() -> None:
    """For the best arm it is -ln pulls; for others the evidence is added."""
    index = rules.Imed().index(SUCCESSES, PULLS, T, rng())

    divergence = 0.75 * math.log(0.75 / 0.8) + 0.25 * math.log(0.25 / 0.2)
    assert index[1] == pytest.approx(-math.log(10))
    assert index[0] == pytest.approx(-(4 * divergence + math.log(4)))


def test_bayes_ucb_is_a_quantile_of_the_posterior() -> None:
    """The 1 - 1/t quantile."""
    index = rules.BayesUcb().index(SUCCESSES, PULLS, T, rng())

    assert index[2] == pytest.approx(betaincinv(2, 5, 0.95))


def test_thompson_draws_from_the_posterior() -> None:
    """The mean of many draws is (1 + successes) / (2 + pulls)."""
    many = np.ones((20_000, 1))

    drawn = rules.Thompson().index(SUCCESSES * many, PULLS * many, T, rng())

    assert drawn.mean(axis=0).tolist() == pytest.approx([4 / 6, 9 / 12, 2 / 7], abs=0.005)


def test_epsilon_greedy_explores_its_share() -> None:
    """The best mean is played but for the share of lots that fall on others."""
    many = np.ones((20_000, 1))
    rule = rules.EpsilonGreedy(0.3)

    played = choose(rule.index(SUCCESSES * many, PULLS * many, T, rng()), rng(1))

    assert np.mean(played != 1) == pytest.approx(0.3 * 2 / 3, abs=0.01)


def test_explore_then_commit_never_looks_back() -> None:
    """Every arm in turn, then the best of then, even when it fails for ever after."""
    rule = rules.ExploreThenCommit(2)
    successes, pulls = np.zeros(2), np.zeros(2)
    outcomes = {0: iter([0, 0]), 1: iter([1, 0] + [0] * 20)}
    played = []
    for t in range(1, 13):
        arm = int(choose(rule.index(successes, pulls, t, rng(t)), rng(t)))
        played.append(arm)
        pulls[arm] += 1
        successes[arm] += next(outcomes[arm])

    assert [0, 0, 1, 1] == sorted(played[:4])
    assert [1] * 8 == played[4:]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_an_arm_that_was_never_played_is_played(rule: Rule) -> None:
    """With evidence about the others alone, the new arm has a chance within 200 decisions."""
    successes, pulls = np.tile([5.0, 0.0], (200, 1)), np.tile([50.0, 0.0], (200, 1))

    assert 1 in choose(rule.index(successes, pulls, 51, rng()), rng(1))


@pytest.mark.parametrize(
    "rule", [rules.Imed(), rules.KlUcbPlus(), rules.BayesUcb(), rules.Ucb()], ids=lambda r: r.name
)
def test_leading_axes_are_runs(rule: Rule) -> None:
    """Many runs at once have the indices that each has alone."""
    successes = np.array([[[3.0, 8.0]], [[0.0, 2.0]]])
    pulls = np.array([[[4.0, 10.0]], [[1.0, 2.0]]])

    together = rule.index(successes, pulls, T, rng())

    assert (2, 1, 2) == together.shape
    alone = rule.index(successes[1, 0], pulls[1, 0], T, rng())
    assert together[1, 0].tolist() == pytest.approx(alone.tolist())


@pytest.mark.parametrize(
    ("rates", "published"),
    [
        (tuple(arm / 10 for arm in range(1, 10)), 7.52),
        ((0.01, 0.02, 0.3, 0.4, 0.5, 0.6, 0.795, 0.8, 0.805), 101),
        ((0.01, 0.01, 0.01, 0.02, 0.02, 0.02, 0.05, 0.05, 0.1), 14.5),
    ],
    ids=["ten steps", "hard", "low"],
)
def test_the_lai_robbins_constant_is_the_published_one(
    rates: tuple[float, ...], published: float
) -> None:
    """To the digits that SMPyBandits prints."""
    assert lai_robbins(rates) == pytest.approx(published, rel=0.004)


def test_greedy_takes_the_cheapest_mean_within_the_share() -> None:
    """.70 is not within 5 % of .80, .77 is, though .80 is higher."""
    successes, pulls = np.array([699.0, 769.0, 799.0]), np.full(3, 998.0)

    index = priced_rules.Greedy().index(successes, pulls, 1, rng())

    assert 1 == index.argmax()
    assert 0 == index[0]


@pytest.mark.parametrize(
    "rule", [priced_rules.SampleWithin(), priced_rules.FixedReference()], ids=lambda r: r.name
)
def test_rules_that_sample_take_the_cheap_arm_once_it_is_known_to_be_good_enough(
    rule: Rule,
) -> None:
    """With a million outcomes nothing is left to chance: .80 is good enough, .70 is not."""
    pulls = np.full((50, 3), 1e6)
    successes = pulls * np.array([0.70, 0.80, 0.81])

    assert {1} == set(choose(rule.index(successes, pulls, 1, rng()), rng()).tolist())


def test_a_reference_that_no_draw_reaches_leaves_the_highest_draw() -> None:
    """One arm with a high mean and few outcomes draws low now and then; some arm is played."""
    successes, pulls = np.tile([0.0, 3.0], (500, 1)), np.tile([200.0, 3.0], (500, 1))

    chosen = choose(priced_rules.FixedReference().index(successes, pulls, 1, rng()), rng())

    assert {1} == set(chosen.tolist())
