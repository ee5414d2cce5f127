"""Simulated arms: the same luck for everybody, and regret that can be worked out by hand."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from armwise.bandit import BestQuality, Budget, CheapestWithin
from armwise.bandit.models import HierarchicalBeta, Independent
from armwise.offline.bernoulli import World, in_lockstep
from armwise.offline.own import with_shipped_code
from armwise.offline.rules import ExploreThenCommit, Imed, Thompson

WORLD = World((0.9, 0.8, 0.7), range(3), seed=5, requests=700)


@dataclass(frozen=True)
class InTurn:
    """Plays the arms one after the other, whatever comes of it."""

    name: str = "in turn"

    def index(self, successes: Any, pulls: Any, t: int, rng: Any) -> Any:
        """Return 1 for the arm whose turn it is."""
        return (np.arange(pulls.shape[-1]) == t % pulls.shape[-1]) * np.ones_like(pulls)


def test_outcomes_belong_to_their_run() -> None:
    """A run has the same luck alone as among others."""
    together = np.concatenate(list(WORLD.outcomes()))
    alone = np.concatenate(list(replace(WORLD, runs=range(2, 3)).outcomes()))

    assert (700, 3, 3) == together.shape
    assert (together[:, 2] == alone[:, 0]).all()
    assert (together[:, 0] != together[:, 1]).any()


def test_outcomes_come_true_as_often_as_the_rates_say() -> None:
    """The mean of 60,000 outcomes per arm is within four standard errors."""
    world = World((0.9, 0.25), range(6), seed=1)

    means = np.concatenate(list(world.outcomes())).mean(axis=(0, 1))

    assert means.tolist() == pytest.approx([0.9, 0.25], abs=0.007)


def test_pulls_are_kept_from_the_tenth_request_to_the_last() -> None:
    """Marks rise, and the last is the end."""
    marks = WORLD.marks()

    assert 10 == marks[0]
    assert 700 == marks[-1]
    assert sorted(set(marks)) == list(marks)


def test_a_rule_without_choice_has_the_regret_of_the_mean_gap() -> None:
    """Three arms in turn: 300 requests give up 100 x (0 + .1 + .2)."""
    world = World((0.9, 0.8, 0.7), range(2), seed=0, requests=300)

    pulls = in_lockstep(InTurn(), world)

    assert [[100, 100, 100]] * 2 == pulls[-1].tolist()
    assert world.regret(pulls[-1]).tolist() == pytest.approx([30.0, 30.0])
    assert pulls.sum(axis=2)[:, 0].tolist() == list(world.marks())


def test_certain_outcomes_give_pulls_that_are_known_beforehand() -> None:
    """Explore five times each, then commit to the arm that never failed."""
    world = World((0.0, 1.0), range(4), seed=0, requests=50)

    assert [[5, 45]] * 4 == in_lockstep(ExploreThenCommit(5), world)[-1].tolist()


def test_rules_learn_from_the_outcomes_of_their_own_choices() -> None:
    """IMED finds the only arm that ever succeeds."""
    world = World((0.0, 1.0, 0.0), range(4), seed=0, requests=200)

    assert (in_lockstep(Imed(), world)[-1][:, 1] > 180).all()


@pytest.mark.parametrize("objective", [BestQuality(), CheapestWithin(0.05)], ids=lambda o: o.name)
def test_the_same_seed_plays_the_same_choices(objective: Any) -> None:
    """Another seed plays others."""
    world = replace(WORLD, costs=(0.1, 0.2, 1.0))

    first = with_shipped_code(objective, world)

    assert (first == with_shipped_code(objective, world)).all()
    assert (first != with_shipped_code(objective, replace(world, seed=6))).any()


def test_a_model_that_borrows_nothing_is_the_plain_belief() -> None:
    """Both ways to keep beliefs draw the same numbers and choose the same arms."""
    world = replace(WORLD, costs=(0.1, 0.2, 1.0))

    plain = with_shipped_code(CheapestWithin(0.05), world)

    assert (plain == with_shipped_code(CheapestWithin(0.05), world, Independent(1.0))).all()


def test_a_model_that_borrows_is_refitted_on_the_way() -> None:
    """It finds the arm that always succeeds, whatever it costs."""
    world = World((0.0, 1.0), range(2), seed=1, requests=300, costs=(0.1, 1.0))

    pulls = with_shipped_code(CheapestWithin(), world, HierarchicalBeta())

    assert (pulls[-1][:, 1] > 250).all()


def test_a_budget_is_paced() -> None:
    """Half a dear request per request: the dear arm gets about half of the requests."""
    world = World((0.2, 0.9), range(2), seed=1, requests=4000, costs=(0.0, 1.0))

    pulls = with_shipped_code(Budget(0.5), world)

    assert (pulls[-1] / 4000)[:, 1].tolist() == pytest.approx([0.5, 0.5], abs=0.02)


def test_the_sampler_is_thompson_sampling() -> None:
    """On .9/.8/.7 the shipped code has the regret of 800 earlier runs, within 4 standard errors."""
    world = World((0.9, 0.8, 0.7), range(40), seed=20)

    regret = world.regret(with_shipped_code(BestQuality(), world)[-1])

    error = np.hypot(regret.std(ddof=1) / 40**0.5, 0.5)
    assert abs(regret.mean() - 16.8) < 4 * error


def test_thompson_in_lockstep_agrees_with_the_same_reference() -> None:
    """So both are the same rule."""
    world = World((0.9, 0.8, 0.7), range(100), seed=20)

    regret = world.regret(in_lockstep(Thompson(), world)[-1])

    error = np.hypot(regret.std(ddof=1) / 10, 0.5)
    assert abs(regret.mean() - 16.8) < 4 * error
