"""Rows of eras read as the memory store's sums do, whatever is tidied or carried between."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armwise.bandit.decay import HalfLife, Outcomes
from armwise.storage import ArmKey, CallFacts, GoalEvidence, MemoryStore, Record, ReportStatus
from armwise.storage.codec import to_plain
from armwise.storage.sqlite import SQLiteStore

DAY_MS = 24 * 3_600_000
BEGIN_MS = 1_800_000_000_000
HALF_LIVES: tuple[HalfLife, ...] = (None, timedelta(hours=1), timedelta(days=3), Outcomes(2))
ARMS = (
    ArmKey("a/simple", "cheap"),
    ArmKey("a/simple", "dear", 1),
    ArmKey("b/simple", "cheap", 2, 1),
)

half_lives = st.sampled_from(HALF_LIVES)


@dataclass
class Clock:
    """A clock that is set by hand."""

    now_ms: int = BEGIN_MS

    def __call__(self) -> float:
        """Return seconds since 1970."""
        return self.now_ms / 1000


@dataclass
class Pair:
    """The store under test and the memory store, on one clock."""

    kept: SQLiteStore
    clock: Clock


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Return one store for all examples; each has a goal of its own in it."""
    clock = Clock()
    kept = SQLiteStore(tmp_path_factory.mktemp("eras") / "evidence.db", clock=clock)
    yield Pair(kept, clock)
    kept.close()


_goals = count()


def goal() -> str:
    """Return the name of a goal that was not used."""
    return f"goal {next(_goals)}"


amounts = st.none() | st.integers(0, 10**12)
records = st.builds(
    Record,
    arm=st.sampled_from(ARMS),
    nonce=st.integers(0, 6).map(lambda number: number.to_bytes(10)),
    attempt=st.integers(0, 1),
    decided_at_ms=st.integers(BEGIN_MS - 32 * DAY_MS, BEGIN_MS + 100 * DAY_MS),
    facts=st.builds(CallFacts, amounts, amounts, amounts, st.booleans()),
    revision=st.none() | st.integers(0, 3),
    score=st.none() | st.integers(0, 10_000),
    count=st.sampled_from((0, 1, 31, 32, 33, 64, 96, 400)),  # eras of Outcomes(2) begin at 32n
    is_seed=st.booleans(),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("apply"), st.lists(records, min_size=1, max_size=6)),
        st.tuples(st.just("tidy"), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 12 * DAY_MS)),
        st.tuples(st.just("epoch"), st.integers(1, 3)),
        st.tuples(st.just("change"), half_lives),
        st.tuples(st.just("absorb"), st.integers(0, 2)),
    ),
    min_size=1,
    max_size=14,
)


def carried(half_life: HalfLife, number: int, now_ms: int) -> GoalEvidence:
    """Return evidence that another store has counted under a half-life."""
    elsewhere = MemoryStore(clock=lambda: now_ms / 1000)
    elsewhere.declare("goal", half_life)
    for past in range(number + 1):
        facts = CallFacts(cost_nanousd=past + 1)
        decided = now_ms - past * 7 * DAY_MS
        elsewhere.apply("goal", [Record(ARMS[past], bytes([past]), 0, decided, facts, 1, 7_000, 9)])
    held = elsewhere.read("goal")
    assert held is not None
    return held


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(half_life=half_lives, steps=steps)
def test_rows_read_as_memory_does(
    pair: Pair, half_life: HalfLife, steps: list[tuple[str, object]]
) -> None:
    """Late corrections, faded eras folded in between, new clocks: the same integers throughout."""
    pair.clock.now_ms = BEGIN_MS
    goal_id, model, kept = goal(), MemoryStore(clock=pair.clock), pair.kept
    model.declare(goal_id, half_life)
    kept.declare(goal_id, half_life)

    for number, (step, given_) in enumerate([*steps, ("tidy", 0)]):
        if step == "wait":
            pair.clock.now_ms += given_  # type: ignore[operator]
        elif step == "tidy":
            kept.tidy(goal_id)
        for store in (model, kept):
            if step == "epoch":
                store.open_epoch(goal_id, ARMS[0].bucket, ARMS[0].path, given_)  # type: ignore[arg-type]
            elif step == "change":
                store.change_half_life(goal_id, given_)  # type: ignore[arg-type]
            elif step == "absorb":
                held = store.read(goal_id)
                assert held is not None
                evidence = carried(held.half_life, given_, pair.clock.now_ms)  # type: ignore[arg-type]
                store.absorb(goal_id, evidence, once=str(number))
        if step == "apply":
            assert kept.apply(goal_id, given_) == model.apply(goal_id, given_)  # type: ignore[arg-type]

        ours, theirs = kept.read(goal_id), model.read(goal_id)
        assert ours is not None
        assert theirs is not None
        assert to_plain(ours) == to_plain(theirs)


def test_the_era_before_the_newest_is_not_folded(pair: Pair) -> None:
    """Its outcomes still weigh something; only what is older has faded."""
    pair.clock.now_ms = BEGIN_MS
    goal_id = goal()
    pair.kept.declare(goal_id, Outcomes(2))
    for number, seen in enumerate((0, 32, 64)):  # an era each
        nonce = number.to_bytes(10)
        pair.kept.apply(
            goal_id, [Record(ARMS[0], nonce, 0, BEGIN_MS, revision=1, score=10_000, count=seen)]
        )
    before = pair.kept.read(goal_id)

    folded = pair.kept.tidy(goal_id)

    after = pair.kept.read(goal_id)
    assert before is not None
    assert after is not None
    assert folded == 1
    assert to_plain(before) == to_plain(after)
    assert after.buckets[ARMS[0].bucket].arms[ARMS[0]].before.successes > 0


def test_a_late_correction_reaches_an_era_that_was_folded(pair: Pair) -> None:
    """Its outcome has faded to nothing, its count of reports is taken back all the same."""
    pair.clock.now_ms = BEGIN_MS
    goal_id, hours = goal(), 3_600_000
    old = Record(ARMS[0], b"old", 0, BEGIN_MS - 40 * hours, CallFacts(5), 1, 10_000)
    new = Record(ARMS[0], b"new", 0, BEGIN_MS, CallFacts(7), 1, 0)
    pair.kept.declare(goal_id, timedelta(hours=1))
    pair.kept.apply(goal_id, [old, new])

    folded = pair.kept.tidy(goal_id)
    (late,) = pair.kept.apply(goal_id, [replace(old, revision=2, score=None)])
    pair.kept.tidy(goal_id)

    assert folded == 1
    assert late == ReportStatus.CORRECTED
    held = pair.kept.read(goal_id)
    assert held is not None
    archive = held.buckets[ARMS[0].bucket].arms[ARMS[0]].archive
    assert (archive.attempts, archive.cost_nanousd, archive.reported) == (1, 5, 0)
