"""One pass over an outcome set."""

from functools import partial

import numpy as np
import pytest

from armwise.offline.contenders.static import OnePath, cheapest, dearest
from armwise.offline.learner import Contender, Request, Setting
from armwise.offline.real.outcome_set import OutcomeSet
from armwise.offline.real.replay import order_of, replay, setting_of


def made(count: int) -> OutcomeSet:
    """Return a set whose first path costs 1 and fails, and whose second costs 2 and succeeds."""
    return OutcomeSet(
        name="made",
        paths=("a", "b"),
        requests=tuple(Request(words=number) for number in range(count)),
        successes=((0.0, 1.0),) * count,
        costs_usd=((1.0, 2.0),) * count,
    )


class Diary:
    """Alternates, and writes down what it is told."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.seen: list[tuple[int, int, float, float]] = []

    def choose(self, request: Request) -> int:
        """Return the paths in turn."""
        return len(self.seen) % 2

    def learn(self, request: Request, path: int, success: float, cost_usd: float) -> None:
        """Write it down."""
        self.seen.append((request.words, path, success, cost_usd))


def test_every_request_is_seen_once_and_only_the_chosen_outcome_is_told() -> None:
    """The order is the seed's; success and cost are those of the chosen path."""
    diaries: list[Diary] = []

    def build(setting: Setting) -> Diary:
        diaries.append(Diary(setting))
        return diaries[-1]

    done = replay(made(10), Contender("diary", "static", "", build), 0.5, seed=3)

    (diary,) = diaries
    assert [words for words, *_ in diary.seen] == order_of(made(10), 3)
    assert {(path, success, cost) for _, path, success, cost in diary.seen} == {
        (0, 0.0, 1.0),
        (1, 1.0, 2.0),
    }
    assert (done.point.accuracy, done.point.cost_usd) == (0.5, 1.5)
    assert diary.setting.success_value_usd == 0.5
    assert (diary.setting.requests, diary.setting.seed) == (10, 3)


def test_a_seed_fixes_order_and_list_prices() -> None:
    """Another one changes both."""
    outcomes = made(50)

    assert order_of(outcomes, 1) == order_of(outcomes, 1) != order_of(outcomes, 2)
    assert sorted(order_of(outcomes, 1)) == list(range(50))
    assert setting_of(outcomes, None, 1) == setting_of(outcomes, None, 1)
    assert setting_of(outcomes, None, 1) != setting_of(outcomes, None, 2)


def test_list_prices_are_off_by_a_lognormal_factor_of_thirty_percent() -> None:
    """Without bias on the log scale, and independent between paths."""
    settings = [setting_of(made(2), None, seed) for seed in range(2000)]
    logs = np.log([setting.list_costs_usd for setting in settings]) - np.log([1.0, 2.0])

    assert logs.mean(axis=0) == pytest.approx([0, 0], abs=0.03)
    assert logs.std(axis=0) == pytest.approx([0.3, 0.3], abs=0.02)
    assert np.corrcoef(logs.T)[0, 1] == pytest.approx(0, abs=0.08)


def test_a_single_path_comes_to_its_own_mean() -> None:
    """Whatever the order, where the list prices do not swap the paths."""
    outcomes = made(7)
    seed = next(seed for seed in range(100) if cheapest(setting_of(outcomes, None, seed)) == 0)

    cheap = replay(outcomes, Contender("", "static", "", partial(OnePath, cheapest)), 1, seed)
    dear = replay(outcomes, Contender("", "static", "", partial(OnePath, dearest)), 1, seed)

    assert (cheap.point.accuracy, cheap.point.cost_usd) == (0, 1)
    assert (dear.point.accuracy, dear.point.cost_usd) == (1, 2)
    assert cheap.seconds > 0
