"""The Redis store keeps the shipped contract: on one server, in a cluster, behind sentinels."""

from collections.abc import Iterator

import pytest

from armwise.storage.redis import RedisStore
from armwise.testing.contracts import KeyringContract, PortableContract, StoreContract
from armwise.testing.servers import RedisCluster, RedisSentinels, RedisServer


@pytest.fixture(scope="module")
def cluster() -> Iterator[RedisCluster]:
    """Start three masters."""
    with RedisCluster() as started:
        yield started


@pytest.fixture(scope="module")
def sentinels() -> Iterator[RedisSentinels]:
    """Start a master, its replica and three sentinels."""
    with RedisSentinels() as started:
        yield started


class TestOneServer(StoreContract, PortableContract, KeyringContract):
    """Every promise, held by a store on one server."""

    @pytest.fixture
    def store(self, redis_server: RedisServer) -> Iterator[RedisStore]:
        """Return a store on the server that all tests share."""
        opened = RedisStore(f"{redis_server.url}?timeout=5")
        yield opened
        opened.close()


class TestCluster(StoreContract, PortableContract, KeyringContract):
    """Every promise, held by a store in a cluster."""

    @pytest.fixture
    def store(self, cluster: RedisCluster) -> Iterator[RedisStore]:
        """Return a store in the cluster."""
        opened = RedisStore(f"{cluster.url}?timeout=5")
        yield opened
        opened.close()


class TestSentinels(StoreContract, PortableContract, KeyringContract):
    """Every promise, held by a store on the master that sentinels name."""

    @pytest.fixture
    def store(self, sentinels: RedisSentinels) -> Iterator[RedisStore]:
        """Return a store behind the sentinels."""
        opened = RedisStore(f"{sentinels.url}?timeout=5")
        yield opened
        opened.close()
