"""``armwise route`` as a person types it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

from armwise.testing import ChatRequest, LoopbackServer, Reply

PATHS = ["--path", "openai/gpt-4o-mini", "--path", "openai/gpt-4o"]


def echo(request: ChatRequest) -> Reply:
    """Answer with the prompt."""
    return Reply(text=f"you said: {request.messages[-1]['content']}")


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """Return an environment with a key and a local server in place of OpenAI."""
    with LoopbackServer(echo) as server:
        yield {**os.environ, "OPENAI_API_BASE": server.api_base, "OPENAI_API_KEY": "sk-test"}


def armwise(
    *words: str, env: Mapping[str, str], stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command and return what it printed."""
    return subprocess.run(
        [sys.executable, "-m", "armwise", *words],
        input=stdin,
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_answer_goes_to_stdout_and_the_reasons_to_stderr(environment: dict[str, str]) -> None:
    """A pipe gets the answer alone."""
    done = armwise("route", "hello", *PATHS, env=environment)

    assert done.stdout == "you said: hello\n"
    assert "cheapest-within" in done.stderr
    assert "\x1b" not in done.stderr
    assert done.returncode == 0


def test_json_has_the_answer_the_decision_and_the_cost(environment: dict[str, str]) -> None:
    """One object on standard output, its cost measured."""
    done = armwise(
        "route", *PATHS, "--task-type", "label", "--json", env=environment, stdin="hello\n"
    )

    report = json.loads(done.stdout)
    assert report["text"] == "you said: hello\n"
    assert report["bucket"] == "label/simple"
    assert report["path"] in report["ranking"]
    assert report["cost_usd"] > 0
    assert report["request_id"].startswith("aw_")


def test_a_dry_run_decides_and_calls_nobody() -> None:
    """It needs no key, no server and no LiteLLM."""
    env = {name: value for name, value in os.environ.items() if "OPENAI" not in name}

    done = armwise("route", "hello", *PATHS, "--dry-run", env=env)

    assert done.stdout.strip() in PATHS
    assert 2 == done.stderr.count("Beta(")
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (["hello"], 2, "--path openai/gpt-4o"),
        (["", *PATHS], 2, "prompt is empty"),
        (["hello", "--file", "x", *PATHS], 2, "not both"),
        (["--file", "/no/such/file", *PATHS], 2, "/no/such/file"),
        (["hello", "--path", "m", "--path", "m"], 2, "both named 'm'"),
        (["hello", *PATHS, "--task-type", ""], 2, "task_type"),
        (["hello", *PATHS], 1, "OPENAI_API_KEY"),
    ],
)
def test_what_cannot_work_is_said_in_one_breath(words: list[str], code: int, hint: str) -> None:
    """A message and an exit code, never a traceback."""
    env = {name: value for name, value in os.environ.items() if "OPENAI" not in name}

    done = armwise("route", *words, env=env)

    assert done.returncode == code
    assert hint in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
