"""What a counted attempt costs on the disk."""

import random
from dataclasses import replace
from pathlib import Path

from armwise.storage.sqlite import SQLiteStore
from armwise.testing.contracts.histories import record


def test_an_attempt_costs_about_30_bytes(tmp_path: Path) -> None:
    """The promised size of a dedupe record, with room for pages that are not full."""
    kept, chance = SQLiteStore(tmp_path / "evidence.db"), random.Random(1)
    kept.apply("goal", [])
    kept.close()
    empty = kept.path.stat().st_size

    for _ in range(20):
        kept.apply("goal", [replace(record(), nonce=chance.randbytes(10)) for _ in range(1_000)])
    kept.close()

    assert 20 < (kept.path.stat().st_size - empty) / 20_000 < 45
