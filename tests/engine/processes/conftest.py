"""Processes that work with a real server, and what is in it in the end."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from armwise.storage import connect
from armwise.testing.servers import RedisServer

PRELUDE = """
import logging, os, signal, sys, threading, time
from armwise import Router, open_store
from armwise.testing import ScriptedAdapter

logging.basicConfig(format="%(levelname)s %(message)s", level=logging.WARNING)
URL, GOAL = sys.argv[1:3]
PROMPT = [{"role": "user", "content": "Which company makes the iPhone?"}]

def opened():
    router = Router(["cheap", "dear"], GOAL, store=URL, adapter=ScriptedAdapter({}))
    router.warmup()
    return router

def report(router, times):
    for _ in range(times):
        router.report_outcome(router.decide(PROMPT).request_id, True)

def say(text):
    os.write(1, f"{text}\\n".encode())  # whole, whoever else writes

def hear():
    return sys.stdin.readline()
"""


class Script:
    """A Python process that can be talked with line by line."""

    def __init__(self, text: str, url: str, goal: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PRELUDE + text, url, goal],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def hear(self) -> str:
        """Return the next line that it says."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        return line.strip()

    def say(self, line: str = "") -> None:
        """Let it go on."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        self.process.kill()
        self.process.wait()

    def end(self) -> tuple[int, str, str]:
        """Wait until it ends; return its code, and the rest of what it said and warned of."""
        said, warned = self.process.communicate(timeout=60)
        return self.process.returncode, said, warned


@pytest.fixture
def journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder where all processes of this test keep their journals."""
    folder = tmp_path / "state"
    monkeypatch.setenv("ARMWISE_JOURNAL_DIR", str(folder))
    return folder


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """Start a server that this test may halt."""
    with RedisServer() as own:
        yield own


@pytest.fixture
def script(server: RedisServer, journals: Path) -> Iterator[Callable[[str], Script]]:
    """Return a function that starts a process on the server."""
    started: list[Script] = []

    def start(text: str) -> Script:
        started.append(Script(text, server.url, "goal"))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.kill()
        for pipe in (one.process.stdin, one.process.stdout, one.process.stderr):
            assert pipe is not None
            pipe.close()


@pytest.fixture
def outcomes(server: RedisServer) -> Iterator[Callable[[], int]]:
    """Return a function that tells how many outcomes the server has counted."""
    store = connect(server.url)

    def count() -> int:
        held = store.read("goal")
        return 0 if held is None else sum(one.outcomes for one in held.buckets.values())

    yield count
    store.close()


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], bool]:
    """Return a function that waits for a condition and tells whether it came true."""

    def wait(condition: Callable[[], bool], timeout_s: float = 20.0) -> bool:
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline_s:
                return False
            time.sleep(0.02)
        return True

    return wait
