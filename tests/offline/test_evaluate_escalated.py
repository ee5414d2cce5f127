"""Logs of requests that may be tried again: what was planned, paid, and came of it."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armwise import Router
from armwise.errors import ConfigurationError
from armwise.offline.evaluate import RequestLog, evaluate, policy_named, read_log
from armwise.offline.evaluate.behaviour import behaviour_of, misfits
from armwise.offline.evaluate.rules import Shares
from armwise.testing import Scripted, ScriptedAdapter

PATHS = [
    {"model": "cheap", "input_usd_per_mtok": 0.0, "output_usd_per_mtok": 1.0},
    {"model": "dear", "input_usd_per_mtok": 0.0, "output_usd_per_mtok": 10.0},
]
RATES = {"cheap": 0.6, "dear": 0.95}
TOKENS = 300  # what a Router expects: so costs are known from the first request on
CHEAP_USD, DEAR_USD = 0.0003, 0.003
ASK = [{"role": "user", "content": "Who makes the iPhone?"}]


def logged(file: Path, requests: int, seed: int = 1) -> Path:
    """Write the log of a Router that may try twice."""
    luck = random.Random(seed)

    def answer(rate: float) -> Callable[[Any], Scripted]:
        return lambda _: Scripted(
            "right" if luck.random() < rate else "wrong", input_tokens=0, output_tokens=TOKENS
        )

    router = Router(
        PATHS,
        "goal",
        success_when="text == 'right'",
        adapter=ScriptedAdapter({name: answer(rate) for name, rate in RATES.items()}),
        escalate=2,
        decision_log=file,
        seed=seed,
    )
    for _ in range(requests):
        router.completion(messages=ASK)
    router.close()
    return file


def changed(file: Path, change: Callable[[dict[str, Any]], None]) -> RequestLog:
    """Return a log whose decision lines were changed."""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for line in lines:
        if line["kind"] == "decision":
            change(line)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return read_log(file)


def test_the_logged_row_is_whole_requests(tmp_path: Path) -> None:
    """What happened counts every attempt: the best outcome of each request, and all its money."""
    file = logged(tmp_path / "log.jsonl", 120)
    log = read_log(file)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    attempts = [line for line in lines if line["kind"] == "outcome"]
    right = {line["request"] for line in attempts if line["score"] == 1.0}

    found = evaluate(log, [policy_named("logged", log)])

    value = found.values[0]
    assert value.cost_usd is not None
    assert len(attempts) > 130  # many requests were tried again
    assert value.success.value == pytest.approx(len(right) / 120)
    assert value.cost_usd.value == pytest.approx(sum(a["cost_usd"] for a in attempts) / 120)
    assert f"{len(attempts) - 120} of 120 requests were tried again" in found.notes[0]


def test_sampled_propensities_are_borne_out_by_what_was_served(tmp_path: Path) -> None:
    """First attempts are served as often as the logged beliefs and plans foretell."""
    log = read_log(logged(tmp_path / "log.jsonl", 200, seed=3))
    exact = Shares(np.random.default_rng(0))

    shares = [behaviour_of(request.decision, {}, exact).shares for request in log.requests]

    assert misfits(log.requests, shares) == []
    assert misfits(log.requests, [(0.5, 0.5)] * len(shares)) != []


def test_intervals_of_a_single_path_hold_the_truth(tmp_path: Path) -> None:
    """From first attempts alone it is told what one path without a second try would have had."""
    hits = 0
    for seed in range(8):
        log = read_log(logged(tmp_path / f"{seed}.jsonl", 100, seed=seed))
        value = evaluate(log, [policy_named("always cheap", log)]).values[0]
        assert value.cost_usd is not None
        assert value.cost_usd.value == pytest.approx(CHEAP_USD, rel=0.5)
        assert any("standard error of up to" in doubt for doubt in value.warnings)
        hits += value.success.low <= RATES["cheap"] <= value.success.high

    assert hits >= 6  # fewer of 8 at 95 %: a chance of 6e-3


def test_a_log_without_beliefs_about_later_attempts_is_refused(tmp_path: Path) -> None:
    """The message names the cause, and what to do."""

    def older(line: dict[str, Any]) -> None:
        line["parameters"] = {}
        del line["later_draws"], line["later_beliefs"]

    log = changed(logged(tmp_path / "log.jsonl", 3), older)

    with pytest.raises(ConfigurationError, match=r"line 1: .*escalate=.*later ones.*a new log"):
        evaluate(log, [policy_named("logged", log)])


@pytest.mark.parametrize(
    ("field", "value", "hint"),
    [
        ("later_draws", [[0.5]], "must be 2 numbers"),
        ("later_draws", [], "one per number of earlier failures"),
        ("later_draws", None, "must be of type list"),
        ("later_beliefs", [[{"alpha": 1, "beta": 1}]], "2 beliefs in a row"),
        ("later_beliefs", [[{"alpha": 0, "beta": 1}] * 2], "a belief is impossible"),
    ],
)
def test_an_impossible_plan_is_refused(
    tmp_path: Path, field: str, value: object, hint: str
) -> None:
    """What a line says of later attempts is checked like everything else."""
    file = logged(tmp_path / "log.jsonl", 2)

    with pytest.raises(ConfigurationError, match=hint):
        changed(file, lambda line: line.update({field: value}))


@pytest.mark.parametrize(
    ("parameters", "hint"),
    [
        ({"attempts": 2, "success_value_usd": 0.0}, "impossible parameters"),
        ({"attempts": 0, "success_value_usd": 0.1}, "impossible parameters"),
        ({"attempts": 1, "success_value_usd": 1e9}, "cannot have been chosen"),
    ],
)
def test_a_plan_that_contradicts_its_choice_is_refused(
    tmp_path: Path, parameters: dict[str, float], hint: str
) -> None:
    """The plan is made again from the line; another first step is a forged or damaged line."""
    log = changed(
        logged(tmp_path / "log.jsonl", 40), lambda line: line.update(parameters=parameters)
    )

    with pytest.raises(ConfigurationError, match=hint):
        evaluate(log, [policy_named("logged", log)])
