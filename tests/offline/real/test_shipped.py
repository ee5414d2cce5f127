"""The outcome set of the distribution ``paretobandit``."""

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from armwise.errors import ConfigurationError
from armwise.offline.real import shipped


def row(source: str, cheap: tuple[float, float], dear: tuple[float, float]) -> dict[str, Any]:
    """Return a line of the distribution's files; pairs are reward and cost."""
    arms = {"x/dear": dear, "y/cheap": cheap}
    return {
        "prompt": "Which\u2028one?",
        "source": source,
        "arms": {name: {"reward": pair[0], "cost": pair[1]} for name, pair in arms.items()},
    }


def test_rewards_become_successes_and_sources_labels(tmp_path: Path) -> None:
    """0.75 is a success; sub-tasks of one benchmark share its label; paths go by price."""
    first, second = tmp_path / "val.jsonl", tmp_path / "test.jsonl"
    line = json.dumps(row("mmlu", (0.74, 0.1), (1, 2)), ensure_ascii=False)
    first.write_text(line + "\n", encoding="utf-8")
    second.write_text(json.dumps(row("bbh/snarks", (0.75, 0.1), (0, 3))) + "\n")

    outcomes = shipped.read_files([first, second])

    assert outcomes.name == "paretobandit"
    assert outcomes.paths == ("cheap", "dear")
    assert outcomes.successes == ((0, 1), (1, 0))
    assert outcomes.costs_usd == ((0.1, 2), (0.1, 3))
    assert [request.task_type for request in outcomes.requests] == ["mmlu", "bbh"]


@pytest.mark.parametrize("line", ["{", "{}", '{"prompt": "", "source": "", "arms": {"a": {}}}'])
def test_another_format_is_refused_by_file_and_line(tmp_path: Path, line: str) -> None:
    """A later release may change it."""
    file = tmp_path / "val.jsonl"
    file.write_text(json.dumps(row("mmlu", (1, 0.1), (1, 2))) + "\n" + line)

    with pytest.raises(ConfigurationError, match=r"val\.jsonl, line 2: not the format of"):
        shipped.read_files([file])


def test_a_release_without_the_files_is_named(tmp_path: Path) -> None:
    """So is one that has them."""
    with pytest.raises(ConfigurationError, match=r"ships no examples.*paretobandit==0\.1\.1"):
        shipped.read_files([tmp_path / "val.jsonl"])


def test_without_the_distribution_one_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the way to use a file instead."""

    def absent(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(shipped, "distribution", absent)

    assert not shipped.is_installed()
    with pytest.raises(ConfigurationError, match=r"Run: pip install paretobandit .* --data"):
        shipped.shipped_set()


def test_the_shipped_set_is_the_published_one() -> None:
    """Three models, 3,609 prompts, and their figures."""
    if not shipped.is_installed():
        pytest.skip("the distribution paretobandit is not installed")

    outcomes = shipped.shipped_set()

    assert outcomes.paths == ("llama-3.1-8b-instruct", "mistral-large-2512", "gemini-2.5-pro")
    assert len(outcomes) == 3609
    assert outcomes.success_rates() == pytest.approx((0.6451, 0.9338, 0.9518), abs=1e-4)
    assert outcomes.mean_costs_usd() == pytest.approx((2.893e-5, 5.149e-4, 1.510e-2), rel=1e-3)
