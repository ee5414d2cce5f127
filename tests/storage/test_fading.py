"""Evidence that fades in a store: the same integers whatever the order, delay and clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armwise.bandit import UNIT, Evidence, outcome_evidence
from armwise.bandit.decay import ERA_TICKS, HalfLife, Outcomes, weight
from armwise.errors import ConfigurationError
from armwise.storage import ArmKey, CallFacts, MemoryStore, Record, ReportStatus

GOAL = "goal"
NOW_MS = 1_800_000_000_000
HOUR_MS = 3_600_000
HALF_LIVES: tuple[HalfLife, ...] = (None, timedelta(hours=1), timedelta(days=3), Outcomes(3))
ARMS = (ArmKey("a/simple", "cheap"), ArmKey("a/simple", "dear"), ArmKey("b/simple", "cheap", 1, 2))

half_lives = st.sampled_from(HALF_LIVES)


@dataclass
class Clock:
    """A clock that is set by hand."""

    now_ms: int = NOW_MS

    def __call__(self) -> float:
        """Return seconds since 1970."""
        return self.now_ms / 1000


def store(half_life: HalfLife, clock: Clock | None = None) -> MemoryStore:
    """Return a store that holds the goal under a half-life."""
    kept = MemoryStore(clock=clock or Clock())
    kept.declare(GOAL, half_life)
    return kept


@st.composite
def histories(draw: st.DrawFn, *, future_ms: int = 0) -> list[Record]:
    """Draw records of some attempts, each with one time, one arm and one outcome per revision."""
    records: list[Record] = []
    for number in range(draw(st.integers(0, 6))):
        arm = draw(st.sampled_from(ARMS))
        decided = NOW_MS + future_ms - draw(st.integers(0, 29 * 24 * HOUR_MS))
        facts = CallFacts(cost_nanousd=draw(st.none() | st.integers(0, 10**9)))
        count = draw(st.integers(0, 200))
        outcomes = draw(
            st.dictionaries(st.integers(0, 3), st.none() | st.integers(0, 10_000), max_size=4)
        )
        for revision, score in [(None, None), *outcomes.items()]:
            records.append(
                Record(arm, number.to_bytes(10), 0, decided, facts, revision, score, count)
            )
    return records


def state(kept: MemoryStore) -> object:
    """Return everything that the store says of the goal, but for its versions."""
    buckets = kept.snapshot(GOAL)
    return kept.evidence(GOAL), {
        name: (seen.arms, seen.epochs, seen.count) for name, seen in buckets.items()
    }


def last_words(history: Sequence[Record]) -> list[Record]:
    """Return one record per attempt: that of the highest revision."""
    last: dict[bytes, Record] = {}
    for item in history:
        held = last.get(item.nonce)
        if held is None or (item.revision or 0) >= (held.revision or 0):
            last[item.nonce] = item if item.revision is not None else held or item
    return list(last.values())


def tick_of(half_life: HalfLife, at_ms: int, count: int) -> int:
    """Return the tick of a moment, written down a second time."""
    if half_life is None:
        return 0
    if isinstance(half_life, Outcomes):
        return 64 * count // half_life.number
    return 64 * at_ms // int(half_life.total_seconds() * 1000)


def expected(history: Sequence[Record], half_life: HalfLife) -> dict[ArmKey, Evidence]:
    """Return the evidence recomputed from scratch, from the last word on every attempt."""
    last = last_words(history)
    evidence: dict[ArmKey, Evidence] = {}
    for arm in {item.arm for item in last}:
        bucket = [item for item in last if item.arm.bucket == arm.bucket]
        ticks = [tick_of(half_life, min(i.decided_at_ms, NOW_MS), i.count) for i in bucket]
        heard = {i.nonce for i in history if i.revision is not None and i.arm.bucket == arm.bucket}
        count = max(len(heard), *(item.count for item in bucket))
        now = max([*ticks, tick_of(half_life, NOW_MS, count)])
        sums = {0: Evidence(), 1: Evidence()}  # by age in eras
        total = Evidence()
        for item, tick in zip(bucket, ticks, strict=True):
            if item.arm != arm:
                continue
            cost = item.facts.cost_nanousd
            total += Evidence(attempts=1, cost_nanousd=cost or 0, costed=int(cost is not None))
            age = now // ERA_TICKS - tick // ERA_TICKS
            if item.score is None:
                continue
            total += Evidence(reported=1)
            if age in sums:
                sums[age] += outcome_evidence(item.score, weight(tick))
        by = weight(now)

        def read(part: str, sums: dict[int, Evidence] = sums, by: int = by) -> int:
            fresh, old = getattr(sums[0], part), getattr(sums[1], part)
            return int((fresh * UNIT + by // 2) // by + (old * 16 + by // 2) // by)

        weighted = {part: read(part) for part in ("successes", "failures", "squares")}
        evidence[arm] = total + Evidence(**weighted)
    return evidence


@given(history=histories(future_ms=HOUR_MS), half_life=half_lives, data=st.data())
def test_state_is_a_function_of_the_set_of_records(
    history: list[Record], half_life: HalfLife, data: st.DataObject
) -> None:
    """Any order, any repetition and any split into calls gives the same integers."""
    repeated = history + data.draw(st.lists(st.sampled_from(history)) if history else st.just([]))
    shuffled = data.draw(st.permutations(repeated))
    once, often = store(half_life), store(half_life)

    once.apply(GOAL, history)
    for item in shuffled:
        often.apply(GOAL, [item])

    assert state(once) == state(often)


@given(history=histories(future_ms=HOUR_MS), half_life=half_lives, data=st.data())
def test_the_evidence_is_what_the_last_words_add_up_to(
    history: list[Record], half_life: HalfLife, data: st.DataObject
) -> None:
    """Integer for integer what a recomputation from the highest revisions gives."""
    kept = store(half_life)

    kept.apply(GOAL, data.draw(st.permutations(history)))

    assert kept.evidence(GOAL) == expected(history, half_life)


@given(history=histories(), half_life=half_lives, data=st.data())
def test_it_does_not_matter_when_a_record_arrives(
    history: list[Record], half_life: HalfLife, data: st.DataObject
) -> None:
    """Records that came in over 29 days leave what the same ones leave that come at once."""
    clock = Clock()
    over_time, at_once = store(half_life, clock), store(half_life)

    for item in sorted(history, key=lambda item: item.decided_at_ms):
        delay_ms = data.draw(st.integers(0, NOW_MS - item.decided_at_ms))
        clock.now_ms = min(NOW_MS, item.decided_at_ms + delay_ms)
        over_time.apply(GOAL, [item])
        over_time.evidence(GOAL)
    clock.now_ms = NOW_MS
    at_once.apply(GOAL, history)

    assert state(over_time) == state(at_once)


@pytest.mark.parametrize("half_life", [timedelta(hours=2), Outcomes(4)])
def test_an_outcome_fades_by_its_own_clock(half_life: HalfLife) -> None:
    """Two hours, or four outcomes of the bucket, after an outcome it weighs half."""
    clock = Clock()
    kept = store(half_life, clock)
    kept.apply(GOAL, [Record(ARMS[0], bytes(10), 0, NOW_MS, revision=1, score=10_000)])
    count = kept.bucket(GOAL, "a/simple").count

    clock.now_ms += 2 * HOUR_MS
    for number in range(1, 4):
        record = Record(ARMS[1], number.to_bytes(10), 0, NOW_MS, revision=1, score=0, count=number)
        kept.apply(GOAL, [record])
    seen = kept.bucket(GOAL, "a/simple")

    assert (count, seen.count) == (1, 4)
    assert seen.arms[ARMS[0]].successes == UNIT // 2
    assert kept.evidence(GOAL)[ARMS[0]].attempts == 1


def test_a_version_moves_while_nothing_happens() -> None:
    """A half-life in time fades by itself: readers learn that from the version, tick by tick."""
    clock = Clock()
    kept = store(timedelta(hours=64), clock)
    kept.apply(GOAL, [Record(ARMS[0], bytes(10), 0, NOW_MS, revision=1, score=10_000)])

    versions: list[tuple[int, int]] = []
    for half_hours in (0, 1, 2, 4):  # NOW_MS is a whole hour, and so a whole tick
        clock.now_ms = NOW_MS + half_hours * HOUR_MS // 2
        versions.append((kept.version(GOAL, "a/simple"), kept.goal_version(GOAL)))
        assert kept.bucket(GOAL, "a/simple").version == versions[-1][0]

    assert versions[0] == versions[1]
    assert len({bucket for bucket, _ in versions}) == len({goal for _, goal in versions}) == 3


@pytest.mark.parametrize("half_life", [None, Outcomes(5)])
def test_a_version_stands_while_nothing_fades(half_life: HalfLife) -> None:
    """Without a half-life in time, years change nothing."""
    clock = Clock()
    kept = store(half_life, clock)
    kept.apply(GOAL, [Record(ARMS[0], bytes(10), 0, NOW_MS, revision=1, score=10_000)])
    before = (kept.version(GOAL, "a/simple"), kept.goal_version(GOAL), state(kept))

    clock.now_ms += 10**11

    assert before == (kept.version(GOAL, "a/simple"), kept.goal_version(GOAL), state(kept))


def test_a_goal_version_moves_with_every_bucket() -> None:
    """Outcomes and epochs of any bucket are news to the whole goal; a duplicate is none."""
    kept = store(None)
    first = Record(ARMS[0], bytes(10), 0, NOW_MS, revision=1, score=0)
    other = Record(ARMS[2], b"other one!", 0, NOW_MS, revision=1, score=0)
    versions = [kept.goal_version(GOAL)]

    for change in (
        lambda: kept.apply(GOAL, [first]),
        lambda: kept.apply(GOAL, [other]),
        lambda: kept.open_epoch(GOAL, "a/simple", "cheap", 1),
    ):
        change()
        versions.append(kept.goal_version(GOAL))
    kept.apply(GOAL, [first])

    assert len(set(versions)) == 4
    assert kept.goal_version(GOAL) == versions[-1]
    assert set(kept.snapshot(GOAL)) == {"a/simple", "b/simple"}
    assert kept.snapshot(GOAL)["a/simple"] == kept.bucket(GOAL, "a/simple")
    assert kept.snapshot("nobody's") == {}


def test_the_first_half_life_holds() -> None:
    """A later declaration is answered with what is in force; nothing changes."""
    kept = MemoryStore()

    answers = [kept.declare(GOAL, life) for life in (Outcomes(5), None, timedelta(days=1))]

    assert answers == [Outcomes(5)] * 3
    with pytest.raises(ConfigurationError):
        kept.declare("other", 7)  # type: ignore[arg-type]


def test_a_goal_that_counted_before_does_not_forget() -> None:
    """Without a declaration evidence is kept whole, and stays so."""
    kept = MemoryStore(clock=Clock())

    kept.apply(GOAL, [Record(ARMS[0], bytes(10), 0, NOW_MS, revision=1, score=10_000)])

    assert kept.declare(GOAL, Outcomes(5)) is None


def test_a_time_in_the_future_is_now() -> None:
    """A request decided by a fast clock weighs one, and its correction takes back one."""
    clock = Clock()
    kept = store(timedelta(hours=1), clock)
    record = Record(ARMS[0], bytes(10), 0, NOW_MS + 24 * HOUR_MS, revision=1, score=10_000)

    kept.apply(GOAL, [record])
    at_first = kept.evidence(GOAL)[ARMS[0]]
    clock.now_ms += 25 * HOUR_MS
    corrected = kept.apply(
        GOAL, [Record(ARMS[0], bytes(10), 0, NOW_MS + 24 * HOUR_MS, revision=2, score=None)]
    )

    assert at_first.successes == UNIT
    assert corrected == [ReportStatus.CORRECTED]
    assert kept.evidence(GOAL)[ARMS[0]] == Evidence(attempts=1)


def test_a_clock_that_is_set_back_makes_nothing_weigh_more() -> None:
    """What has been seen is never newer than now: it weighs one, not two."""
    clock = Clock()
    kept = store(timedelta(hours=1), clock)
    kept.apply(GOAL, [Record(ARMS[0], bytes(10), 0, NOW_MS, revision=1, score=10_000)])

    clock.now_ms -= HOUR_MS

    assert kept.bucket(GOAL, "a/simple").arms[ARMS[0]].successes == UNIT


def test_counts_of_a_fuller_store_carry_the_clock_on() -> None:
    """Told of a request that was decided at count 5,000, an empty store goes on from there."""
    kept = store(Outcomes(10))

    kept.apply(GOAL, [Record(ARMS[0], bytes(10), 0, NOW_MS, revision=1, score=10_000, count=5_000)])
    seen = kept.bucket(GOAL, "a/simple")

    assert seen.count == 5_000
    assert seen.arms[ARMS[0]].successes == UNIT


def test_what_is_kept_of_an_arm_does_not_grow_with_time() -> None:
    """A thousand half-lives leave three sums per arm, and all the money."""
    clock = Clock()
    kept = store(timedelta(hours=1), clock)

    for number in range(1_000):
        clock.now_ms += HOUR_MS
        facts = CallFacts(cost_nanousd=7)
        item = Record(ARMS[0], number.to_bytes(10), 0, clock.now_ms, facts, 1, 10_000)
        kept.apply(GOAL, [item])

    assert len(kept._goals[GOAL].evidence.buckets["a/simple"].arms) == 1
    assert kept.evidence(GOAL)[ARMS[0]].cost_nanousd == 7_000
    assert kept.evidence(GOAL)[ARMS[0]].successes / UNIT == pytest.approx(2.0, rel=1e-4)
    assert kept.bucket(GOAL, "a/simple").arms[ARMS[0]].attempts < 33
