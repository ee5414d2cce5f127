"""The results of record of shared stores can be repeated, and say that nothing was lost."""

import json
from pathlib import Path

import pytest

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


@pytest.mark.parametrize("name", ["soak-rdb", "sharing"])
def test_a_result_of_record_says_how_to_repeat_it(name: str) -> None:
    """Each names command, seed, machine, server and versions, and its table shows every figure."""
    record = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    page = (RESULTS / f"{name}.md").read_text(encoding="utf-8")

    module = name.partition("-")[0]
    assert record["command"].startswith(f"python3 run.py --with test python -m benchmarks.{module}")
    assert "--quick" not in record["command"]
    assert isinstance(record["seed"], int)
    assert record["machine"]["cpu"]
    assert {"armwise", "redis", "python"} <= record["versions"].keys()
    assert record["figures"]
    for figure in record["figures"]:
        assert figure["what"] in page


def test_the_soak_of_record_lost_and_doubled_nothing() -> None:
    """At least 100,000 outcomes through ten crashes of the server and five of workers."""
    record = json.loads((RESULTS / "soak-rdb.json").read_text(encoding="utf-8"))
    found = {figure["name"]: figure["value"] for figure in record["figures"]}

    assert (found["lost"], found["doubled"], found["unequal"]) == (0, 0, 0)
    assert found["outcomes"] >= 100_000
    assert found["server_kills"] >= 10
    assert found["server_stops"] >= 5
    assert found["worker_kills"] >= 5
