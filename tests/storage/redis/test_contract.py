"""The Redis store keeps the shipped contract on a single server."""

from collections.abc import Iterator

import pytest

from armwise.storage.redis import RedisStore
from armwise.testing.contracts import KeyringContract, PortableContract, StoreContract
from armwise.testing.servers import RedisServer


class TestRedisStore(StoreContract, PortableContract, KeyringContract):
    """Every promise, held by a store on one server."""

    @pytest.fixture
    def store(self, redis_server: RedisServer) -> Iterator[RedisStore]:
        """Return a store on the server that all tests share."""
        opened = RedisStore(redis_server.url)
        yield opened
        opened.close()
