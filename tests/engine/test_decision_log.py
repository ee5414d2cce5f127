"""The decision log: what is in it, who may write to it, and what happens when it cannot be."""

import json
import logging
import os
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from armwise import Router
from armwise.adapters import ModelInfo, Price
from armwise.bandit import Budget, CheapestWithin, Objective, TargetRate, Utility
from armwise.bandit.objectives.price_class import PRICE_TOLERANCE
from armwise.engine import LoggedDecision, LoggedOutcome, read_line
from armwise.errors import ConfigurationError
from armwise.offline.evaluate import read_log
from armwise.offline.evaluate.rules import logged_rule
from armwise.testing import ScriptedAdapter, ScriptedError

SECRET = "the prompt that nobody may read"
ASK = [{"role": "user", "content": SECRET}]
MODELS = {"cheap": ModelInfo(Price(1e-6, 1e-6)), "dear": ModelInfo(Price(1e-5, 1e-5))}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the log goes."""
    return tmp_path / "decisions.jsonl"


def router(file: Path | str, **settings: Any) -> Router:
    """Return a router over two scripted models that logs; settings override."""
    scripts = settings.pop("scripts", {"cheap": "fine", "dear": "fine"})
    defaults: dict[str, Any] = {"success_when": "finish_reason == 'stop'", "seed": 1}
    return Router(
        list(scripts),
        "goal",
        adapter=ScriptedAdapter(scripts, MODELS),
        decision_log=file,
        **defaults | settings,
    )


def lines(file: Path) -> list[dict[str, Any]]:
    """Return the lines of a log, which all have to be whole."""
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_request_leaves_a_decision_and_its_outcome(file: Path) -> None:
    """Joined by the request's nonce; beliefs, costs, rule, draws and choice are all there."""
    with router(file, objective=CheapestWithin(1 / 30)) as logging_router:
        logging_router.completion(ASK, task_type="label")

    decision, outcome = lines(file)
    assert decision["v"] == outcome["v"] == 2
    assert decision["request"] == outcome["request"]
    assert (decision["kind"], outcome["kind"]) == ("decision", "outcome")
    assert decision["bucket"] == "label/simple"
    assert decision["rule"] == "cheapest-within 0.0333333"
    assert decision["parameters"] == {"eps": 1 / 30, "price_tolerance": PRICE_TOLERANCE}
    assert decision["eligible"] == ["cheap", "dear"]
    assert [path["name"] for path in decision["paths"]] == ["cheap", "dear"]
    assert [path["epoch"] for path in decision["paths"]] == [0, 0]
    assert all(0 < draw < 1 for draw in decision["draws"])
    assert decision["chosen"] == decision["served"] == outcome["path"]
    assert (outcome["attempt"], outcome["revision"], outcome["score"]) == (0, 0, 1.0)
    assert outcome["status"] == "applied"
    assert outcome["cost_usd"] == pytest.approx(30 * MODELS[outcome["path"]].price.input_usd)  # type: ignore[union-attr]
    assert outcome["latency_s"] > 0


def test_no_text_of_a_prompt_or_answer_is_written(file: Path) -> None:
    """Neither by decisions, nor by outcomes, faults, reports."""
    scripts = {"cheap": lambda _: ScriptedError(500, SECRET), "dear": "the secret answer"}
    with router(file, scripts=scripts) as logging_router:
        for _ in range(5):
            _, request_id = logging_router.completion(ASK, return_request_id=True)
            logging_router.report_outcome(request_id, outcome=False, category="secret")

    assert len(lines(file)) > 10
    assert "secret" not in file.read_text()
    assert SECRET not in file.read_text()


@pytest.mark.parametrize("rule", [CheapestWithin(0.1), Budget(0.0001)])
def test_rule_beliefs_and_draws_lead_to_the_logged_choice(file: Path, rule: Objective) -> None:
    """A decision can be made again from its line alone, at any moment of learning."""
    with router(file, objective=rule, success_when=None) as logging_router:
        for number in range(100):
            decision = logging_router.decide(ASK)
            logging_router.report_outcome(
                decision.request_id, decision.path == "dear" or number % 3 == 0, cost_usd=0.0002
            )

    decisions = [request.decision for request in read_log(file).requests]
    assert len(decisions) == 100
    assert {logged.arms.names[logged.served] for logged in decisions} == {"cheap", "dear"}
    for logged in decisions:
        again = logged_rule(logged, {}).choose(logged.arms, logged.draws, logged.eligible)
        assert again == logged.chosen


