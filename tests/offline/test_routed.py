"""The replay through Router.completion plays by the same rules as the replay of the planner."""

import pytest

from armwise.offline.escalation.climbing import PLANNED
from armwise.offline.escalation.playing import Check, Game, climb
from armwise.offline.escalation.routed import climb_routed
from armwise.offline.learner import Request
from armwise.offline.real.outcome_set import OutcomeSet


def outcomes(requests: int = 300) -> OutcomeSet:
    """Return a world where the cheap path does two thirds, and the dear one all but every tenth."""
    rows = range(requests)
    return OutcomeSet(
        name="two paths",
        paths=("cheap", "dear"),
        requests=tuple(Request("general", "simple") for _ in rows),
        successes=tuple((float(n % 3 > 0), float(n % 10 > 0)) for n in rows),
        costs_usd=tuple((0.001, 0.01) for _ in rows),
    )


def test_it_comes_to_what_the_planner_alone_comes_to() -> None:
    """Accuracy and cost agree within what a few hundred requests can tell."""
    world, game = outcomes(), Game(success_value_usd=0.5, attempts=2)

    routed, planned = climb_routed(world, game, seed=1), climb(world, PLANNED, game, seed=1)

    assert routed.point.accuracy == pytest.approx(planned.point.accuracy, abs=0.02)
    assert routed.point.cost_usd == pytest.approx(planned.point.cost_usd, rel=0.15)
    assert routed.point.accuracy > 0.94


def test_all_attempts_are_paid() -> None:
    """The cost of a request is that of every call made for it."""
    world = outcomes(60)

    one = climb_routed(world, Game(0.5, attempts=1), seed=1)
    two = climb_routed(world, Game(0.5, attempts=2), seed=1)

    assert one.attempts == 1.0
    assert 1.0 < two.attempts < 2.0


def test_a_check_that_errs_is_believed() -> None:
    """A false pass is handed on as the answer, and costs accuracy."""
    world = outcomes()

    good = climb_routed(world, Game(0.5, 2), seed=1)
    poor = climb_routed(world, Game(0.5, 2, Check(false_passes=0.5)), seed=1)

    assert poor.point.accuracy < good.point.accuracy - 0.03
