"""``armwise doctor`` reads stores and logs, prints each finding with its fix, and ends with 1."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from armwise import Router
from armwise.adapters import ModelInfo, Price
from armwise.storage import STORE_VARIABLE
from armwise.testing import ScriptedAdapter

Run = Callable[..., Result]
Play = Callable[..., list[str]]
ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
MODELS = {"cheap": ModelInfo(Price(1e-5, 1e-5)), "dear": ModelInfo(Price(1e-4, 1e-4))}


def unjudged(store: str | None, requests: int = 30, **settings: Any) -> None:
    """Serve requests that nobody judges."""
    with Router(
        ["cheap", "dear"],
        "support",
        adapter=ScriptedAdapter({"cheap": "x", "dear": "x"}, MODELS),
        store=store or "memory://",
        delivery="sync" if store else "background",
        seed=1,
        **settings,
    ) as router:
        for _ in range(requests):
            router.completion(ASK)


def of_goal(result: Result) -> list[dict[str, str]]:
    """Return what a JSON answer says of goals, not of the store itself."""
    found = json.loads(result.stdout)["found"]
    return [each for name, held in found.items() if name.startswith("goal") for each in held]


def test_a_goal_without_outcomes_ends_with_1(url: str, run: Run) -> None:
    """The finding, its figure and its fix are printed, from a file and from a server."""
    unjudged(url)

    result = run("doctor", "--store", url)

    assert result.exit_code == 1
    assert "BAD     no outcome is known" in result.stdout
    assert "0 of 30 answers have an outcome" in result.stdout
    assert "router.report_outcome" in result.stdout


def test_a_healthy_goal_ends_with_0(file_url: str, run: Run, play: Play) -> None:
    """Every answer is judged, so nothing is bad."""
    play(file_url)

    result = run("doctor", "--store", file_url, "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["is_bad"] is False
    assert "bad" not in [each["severity"] for each in of_goal(result)]


def test_json_holds_every_field(file_url: str, run: Run) -> None:
    """What, how bad, figure and fix, per goal."""
    unjudged(file_url)

    result = run("doctor", "--store", file_url, "--json", "--goal", "support")

    (found,) = [each for each in of_goal(result) if each["severity"] == "bad"]
    assert found["what"] == "no outcome is known"
    assert set(found) == {"what", "severity", "figure", "fix"}
    assert json.loads(result.stdout)["is_bad"] is True


def test_a_log_alone_needs_no_store(run: Run, tmp_path: Path) -> None:
    """Requests without outcomes are seen in the log of a Router that kept nothing else."""
    log = tmp_path / "log.jsonl"
    unjudged(None, decision_log=log)

    result = run("doctor", "--log", log)

    assert result.exit_code == 1
    assert "goal 'support' in log.jsonl" in result.stdout
    assert "0 of 30 answers have an outcome" in result.stdout


def test_a_log_tells_unknown_prices_and_ties(run: Run, tmp_path: Path) -> None:
    """Costs and shares are those of the log: a store does not know list prices."""
    log = tmp_path / "log.jsonl"
    with Router(
        ["cheap", "dear", "unlisted"],
        "support",
        adapter=ScriptedAdapter({"cheap": "x", "dear": "x", "unlisted": "x"}, MODELS),
        success_when="len(text) > 0",
        decision_log=log,
        seed=1,
    ) as router:
        router.pin("dear")
        for _ in range(20):
            router.completion(ASK)
        router.unpin("dear")
        router.ban("unlisted")
        for _ in range(20):
            router.completion(ASK)

    result = run("doctor", "--log", log, "--json")

    whats = [each["what"] for each in of_goal(result)]
    assert "no price is known for path 'unlisted'" in whats
    assert "in general/simple, dear cannot be told from cheap, which is cheaper" in whats
    assert result.exit_code == 0


def test_several_goals_are_told_apart(file_url: str, run: Run, play: Play) -> None:
    """One is ill and one is not; only the ill one is asked about, only it is shown."""
    unjudged(file_url)
    play(file_url, goal="extract")

    both = json.loads(run("doctor", "--store", file_url, "--json").stdout)["found"]
    one = run("doctor", "--store", file_url, "--goal", "extract")

    assert {"goal 'support'", "goal 'extract'"} <= set(both)
    assert one.exit_code == 0
    assert "support" not in one.stdout


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ((), STORE_VARIABLE),
        (("--store", "sqlite:///nowhere.db"), "does not exist"),
        (("--store", "memory://"), "memory of one process"),
        (("--log", "nowhere.jsonl"), "cannot be read"),
    ],
)
def test_what_cannot_be_examined_ends_with_2(run: Run, words: tuple[str, ...], hint: str) -> None:
    """One line on standard error says what to write."""
    result = run("doctor", *words)

    assert result.exit_code == 2
    assert hint in result.stderr


def test_an_unknown_goal_is_named(file_url: str, run: Run, play: Play) -> None:
    """The message lists those that there are."""
    play(file_url)

    result = run("doctor", "--store", file_url, "--goal", "other")

    assert result.exit_code == 2
    assert "support" in result.stderr