def test_reports_and_corrections_are_lines_too(file: Path) -> None:
    """Each with its revision, and with what became of it."""
    with router(file, success_when=None) as logging_router:
        request_id = logging_router.decide(ASK).request_id
        logging_router.report_outcome(request_id, outcome=True, cost_usd=0.5, latency_s=2.0)
        logging_router.report_outcome(request_id, outcome=False)
        logging_router.report_outcome(request_id, 0.25, revision=2)

    reports = lines(file)[1:]
    assert [(each["revision"], each["score"], each["status"]) for each in reports] == [
        (1, 1.0, "applied"),
        (1, 0.0, "conflict"),
        (2, 0.25, "corrected"),
    ]
    assert (reports[0]["cost_usd"], reports[0]["latency_s"]) == (0.5, 2.0)
    assert read_log(file).requests[0].success == 0.25


def test_a_timeout_is_an_outcome(file: Path) -> None:
    """What silence means is logged under revision 0."""
    soon = timedelta(microseconds=1)
    with router(
        file, success_when=None, on_timeout="failure", outcome_timeout=soon
    ) as logging_router:
        logging_router.decide(ASK)

    outcome = lines(file)[1]
    assert (outcome["revision"], outcome["score"], outcome["status"]) == (0, 0.0, "applied")


def test_a_fault_is_logged_with_the_attempt_that_followed(file: Path) -> None:
    """Two attempts of one request, the first without an outcome."""
    scripts = {"cheap": lambda _: ScriptedError(503), "dear": "fine"}
    with router(file, scripts=scripts, objective=CheapestWithin(0.99)) as logging_router:
        logging_router.completion(ASK)

    attempts = lines(file)[1:]
    assert [(each["path"], each["attempt"], each["fault"]) for each in attempts] == [
        ("cheap", 0, "server"),
        ("dear", 1, None),
    ]
    assert attempts[0]["revision"] is None
    assert read_log(file).requests[0].fault == "server"


def test_an_unknown_price_is_null(file: Path) -> None:
    """Infinity is no JSON."""
    with router(file, scripts={"unlisted": "fine", "cheap": "fine"}) as logging_router:
        logging_router.decide(ASK)

    assert [path["cost_usd"] is None for path in lines(file)[0]["paths"]] == [False, True]
    assert read_log(file).requests[0].decision.arms.costs_usd[1] == float("inf")


def test_observing_is_written_as_such(file: Path) -> None:
    """What was chosen and what was served are two things."""
    with router(file, mode="observe", default_path="dear") as logging_router:
        for _ in range(20):
            logging_router.completion(ASK)

    decisions = [line for line in lines(file) if line["kind"] == "decision"]
    assert {line["mode"] for line in decisions} == {"observe"}
    assert {line["served"] for line in decisions} == {"dear"}
    assert "cheap" in {line["chosen"] for line in decisions}


def test_a_ban_is_written_with_its_reason(file: Path) -> None:
    """Exclusions say why, and what was left to choose from."""
    with router(file) as logging_router:
        logging_router.ban("dear")
        logging_router.completion(ASK)

    decision = lines(file)[0]
    assert decision["eligible"] == ["cheap"]
    assert "ban" in decision["excluded"]["dear"]


def test_a_second_run_appends(file: Path) -> None:
    """Nothing of an earlier run is lost."""
    for _ in range(2):
        with router(file) as logging_router:
            logging_router.completion(ASK)

    assert [line["kind"] for line in lines(file)] == ["decision", "outcome"] * 2


def test_threads_write_whole_lines(file: Path) -> None:
    """Lines of eight threads do not mix."""
    with router(file) as logging_router:

        def work() -> None:
            for _ in range(50):
                logging_router.completion(ASK)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(lines(file)) == 800
    assert len({line["request"] for line in lines(file)}) == 400


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_writes_to_the_same_file(file: Path) -> None:
    """Lines of parent and child do not mix, while both write at once."""
    with router(file) as logging_router:
        child = os.fork()
        for _ in range(200):
            logging_router.decide(ASK)
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)

    assert len(lines(file)) == 400
    assert len({line["request"] for line in lines(file)}) == 400


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk to be had")
def test_a_full_disk_costs_lines_and_no_request(caplog: pytest.LogCaptureFixture) -> None:
    """Every request is answered; lost lines are counted, and warned of once."""
    with router("/dev/full") as logging_router:
        for _ in range(5):
            assert logging_router.completion(ASK).choices[0].message.content == "fine"

        assert logging_router.stats().counters.log_errors == 10
    warnings = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert "No space left" in warnings[0].getMessage()


