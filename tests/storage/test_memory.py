"""The store's promises: exactly once, in any order, exactly revisable."""

import threading
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armwise.bandit import UNIT, Evidence
from armwise.errors import ConfigurationError
from armwise.storage import ArmKey, CallFacts, MemoryStore, Record, ReportStatus, connect

GOAL = "goal"
ARM = ArmKey("general/simple", "cheap")
NOW_S = 1_800_000_000.0

optional = st.none() | st.integers(min_value=0, max_value=10**9)
facts = st.builds(CallFacts, optional, optional, optional, st.booleans())


def store() -> MemoryStore:
    """Return a store whose clock stands still."""
    return MemoryStore(clock=lambda: NOW_S)


def record(
    number: int = 0,
    revision: int | None = 1,
    score: int | None = 10_000,
    facts: CallFacts = CallFacts(),  # noqa: B008 - frozen
) -> Record:
    """Return a record of one request, decided a minute ago."""
    return Record(ARM, number.to_bytes(10), 0, int(NOW_S * 1000) - 60_000, facts, revision, score)


@st.composite
def histories(draw: st.DrawFn) -> list[Record]:
    """Draw records of several requests where each (request, revision) has one outcome."""
    outcomes = draw(
        st.dictionaries(
            st.tuples(st.integers(0, 5), st.integers(0, 3)),
            st.none() | st.integers(0, 10_000),
            max_size=15,
        )
    )
    known = {number: draw(facts) for number in range(6)}
    return [
        record(number, revision, score, known[number])
        for (number, revision), score in outcomes.items()
    ]


@given(history=histories(), data=st.data())
def test_state_is_a_function_of_the_set_of_records(
    history: list[Record], data: st.DataObject
) -> None:
    """Any order, any repetition and any split into calls gives the same integers."""
    repeated = history + data.draw(st.lists(st.sampled_from(history)) if history else st.just([]))
    shuffled = data.draw(st.permutations(repeated))
    once, often = store(), store()

    once.apply(GOAL, history)
    for item in shuffled:
        often.apply(GOAL, [item])

    assert once.evidence(GOAL) == often.evidence(GOAL)


@given(history=histories())
def test_only_the_highest_revision_of_each_request_counts(history: list[Record]) -> None:
    """The evidence is what the last word on every request adds up to."""
    kept = store()

    kept.apply(GOAL, history)

    last: dict[bytes, Record] = {}
    for item in sorted(history, key=lambda item: item.revision or 0):
        last[item.nonce] = item
    scores = [item.score for item in last.values() if item.score is not None]
    seen = kept.evidence(GOAL).get(ARM, Evidence())
    assert len(scores) * UNIT == seen.successes + seen.failures
    assert seen.successes == sum((UNIT * score + 5_000) // 10_000 for score in scores)
    assert seen.attempts == len(last)


def test_each_report_is_answered_with_what_became_of_it() -> None:
    """Applied, duplicate, conflict, corrected, stale: in that order, the counts exact."""
    kept = store()

    answers = [
        kept.apply(GOAL, [item])[0]
        for item in (
            record(revision=1, score=10_000),
            record(revision=1, score=10_000),
            record(revision=1, score=0),
            record(revision=2, score=0),
            record(revision=1, score=10_000),
            record(revision=3, score=None),
        )
    ]

    assert answers == [
        ReportStatus.APPLIED,
        ReportStatus.DUPLICATE,
        ReportStatus.CONFLICT,
        ReportStatus.CORRECTED,
        ReportStatus.STALE,
        ReportStatus.CORRECTED,
    ]
    assert kept.evidence(GOAL) == {ARM: Evidence(attempts=1)}


def test_a_measured_fact_is_never_overwritten() -> None:
    """The first record that carries a fact sets it; a later one fills only what is missing."""
    kept = store()
    measured = CallFacts(cost_nanousd=70, output_tokens=5)
    told = CallFacts(cost_nanousd=99, latency_us=1_000)

    kept.apply(GOAL, [record(revision=None, facts=measured), record(facts=told)])

    seen = kept.evidence(GOAL)[ARM]
    assert (seen.cost_nanousd, seen.costed) == (70, 1)
    assert (seen.output_tokens, seen.tokened) == (5, 1)
    assert (seen.latency_us, seen.timed) == (1_000, 1)
    assert seen.attempts == 1


def test_attempts_of_one_request_are_counted_apart() -> None:
    """The same nonce with another attempt number is another attempt."""
    kept = store()
    second = replace(record(), attempt=1)

    answers = kept.apply(GOAL, [record(), second])

    assert answers == [ReportStatus.APPLIED] * 2
    assert kept.evidence(GOAL)[ARM].attempts == 2


def test_what_is_too_old_is_answered_and_not_counted() -> None:
    """After 30 days a report is EXPIRED, and dedupe records older than that are dropped."""
    clock = [NOW_S]
    kept = MemoryStore(clock=lambda: clock[0])
    kept.apply(GOAL, [record()])

    clock[0] += 31 * 86_400
    late = kept.apply(GOAL, [record(revision=2, score=0), record(number=7)])
    clock[0] += 5 * 86_400
    kept.apply(GOAL, [])

    assert late == [ReportStatus.EXPIRED] * 2
    assert kept.evidence(GOAL)[ARM].successes == UNIT
    assert not kept._goals[GOAL].counted


def test_a_version_changes_exactly_when_the_bucket_does() -> None:
    """Readers can skip what has not changed, and miss nothing that has."""
    kept = store()
    versions = [kept.version(GOAL, ARM.bucket)]

    for item in (record(), record(), record(revision=2, score=0)):
        kept.apply(GOAL, [item])
        versions.append(kept.version(GOAL, ARM.bucket))

    assert versions[0] != versions[1]
    assert versions[1] == versions[2]
    assert versions[2] != versions[3]
    assert kept.version(GOAL, "general/complex") == versions[0]


def test_an_epoch_only_grows() -> None:
    """Opening the same one twice opens it once; an earlier one changes nothing."""
    kept = store()

    versions: list[int] = []
    for epoch in (1, 1, 3, 2):
        kept.open_epoch(GOAL, ARM.bucket, ARM.path, epoch)
        versions.append(kept.version(GOAL, ARM.bucket))

    assert kept.bucket(GOAL, ARM.bucket).epochs == {ARM.path: 3}
    assert versions[0] == versions[1] != versions[2] == versions[3]


def test_an_attempt_costs_about_300_bytes() -> None:
    """The promised size of a dedupe record, within a third, over 20,000 attempts."""
    kept = store()
    tracemalloc.start()

    for number in range(20_000):
        kept.apply(GOAL, [record(number)])
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert 200 < size / 20_000 < 400


def test_threads_lose_and_double_nothing() -> None:
    """8 threads report the same 500 requests; each is counted once."""
    kept = store()
    records = [record(number) for number in range(500)]

    threads = [
        threading.Thread(target=lambda: [kept.apply(GOAL, [item]) for item in records])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    seen = kept.evidence(GOAL)[ARM]
    assert (seen.successes, seen.attempts) == (500 * UNIT, 500)


def test_a_url_names_a_store() -> None:
    """memory:// names one; anything else is refused, passwords hidden."""
    assert isinstance(connect("memory://"), MemoryStore)
    with pytest.raises(ConfigurationError, match="memory://") as caught:
        connect("mongodb://me:hunter2@host/0")
    assert "hunter2" not in str(caught.value)
