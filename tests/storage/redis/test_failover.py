"""A master dies: calls fail with one error meanwhile, and work again without any help."""

import time
from collections.abc import Callable

import pytest
from redis.crc import key_slot

from armwise.errors import StoreUnavailableError
from armwise.storage import ReportStatus
from armwise.storage.redis import RedisStore
from armwise.storage.redis.keys import goal_keys
from armwise.testing.contracts.histories import fresh_goal, record
from armwise.testing.contracts.store import total
from armwise.testing.servers import RedisCluster, RedisSentinels, RedisServer

_RECOVERS_WITHIN_S = 30.0


def until_it_works(call: Callable[[], list[ReportStatus]]) -> tuple[list[ReportStatus], int]:
    """Call until it works; return the answer and how often it did not."""
    failures, deadline = 0, time.monotonic() + _RECOVERS_WITHIN_S
    while True:
        try:
            return call(), failures
        except StoreUnavailableError:
            failures += 1
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_sentinels_promote_a_replica_and_the_store_follows() -> None:
    """What was counted is still counted once, on the new master."""
    with RedisSentinels() as sentinels:
        store, goal_id = RedisStore(sentinels.url), fresh_goal()
        store.apply(goal_id, [record(number) for number in range(50)])
        sentinels.master.wait_for_replica()
        connections = store.connections

        sentinels.master.kill()
        answers, failures = until_it_works(lambda: store.apply(goal_id, [record(3), record(50)]))

        assert failures > 0
        assert answers == [ReportStatus.DUPLICATE, ReportStatus.APPLIED]
        assert total(store, goal_id).attempts == 51
        assert store.connections > connections
        store.close()


def test_a_cluster_promotes_a_replica_and_the_store_follows() -> None:
    """A goal whose master died is unavailable, then goes on where it was."""
    with RedisCluster(replicas=1) as cluster:
        store = RedisStore(cluster.url)
        slots = cluster.slots_of(0)
        goal_id = next(
            name
            for name in (f"goal {number}" for number in range(1_000))
            if key_slot(goal_keys(name).meta.encode()) in slots
        )
        store.apply(goal_id, [record(number) for number in range(50)])
        cluster.masters[0].wait_for_replica()
        connections = store.connections

        cluster.masters[0].kill()
        answers, failures = until_it_works(lambda: store.apply(goal_id, [record(3), record(50)]))

        assert failures > 0
        assert answers == [ReportStatus.DUPLICATE, ReportStatus.APPLIED]
        assert total(store, goal_id).attempts == 51
        assert store.connections > connections
        store.close()


def test_a_server_that_is_started_later_is_used_when_it_is_there(own_server: RedisServer) -> None:
    """A store opens without its server, and works as soon as that answers."""
    own_server.kill()
    store, goal_id = RedisStore(own_server.url), fresh_goal()
    with pytest.raises(StoreUnavailableError, match=r"127\.0\.0\.1"):
        store.apply(goal_id, [record()])

    own_server.start()

    assert store.apply(goal_id, [record()]) == [ReportStatus.APPLIED]
    store.close()


def test_a_cluster_that_is_gone_is_unavailable() -> None:
    """No node answers: the same error, from the first call on."""
    store = RedisStore("redis+cluster://127.0.0.1:1,127.0.0.1:2")

    with pytest.raises(StoreUnavailableError, match=r"127\.0\.0\.1:1"):
        store.apply(fresh_goal(), [record()])
