"""Evidence that is carried from store to store: nothing is lost, doubled, or refused wrongly."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armwise.bandit import UNIT, Evidence
from armwise.bandit.decay import HalfLife
from armwise.errors import ConfigurationError
from armwise.storage import (
    ArmKey,
    MemoryStore,
    Record,
    State,
    arms_named,
    export_state,
    import_state,
    merge_state,
    portable,
    read_goal,
    read_state,
    reset_arms,
    state_text,
)
from armwise.storage.codec import to_plain
from armwise.testing.contracts.histories import ARMS, HALF_LIVES, histories, record

GOAL = "goal"


def told(records: Sequence[Record], half_life: HalfLife = None) -> MemoryStore:
    """Return a store that was told of these records."""
    store = MemoryStore()
    store.declare(GOAL, half_life)
    store.apply(GOAL, records)
    return store


def written(store: MemoryStore) -> State:
    """Return what is read back of an export."""
    return read_state(state_text(export_state(store, "memory://")), "state.json")


def weights(store: MemoryStore) -> dict[ArmKey, Evidence]:
    """Return the evidence of each arm that holds any, as it weighs now."""
    return {key: seen for key, seen in store.evidence(GOAL).items() if seen != Evidence()}


@settings(max_examples=80, deadline=None)
@given(
    history=histories(),
    other=histories(),
    half_life=st.sampled_from(HALF_LIVES),
    then=st.sampled_from(HALF_LIVES),
)
def test_what_any_store_exports_is_read_back(
    history: Sequence[Record], other: Sequence[Record], half_life: HalfLife, then: HalfLife
) -> None:
    """Also after epochs, a merge, another half-life: no check of damage refuses what is whole."""
    store = told(history, half_life)
    reset_arms(store, GOAL, arms_named(read_goal(store, GOAL))[:1])
    states = [written(store)]
    merge_state(store, written(told(other, then)))
    states.append(written(store))
    store.change_half_life(GOAL, then)
    state = written(store)

    assert to_plain(state.goals[GOAL]) == to_plain(read_goal(store, GOAL))
    for each in [*states, state]:
        copy = MemoryStore()
        assert import_state(copy, each) == [GOAL]
        assert to_plain(read_goal(copy, GOAL)) == to_plain(each.goals[GOAL])


@settings(max_examples=80, deadline=None)
@given(history=histories(), data=st.data())
def test_merging_two_halves_is_what_one_store_would_hold(
    history: Sequence[Record], data: st.DataObject
) -> None:
    """Where nothing fades, to the integer: requests of two workers that never met."""
    mine = data.draw(st.sets(st.sampled_from(sorted({each.nonce for each in history}))))
    one = told([each for each in history if each.nonce in mine])
    two = told([each for each in history if each.nonce not in mine])

    merge_state(one, written(two))

    assert weights(one) == weights(told(history))


@pytest.mark.parametrize("half_life", HALF_LIVES)
def test_merged_outcomes_weigh_what_they_weigh_where_they_are_from(half_life: HalfLife) -> None:
    """And those that were there weigh what they did."""
    old = told([record(number, age_ms=2 * 24 * 3_600_000) for number in range(5)], half_life)
    new = told([record(number, arm=ARMS[1]) for number in range(100, 120)], timedelta(days=3))
    apart = weights(old) | weights(new)

    merge_state(new, written(old))

    for key, seen in weights(new).items():
        assert abs(seen.successes - apart[key].successes) <= UNIT // 50  # ticks, while it runs
        assert seen.attempts == apart[key].attempts


def test_an_import_that_is_refused_changes_no_goal() -> None:
    """One full goal of two: the other one stays empty, and undeclared."""
    source, target = MemoryStore(), MemoryStore()
    for goal in ("empty there", "full there"):
        source.declare(goal, timedelta(days=1))
        source.apply(goal, [record()])
    target.declare("full there", timedelta(days=1))
    target.apply("full there", [record(7)])

    with pytest.raises(ConfigurationError, match="hold evidence already: 'full there'"):
        import_state(target, written(source))

    assert target.goals() == ["full there"]


def test_a_goal_may_be_imported_where_only_epochs_are() -> None:
    """Epochs are no evidence; the higher one of both holds."""
    source, target = told([record()]), MemoryStore()
    target.open_epoch(GOAL, ARMS[0].bucket, ARMS[0].path, 5)

    import_state(target, written(source))

    assert read_goal(target, GOAL).buckets[ARMS[0].bucket].epochs == {ARMS[0].path: 5}


def test_a_store_that_cannot_be_carried_is_named() -> None:
    """Anybody's store works for Routers without it."""
    with pytest.raises(ConfigurationError, match="store object cannot export or import"):
        portable(object())
