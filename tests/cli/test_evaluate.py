"""``armwise evaluate`` as a person types it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from armwise import Router
from armwise.adapters import ModelInfo, Price
from armwise.bandit import CheapestWithin
from armwise.testing import Scripted, ScriptedAdapter

MODELS = {"cheap": ModelInfo(Price(1e-6, 1e-6)), "dear": ModelInfo(Price(1e-5, 1e-5))}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the log of 300 requests, of which the cheap model answers two in three well."""
    file = tmp_path_factory.mktemp("log") / "decisions.jsonl"
    calls = iter(range(10_000))
    adapter = ScriptedAdapter(
        {
            "cheap": lambda _: Scripted("x", finish_reason="stop" if next(calls) % 3 else "length"),
            "dear": "x",
        },
        MODELS,
    )
    with Router(
        ["cheap", "dear"],
        "goal",
        adapter=adapter,
        objective=CheapestWithin(0.1),
        success_when="finish_reason == 'stop'",
        decision_log=file,
        seed=1,
    ) as router:
        for _ in range(300):
            router.completion([{"role": "user", "content": "Who makes the iPhone?"}])
    return file


def evaluate(*words: object) -> subprocess.CompletedProcess[str]:
    """Run the command and return what it printed."""
    return subprocess.run(
        [sys.executable, "-m", "armwise", "evaluate", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_table_compares_policies_with_what_happened(log: Path) -> None:
    """One row per policy, after the logged one; exit code 0, nothing on standard error."""
    done = evaluate(log, "--policy", "cheapest-within 0.02", "-p", "always dear")

    rows = [line for line in done.stdout.splitlines() if "±" in line]
    assert [row.split("  ")[0].removesuffix(" (!)") for row in rows[:3]] == [
        "logged",
        "cheapest-within 0.02",
        "always dear",
    ]
    assert "300 requests of decisions.jsonl" in done.stdout
    assert done.stderr == ""
    assert done.returncode == 0


def test_json_has_both_estimates_and_the_warnings(log: Path) -> None:
    """The logged policy comes first, also where it was asked for again."""
    done = evaluate(log, "-p", "always dear", "-p", "logged", "--by-bucket", "--json")

    report: dict[str, Any] = json.loads(done.stdout)
    logged, dear = report["policies"]
    assert (report["decisions"], report["requests"]) == (300, 300)
    assert (logged["policy"], dear["policy"]) == ("logged", "always dear")
    assert logged["saving"]["value"] == 0.0
    assert dear["cost_usd"]["low"] < 0.0003 < dear["cost_usd"]["high"]
    assert dear["cost_usd_snips"]["value"] == pytest.approx(0.0003)
    assert dear["success_snips"]["value"] == pytest.approx(1.0)
    assert dear["saving"]["value"] < 0.0
    assert report["buckets"]["general/simple"][1]["policy"] == "always dear"


def test_without_a_policy_each_path_is_tried(log: Path) -> None:
    """What a person wants to know first."""
    report = json.loads(evaluate(log, "--json").stdout)

    assert [value["policy"] for value in report["policies"]] == [
        "logged",
        "always cheap",
        "always dear",
    ]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--policy", "cheepest 0.1"], "unknown policy 'cheepest 0.1'. Known: cheapest-within 0.1"),
        (["--policy", "cheapest-within two"], "needs one number"),
        (["--policy", "always gpt"], "Paths: cheap, dear"),
        (["--goal", "other"], "Goals: 'goal'"),
    ],
)
def test_what_cannot_be_asked_is_said_in_one_breath(log: Path, words: list[str], hint: str) -> None:
    """A message and exit code 2, never a traceback."""
    done = evaluate(log, *words)

    assert done.returncode == 2
    assert hint in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (None, "cannot be read: No such file or directory"),
        ('{"v":3,"kind":"decision"}\n', "log.jsonl, line 1: it is of version 3"),
        ('{"v":2,\n{"v":2,"kind":"torn"}\n', "holds no decision"),
        ('{"v":2,\n{"v":2,"kind":"outcome"}\n', "log.jsonl, line 1: it is not JSON"),
        ("", "holds no decision"),
    ],
)
def test_a_log_that_cannot_be_used_is_refused(tmp_path: Path, text: str | None, hint: str) -> None:
    """With file and line."""
    file = tmp_path / "log.jsonl"
    if text is not None:
        file.write_text(text)

    done = evaluate(file)

    assert done.returncode == 2
    assert hint in done.stderr
    assert "Traceback" not in done.stderr


def test_a_choice_that_the_rule_cannot_have_made_is_refused(log: Path, tmp_path: Path) -> None:
    """A log that was edited is no evidence."""
    lines = log.read_text().splitlines()
    line = json.loads(lines[0])
    other = "dear" if line["chosen"] == "cheap" else "cheap"
    forged = tmp_path / "forged.jsonl"
    forged.write_text(
        "\n".join([json.dumps({**line, "chosen": other, "served": other}), *lines[1:]]) + "\n"
    )

    done = evaluate(forged)

    assert done.returncode == 2
    assert "forged.jsonl, line 1: path" in done.stderr
    assert "cannot have been chosen" in done.stderr
