"""Fading: integer weights that grow, sums that commute, readings close to the exponential."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armwise.bandit import UNIT, Evidence, outcome_evidence
from armwise.bandit.decay import (
    ERA_TICKS,
    TICKS,
    Eras,
    Fading,
    Outcomes,
    check_half_life,
    weight,
)
from armwise.errors import ConfigurationError

ERA = ERA_TICKS
ticks = st.integers(0, 6 * ERA)
changes = st.tuples(ticks, st.integers(0, 10_000), st.integers(0, 10**6))


def evidence(tick: int, score: int, cost: int) -> Evidence:
    """Return what one outcome at a tick adds."""
    return outcome_evidence(score, weight(tick)) + Evidence(attempts=1, cost_nanousd=cost, costed=1)


def added(history: list[tuple[int, int, int]]) -> Eras:
    """Return the sums of a history, added in its order."""
    eras = Eras(history[0][0] // ERA)
    for change in history:
        eras = eras.plus(change[0], evidence(*change))
    return eras


def test_weights_are_the_nearest_integers_to_powers_of_two() -> None:
    """Each is 2 ** (20 + tick / 64) rounded, exactly, as integers can tell."""
    for tick in range(TICKS):
        twice = 2 * weight(tick)
        exact = 2 ** (20 * TICKS + TICKS + tick)  # twice the power, to the 64th
        assert (twice - 1) ** TICKS < exact < (twice + 1) ** TICKS


def test_weights_grow_within_an_era_and_stay_below_36_bits() -> None:
    """Later outcomes weigh more; a new era begins at one unit again."""
    inside = [weight(tick) for tick in range(ERA)]

    assert inside == sorted(set(inside))
    assert inside[0] == weight(ERA) == UNIT
    assert inside[-1] < 2**36
    assert inside[-1] * 10_000 < 2**53


@given(tick=ticks, half_lives=st.integers(0, 15))
def test_a_half_life_halves(tick: int, half_lives: int) -> None:
    """What is n half-lives old within an era weighs exactly 2 ** -n of a fresh outcome."""
    tick -= tick % ERA

    aged = Eras(tick // ERA).plus(tick, outcome_evidence(10_000, weight(tick)))

    assert aged.read(tick + TICKS * half_lives).successes == UNIT >> half_lives


@given(history=st.lists(changes, min_size=1, max_size=40), data=st.data())
def test_sums_do_not_depend_on_the_order(
    history: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    """Any order gives the same integers, in the present eras and in the archive."""
    shuffled = data.draw(st.permutations(history))

    assert added(history) == added(shuffled)


@given(
    history=st.lists(changes, min_size=1, max_size=20),
    score=st.integers(0, 10_000),
    data=st.data(),
)
def test_a_correction_is_exact(
    history: list[tuple[int, int, int]], score: int, data: st.DataObject
) -> None:
    """Taking an outcome back, whenever, and adding another equals having had the other alone."""
    tick, wrong, cost = data.draw(st.sampled_from(history))

    corrected = added(history).plus(
        tick, outcome_evidence(score, weight(tick)) - outcome_evidence(wrong, weight(tick))
    )

    right = list(history)
    right[right.index((tick, wrong, cost))] = (tick, score, cost)
    assert added(right) == corrected


@given(history=st.lists(changes, min_size=1, max_size=40), later=st.integers(0, 2 * ERA))
def test_money_is_never_lost(history: list[tuple[int, int, int]], later: int) -> None:
    """Totals of costs and attempts survive every fold; outcomes do not come back."""
    now = max(tick for tick, _, _ in history) + later

    eras = added(history)
    total, seen = eras.total(now), eras.read(now)

    assert (total.attempts, total.costed) == (len(history), len(history))
    assert total.cost_nanousd == sum(cost for _, _, cost in history)
    assert (eras.archive.successes, eras.archive.failures, eras.archive.squares) == (0, 0, 0)
    assert (total.successes, total.failures) == (seen.successes, seen.failures)


@given(history=st.lists(changes, min_size=1, max_size=40), later=st.integers(0, 3 * ERA))
def test_costs_that_are_read_are_those_of_the_two_newest_eras(
    history: list[tuple[int, int, int]], later: int
) -> None:
    """Old costs drop out, and the last ones known stay, however long nothing is played."""
    newest = max(tick for tick, _, _ in history)

    seen = added(history).read(newest + later)

    recent = [cost for tick, _, cost in history if tick // ERA >= newest // ERA - 1]
    assert (seen.cost_nanousd, seen.costed, seen.attempts) == (
        sum(recent),
        len(recent),
        len(recent),
    )


@given(
    ages=st.lists(st.floats(0, 40), min_size=1, max_size=40),
    half_life_ms=st.integers(1_000, 10**10),
    now_ms=st.integers(1_700_000_000_000, 1_900_000_000_000),
)
def test_a_reading_is_close_to_the_exponential(
    ages: list[float], half_life_ms: int, now_ms: int
) -> None:
    """Within 1.1 % of the sum of 2 ** -(age / half-life), but for what is 16 half-lives old."""
    fading = Fading(timedelta(milliseconds=half_life_ms))
    decided = [now_ms - int(age * half_life_ms) for age in ages]
    history = [(fading.tick(at, 0), 10_000, 0) for at in decided]

    seen = added(history).read(fading.tick(now_ms, 0)).successes / UNIT

    exact = sum(2.0 ** -((now_ms - at) / half_life_ms) for at in decided)
    assert seen == pytest.approx(exact, rel=0.011, abs=len(ages) * 2.0**-15.9)


@given(history=st.lists(changes, min_size=1, max_size=30))
def test_a_reading_only_falls_while_nothing_happens(history: list[tuple[int, int, int]]) -> None:
    """Tick by tick the evidence shrinks, across the ends of eras too, to nothing."""
    newest = max(tick for tick, _, _ in history)
    eras = added(history)
    moments = [newest, newest + 1, newest + 70, *(newest + ERA // 2 * n for n in range(1, 6))]

    seen = [eras.read(tick) for tick in moments]

    assert [one.outcomes for one in seen] == sorted((one.outcomes for one in seen), reverse=True)
    assert seen[-1].successes == seen[-1].failures == seen[-1].squares == 0


@given(history=st.lists(changes, min_size=1, max_size=30))
def test_without_forgetting_every_outcome_counts_one(history: list[tuple[int, int, int]]) -> None:
    """Every moment is tick 0: the sums are those of plain evidence."""
    forever = [(0, score, cost) for _, score, cost in history]

    assert Fading(None).tick(1_800_000_000_000, 5_000) == 0
    assert added(forever).read(0) == sum((evidence(*one) for one in forever), Evidence())


@given(number=st.integers(1, 10**6), count=st.integers(0, 10**6))
def test_ticks_are_64_to_the_half_life(number: int, count: int) -> None:
    """By outcomes and by time; a tick never runs ahead of its moment."""
    by_outcomes = Fading(Outcomes(number))
    by_time = Fading(timedelta(seconds=number))

    assert by_outcomes.tick(7, count) == Fraction(TICKS * count, number).__floor__()
    assert by_time.tick(1_000 * count, 7) == by_outcomes.tick(7, count)
    assert (by_outcomes.runs_by_time, by_time.runs_by_time) == (False, True)


@pytest.mark.parametrize(
    "half_life", [1000, 7.0, "7 days", True, timedelta(0), timedelta(days=-1), timedelta.max]
)
def test_a_half_life_that_could_mean_anything_is_refused(half_life: Any) -> None:
    """A bare number is neither seconds nor outcomes; the error says what to write."""
    with pytest.raises(ConfigurationError, match=r"timedelta\(days=7\)"):
        check_half_life(half_life)


@pytest.mark.parametrize("number", [0, -1, 1.5, True, "100", 2 * 10**9, float("nan")])
def test_a_number_of_outcomes_is_whole_and_above_zero(number: Any) -> None:
    """The error shows the value and an example."""
    with pytest.raises(ConfigurationError, match=r"Outcomes\(1000\)"):
        Outcomes(number)


@pytest.mark.parametrize("half_life", [None, Outcomes(1), timedelta(seconds=1), timedelta(days=7)])
def test_a_half_life_is_returned_as_it_was_given(half_life: Any) -> None:
    """What can be used passes unchanged."""
    assert check_half_life(half_life) == half_life
