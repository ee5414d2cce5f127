"""Tidying drops what no report can need, by the clock that accepts reports, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armwise.bandit.decay import HalfLife, Outcomes
from armwise.storage import CallFacts, MemoryStore, Record, ReportStatus
from armwise.storage.base import SLICE_MARGIN_MS
from armwise.storage.redis import RedisStore
from armwise.storage.redis.keys import LEVELS, MAX_AGE_MS, SHARD_FIELDS, SLICE_MS
from armwise.testing.contracts.histories import ARMS, fresh_goal
from armwise.testing.contracts.store import integers
from armwise.testing.servers import RedisServer

NOW_MS = 1_800_000_000_000
DAY_MS = 86_400_000


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS

    def __call__(self) -> float:
        """Return its time."""
        return self.now_ms / 1000


def at(number: int, decided_at_ms: int, *, is_seed: bool = False) -> Record:
    """Return a success that was decided at a time."""
    facts = CallFacts(cost_nanousd=7)
    nonce = number.to_bytes(10)
    return Record(ARMS[number % 2], nonce, 0, decided_at_ms, facts, 1, 10_000, number, is_seed)


def keys_of(server: RedisServer, part: str) -> list[bytes]:
    """Return the keys that hold such a part."""
    client = server.client()
    found = list(client.scan_iter(f"*{part}*", count=10_000))
    client.close()
    return found


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    ages_ms=st.lists(st.integers(0, 29 * DAY_MS), min_size=1, max_size=12),
    steps_ms=st.lists(st.integers(0, 9 * DAY_MS), min_size=1, max_size=6),
    half_life=st.sampled_from((None, timedelta(hours=5), Outcomes(2))),
)
def test_what_is_still_accepted_is_still_known(
    redis_server: RedisServer, ages_ms: list[int], steps_ms: list[int], half_life: HalfLife
) -> None:
    """However often somebody tidies, a repetition counts nothing, and the evidence stays as it is.

    The memory store, which forgets at every call, gives the same answers and integers.
    """
    clock, goal_id = Clock(), fresh_goal()
    store, model = (
        RedisStore(f"{redis_server.url}?timeout=5", clock=clock),
        MemoryStore(clock=clock),
    )
    records = [at(number, NOW_MS - age) for number, age in enumerate(ages_ms)]
    for each in (store, model):
        each.declare(goal_id, half_life)
        each.apply(goal_id, records)

    for step in steps_ms:
        clock.now_ms += step
        before = integers(store, goal_id)
        store.tidy(goal_id)
        assert integers(store, goal_id) == before

        answers = store.apply(goal_id, records)

        assert answers == model.apply(goal_id, records)
        assert set(answers) <= {ReportStatus.DUPLICATE, ReportStatus.EXPIRED}
        assert integers(store, goal_id) == before == integers(model, goal_id)
    store.close()


def test_records_are_dropped_when_their_whole_slice_has_expired(own_server: RedisServer) -> None:
    """An hour after the last one of a slice could have been reported, and not a moment before."""
    clock = Clock()
    store = RedisStore(f"{own_server.url}?timeout=5", clock=clock)
    store.apply("goal", [at(number, NOW_MS) for number in range(300)])
    gone_at_ms = (NOW_MS // SLICE_MS + 1) * SLICE_MS + MAX_AGE_MS + SLICE_MARGIN_MS
    shards = len(keys_of(own_server, ":d:"))

    clock.now_ms = gone_at_ms - 1
    kept = store.tidy("goal")
    clock.now_ms = gone_at_ms
    dropped = store.tidy("goal")

    assert shards > 32
    assert (kept, dropped) == (0, shards)
    assert keys_of(own_server, ":d:") == keys_of(own_server, "}:i") == []
    assert store.tidy("goal") == 0
    store.close()


def test_seeds_are_kept_for_ever(own_server: RedisServer) -> None:
    """The same evaluation counts once, whenever it is counted."""
    clock = Clock()
    store = RedisStore(f"{own_server.url}?timeout=5", clock=clock)
    store.apply("goal", [at(1, NOW_MS, is_seed=True)])

    clock.now_ms += 500 * DAY_MS
    store.tidy("goal")

    again = replace(at(1, clock.now_ms, is_seed=True))
    assert store.apply("goal", [again]) == [ReportStatus.DUPLICATE]
    store.close()


def test_records_of_an_earlier_clock_are_dropped(own_server: RedisServer) -> None:
    """After a change of the half-life nobody can report to them any more, so they go at once."""
    clock = Clock()
    store = RedisStore(f"{own_server.url}?timeout=5", clock=clock)
    store.apply("goal", [at(1, NOW_MS), at(2, NOW_MS, is_seed=True)])
    store.change_half_life("goal", Outcomes(5))
    clock.now_ms += 1
    store.apply("goal", [at(3, clock.now_ms)])

    dropped = store.tidy("goal")

    assert dropped == 2
    assert store.apply("goal", [at(3, NOW_MS + 1)]) == [ReportStatus.DUPLICATE]
    store.close()


def test_faded_sums_are_folded_into_the_archive(own_server: RedisServer) -> None:
    """A thousand half-lives leave as many fields as two eras do, and all the money."""
    clock = Clock()
    store = RedisStore(f"{own_server.url}?timeout=5", clock=clock)
    store.declare("goal", timedelta(hours=1))
    for number in range(0, 100, 2):
        clock.now_ms += 20 * 3_600_000
        store.apply("goal", [at(number, clock.now_ms)])
    before = integers(store, "goal")
    (key,) = keys_of(own_server, ":e:")
    client = own_server.client()
    fields = client.hlen(key)

    dropped = store.tidy("goal")

    assert integers(store, "goal") == before
    assert client.hlen(key) < 40 < fields
    assert dropped >= fields - 40
    assert before["buckets"][ARMS[0].bucket]["arms"][0]["archive"][5] > 300
    store.close()


def test_records_go_on_to_the_next_level_of_shards(own_server: RedisServer) -> None:
    """A full first level overflows into the second; each record is found wherever it lies."""
    records = [at(number, NOW_MS) for number in range(LEVELS[0] * SHARD_FIELDS + 1_000)]
    clock = Clock()
    store = RedisStore(f"{own_server.url}?timeout=5", clock=clock)

    first = store.apply("goal", records)
    again = store.apply("goal", records)

    client = own_server.client()
    lengths = [client.hlen(key) for key in keys_of(own_server, ":d:")]
    assert set(first) == {ReportStatus.APPLIED}
    assert set(again) == {ReportStatus.DUPLICATE}
    assert max(lengths) == SHARD_FIELDS
    assert len(lengths) > LEVELS[0]
    assert sum(lengths) == len(records)
    clock.now_ms += 40 * DAY_MS
    assert store.tidy("goal") == len(lengths)
    store.close()


@pytest.mark.parametrize("generation", [0, 1])
def test_a_worker_with_an_old_clock_is_told(own_server: RedisServer, generation: int) -> None:
    """A second worker that has not heard of a change counts by the new clock all the same."""
    one, other = (
        RedisStore(f"{own_server.url}?timeout=5"),
        RedisStore(f"{own_server.url}?timeout=5"),
    )
    one.declare("goal", Outcomes(5))
    other.declare("goal", Outcomes(5))

    for _ in range(generation):
        one.change_half_life("goal", Outcomes(9))

    held = other.read("goal")
    assert held is not None
    assert held.half_life == Outcomes(9 if generation else 5)
    one.close()
    other.close()
