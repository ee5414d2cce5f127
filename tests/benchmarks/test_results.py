"""The benchmarks run, say what they say, and the results of record can be repeated."""

import importlib.util
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"
NAMES = (
    "imports",
    "decide",
    "overhead",
    "threads",
    "demo",
    "sqlite_writers",
    "redis_store",
    "availability",
)


@cache
def quick(name: str) -> dict[str, float]:
    """Return the figures of a quick run, by name."""
    with TemporaryDirectory() as out:
        words = [sys.executable, "-m", f"benchmarks.{name}", "--quick", "--out", out]
        subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
        return values(json.loads(Path(out, f"{name}.json").read_text(encoding="utf-8")))


def values(record: dict[str, Any]) -> dict[str, float]:
    """Return the figures of a result file, by name."""
    return {figure["name"]: figure["value"] for figure in record["figures"]}


def test_importing_armwise_is_cheap_beside_litellm() -> None:
    """The import loads no heavy library and takes less than half of LiteLLM's time."""
    found = quick("imports")

    assert 0 == found["armwise_heavy"]
    assert found["armwise_whole"] < 0.5 * found["litellm_whole"]


@pytest.mark.skipif(
    importlib.util.find_spec("mabwiser") is None,
    reason="MABWiser is not installed: pip install --group peers",
)
def test_a_policy_turn_is_far_faster_than_that_of_mabwiser() -> None:
    """Choosing and learning is at least five times as fast, under either rule."""
    found = quick("decide")

    assert found["mabwiser_ratio"] > 5
    assert found["mabwiser_ratio_best"] > 5


@pytest.mark.skipif(
    importlib.util.find_spec("bayesianbandits") is None,
    reason="bayesianbandits is not installed: pip install --group peers",
)
def test_a_policy_turn_is_far_faster_than_that_of_bayesianbandits() -> None:
    """Choosing and learning is at least 25 times as fast, under either rule."""
    found = quick("decide")

    assert found["bayesianbandits_ratio"] > 25
    assert found["bayesianbandits_ratio_best"] > 25


def test_routing_adds_little_to_a_call() -> None:
    """A routed call is not much slower than a bare one, and every one of them is learned."""
    found = quick("overhead")

    # A quick run is all beginning, when what buckets borrow is fitted after almost every outcome.
    assert found["completion_added"] < 75
    assert found["acompletion_added"] < 75
    assert 2 * (60 + 10) == found["learned"]


def test_every_decision_of_64_threads_is_counted() -> None:
    """None is lost: 64 threads deciding 50 times in a second are 3200 decisions."""
    found = quick("threads")

    assert 64 * 50 == found["counted"]


@pytest.mark.parametrize("name", NAMES)
def test_a_result_of_record_says_how_to_repeat_it(name: str) -> None:
    """Each names command, seed, machine and versions, and its table shows every figure."""
    record = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    page = (RESULTS / f"{name}.md").read_text(encoding="utf-8")

    assert f"python3 run.py --with peers python -m benchmarks.{name}" == record["command"]
    assert isinstance(record["seed"], int)
    assert record["machine"]["cpu"]
    assert record["machine"]["cores"] >= 1
    assert {"armwise", "litellm", "numpy", "python"} <= record["versions"].keys()
    assert record["figures"]
    assert record["command"] in page
    for figure in record["figures"]:
        assert figure["what"] in page


def test_the_summary_of_record_shows_every_target() -> None:
    """The page of promises has a line for each figure that has a target."""
    page = (RESULTS / "summary.md").read_text(encoding="utf-8")
    records = [json.loads((RESULTS / f"{name}.json").read_text("utf-8")) for name in NAMES]
    promised = [row for record in records for row in record["figures"] if row["target"] is not None]

    assert len(promised) >= len(NAMES)
    assert [] == [row["what"] for row in promised if row["what"] not in page]


PARTS = (
    "textbook",
    "routing",
    "prices",
    "change",
    "default",
    "delay",
    "scaling",
    "real",
    "escalation",
)


@pytest.mark.parametrize("name", PARTS)
def test_a_part_of_the_regret_benchmark_of_record_can_be_repeated(name: str) -> None:
    """Each names its command, seed and versions, was no quick run, and has its page of tables."""
    record = json.loads((RESULTS / "regret" / f"{name}.json").read_text(encoding="utf-8"))
    page = (RESULTS / "regret" / f"{name}.md").read_text(encoding="utf-8")

    assert f"armwise bench {name}" in record["command"]
    assert "--quick" not in record["command"]
    assert isinstance(record["seed"], int)
    assert {"armwise", "numpy", "python"} <= record["versions"].keys()
    assert record["tables"]
    for table in record["tables"]:
        assert table["title"] in page


def test_counting_on_redis_is_small_and_quick_beside_a_ping() -> None:
    """Small records, calls by the hundred well ahead of single ones; wide slack for busy runs."""
    found = quick("redis_store")

    assert found["memory_10000_at_once"] < 1.0
    assert found["batched_gain"] > 2
    assert found["single_ratio"] < 10
