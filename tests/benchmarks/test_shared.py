"""The benchmarks of shared stores run, and lose nothing while they do."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[2]
SLACK = 3.0


def quick(name: str, folder: Path) -> dict[str, float]:
    """Return the figures of a quick run, by name."""
    words = [sys.executable, "-m", f"benchmarks.{name}", "--quick", "--out", str(folder)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    record = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return {figure["name"]: figure["value"] for figure in record["figures"]}


@pytest.mark.timeout(240)
def test_an_outage_reaches_no_caller_and_costs_no_outcome(tmp_path: Path) -> None:
    """Through a hang and an outage of 3 s nothing is raised, and all outcomes arrive soon after."""
    found = quick("outage", tmp_path)

    assert (found["errors"], found["missing"]) == (0, 0)
    assert found["reported"] > 1000
    assert found["empty"] < 5.0 * SLACK
    assert found["cold_hang"] < 1.0 * SLACK
    assert found["cold_down"] < 1.0 * SLACK
    # A caller that waited for the store would wait 200 ms at the least, every time.
    for phase in ("hang", "outage"):
        assert found[f"{phase}_decide_p50"] < 50
        assert found[f"{phase}_report_p50"] < 50


@pytest.mark.timeout(240)
def test_deciding_on_a_server_costs_what_it_costs_on_memory(tmp_path: Path) -> None:
    """No decision goes over the wire, and a batch is far cheaper than single calls."""
    found = quick("shared", tmp_path)

    assert found["decide_ratio"] < 1.1 * SLACK
    assert found["batch_ratio"] > 5.0 / SLACK


@pytest.mark.timeout(240)
def test_workers_that_share_a_store_learn_from_each_other(tmp_path: Path) -> None:
    """Every outcome of 8 processes is counted, and their regret is far from that of 8 strangers."""
    found = quick("sharing", tmp_path)

    assert found["missing"] == 0
    # 8 workers that learn nothing from each other have up to 8 times the regret of one.
    assert found["arms_ratio"] < 4.0