def test_what_is_decided_after_closing_is_counted_as_lost(file: Path) -> None:
    """A closed log is never written to, and no request fails for it."""
    logging_router = router(file)
    logging_router.close()
    logging_router.close()

    logging_router.decide(ASK)

    assert logging_router.stats().counters.log_errors == 1
    assert file.read_text() == ""


def test_a_line_that_was_cut_short_is_marked(file: Path) -> None:
    """The next run says so, and readers pass over it."""
    with router(file) as logging_router:
        logging_router.completion(ASK)
    whole = file.read_text()
    file.write_text(whole + whole[:100])

    with router(file) as logging_router:
        logging_router.completion(ASK)

    log = read_log(file)
    assert len(log.requests) == 2
    assert log.notes == ("line 3 was cut short and is left out",)


def test_a_partial_write_is_marked_too(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that takes half a line and then has room again."""
    write: Callable[[int, bytes], int] = os.write
    logging_router = router(file)
    logging_router.decide(ASK)
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:50]))
    logging_router.decide(ASK)
    monkeypatch.undo()
    logging_router.decide(ASK)

    log = read_log(file)
    assert logging_router.stats().counters.log_errors == 1
    assert len(log.requests) == 2
    assert log.notes == ("line 2 was cut short and is left out",)


def test_another_router_explains_from_the_log(file: Path) -> None:
    """Beliefs, draws and steps of a request that this Router has never seen."""
    with router(file) as first:
        _, request_id = first.completion(ASK, return_request_id=True)
        first.report_outcome(request_id, outcome=False)
        draws = first.explain(request_id).decision.draws  # type: ignore[union-attr]

    with router(file) as second:
        explanation = second.explain(request_id)

    assert explanation.decision is None
    assert explanation.logged is not None
    assert explanation.logged.draws == draws
    assert [type(step).__name__ for step in explanation.steps] == ["Attempted", "Reported"]
    for words in ("from the decision log", "mean 0.", "revision 1, corrected", "cheapest-within"):
        assert words in str(explanation)


def test_without_a_line_in_the_log_only_the_id_speaks(tmp_path: Path) -> None:
    """An id of somebody who does not log here."""
    with router(tmp_path / "one") as first, router(tmp_path / "two") as second:
        explanation = second.explain(first.decide(ASK).request_id)

    assert explanation.logged is None
    assert "draws are not known here" in str(explanation)


@pytest.mark.parametrize(
    ("where", "hint"),
    [
        ("missing/decisions.jsonl", "does not exist. Create it"),
        (".", "cannot be opened for appending"),
        ("", "path of a file such as"),
        (7, "path of a file such as"),
    ],
)
def test_an_impossible_file_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: Any, hint: str
) -> None:
    """The error says what to write instead."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigurationError, match=hint):
        router(where)


DECISION: dict[str, Any] = {
    "v": 2,
    "kind": "decision",
    "request": "00",
    "goal": "goal",
    "namespace": "",
    "time_ms": 5,
    "bucket": "general/simple",
    "rule": "cheapest-within 0.02",
    "parameters": {"eps": 0.02},
    "mode": "apply",
    "chosen": "dear",
    "served": "dear",
    "eligible": ["cheap", "dear"],
    "excluded": {},
    "draws": [0.9, 0.2],
    "paths": [
        {
            "name": "dear",
            "model": "m",
            "belief": {"alpha": 2, "beta": 1},
            "cost_usd": 2,
            "epoch": 1,
        },
        {"name": "cheap", "belief": {"location": 0, "scale": 1}, "cost_usd": None},
    ],
    "propensities": [0.75, 0.25],
}
OUTCOME: dict[str, Any] = {
    "v": 2,
    "kind": "outcome",
    "request": "00",
    "goal": "goal",
    "source": "report",
    "attempt": 0,
    "path": "dear",
    "revision": 1,
    "score": 0.5,
    "status": "applied",
    "cost_usd": None,
    "latency_s": None,
    "fault": None,
}


def test_a_line_is_read_back_in_the_order_of_costs() -> None:
    """Whatever the order in the file, arms are cheapest first, and draws go with their arms."""
    paths = [
        {**path, "cost_usd": cost} for path, cost in zip(DECISION["paths"], (2, 1), strict=True)
    ]

    read = read_line({**DECISION, "paths": paths})

    assert isinstance(read, LoggedDecision)
    assert read.arms.names == ("cheap", "dear")
    assert read.arms.costs_usd == (1, 2)
    assert read.draws == (0.2, 0.9)
    assert read.propensities == (0.25, 0.75)
    assert read.epochs == (0, 1)
    assert read.models == ("cheap", "m")
    assert (read.chosen, read.served) == (1, 1)


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"v": 3}, "version 3 of the format; this armwise reads versions 1 and 2"),
        ({"v": 0}, "version 0 of the format"),
        ({"v": True}, "version True of the format"),
        ({"v": "2"}, "version '2' of the format"),
        ({"draws": [0.9]}, "2 numbers from 0 to 1"),
        ({"draws": [0.9, 1.5]}, "2 numbers from 0 to 1"),
        ({"chosen": "other"}, "'other', which is none of the paths"),
        ({"eligible": ["cheap"]}, "was chosen but is not in"),
        ({"propensities": [0.7, 0.2]}, "add up to 1, not to 0.9"),
        ({"propensities": [0.0, 1.0]}, "'dear' was served, but its propensity is 0"),
        ({"propensities": [-0.5, 1.5]}, "2 numbers from 0 to 1"),
        ({"propensities": [float("nan"), 1.0]}, "2 numbers from 0 to 1"),
        ({"paths": []}, "at least one"),
        ({"paths": [DECISION["paths"][0]] * 2}, "each path once"),
        ({"paths": [5, 6]}, "a path must be an object, got 5"),
        (
            {"paths": [{"name": "dear", "belief": {"alpha": 0, "beta": 1}, "cost_usd": 1}]},
            "a belief is impossible: Beta needs",
        ),
        (
            {"paths": [{"name": "dear", "belief": {"alpha": 1, "beta": 1}, "cost_usd": -1}]},
            "'cost_usd' must be a number from 0",
        ),
        ({"parameters": {"eps": "x"}}, "'parameters' must be numbers"),
        ({"time_ms": "now"}, "'time_ms' must be of type int"),
        ({"mode": "try"}, "'mode' must be one of observe, shadow, canary, apply, got 'try'"),
        (
            {"paths": [DECISION["paths"][0], {**DECISION["paths"][1], "epoch": None}]},
            "'epoch' must be a whole number from 0, got None",
        ),
    ],
)
def test_an_impossible_decision_is_refused(change: dict[str, Any], hint: str) -> None:
    """The error names the field and the value."""
    with pytest.raises(ConfigurationError, match=hint):
        read_line({**DECISION, **change})


