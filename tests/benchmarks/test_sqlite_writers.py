"""Writers of one SQLite file get their turn: the ratio that the writer queue is there for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[2]


def test_no_writer_starves(tmp_path: Path) -> None:
    """Of eight processes in two seconds the slowest writes at least half of what the fastest does.

    The log stays small. SQLite's own waiting is measured beside it; no bound is put on how badly
    that does.
    """
    words = [sys.executable, "-m", "benchmarks.sqlite_writers", "--quick", "--out", str(tmp_path)]

    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)

    record = json.loads((tmp_path / "sqlite_writers.json").read_text(encoding="utf-8"))
    found = {figure["name"]: figure["value"] for figure in record["figures"]}
    assert found["normal_queue_ratio"] >= 0.5
    assert found["normal_queue_log"] <= 16
