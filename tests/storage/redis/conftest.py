"""Stores on servers of our own."""

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
