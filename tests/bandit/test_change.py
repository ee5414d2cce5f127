"""The change detector finds falls quickly and rarely cries wolf."""

from statistics import median

import numpy as np
import pytest

from armwise.bandit import ChangeDetector


def outcomes_until_alarm(rates: list[tuple[float, int]], seed: int) -> int | None:
    """Return how many outcomes of the last rate it took, None if there was no alarm."""
    world = np.random.default_rng(seed)
    detector = ChangeDetector()
    for rate, length in rates:
        for number in range(length):
            detector = detector.observe(float(world.random() < rate))
            if detector.has_changed:
                return number + 1
    return None


@pytest.mark.parametrize(
    ("before", "after", "at_most"),
    [(0.92, 0.55, 25), (0.95, 0.2, 10), (0.5, 0.1, 45), (0.93, 0.6, 27)],
)
def test_a_fall_is_found_within_few_outcomes(before: float, after: float, at_most: int) -> None:
    """The median over 200 runs of 300 outcomes before the break."""
    found = [outcomes_until_alarm([(before, 300), (after, 300)], seed) for seed in range(200)]

    assert median(delay if delay is not None else 300 for delay in found) <= at_most


@pytest.mark.parametrize("rate", [0.05, 0.5, 0.8, 0.95])
def test_a_steady_rate_rarely_raises_an_alarm(rate: float) -> None:
    """A false alarm in some 40,000 outcomes makes 1 in 50 runs of 1,000; 6 are 1 in 1,000."""
    alarms = [outcomes_until_alarm([(rate, 1_000)], seed) for seed in range(50)]

    assert sum(alarm is not None for alarm in alarms) < 6


@pytest.mark.parametrize("reward", [0.0, 1.0, 0.5])
def test_an_arm_that_never_varies_never_raises_one(reward: float) -> None:
    """Always right, always wrong, always half right: 20,000 outcomes, no alarm."""
    detector = ChangeDetector()

    for _ in range(20_000):
        detector = detector.observe(reward)
        assert not detector.has_changed


def test_before_a_baseline_nothing_is_a_change() -> None:
    """The first 30 outcomes only make the baseline."""
    detector = ChangeDetector()

    for number in range(30):
        detector = detector.observe(float(number < 15))

    assert detector.fell == 0


def test_a_rise_is_no_alarm() -> None:
    """An arm that has become better is not begun anew: its new outcomes say so themselves."""
    detector = ChangeDetector()

    for reward in [0.0, 1.0] * 30 + [1.0] * 300:
        detector = detector.observe(reward)
        assert not detector.has_changed

    assert detector.fell == 0
