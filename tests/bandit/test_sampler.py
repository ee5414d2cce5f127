"""Prefetched draws are exact Thompson sampling."""

import numpy as np
import pytest
from scipy import stats

from armwise.bandit import Arms, BestQuality, Beta, CheapestWithin, Sampler


def sampler(*beliefs: Beta, seed: int = 1) -> Sampler:
    """Return a sampler of arms a, b, ... with costs 1, 2, ..."""
    named = zip("abcd", beliefs, range(1, 5), strict=False)
    return Sampler(Arms.of(named), np.random.default_rng(seed))


def test_draws_have_the_distribution_of_the_belief() -> None:
    """20,000 draws of each arm pass a Kolmogorov-Smirnov test (false alarm 1 in 10,000)."""
    beliefs = (Beta(3, 7), Beta(60, 2))
    drawn = sampler(*beliefs)

    values = np.array([drawn.draw() for _ in range(20_000)])

    for index, belief in enumerate(beliefs):
        test = stats.kstest(values[:, index], stats.beta(belief.alpha, belief.beta).cdf)
        assert test.pvalue > 1e-4


def test_no_draw_is_used_twice() -> None:
    """Values of a continuous distribution repeat only if a pool is read twice."""
    drawn = sampler(Beta(2, 2))

    values = [drawn.draw()[0] for _ in range(5_000)]

    assert len(values) == len(set(values))


def test_after_an_outcome_no_draw_of_the_old_belief_is_left() -> None:
    """An arm's prefetched draws go with the belief that they were drawn from."""
    drawn = sampler(Beta(1, 1), Beta(1, 1))
    drawn.draw()

    drawn.replace(0, Beta(1_000, 1))

    assert min(drawn.draw()[0] for _ in range(100)) > 0.9


def test_evolved_arms_keep_only_draws_of_unchanged_beliefs() -> None:
    """A changed cost or a changed belief elsewhere does not cost an arm its draws."""
    drawn = sampler(Beta(1, 1), Beta(5, 5), seed=3)
    drawn.draw()
    drawn.draw()
    expected = drawn._blocks[1]

    evolved = drawn.evolved(Arms.of([("a", Beta(1_000, 1), 9), ("b", Beta(5, 5), 1)]))

    assert evolved.arms.names == ("b", "a")
    assert evolved._blocks[0] is expected
    assert min(evolved.draw()[1] for _ in range(40)) > 0.9


def test_learning_finds_the_best_arm() -> None:
    """Plain Thompson sampling sends at least 80 % of 2,000 plays to the better of two arms."""
    rates = (0.5, 0.8)
    world = np.random.default_rng(5)
    learner = sampler(Beta(1, 1), Beta(1, 1))
    plays = [0, 0]

    for _ in range(2_000):
        arm = learner.choose(BestQuality())
        plays[arm] += 1
        learner.observe(arm, float(world.random() < rates[arm]))

    assert plays[1] > 1_600


def test_the_cheap_arm_is_kept_where_it_is_good_enough() -> None:
    """Given up to 5 %, a cheap arm of rate .90 beats a dear one of .91 most of the time."""
    rates = (0.90, 0.91)
    world = np.random.default_rng(6)
    learner = sampler(Beta(1, 1), Beta(1, 1))
    cheap = 0

    for _ in range(3_000):
        arm = learner.choose(CheapestWithin(0.05))
        cheap += arm == 0
        learner.observe(arm, float(world.random() < rates[arm]))

    assert cheap > 2_000


def test_a_seed_repeats_the_draws() -> None:
    """Two samplers of one seed draw alike; another seed differs."""
    first, again, other = (sampler(Beta(2, 2), seed=seed) for seed in (4, 4, 5))

    drawn = [first.draw() for _ in range(70)]

    assert drawn == [again.draw() for _ in range(70)]
    assert drawn[0] != pytest.approx(other.draw())
