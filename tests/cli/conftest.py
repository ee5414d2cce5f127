"""Stores that commands are tried on: a SQLite file, and a server of our own."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from armwise import Router
from armwise.adapters import ModelInfo, Price
from armwise.cli import app
from armwise.testing import Scripted, ScriptedAdapter
from armwise.testing.servers import RedisServer

Run = Callable[..., Result]
Play = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let no setting of whoever runs the tests reach the commands, and keep files together."""
    for name in ("ARMWISE_STORE", "ARMWISE_SIGNING_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ARMWISE_JOURNAL_DIR", str(tmp_path / "journal"))


@pytest.fixture(params=["sqlite", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of an empty store, once in a file and once on a server."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'evidence.db'}"
        return
    server: RedisServer = request.getfixturevalue("redis_server")
    with server.client(db=9) as client:
        client.flushdb()
        yield server.url.removesuffix("/0") + "/9"
        client.flushdb()


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """Return the URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'evidence.db'}"


@pytest.fixture
def run() -> Run:
    """Return what runs a command in this process."""

    def command(*words: object, given: str | None = None) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words], input=given)

    return command


@pytest.fixture
def play() -> Play:
    """Return what lets a Router serve requests on a store and returns their ids.

    The cheap model answers two in three well.
    """

    def requests(
        store: str,
        number: int = 30,
        *,
        goal: str = "support",
        namespace: str = "",
        decision_log: Path | None = None,
    ) -> list[str]:
        calls = iter(range(number * 2))
        adapter = ScriptedAdapter(
            {
                "cheap": lambda _: Scripted(
                    "x", finish_reason="stop" if next(calls) % 3 else "length"
                ),
                "dear": "x",
            },
            {"cheap": ModelInfo(Price(1e-6, 1e-6)), "dear": ModelInfo(Price(1e-5, 1e-5))},
        )
        with Router(
            ["cheap", "dear"],
            goal,
            adapter=adapter,
            store=store,
            delivery="sync",
            namespace=namespace,
            success_when="finish_reason == 'stop'",
            decision_log=decision_log,
            seed=1,
        ) as router:
            return [
                router.completion(
                    [{"role": "user", "content": "Who makes the iPhone?"}],
                    task_type="extraction" if index % 2 else "chat",
                    return_request_id=True,
                )[1]
                for index in range(number)
            ]

    return requests


@pytest.fixture
def shell() -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Return what runs a command as a process of its own."""

    def command(*words: object, given: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "armwise", *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            input=given,
        )

    return command
