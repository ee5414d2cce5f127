"""However a process ends, what was reported in it is delivered or stays on disk."""

import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from armwise.engine import open_store
from armwise.testing.servers import RedisServer

Scripts = Callable[[str], Any]


def test_a_process_that_just_ends_delivers_first(
    script: Scripts, outcomes: Callable[[], int]
) -> None:
    """Without close() and without flush(), all of 300 outcomes are there when it has ended."""
    code, _, warned = script("report(opened(), 300)\n").end()

    assert code == 0, warned
    assert outcomes() == 300


def test_a_process_that_ends_during_an_outage_says_what_stays(
    script: Scripts, server: RedisServer
) -> None:
    """It waits 2 s for the store, not longer, and names the number and the place."""
    ending = script("router = opened()\nsay('ready')\nhear()\nreport(router, 20)\n")
    assert ending.hear() == "ready"
    server.suspend()
    begun_s = time.monotonic()
    ending.say()
    code, _, warned = ending.end()
    took_s = time.monotonic() - begun_s
    server.resume()

    assert code == 0
    assert "did not take 20 records in time: they stay in" in warned
    assert took_s < 15.0


@pytest.mark.usefixtures("journals")
def test_ctrl_c_ends_a_flush(
    script: Scripts,
    server: RedisServer,
    outcomes: Callable[[], int],
    until: Callable[[Callable[[], bool]], bool],
) -> None:
    """A flush that waits for a hanging store is interrupted, and loses nothing."""
    waiting = script(
        "router = opened()\nsay('ready')\nhear()\nreport(router, 20)\nsay('flushing')\n"
        "try:\n    router.flush(60.0)\nexcept KeyboardInterrupt:\n    say('interrupted')\n"
    )
    assert waiting.hear() == "ready"
    server.suspend()
    waiting.say()
    assert waiting.hear() == "flushing"
    time.sleep(0.3)
    waiting.process.send_signal(signal.SIGINT)
    assert waiting.hear() == "interrupted"
    assert waiting.end()[0] == 0
    server.resume()

    store = open_store(server.url)
    store.declare("goal", None)
    adopted = until(lambda: outcomes() == 20)
    store.close()
    assert adopted
