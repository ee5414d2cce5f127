"""Stores on servers of our own, and records to report to them."""

from collections.abc import Iterator

import pytest

from armwise.storage.redis import RedisStore
from armwise.testing.servers import RedisServer


@pytest.fixture
def store(redis_server: RedisServer) -> Iterator[RedisStore]:
    """Return a store on the server that all tests share."""
    opened = RedisStore(redis_server.url)
    yield opened
    opened.close()


@pytest.fixture
def own_server() -> Iterator[RedisServer]:
    """Return a server that one test may break."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def own_store(own_server: RedisServer) -> Iterator[RedisStore]:
    """Return a store on the server that one test may break."""
    opened = RedisStore(own_server.url)
    yield opened
    opened.close()
