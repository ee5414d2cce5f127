"""The example's workers, as a user starts them in two terminals, learn from each other."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from threading import Thread

import pytest

from armwise.testing.servers import RedisServer

ROOT = Path(__file__).parents[2]
WITHIN_S = 2.0
SLACK = 3.0
"""For a machine that stops for a while: the typical delay has none."""


class Started:
    """A worker in a process of its own, and what it prints.

    Attributes:
        served: When it said that it had served so many requests itself.
        known: When it knew of so many requests of all workers.
    """

    def __init__(self, store: str, *words: str) -> None:
        command = [sys.executable, "examples/worker.py", "--store", store, "--every-s", "0.1"]
        self.process = subprocess.Popen(
            [*command, *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.served: list[tuple[float, int]] = []
        self.known: list[tuple[float, int]] = []
        self.text = ""
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        total = 0
        for line in self.process.stdout or ():
            self.text += line
            if served := re.match(r"this worker has served (\d+)", line):
                self.served.append((time.monotonic(), int(served[1])))
                total = 0
            elif counts := re.findall(r"after (\d+)", line):
                total += sum(map(int, counts))
                self.known.append((time.monotonic(), total))

    def wait(self) -> None:
        """Wait until it ends by itself, without an error."""
        assert self.process.wait(60) == 0, self.text
        self._reader.join()


@contextmanager
def redis_url(_: Path) -> Iterator[str]:
    """Yield the URL of a server."""
    with RedisServer() as server:
        yield server.url


@contextmanager
def sqlite_url(folder: Path) -> Iterator[str]:
    """Yield the URL of a file."""
    yield f"sqlite:///{folder / 'example.db'}"


@pytest.mark.parametrize("url", [redis_url, sqlite_url])
def test_two_workers_learn_from_each_other_within_two_seconds(
    url: Callable[[Path], "contextmanager[str]"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one has reported is in the other's beliefs 2 s later, though it served nothing."""
    monkeypatch.setenv("ARMWISE_JOURNAL_DIR", str(tmp_path / "state"))
    with url(tmp_path) as store:  # type: ignore[attr-defined]
        idle = Started(store, "--rate-hz", "0")
        busy = Started(store, "--rate-hz", "20", "--seconds", "5")
        busy.wait()
        time.sleep(WITHIN_S)
        idle.process.send_signal(signal.SIGINT)
        idle.wait()

    assert busy.served[-1][1] > 30
    assert {0} == {served for _, served in idle.served}
    delays_s = [
        min((at_s - told_s for at_s, known in idle.known if known >= served), default=99.0)
        for told_s, served in busy.served
        if served
    ]
    assert median(delays_s) < WITHIN_S
    assert max(delays_s) < WITHIN_S * SLACK
