"""What an operator is told about a SQLite store."""

import sqlite3
from pathlib import Path

import pytest

from armwise.storage.sqlite import SQLiteStore, examining


def findings(kept: SQLiteStore) -> dict[str, tuple[str, str]]:
    """Return value and advice by name."""
    return {found.name: (found.value, found.advice) for found in kept.examine()}


def test_a_healthy_store_is_described(tmp_path: Path) -> None:
    """Settings, sizes and the latency of a write; the probe record leaves no trace."""
    kept = SQLiteStore(tmp_path / "evidence.db")
    found = findings(kept)

    connection = sqlite3.connect(kept.path)
    left = connection.execute("SELECT name FROM settings").fetchall()
    connection.close()

    assert found["journal mode"] == ("wal", "")
    assert found["integrity"] == ("ok", "")
    assert found["synchronous"][0] == "NORMAL"
    assert "?durable=1" in found["synchronous"][1]
    assert found["file mode"] == ("0600", "")
    assert found["write latency"][0].endswith(" ms")
    assert {"size", "write-ahead log", "free space", "file system", "SQLite"} <= found.keys()
    assert left == [("max_age_ms",)]
    assert not any(finding.is_fatal for finding in kept.examine())
    kept.close()


def test_a_durable_store_needs_no_advice(tmp_path: Path) -> None:
    """Waiting for the disk at every write is as careful as can be."""
    kept = SQLiteStore(tmp_path / "evidence.db", durable=True)

    assert findings(kept)["synchronous"] == ("FULL", "")
    kept.close()


@pytest.mark.parametrize(
    ("version", "advised"), [((3, 40, 1), True), ((3, 51, 2), True), ((3, 51, 3), False)]
)
def test_a_library_with_the_fault_of_checkpoints_is_named(
    version: tuple[int, int, int], advised: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Harmless in the queue, so it is said and is not fatal."""
    monkeypatch.setattr(examining.sqlite3, "sqlite_version_info", version)
    kept = SQLiteStore(tmp_path / "evidence.db")

    advice = findings(kept)["SQLite"][1]

    assert ("harmless" in advice) == advised
    kept.close()


def test_rights_for_everybody_are_pointed_out(tmp_path: Path) -> None:
    """The file holds signing keys."""
    kept = SQLiteStore(tmp_path / "evidence.db")
    kept.path.chmod(0o644)

    assert findings(kept)["file mode"] == ("0644", f"it holds signing keys: chmod o= {kept.path}")
    kept.close()
