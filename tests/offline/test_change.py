"""The simulator of changing models plays the shipped rule, and adds up what it says it does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from armwise.bandit import Arms, Beta, ChangeDetector, CheapestWithin, outcome_evidence
from armwise.bandit.change import THRESHOLD
from armwise.bandit.decay import ERA_TICKS, Eras, Fading, Outcomes, weight
from armwise.offline.benchmark import BenchOptions
from armwise.offline.change import run, whole_engine
from armwise.offline.change.lockstep import Lockstep, choose
from armwise.offline.change.playing import Piece, play
from armwise.offline.change.scenarios import COSTS, EPS, SCENARIOS, SHIPPED, Scenario, Scheme
from armwise.offline.change.whole_engine import Whole, play_whole

BREAKS = Scenario("B", "the cheap one falls", (0.92, 0.93), (0.4, 0.93))


@contextmanager
def silent(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show no progress, but count it."""
    done: list[int] = []
    yield lambda: done.append(1)
    assert len(done) == total


class Shipped:
    """One run of one scheme, played with the shipped classes."""

    def __init__(self, half_life: int | None) -> None:
        self.fading = Fading(None if half_life is None else Outcomes(half_life))
        self.eras = [Eras(0), Eras(0)]
        self.detectors = [ChangeDetector(), ChangeDetector()]
        self.tick = 0

    def beliefs(self, number: int) -> list[Beta]:
        """Return the beliefs on which request ``number`` is decided."""
        self.tick = self.fading.tick(0, number)
        return [eras.read(self.tick).posterior(Beta(1, 1)) for eras in self.eras]

    def learn(self, arm: int, reward: int) -> bool:
        """Take an outcome; return whether the arm was begun anew."""
        change = outcome_evidence(10_000 * reward, weight(self.tick))
        self.eras[arm] = self.eras[arm].plus(self.tick, change)
        self.detectors[arm] = self.detectors[arm].observe(float(reward))
        if not self.detectors[arm].has_changed:
            return False
        self.eras[arm], self.detectors[arm] = Eras(self.tick // ERA_TICKS), ChangeDetector()
        return True


def test_lockstep_is_the_shipped_arithmetic() -> None:
    """Beliefs integer for integer, choices and alarms one for one, over eras and resets."""
    half_lives = (None, 30, 1_000)
    runs, requests = 4, 1_200
    rng = np.random.default_rng(3)
    arrays = Lockstep([Scheme(half_life, THRESHOLD) for half_life in half_lives], runs)
    scalars = [[Shipped(half_life) for _ in range(runs)] for half_life in half_lives]
    rule = CheapestWithin(EPS)
    resets = 0

    for number in range(requests):
        alpha, beta = arrays.beliefs(number)
        draws = rng.beta(alpha, beta)
        chosen = choose(draws, alpha, beta)
        reward = (rng.random(chosen.shape) < np.array(BREAKS.rates(number, requests))[chosen]) + 0
        alarms = arrays.learn(chosen, reward)
        for s, r in np.ndindex(*chosen.shape):
            beliefs = scalars[s][r].beliefs(number)
            assert [(one.alpha, one.beta) for one in beliefs] == [
                (alpha[s, r, arm], beta[s, r, arm]) for arm in (0, 1)
            ]
            arms = Arms.of(zip(("cheap", "dear"), beliefs, COSTS, strict=True))
            arm = rule.choose(arms, draws[s, r].tolist(), arms.every)
            assert arm == chosen[s, r]
            assert scalars[s][r].learn(arm, int(reward[s, r])) == alarms[s, r]
            fell = scalars[s][r].detectors[arm].fell
            assert arrays.detectors[0, s, r, arm] == pytest.approx(fell, abs=1e-9)
            resets += int(alarms[s, r])

    assert resets > runs


def test_regret_is_what_the_scenario_says() -> None:
    """Two arms alike in all but price: nothing but cost can be regretted, and nothing broke."""
    steady = Scenario("A", "", (0.5, 0.5), (0.5, 0.5))

    played = play(Piece(steady, (Scheme(), Scheme(100)), 3, 400, 1))

    dear = played.cost_regret / (COSTS[1] - COSTS[0])
    assert played.quality_regret.max() == played.delay.max() == played.alarm.max() == 0
    assert dear == pytest.approx(np.round(dear))
    assert 0 < dear.min()
    assert dear.max() < 400


def test_a_fall_is_found_and_answered() -> None:
    """With a detector within some 20 outcomes; without, only much later."""
    played = play(Piece(BREAKS, (Scheme(), Scheme(None, THRESHOLD)), 40, 3_000, 1))

    assert np.median(played.alarm[1]) < 30
    assert np.median(played.delay[1]) < 40 < np.median(played.delay[0])
    assert played.quality_regret[1].mean() < played.quality_regret[0].mean() / 4
    assert played.false_alarms[0].sum() == 0


def test_only_fading_finds_a_recovery() -> None:
    """A cheap path that is no longer played comes back within a few half-lives, or never."""
    recovers = SCENARIOS[3]

    played = play(Piece(recovers, (Scheme(None, THRESHOLD), Scheme(200)), 20, 6_000, 1))

    assert np.median(played.delay[0]) == 3_000
    assert np.median(played.delay[1]) < 1_000


def test_every_scheme_meets_the_same_outcomes() -> None:
    """A run is repeated by its seed, and its luck is shared by the schemes that meet it."""
    same = (Scheme(), Scheme())

    played = play(Piece(BREAKS, same, 30, 400, 2))
    again = play(Piece(BREAKS, same, 30, 400, 2))

    figures = ("quality_regret", "cost_regret", "delay", "alarm", "false_alarms")
    for figure in figures:
        assert (getattr(played, figure) == getattr(again, figure)).all()
    rates = np.corrcoef(played.quality_regret[0], played.quality_regret[1])
    assert rates[0, 1] > 0.2


def test_a_drift_is_even() -> None:
    """Half way through a run the rates are half way, and there is no moment of change."""
    drift = SCENARIOS[5]

    assert drift.rates(0, 100) == (0.92, 0.93)
    assert drift.rates(50, 100) == pytest.approx((0.82, 0.93))
    assert not drift.breaks


def test_the_part_reports_tables_and_the_frontier() -> None:
    """A quick run has every scenario and scheme, marks the shipped one, and gates nothing."""
    section = run(BenchOptions(quick=True, runs=2), silent)

    scenarios, schemes, shipped = section.tables
    assert [row[0] for row in scenarios.rows] == ["A", "A2", "B", "C", "D", "E", "F"]
    assert all(len(row) == len(schemes.columns) for row in schemes.rows)
    assert [schemes.rows[number][0] for number in schemes.marked] == [SHIPPED.name]
    assert all(len(row) == len(shipped.columns) for row in shipped.rows)
    assert section.gates == ()
    assert section.plots[0].lines[2].x == pytest.approx((shipped.rows[0][1].value,))  # type: ignore[union-attr]


def test_the_whole_engine_is_judged_by_the_same_rule() -> None:
    """Where the cheap arm is useless, every request on it is regret, and none is overpaid."""
    useless = Scenario("X", "the cheap one never succeeds", (0.0, 0.9), (0.0, 0.9))

    played = play_whole(Whole(useless, CheapestWithin(), 200, seed=1))
    again = play_whole(Whole(useless, CheapestWithin(), 200, seed=1))

    tried = played.quality_regret[0, 0] / (0.9 * (1 - EPS))
    assert 1 <= tried <= 20
    assert tried == pytest.approx(round(tried))
    assert played.cost_regret[0, 0] == 0.0
    assert again.quality_regret == played.quality_regret


def test_the_default_has_a_row_per_scenario_and_rule() -> None:
    """The default's own are marked; where nothing breaks there is no delay."""
    section = whole_engine.run(BenchOptions(quick=True, runs=2), silent)

    (table,) = section.tables
    assert section.name == "default"
    assert len(table.rows) == 2 * len(SCENARIOS)
    assert {len(row) for row in table.rows} == {len(table.columns)}
    assert {str(table.rows[at][1]) for at in table.marked} == {"cheapest-within 0.02, the default"}
    assert [row[4] == "" for row in table.rows[::2]] == [not one.breaks for one in SCENARIOS]
