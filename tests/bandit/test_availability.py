"""Whether a path answers: the belief fades in minutes, and sets cooldowns and patience."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armwise.bandit.availability import (
    FIRST_COOLDOWN_S,
    HALF_LIFE_S,
    LONGEST_COOLDOWN_S,
    LONGEST_REPAIR_S,
    Availability,
    cooldown_s,
    patience_s,
    repair_s,
)

CALLS = st.lists(st.tuples(st.floats(0, 1e6), st.booleans()), max_size=50)


def seen(*calls: tuple[float, bool]) -> Availability:
    """Return what is believed after calls at given seconds, answered or not."""
    belief = Availability()
    for at_s, is_answered in calls:
        belief = belief.after(at_s, is_answered=is_answered)
    return belief


@given(calls=CALLS, later_s=st.floats(0, 1e7))
def test_it_is_a_probability_whatever_was_seen(
    calls: list[tuple[float, bool]], later_s: float
) -> None:
    """Any history, in any order of time, gives a probability strictly between 0 and 1."""
    assert 0.0 < seen(*calls).mean(later_s) < 1.0


def test_a_call_weighs_half_after_a_half_life() -> None:
    """Two answers now weigh like four a half-life ago."""
    before = seen((0.0, True), (0.0, True), (0.0, True), (0.0, True))
    now = seen((HALF_LIFE_S, True), (HALF_LIFE_S, True))

    assert before.mean(HALF_LIFE_S) == pytest.approx(now.mean(HALF_LIFE_S))


def test_an_outage_is_forgotten_within_minutes() -> None:
    """A hundred faults a quarter of an hour ago leave next to no distrust."""
    faults = [(float(second), False) for second in range(100)]

    assert seen(*faults).mean(100.0) < 0.05
    assert seen(*faults).mean(1000.0) == pytest.approx(0.5, abs=0.01)


def test_a_clock_that_is_set_back_ages_nothing() -> None:
    """A time before the last call is taken for the time of that call."""
    belief = seen((1000.0, True))

    assert belief.mean(10.0) == belief.mean(1000.0)
    assert belief.after(10.0, is_answered=True).at_s == 1000.0


def test_only_a_path_that_is_answering_a_lot_is_proven() -> None:
    """Neither a new path, nor one that fails often, nor one whose answers are old is."""
    steady = [(float(second), True) for second in range(40)]
    failing = [(float(second), second % 4 != 0) for second in range(80)]

    assert seen(*steady).is_proven(40.0)
    assert not seen(*steady[:10]).is_proven(40.0)
    assert not seen(*failing).is_proven(80.0)
    assert not seen(*steady).is_proven(400.0)


def test_cooldowns_double_up_to_a_minute() -> None:
    """A path that is nearly sure to answer waits 1, 2, 4 ... 60 s."""
    lengths_s = [cooldown_s(step, 1.0) for step in range(1, 9)]

    assert lengths_s == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


@given(step=st.integers(1, 10_000), mean=st.floats(0.0, 1.0))
def test_the_less_likely_an_answer_the_longer_the_cooldown(step: int, mean: float) -> None:
    """Cooldowns are bounded, and never grow with the probability of an answer."""
    assert FIRST_COOLDOWN_S <= cooldown_s(step, mean) <= LONGEST_COOLDOWN_S
    assert cooldown_s(step, mean) >= cooldown_s(step, min(1.0, mean + 0.1))


def test_a_path_that_needs_repair_is_left_alone_for_longer() -> None:
    """A misconfigured path waits half a minute at first and a quarter of an hour at most."""
    assert [repair_s(1), repair_s(2), repair_s(10_000)] == [30.0, 60.0, LONGEST_REPAIR_S]


def test_patience_grows_until_a_slow_path_can_answer() -> None:
    """Three mean latencies after the first fault, and twice as many after each further one."""
    assert [patience_s(2.0, step) for step in (1, 2, 3)] == [6.0, 12.0, 24.0]
    assert patience_s(2.0, 10_000) > 1e9
    assert patience_s(0.001, 1) == 1.0
