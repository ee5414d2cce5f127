"""The memory store keeps the shipped contract."""

import pytest

from armwise.storage import MemoryStore
from armwise.testing.contracts import PortableContract, StoreContract


class TestMemoryStore(StoreContract, PortableContract):
    """Every promise, held by the memory store."""

    @pytest.fixture
    def store(self) -> MemoryStore:
        """Return a store of its own for each test."""
        return MemoryStore()