@pytest.mark.parametrize(
    ("rule", "parameters", "again"),
    [
        ("cheapest-within 0.1", {"eps": 0.1}, CheapestWithin(0.1, price_tolerance=0.0)),
        ("target-rate 0.5", {"rate": 0.5, "slack": 0.1}, TargetRate(0.5, 0.1, 0.0)),
        ("utility 5", {"success_value_usd": 5.0}, Utility(5.0)),
    ],
)
def test_a_log_of_the_first_version_is_read_as_it_was_meant(
    rule: str, parameters: dict[str, float], again: Objective
) -> None:
    """Its rules took only equal costs for the same price, so that is how they choose again."""
    paths = [{**path, "cost_usd": 1 + 0.01 * at} for at, path in enumerate(DECISION["paths"])]
    line = {**DECISION, "v": 1, "rule": rule, "parameters": parameters, "paths": paths}

    read = read_line(line)

    assert isinstance(read, LoggedDecision)
    assert logged_rule(read, {}) == again
    assert isinstance(read_line({**OUTCOME, "v": 1}), LoggedOutcome)


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"score": 1.5}, "'score' must be a number from 0 to 1"),
        ({"revision": "1"}, "'revision' must be a whole number"),
        ({"cost_usd": float("inf")}, "'cost_usd' must be a number from 0"),
        ({"attempt": None}, "'attempt' must be of type int"),
    ],
)
def test_an_impossible_outcome_is_refused(change: dict[str, Any], hint: str) -> None:
    """The error names the field and the value."""
    assert isinstance(read_line(OUTCOME), LoggedOutcome)
    with pytest.raises(ConfigurationError, match=hint):
        read_line({**OUTCOME, **change})


@pytest.mark.parametrize(
    "field", [name for name in DECISION if name not in ("v", "kind", "propensities")]
)
def test_a_missing_field_is_named(field: str) -> None:
    """Nothing is guessed."""
    line = {name: value for name, value in DECISION.items() if name != field}

    with pytest.raises(ConfigurationError, match=f"the field '{field}' is missing"):
        read_line(line)


def test_lines_of_other_kinds_are_passed_over() -> None:
    """A later minor version may add kinds; what is no line of a log at all is refused."""
    assert read_line({"v": 2, "kind": "novelty"}) is None
    with pytest.raises(ConfigurationError, match="not a line of a decision log"):
        read_line({"model": "x"})
    with pytest.raises(ConfigurationError, match="not a line of a decision log"):
        read_line([1])
