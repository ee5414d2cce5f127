"""Outcomes are counted once, whatever crashes; and the soak that says so can fail."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"


def soak(folder: Path, *words: str) -> dict[str, float]:
    """Run the soak; return its figures by name."""
    command = [sys.executable, "-m", "benchmarks.soak", *words, "--out", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    (written,) = folder.glob("*.json")
    found = figures(json.loads(written.read_text(encoding="utf-8")))
    assert (found["lost"], found["doubled"], found["unequal"]) == (0, 0, 0) or done.returncode == 1
    return found


def figures(record: dict[str, Any]) -> dict[str, float]:
    """Return the figures of a result file, by name."""
    return {figure["name"]: figure["value"] for figure in record["figures"]}


@pytest.mark.timeout(540)
def test_no_outcome_is_lost_or_doubled_by_crashes_of_server_and_workers(tmp_path: Path) -> None:
    """100,000 outcomes of 4 processes, 24 faults: every integer is that of the workers' tallies."""
    words = ["--server-kills", "12", "--server-stops", "6", "--worker-kills", "6"]

    found = soak(tmp_path, "--outcomes", "100000", "--seconds", "45", *words)

    assert (found["lost"], found["doubled"], found["unequal"]) == (0, 0, 0)
    assert found["outcomes"] == 100_000
    assert found["reports"] > 105_000
    assert found["server_kills"] >= 10
    assert found["server_stops"] >= 5
    assert found["worker_kills"] >= 5


@pytest.mark.timeout(240)
def test_a_server_that_keeps_a_log_loses_and_doubles_nothing_either(tmp_path: Path) -> None:
    """With an append-only file what was applied and not answered is not applied again."""
    found = soak(tmp_path, "--quick", "--persistence", "aof")

    assert (found["lost"], found["doubled"], found["unequal"]) == (0, 0, 0)
    assert found["server_kills"] == 4


@pytest.mark.timeout(240)
def test_without_sending_again_outcomes_are_lost(tmp_path: Path) -> None:
    """The control without a window loses what the killed server had acknowledged last."""
    found = soak(tmp_path, "--quick", "--control", "no-replay")

    assert found["lost"] > 100
    assert found["unequal"] == 1


@pytest.mark.timeout(240)
def test_without_dedupe_records_outcomes_are_counted_twice(tmp_path: Path) -> None:
    """The control that takes every record for a new one counts those sent again once more."""
    found = soak(tmp_path, "--quick", "--control", "no-dedupe")

    assert found["doubled"] > 100
    assert found["unequal"] == 1
