"""Policies in hindsight, on a set small enough to work out by hand."""

import pytest

from armwise.offline.learner import Request
from armwise.offline.real.outcome_set import OutcomeSet
from armwise.offline.real.references import REFERENCES, MixLine, Point

OUTCOMES = OutcomeSet(
    name="tiny",
    paths=("small", "middle", "large"),
    requests=(Request("easy"), Request("easy"), Request("hard"), Request("hard")),
    successes=((1, 1, 1), (1, 1, 1), (0, 1, 1), (0, 0, 1)),
    costs_usd=((1, 4, 8), (1, 4, 8), (1, 4, 8), (1, 4, 8)),
)


@pytest.mark.parametrize(
    ("name", "value_usd", "accuracy", "cost_usd"),
    [
        ("best path in hindsight", 5, 0.5, 1),
        ("best path in hindsight", 15, 0.75, 4),
        ("best path in hindsight", 100, 1, 8),
        ("best path per task in hindsight", 5, 0.5, 1),
        ("best path per task in hindsight", 10, 1, 4.5),
        ("best path per task in hindsight", 7, 0.75, 2.5),
        ("always the cheapest", 10, 0.5, 1),
        ("always the most accurate", 10, 1, 8),
        ("uniform random", 10, 0.75, 13 / 3),
        ("oracle: the cheapest success", 10, 1, 3.5),
    ],
)
def test_policies_in_hindsight(
    name: str, value_usd: float, accuracy: float, cost_usd: float
) -> None:
    """Accuracy and mean cost at a value of a success."""
    point = REFERENCES[name](OUTCOMES, value_usd)

    assert (point.accuracy, point.cost_usd) == pytest.approx((accuracy, cost_usd))


def test_utility_is_accuracy_less_cost_in_successes() -> None:
    """Half a success at a cost of a tenth of its value."""
    assert Point(0.5, 1).utility(10) == pytest.approx(0.4)


def test_the_oracle_pays_the_least_where_nothing_succeeds() -> None:
    """The cheapest path of that request, not of the set."""
    outcomes = OutcomeSet("x", ("a", "b"), (Request(),), ((0, 0),), ((2, 1),))

    assert REFERENCES["oracle: the cheapest success"](outcomes, 1) == Point(0, 1)


def test_the_mix_line_is_the_upper_hull() -> None:
    """A path below the line between its neighbours, and a dominated one, are no corners."""
    rates = {"a": (1, 0.5), "b": (3, 0.55), "c": (5, 0.9), "d": (6, 0.7), "e": (9, 1.0)}
    outcomes = OutcomeSet(
        name="x",
        paths=tuple(rates),
        requests=(Request(),) * 20,
        successes=tuple(tuple(float(n < 20 * p) for _, p in rates.values()) for n in range(20)),
        costs_usd=(tuple(cost for cost, _ in rates.values()),) * 20,
    )

    mix = MixLine.of(outcomes)

    assert [point.cost_usd for point in mix.points] == pytest.approx([1, 5, 9])
    assert mix.accuracy_at(3) == pytest.approx(0.7)
    assert mix.accuracy_at(7) == pytest.approx(0.95)
    assert (mix.accuracy_at(0.5), mix.accuracy_at(50)) == pytest.approx((0.5, 1.0))


def test_equal_costs_keep_the_better_path() -> None:
    """Two paths at one price are one corner of the line."""
    outcomes = OutcomeSet("x", ("a", "b"), (Request(),), ((0, 1),), ((1, 1),))

    assert MixLine.of(outcomes).points == (Point(1, 1),)
