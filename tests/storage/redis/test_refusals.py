"""A server that refuses: nothing is half counted, the error says what to do, and it heals."""

from dataclasses import replace

import pytest
from redis.crc import key_slot

from armwise.bandit import Evidence
from armwise.bandit.decay import Eras
from armwise.errors import ConfigurationError, StoreError, StoreRefusedError
from armwise.storage import CallFacts, GoalEvidence, ReportStatus
from armwise.storage.redis import RedisStore
from armwise.storage.redis.keys import Clock, goal_keys, slice_of
from armwise.testing.contracts.histories import ARMS, fresh_goal, record
from armwise.testing.contracts.store import total
from armwise.testing.servers import RedisServer


def everything(server: RedisServer) -> dict[bytes, bytes | None]:
    """Return a copy of all that the server holds."""
    client = server.client()
    held = {key: client.dump(key) for key in client.scan_iter()}
    client.close()
    return held


def test_a_full_server_counts_nothing_and_recovers(
    own_server: RedisServer, own_store: RedisStore
) -> None:
    """Out of memory: the same bytes before and after; with room again a report works."""
    goal_id, client = fresh_goal(), own_server.client()
    own_store.apply(goal_id, [record()])
    before = everything(own_server)
    client.config_set("maxmemory", client.info("memory")["used_memory"] - 1)

    with pytest.raises(StoreRefusedError, match="raise maxmemory"):
        own_store.apply(goal_id, [record(number) for number in range(1, 50)])

    client.config_set("maxmemory", 0)
    assert everything(own_server) == before
    assert own_store.apply(goal_id, [record(1)]) == [ReportStatus.APPLIED]


def test_foreign_cache_traffic_evicts_no_evidence(
    own_server: RedisServer, own_store: RedisStore
) -> None:
    """Under volatile-lru a cache fills the memory again and again; nothing counts twice."""
    goal_id, client = fresh_goal(), own_server.client()
    client.config_set("maxmemory-policy", "volatile-lru")
    client.config_set("maxmemory", client.info("memory")["used_memory"] + 3_000_000)
    records = [record(number) for number in range(2_000)]

    for start in range(0, 2_000, 100):
        pipeline = client.pipeline(transaction=False)
        for number in range(300):
            pipeline.set(f"cache {start} {number}", b"x" * 1_000, ex=3_600)
        pipeline.execute()
        own_store.apply(goal_id, records[start : start + 100])
    again = own_store.apply(goal_id, records)

    assert client.info("stats")["evicted_keys"] > 0
    assert again == [ReportStatus.DUPLICATE] * 2_000
    assert total(own_store, goal_id).attempts == 2_000
    assert client.info("keyspace")["db0"]["expires"] < 6_000


def test_no_key_of_ours_has_a_time_to_live(own_server: RedisServer, own_store: RedisStore) -> None:
    """A server that evicts what may expire finds nothing of ours."""
    own_store.apply(fresh_goal(), [record(number) for number in range(20)])
    client = own_server.client()

    assert {client.ttl(key) for key in client.scan_iter()} == {-1}


def test_a_wrong_password_is_told_without_repeating_it() -> None:
    """Both a wrong and a missing one say what to write; neither is shown."""
    with RedisServer(password="s3cret/with:odd@signs") as server:
        right = RedisStore(server.url)
        wrong = RedisStore(f"redis://:hunter2@127.0.0.1:{server.port}/0")
        missing = RedisStore(f"redis://127.0.0.1:{server.port}/0")

        assert right.apply("goal", [record()]) == [ReportStatus.APPLIED]
        with pytest.raises(StoreRefusedError, match="password is wrong") as refused:
            wrong.apply("goal", [record()])
        with pytest.raises(StoreRefusedError, match="wants a password"):
            missing.apply("goal", [record()])

    assert "hunter2" not in str(refused.value)
    for store in (right, wrong, missing):
        store.close()


def test_a_replica_refuses_outcomes_and_says_where_to_go(own_server: RedisServer) -> None:
    """A read-only replica can be read, and names the master's URL as the remedy."""
    goal_id = fresh_goal()
    master = RedisStore(own_server.url)
    master.apply(goal_id, [record()])
    with RedisServer("--replicaof", "127.0.0.1", str(own_server.port)) as replica:
        own_server.wait_for_replica()
        store = RedisStore(replica.url)

        with pytest.raises(StoreRefusedError, match="name the master"):
            store.apply(goal_id, [record(1)])

        assert total(store, goal_id).attempts == 1
        store.close()
    master.close()


