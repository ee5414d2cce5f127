"""Stores on servers of our own.

They wait five seconds, for a busy machine may stop a server for a while. What is claimed about
shorter waits opens stores of its own.
"""

from collections.abc import Iterator

import pytest

from armwise.storage.redis import RedisStore
from armwise.testing.servers import RedisServer


@pytest.fixture
def store(redis_server: RedisServer) -> Iterator[RedisStore]:
    """Return a store on the server that all tests share."""
    opened = RedisStore(f"{redis_server.url}?timeout=5")
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
    opened = RedisStore(f"{own_server.url}?timeout=5")
    yield opened
    opened.close()
