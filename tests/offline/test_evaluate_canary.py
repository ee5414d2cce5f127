"""Logs of a canary are evaluated by the probability of being served: a mixture of two policies."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from armwise import CheapestWithin, Router
from armwise.adapters import ModelInfo, Price
from armwise.engine import read_line
from armwise.errors import ConfigurationError
from armwise.offline.evaluate import Always, Logged, evaluate, read_log
from armwise.testing import ScriptedAdapter

ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
MODELS = {"cheap": ModelInfo(Price(1e-6, 1e-6)), "dear": ModelInfo(Price(1e-5, 1e-5))}
RATES = {"cheap": 0.6, "dear": 0.9}


def logged(file: Path, seed: int, requests: int, *, eps: float = 0.02, **settings: Any) -> None:
    """Write the log of a canary whose paths are right as often as ``RATES`` says.

    With ``eps`` of .99 it always chooses the cheap path.
    """
    world = random.Random(seed)
    settings = {"mode": "canary", "default_path": "dear", "canary_share": 0.3} | settings
    with Router(
        ["cheap", "dear"],
        "goal",
        adapter=ScriptedAdapter({"cheap": "cheap", "dear": "dear"}, MODELS),
        objective=CheapestWithin(eps),
        success_when=lambda response: world.random() < RATES[response.model],
        decision_log=file,
        seed=seed,
        **settings,
    ) as router:
        for _ in range(requests):
            router.completion(ASK)


def decisions(file: Path) -> list[dict[str, Any]]:
    """Return the decision lines of a log."""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [line for line in lines if line["kind"] == "decision"]


def rewritten(file: Path, **changes: Any) -> Path:
    """Change fields of every decision line of a log; None takes one away."""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for line in lines:
        if line["kind"] == "decision":
            line.update(changes)
            for name in [name for name, value in changes.items() if value is None]:
                del line[name]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def test_a_canary_writes_its_share_and_its_default(tmp_path: Path) -> None:
    """Every line says what its propensities follow from, and which of both was served."""
    logged(tmp_path / "log.jsonl", 1, 60, guard_margin=0.9)

    lines = decisions(tmp_path / "log.jsonl")
    assert {(line["mode"], line["share"], line["default"]) for line in lines} == {
        ("canary", 0.3, "dear")
    }
    assert {line["served"] for line in lines} == {"cheap", "dear"}
    assert all(line["served"] in (line["chosen"], "dear") for line in lines)


def test_the_values_of_both_paths_are_found_from_the_mixture(tmp_path: Path) -> None:
    """Of 6 logs of 300 requests a 95 % interval misses one path's rate in 1 of 20.

    12 intervals miss 0.6 times on average, and 4 times in 3 of 1,000.
    """
    missed = 0
    for seed in range(6):
        file = tmp_path / f"{seed}.jsonl"
        logged(file, seed, 300, guard_margin=0.9)
        found = evaluate(read_log(file), [Logged(), Always("cheap"), Always("dear")])
        assert not [note for note in found.notes if "bear out" in note]
        for value, rate in zip(found.values[1:], RATES.values(), strict=True):
            assert value.success.standard_error > 0
            missed += not value.success.low <= rate <= value.success.high

    assert missed < 4


def test_a_wrong_share_does_not_go_unnoticed(tmp_path: Path) -> None:
    """A log that says .9 where .3 was served contradicts its own propensities, in words."""
    file = tmp_path / "log.jsonl"
    logged(file, 2, 400, guard_margin=0.9, eps=0.99)

    found = evaluate(read_log(rewritten(file, share=0.9)), [Logged()])

    assert [note for note in found.notes if "does not bear out its propensities" in note]


def test_after_a_return_the_log_goes_on_as_observing(tmp_path: Path) -> None:
    """The guard sends the canary back in the middle; the whole log is evaluated all the same."""
    file = tmp_path / "log.jsonl"
    logged(file, 3, 500, canary_share=0.5, eps=0.99)

    modes = [line["mode"] for line in decisions(file)]
    assert modes[0] == "canary"
    assert modes[-1] == "observe"
    found = evaluate(read_log(file), [Logged(), Always("dear")])
    assert found.requests == 500
    assert not [note for note in found.notes if "bear out" in note]


def test_shadow_attempts_are_no_outcomes_of_what_was_served(tmp_path: Path) -> None:
    """The default is always right, its shadows never: the log's success rate is 1."""
    file = tmp_path / "log.jsonl"
    with Router(
        ["cheap", "dear"],
        "goal",
        adapter=ScriptedAdapter({"cheap": "cheap", "dear": "dear"}, MODELS),
        success_when="text == 'dear'",
        decision_log=file,
        mode="shadow",
        default_path="dear",
        seed=1,
    ) as router:
        for _ in range(30):
            router.completion(ASK)

    log = read_log(file)

    assert {line["mode"] for line in decisions(file)} == {"shadow"}
    assert "cheap" in {line["chosen"] for line in decisions(file)}
    assert {request.success for request in log.requests} == {1.0}
    assert evaluate(log, [Logged()]).values[0].success.value == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"share": None}, "the field 'share' is missing"),
        ({"default": None}, "the field 'default' is missing"),
        ({"share": 1.0}, "'share' must be a number between 0 and 1"),
        ({"share": "x"}, "got 'x'"),
        ({"default": "none"}, "'default' names 'none'"),
    ],
)
def test_a_canary_line_without_its_share_is_refused(
    tmp_path: Path, changes: dict[str, Any], hint: str
) -> None:
    """Its propensities would be wrong, so the line is named instead."""
    file = tmp_path / "log.jsonl"
    logged(file, 4, 3)

    with pytest.raises(ConfigurationError, match=f"line 1: .*{hint}"):
        read_log(rewritten(file, **changes))


def test_what_a_mode_does_not_serve_is_refused(tmp_path: Path) -> None:
    """In "apply" nothing but the choice is served; a log that says otherwise lies."""
    file = tmp_path / "log.jsonl"
    logged(file, 5, 60, guard_margin=0.9)

    with pytest.raises(ConfigurationError, match="which mode 'apply' does not do"):
        evaluate(read_log(rewritten(file, mode="apply", share=None, default=None)), [Logged()])


def test_a_logged_decision_of_a_canary_tells_its_mode(tmp_path: Path) -> None:
    """Where the default was served instead, the retold decision says in which mode."""
    file = tmp_path / "log.jsonl"
    logged(file, 6, 60, guard_margin=0.9, eps=0.99)
    instead = next(line for line in decisions(file) if line["served"] != line["chosen"])

    told = read_line(instead)

    assert told is not None
    assert "mode canary: dear was served" in told.why()  # type: ignore[union-attr]
