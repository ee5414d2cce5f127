"""The promises of ``armwise.storage.base``, each as a test."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armwise.bandit import UNIT, Evidence
from armwise.bandit.decay import ERA_TICKS, HalfLife, Outcomes
from armwise.storage import GoalEvidence, MemoryStore, Record, ReportStatus, Store
from armwise.storage.codec import to_plain
from armwise.testing.contracts.histories import (
    ARMS,
    GOAL_NAMES,
    HALF_LIVES,
    fresh_goal,
    histories,
    record,
)

# One store serves all examples; each has a goal of its own in it.
_many = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.differing_executors,  # each store's class inherits the same test
    ],
)


def read(store: Store, goal_id: str) -> GoalEvidence:
    """Return all that a store holds of a goal."""
    held = store.read(goal_id)
    assert held is not None
    return held


def integers(store: Store, goal_id: str) -> dict[str, Any]:
    """Return all integers that a store holds of a goal."""
    return to_plain(read(store, goal_id))


def total(store: Store, goal_id: str) -> Evidence:
    """Return the evidence of a goal that never fades, over all its arms."""
    buckets = read(store, goal_id).buckets.values()
    arms = [eras for bucket in buckets for eras in bucket.arms.values()]
    return sum((eras.total(0) for eras in arms), Evidence())


class StoreContract:
    """Subclass it, override the fixture ``store``, and your store is tested.

    The store may hold other goals: every test uses goals of its own.
    """

    @pytest.fixture
    def store(self) -> Store:
        """Return the store under test."""
        pytest.fail("override the fixture `store` and return your store from it")

    @_many
    @given(history=histories(), half_life=st.sampled_from(HALF_LIVES), data=st.data())
    def test_same_answers_and_integers_as_in_memory(
        self, store: Store, history: Sequence[Record], half_life: HalfLife, data: st.DataObject
    ) -> None:
        """Whatever is sent, in whatever order and portions, is counted as the memory store does."""
        repeated = [*history, *data.draw(st.lists(st.sampled_from(history), max_size=8))]
        order = data.draw(st.permutations(repeated))
        size = data.draw(st.integers(1, len(order)))
        goal_id, model = fresh_goal(), MemoryStore()
        model.declare(goal_id, half_life)
        store.declare(goal_id, half_life)

        for start in range(0, len(order), size):
            batch = order[start : start + size]
            assert store.apply(goal_id, batch) == model.apply(goal_id, batch)

        assert integers(store, goal_id) == integers(model, goal_id)

    @_many
    @given(history=histories(), half_life=st.sampled_from(HALF_LIVES), data=st.data())
    def test_the_state_is_a_function_of_the_set_of_records(
        self, store: Store, history: Sequence[Record], half_life: HalfLife, data: st.DataObject
    ) -> None:
        """Another order, with repetitions, gives the same integers."""
        repeated = [*history, *data.draw(st.lists(st.sampled_from(history), max_size=8))]
        shuffled = data.draw(st.permutations(repeated))
        once, often = fresh_goal(), fresh_goal()
        store.declare(once, half_life)
        store.declare(often, half_life)

        store.apply(once, history)
        for item in shuffled:
            store.apply(often, [item])

        assert integers(store, once) == integers(store, often)

    def test_each_record_is_answered_with_what_became_of_it(self, store: Store) -> None:
        """Applied, duplicate, conflict, corrected, stale, taken back: and nothing remains."""
        goal_id = fresh_goal()
        steps = [(1, 10_000), (1, 10_000), (1, 0), (2, 0), (1, 10_000), (3, None)]

        answers = [store.apply(goal_id, [record(0, *step)])[0] for step in steps]

        assert answers == [
            ReportStatus.APPLIED,
            ReportStatus.DUPLICATE,
            ReportStatus.CONFLICT,
            ReportStatus.CORRECTED,
            ReportStatus.STALE,
            ReportStatus.CORRECTED,
        ]
        assert total(store, goal_id) == Evidence(attempts=1)

    def test_one_call_may_repeat_and_correct_itself(self, store: Store) -> None:
        """Records of one call see what the earlier ones of the same call have done."""
        goal_id = fresh_goal()
        first = record()

        answers = store.apply(goal_id, [first, first, replace(first, revision=2, score=0)])

        assert answers == [ReportStatus.APPLIED, ReportStatus.DUPLICATE, ReportStatus.CORRECTED]
        assert total(store, goal_id) == Evidence(failures=UNIT, attempts=1, reported=1)

    def test_a_measured_fact_is_never_overwritten(self, store: Store) -> None:
        """The first record that carries a fact sets it; a later one fills only what is missing."""
        goal_id, item = fresh_goal(), record(revision=None)
        measured = replace(item.facts, cost_nanousd=70, output_tokens=5)
        told = replace(item.facts, cost_nanousd=99, latency_us=1_000, fault=True)

        store.apply(goal_id, [replace(item, facts=measured)])
        store.apply(goal_id, [replace(item, facts=told)])

        seen = total(store, goal_id)
        assert (seen.cost_nanousd, seen.costed, seen.output_tokens, seen.tokened) == (70, 1, 5, 1)
        assert (seen.latency_us, seen.timed, seen.faults, seen.attempts) == (1_000, 1, 1, 1)

    def test_large_integers_stay_exact(self, store: Store) -> None:
        """Sums beyond 2^53 are kept to the last unit."""
        goal_id, item = fresh_goal(), record(revision=None)
        huge = replace(item.facts, cost_nanousd=2**50 + 1)

        store.apply(goal_id, [replace(item, nonce=n.to_bytes(10), facts=huge) for n in range(40)])

        assert total(store, goal_id).cost_nanousd == 40 * (2**50 + 1)

    def test_seeds_count_as_outcomes_and_not_as_attempts(self, store: Store) -> None:
        """An offline evaluation has an outcome; it is no attempt and in no report rate."""
        goal_id, seed = fresh_goal(), replace(record(), is_seed=True)

        answers = store.apply(goal_id, [seed, seed])

        assert answers == [ReportStatus.APPLIED, ReportStatus.DUPLICATE]
        assert total(store, goal_id) == Evidence(successes=UNIT, squares=UNIT)
        held = read(store, goal_id)
        assert held.buckets[ARMS[0].bucket].outcomes == 0

    def test_what_is_too_old_is_answered_and_not_counted(self, store: Store) -> None:
        """After 30 days a report is EXPIRED."""
        goal_id, month_ms = fresh_goal(), 31 * 24 * 3_600_000

        answers = store.apply(goal_id, [record(age_ms=month_ms), record(1)])

        assert answers == [ReportStatus.EXPIRED, ReportStatus.APPLIED]
        assert total(store, goal_id).attempts == 1

    def test_a_decision_in_the_future_is_taken_for_now(self, store: Store) -> None:
        """A worker whose clock is a year ahead does not make everything else look old."""
        goal_id, year_ms = fresh_goal(), 365 * 24 * 3_600_000
        store.declare(goal_id, timedelta(hours=1))
        ahead = record(age_ms=-year_ms)

        store.apply(goal_id, [ahead, replace(ahead, revision=2, score=0), record(1)])

        held = read(store, goal_id)
        seen = held.buckets[ARMS[0].bucket]
        now_tick = held.fading.tick(record(age_ms=0).decided_at_ms, 0)
        assert abs(seen.newest_tick - now_tick) <= 1
        assert seen.arms[ARMS[0]].newest.successes > 0
        assert abs(seen.arms[ARMS[0]].era - now_tick // ERA_TICKS) <= 1

    def test_an_epoch_only_grows(self, store: Store) -> None:
        """Opening one twice opens it once; an earlier one changes nothing."""
        goal_id = fresh_goal()

        versions: list[int] = []
        for epoch in (1, 1, 3, 2):
            store.open_epoch(goal_id, "b/simple", "cheap", epoch)
            versions.append(read(store, goal_id).version)

        assert read(store, goal_id).buckets["b/simple"].epochs == {"cheap": 3}
        assert versions[0] == versions[1] != versions[2] == versions[3]

    def test_an_epoch_may_be_a_time(self, store: Store) -> None:
        """A number as large as milliseconds since 1970 is kept to the last digit, in any order."""
        goal_id = fresh_goal()

        for epoch in (1_795_532_400_123, 1_795_532_400_124, 1_795_532_400_099):
            store.open_epoch(goal_id, "$book", "cheap", epoch)

        assert read(store, goal_id).buckets["$book"].epochs == {"cheap": 1_795_532_400_124}

    def test_a_version_changes_exactly_when_the_goal_does(self, store: Store) -> None:
        """Who holds the present version is told so, and misses nothing that is new."""
        goal_id = fresh_goal()
        store.apply(goal_id, [record()])
        held = read(store, goal_id)

        store.apply(goal_id, [record()])
        assert store.read(goal_id, held.version) is None
        store.apply(goal_id, [record(1)])
        assert store.read(goal_id, held.version) is not None

    def test_nothing_is_known_of_a_goal_that_nobody_used(self, store: Store) -> None:
        """It reads as empty, not as an error."""
        held = read(store, fresh_goal())

        assert not held.buckets

    def test_the_first_half_life_holds(self, store: Store) -> None:
        """Another worker that declares another one is told which is in force."""
        goal_id = fresh_goal()

        answers = [store.declare(goal_id, half) for half in (Outcomes(7), None, Outcomes(7))]

        assert answers == [Outcomes(7)] * 3
        held = store.read(goal_id)
        assert isinstance(held, GoalEvidence)
        assert held.half_life == Outcomes(7)

    def test_odd_names_are_kept_apart(self, store: Store) -> None:
        """Goals, tenants, buckets and paths may hold what keys are made of."""
        run = fresh_goal()
        names = [f"{run}{name}" for name in GOAL_NAMES]
        names += [f"{run}\x00{name}" for name in GOAL_NAMES]

        for number, name in enumerate(names):
            store.apply(name, [record(n, arm=ARMS[3]) for n in range(number + 1)])

        assert [total(store, name).attempts for name in names] == list(range(1, len(names) + 1))
        held = read(store, names[0])
        assert set(held.buckets[ARMS[3].bucket].arms) == {ARMS[3]}

    def test_threads_lose_and_double_nothing(self, store: Store) -> None:
        """Four threads report the same 100 requests; each is counted once."""
        goal_id = fresh_goal()
        records = [record(number) for number in range(100)]
        answers: list[ReportStatus] = []

        def work() -> None:
            for start in range(0, 100, 7):
                answers.extend(store.apply(goal_id, records[start : start + 7]))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert answers.count(ReportStatus.APPLIED) == 100
        assert answers.count(ReportStatus.DUPLICATE) == 300
        assert total(store, goal_id).successes == 100 * UNIT

    def test_a_large_call_is_counted_whole(self, store: Store) -> None:
        """A thousand records at once are each counted and answered in their order."""
        goal_id = fresh_goal()
        records = [record(number, score=10_000 * (number % 2)) for number in range(1_000)]

        answers = store.apply(goal_id, [*records, records[3]])

        assert answers == [ReportStatus.APPLIED] * 1_000 + [ReportStatus.DUPLICATE]
        assert total(store, goal_id).successes == 500 * UNIT