@pytest.mark.parametrize("what", ["meta", "evidence", "slices", "shard"])
def test_a_key_of_another_type_leaves_nothing_half_counted(
    own_server: RedisServer, own_store: RedisStore, what: str
) -> None:
    """Whichever key somebody has overwritten, the call changes no other one."""
    goal_id, item, clock = fresh_goal(), record(7), Clock()
    own_store.apply(goal_id, [record()])
    keys = goal_keys(goal_id)
    shard = keys.shard(slice_of(item, clock), 0, item.nonce + b"\0")
    named = {"meta": keys.meta, "evidence": keys.evidence(clock), "slices": keys.slices}
    key = named.get(what, shard)
    client = own_server.client()
    client.delete(key)
    client.set(key, "somebody else's")
    before = everything(own_server)

    # In 31 days slices are new, so their index is looked at.
    with pytest.raises(StoreRefusedError, match="server or a database of its own"):
        own_store.apply(goal_id, [item, record(8), replace(record(9), decided_at_ms=2 * 10**12)])

    assert everything(own_server) == before


@pytest.mark.parametrize("field", ["foreign|b", "a|b|0|0|foreign", "a|b|0|0|a"])
def test_a_foreign_field_is_refused_and_named(own_store: RedisStore, field: str) -> None:
    """Evidence that somebody else has written to is a store's error, and heals when it is gone."""
    goal = fresh_goal()
    own_store.apply(goal, [record(1)])
    evidence = goal_keys(goal).evidence(Clock())
    own_store._client.call("HSET", evidence, field, b"x")

    with pytest.raises(StoreRefusedError, match="damaged"):
        own_store.read(goal)

    own_store._client.call("HDEL", evidence, field)
    held = own_store.read(goal)
    assert held is not None
    assert held.buckets


def test_sums_beyond_64_bits_stay_exact(own_store: RedisStore) -> None:
    """No amount of money overflows: sums grow on, to the last unit, and shrink back."""
    goal_id, arm = fresh_goal(), ARMS[0]
    full = GoalEvidence(None)
    before = Evidence(cost_nanousd=2**63 - 10, output_tokens=-(2**70) - 3, attempts=2**53 + 1)
    full.of(arm.bucket).arms[arm] = Eras(0, before)
    own_store.absorb(goal_id, full, "full")
    facts = CallFacts(cost_nanousd=2**52 - 1, output_tokens=7)

    own_store.apply(goal_id, [replace(record(n), facts=facts, revision=None) for n in range(5)])

    more = Evidence(cost_nanousd=5 * (2**52 - 1), output_tokens=35, attempts=5, costed=5, tokened=5)
    assert total(own_store, goal_id) == before + more


def test_an_amount_that_cannot_be_added_exactly_is_refused(own_store: RedisStore) -> None:
    """A cost of millions of dollars is in wrong units; so is a revision of billions."""
    costly = replace(record(), facts=CallFacts(cost_nanousd=2**52))

    for item, advice in ((costly, "billionths"), (record(revision=70_000), "65535")):
        with pytest.raises(ConfigurationError, match=advice):
            own_store.apply("goal", [item])


def test_a_node_of_a_cluster_is_told_from_a_server() -> None:
    """Who names one node as a server learns which URL to write, whichever slot is asked for."""
    with RedisServer("--cluster-enabled", "yes") as node:
        client = node.client()
        client.execute_command("CLUSTER ADDSLOTS", *range(16_384))
        slot = key_slot(goal_keys("goal").meta.encode())
        client.execute_command("CLUSTER DELSLOTS", *range(slot + 1))
        store = RedisStore(node.url)

        with pytest.raises(StoreError, match="cluster"):
            store.apply("goal", [record()])
        store.close()


def test_a_server_is_told_from_a_cluster(own_server: RedisServer) -> None:
    """The other way round too."""
    store = RedisStore(f"redis+cluster://127.0.0.1:{own_server.port}")

    with pytest.raises(StoreRefusedError, match="redis:// instead of"):
        store.apply("goal", [record()])
    store.close()
