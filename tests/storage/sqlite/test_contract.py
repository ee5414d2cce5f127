"""The SQLite store keeps the shipped contracts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from armwise.storage import Keyring, Portable, Probed, Tidied
from armwise.storage.sqlite import SQLiteStore
from armwise.testing.contracts import KeyringContract, PortableContract, StoreContract


class TestSQLiteStore(StoreContract, PortableContract, KeyringContract):
    """Every promise, held by a store in a file."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SQLiteStore]:
        """Return a store in a file of its own for each test."""
        kept = SQLiteStore(tmp_path / "evidence.db")
        yield kept
        kept.close()


def test_it_has_every_ability(tmp_path: Path) -> None:
    """Evidence can be carried, keys shared, rows tidied and settings examined."""
    kept = SQLiteStore(tmp_path / "evidence.db")

    abilities = (Portable, Keyring, Tidied, Probed)

    assert all(isinstance(kept, ability) for ability in abilities)
    kept.close()
