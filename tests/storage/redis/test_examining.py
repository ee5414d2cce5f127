"""Looking at a server: what would lose evidence is found, with what to set instead."""

import pytest

from armwise.errors import StoreUnavailableError
from armwise.storage import Finding
from armwise.storage.redis import RedisStore
from armwise.testing.servers import RedisServer


def found(store: RedisStore) -> dict[str, Finding]:
    """Return the findings by their names."""
    return {finding.name: finding for finding in store.examine()}


def test_a_server_is_timed_and_its_settings_are_shown(
    own_server: RedisServer, own_store: RedisStore
) -> None:
    """Version, eviction, memory, persistence, replication, transport; the probe is gone again."""
    seen = found(own_store)

    assert set(seen) == {
        *("probe", "transport", "version", "eviction", "memory", "persistence", "replication"),
    }
    assert seen["probe"].value.endswith("ms per call")
    assert "appendonly yes" in seen["persistence"].advice
    assert "this machine" in seen["transport"].value
    assert not any(finding.is_fatal for finding in seen.values())
    assert own_server.client().dbsize() == 0


@pytest.mark.parametrize(
    ("policy", "is_fatal"),
    [("noeviction", False), ("volatile-lru", False), ("allkeys-lru", True), ("allkeys-lfu", True)],
)
def test_a_server_that_may_delete_evidence_cannot_be_used(
    own_server: RedisServer, own_store: RedisStore, policy: str, is_fatal: bool
) -> None:
    """allkeys-* is fatal; volatile-* deletes nothing of ours, for nothing of ours expires."""
    own_server.client().config_set("maxmemory-policy", policy)

    eviction = found(own_store)["eviction"]

    assert eviction.value == policy
    assert eviction.is_fatal == is_fatal
    assert bool(eviction.advice) == is_fatal


def test_memory_that_is_nearly_full_is_told(own_server: RedisServer, own_store: RedisStore) -> None:
    """Before the server refuses, not after."""
    client = own_server.client()
    client.config_set("maxmemory", int(client.info("memory")["used_memory"] * 1.08))

    assert "nearly full" in found(own_store)["memory"].advice


def test_what_survives_a_crash_is_told() -> None:
    """An append-only file needs no advice."""
    with RedisServer("--appendonly", "yes") as server:
        store = RedisStore(server.url)

        persistence = found(store)["persistence"]

        assert persistence == Finding("persistence", "append-only file")
        store.close()


def test_replication_is_looked_at_from_both_ends(own_server: RedisServer) -> None:
    """A master that counts alone is advised, a replica is the wrong address."""
    master = RedisStore(own_server.url)
    assert found(master)["replication"].value == "no replica"
    with RedisServer("--replicaof", "127.0.0.1", str(own_server.port)) as server:
        client = own_server.client()
        own_server.wait_for_replica()
        replica = RedisStore(server.url)

        assert "min-replicas-to-write 1" in found(master)["replication"].advice
        assert found(replica)["replication"].is_fatal
        assert found(replica)["probe"].is_fatal
        client.config_set("min-replicas-to-write", 1)
        assert not found(master)["replication"].advice
        replica.close()
    master.close()


def test_a_server_that_is_down_is_an_error_not_a_finding() -> None:
    """Nothing can be said about it."""
    store = RedisStore("redis://127.0.0.1:1")

    with pytest.raises(StoreUnavailableError):
        store.examine()
