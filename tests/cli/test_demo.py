"""The demo's requests have true answers, and its figures come from its run."""

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import armwise
from armwise.bandit import FourSignals
from armwise.cli import app
from armwise.cli.demo import prompts
from armwise.cli.demo.players import CHEAP, STRONG, Stage
from armwise.cli.demo.report import sentences
from armwise.cli.demo.run import Run
from armwise.cli.demo.score import Figures, Result, Scoreboard, Single
from armwise.cli.demo.workload import Task, tasks

# Runs the command as a machine without network would: whatever leaves 127.0.0.1 is refused. SIGINT
# is restored because a runner in the background hands an ignored one down to its children.
OFFLINE = """
import runpy, signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)

def refuse(event, arguments):
    if event == "socket.getaddrinfo" and arguments[0] not in ("127.0.0.1", "localhost", None):
        sys.stderr.write(f"looked up {arguments[0]!r}\\n")
        raise OSError("no network")
    if event == "socket.connect" and arguments[1][0] != "127.0.0.1":
        sys.stderr.write(f"connected to {arguments[1]!r}\\n")
        raise OSError("no network")

sys.addaudithook(refuse)
sys.argv = ["armwise", *sys.argv[1:]]
runpy.run_module("armwise", run_name="__main__")
"""


def start(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start ``armwise`` without network or keys, with an empty home and a dead proxy."""
    home.mkdir(exist_ok=True)
    environment = {
        "HOME": str(home),
        "HTTP_PROXY": "http://127.0.0.1:9",
        "ARMWISE_STORE": "nonsense://not-for-the-demo",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "FORCE_COLOR": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    return subprocess.Popen(
        [sys.executable, "-c", OFFLINE, *arguments],
        cwd=home,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def result(number: int, path: str, *, is_right: bool) -> Result:
    """Return a request whose strong model is always right and costs ten times the cheap one."""
    routed = Single(is_right, 0.001 if path == "cheap" else 0.01)
    return Result(number, "b/simple", path, routed, Single(True, 0.01), Single(False, 0.001))


def scored(paths: str, breaks_at: int | None, *, planned: int | None = None) -> Scoreboard:
    """Return a scoreboard; each letter is a request: c(heap) or s(trong), upper case if wrong."""
    board = Scoreboard(planned or len(paths), breaks_at)
    for number, letter in enumerate(paths):
        path = "cheap" if letter.lower() == "c" else "strong"
        board.add(result(number, path, is_right=letter.islower()))
    return board


def share_right(stage: Stage, drawn: list[Task], difficulty: str, model: Any) -> float:
    """Return the share of one model's right answers among the tasks of one difficulty."""
    picked = [task for task in drawn if task.difficulty == difficulty]
    return sum(task.check(stage.reply(model, task).text) for task in picked) / len(picked)


def test_there_are_sixty_templates() -> None:
    """The prompts come from at least sixty different templates."""
    templates = [
        *prompts.CLASSIFICATIONS,
        *prompts.EXTRACTIONS,
        *prompts.ARITHMETIC,
        *prompts.WORD_PROBLEMS,
        *prompts.ANALYSES,
    ]

    assert len({getattr(one, "text", None) or one.question for one in templates}) >= 60


def test_checks_tell_right_from_wrong() -> None:
    """Every check passes the right text, and refuses the wrong one, nothing and small talk."""
    for task in tasks(3000, seed=1):
        assert task.check(task.right), task
        assert not task.check(task.wrong), task
        assert not task.check(""), task
        assert not task.check("I am sorry, I cannot help with that."), task


def test_an_answer_may_be_written_in_other_ways() -> None:
    """A check reads what the text says: another order of keys or another sentence passes."""
    drawn = tasks(200, seed=1)
    extraction = next(task for task in drawn if task.task_type == "extraction")
    reasoning = next(task for task in drawn if task.task_type == "reasoning")
    reordered = dict(reversed(json.loads(extraction.right).items()))

    assert extraction.check(json.dumps(reordered, indent=2))
    assert reasoning.check("First 12, then " + reasoning.right.rpartition(" ")[2] + ".")


def test_two_answers_are_what_a_reader_gets() -> None:
    """Two templates, one with each kind of rule, agree with an answer worked out by hand."""
    numbers = {"a": 20, "b": 5, "c": 11, "d": 2, "e": 30, "h": 200, "n": 4000, "p": 10}
    coat = next(one for one in prompts.WORD_PROBLEMS if "coat" in one.text)
    supplier = next(one for one in prompts.ANALYSES if one.text.startswith("Supplier"))

    assert coat.answer(numbers) == 191  # 200 - 20 + 11
    assert supplier.answer(numbers) == 140  # 20 * 7, for 20 * 5 + 200 is more


def test_prompts_differ_and_are_repeatable() -> None:
    """No prompt occurs twice, the same seed gives the same ones, another seed others."""
    first, again, other = tasks(1000, seed=1), tasks(1000, seed=1), tasks(1000, seed=2)
    texts = [task.prompt for task in first]

    assert len(set(texts)) == 1000
    assert texts == [task.prompt for task in again]
    assert not {texts[0], texts[500]} & {task.prompt for task in other}


def test_the_router_finds_each_prompt_as_difficult_as_the_models_do() -> None:
    """Each prompt falls into the level that its difficulty is named after."""
    scorer = FourSignals()

    levels = {
        (
            task.difficulty,
            scorer.assess(task.prompt, task.task_type, demands_structure=False).level,
        )
        for task in tasks(2000, seed=1)
    }

    assert levels == {("simple", "simple"), ("medium", "medium"), ("complex", "complex")}


def test_both_halves_have_the_same_mixture() -> None:
    """What changes half way is the cheap model, not the kind of requests, which come mixed."""
    drawn = tasks(400, seed=1)

    before = Counter(task.task_type for task in drawn[:200])
    assert before == Counter(task.task_type for task in drawn[200:])
    assert set(before) == {task.task_type for task in drawn[:40]}
    assert len(before) == 4


@pytest.mark.parametrize("difficulty", ["simple", "medium", "complex"])
def test_models_are_as_strong_as_they_are_declared(difficulty: str) -> None:
    """Over 6000 tasks each model is right as often as its strength says, before and after."""
    drawn = tasks(6000, seed=1)
    healthy, broken = Stage(1, breaks_at=None), Stage(1, breaks_at=0)
    assert CHEAP.broken is not None

    # 840 tasks or more each: five standard errors are at most .09.
    near = {"abs": 0.09}
    assert share_right(healthy, drawn, difficulty, CHEAP) == pytest.approx(
        CHEAP.strength[difficulty], **near
    )
    assert share_right(broken, drawn, difficulty, CHEAP) == pytest.approx(
        CHEAP.broken[difficulty], **near
    )
    assert share_right(broken, drawn, difficulty, STRONG) == pytest.approx(
        STRONG.strength[difficulty], **near
    )


def test_figures_are_sums_over_the_requests() -> None:
    """Shares, cost, savings and points follow from the requests that were scored."""
    sums = Figures.of(scored("cccCs", None).results())

    assert (sums.requests, sums.to_cheap, sums.right, sums.strong_right) == (5, 4, 4, 5)
    assert sums.cost_usd == pytest.approx(0.014)
    assert sums.saved_share == pytest.approx(1 - 0.014 / 0.05)
    assert sums.points == pytest.approx(-20.0)


def test_the_turn_is_measured_from_the_break() -> None:
    """The share halves as soon as the last twenty requests hold at most half as many cheap ones."""
    turn = scored("c" * 40 + "C" * 15 + "s" * 25, 40).turn()

    assert turn is not None
    assert (turn.share_before, turn.share_at_end) == (1.0, 0.0)
    # The twenty requests that end with the 25th after the break hold ten cheap ones.
    assert turn.halved_after == 25


def test_a_router_that_does_not_turn_is_told_so() -> None:
    """A share that stays is reported as one that did not halve."""
    words = " ".join(sentences(scored("c" * 40 + "C" * 40, 40)))

    assert "its share of 100% did not halve within the run" in words
    assert "After it broke: saved 90% at -100.0 points." in words


def test_a_stopped_run_says_how_far_it_came() -> None:
    """Sentences about half a run name what is missing and judge nothing that did not happen."""
    assert sentences(scored("cs", 40, planned=80))[0] == "Stopped after 2 of 80 requests."
    assert sentences(scored("", 40, planned=80)) == ["No request was finished."]
    assert scored("c" * 60, 40, planned=80).turn() is None


def test_a_fast_run_is_repeatable_and_another_seed_differs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without latencies the same seed gives the same results, and another one gives others."""
    monkeypatch.setenv("NO_PROXY", "")  # the run sets both; they are put back afterwards
    monkeypatch.setenv("no_proxy", "")

    def results(seed: int) -> list[Result]:
        with Run(24, seed, drifts=True, workers=1, has_latency=False) as run:
            run.go(lambda: None, 1.0)
            return run.board.results()

    first, again, other = results(1), results(1), results(2)

    assert first == again
    assert Figures.of(first) != Figures.of(other)


def test_json_figures_agree_with_each_other(tmp_path: Path) -> None:
    """The JSON of a whole run, offline and without a key, is consistent with its counts."""
    process = start(tmp_path / "home", "demo", "--requests", "60", "--fast", "--json")
    out, err = process.communicate(timeout=100)

    assert (process.returncode, err) == (0, "")
    report = json.loads(out)
    both, before, after = report["all"], report["before"], report["after"]
    assert (both["requests"], before["requests"], after["requests"]) == (60, 30, 30)
    for sum_ in ("right", "to_cheap", "strong_right", "cheap_right"):
        assert both[sum_] == before[sum_] + after[sum_]
    assert report["spent_usd"] == pytest.approx(both["cost_usd"])
    assert both["saved_share"] == pytest.approx(1 - both["cost_usd"] / both["strong_cost_usd"])
    assert f"60 requests: {both['right'] / 60:.1%} right" in report["summary"][0]
    assert f"{both['strong_right'] / 60:.1%} for ${both['strong_cost_usd']:.4f}" in out
    assert not list((tmp_path / "home").iterdir())


def test_the_beliefs_rest_on_the_counted_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts and successes of the Router's own stats add up to what the demo counted."""
    monkeypatch.setenv("NO_PROXY", "")  # the run sets both; they are put back afterwards
    monkeypatch.setenv("no_proxy", "")

    ran = CliRunner().invoke(app, ["demo", "-n", "40", "--no-drift", "--fast", "--json"])

    report = json.loads(ran.output)
    buckets, counted = report["buckets"].values(), report["all"]
    cheap, strong = ([paths[name] for paths in buckets] for name in ("cheap", "strong"))
    assert counted["requests"] == 40
    assert sum(arm["attempts"] for arm in cheap) == counted["to_cheap"]
    assert sum(arm["attempts"] for arm in strong) == 40 - counted["to_cheap"]
    assert sum(arm["successes"] for arm in cheap + strong) == counted["right"]


def test_output_that_is_no_terminal_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere than on a terminal there are lines and tables without escape codes."""
    monkeypatch.setenv("NO_PROXY", "")  # the run sets both; they are put back afterwards
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("FORCE_COLOR", "1")

    ran = CliRunner().invoke(app, ["demo", "-n", "40", "--seed", "3", "--no-drift", "--fast"])

    assert ran.exit_code == 0
    assert "\x1b" not in ran.output
    assert "classification/simple" in ran.output
    assert ran.output.count("  40 of 40: ") == 1
    assert re.search(r"40 requests: \d+\.\d% right for \$\d\.\d{4}; always-strong: ", ran.output)
    assert "broke" not in ran.output


def test_an_interrupted_run_shows_what_it_has(tmp_path: Path) -> None:
    """Ctrl-C ends the run with 130, the partial result, and no traceback."""
    process = start(tmp_path / "home", "demo", "--requests", "400")
    assert process.stdout is not None
    head = ""
    while " of 400: " not in head:
        line = process.stdout.readline()
        assert line, head
        head += line

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (130, "")
    assert re.search(r"Stopped after \d+ of 400 requests\.", out)
    assert "right for $" in out


def test_the_command_names_its_version_and_its_commands() -> None:
    """``armwise`` alone lists its commands, and --version prints the version."""
    listed = CliRunner().invoke(app, [])
    version = CliRunner().invoke(app, ["--version"])

    assert "demo" in listed.output
    assert "route" in listed.output
    assert version.output == f"armwise {armwise.__version__}\n"
