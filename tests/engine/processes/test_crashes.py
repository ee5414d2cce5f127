"""What a worker had reported when it was killed is counted once, by whoever comes next."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from armwise.engine import open_store
from armwise.testing.servers import RedisServer

Until = Callable[[Callable[[], bool]], bool]
Scripts = Callable[[str], Any]

REPORTS = """
router = opened()
say("ready"); hear()
report(router, 500)
say("reported"); hear()
"""


def killed_with_unsent(script: Scripts, server: RedisServer) -> None:
    """Let a worker report 500 outcomes to a server that hangs, and kill it."""
    worker = script(REPORTS)
    assert worker.hear() == "ready"
    server.suspend()
    worker.say()
    assert worker.hear() == "reported"
    worker.kill()
    server.resume()


def directories(journals: Path) -> list[Path]:
    """Return the journals of all processes."""
    return [lock.parent for lock in journals.glob("*/*/lock")]


@pytest.mark.usefixtures("journals")
def test_a_killed_workers_outcomes_are_adopted(
    script: Scripts, server: RedisServer, outcomes: Callable[[], int], until: Until, journals: Path
) -> None:
    """Nothing of 500 unsent reports is lost, and the journal goes with its last record."""
    killed_with_unsent(script, server)
    (orphan,) = directories(journals)

    store = open_store(server.url)
    store.declare("goal", None)
    adopted = until(lambda: outcomes() == 500)
    store.close()

    assert adopted
    assert not orphan.exists()


@pytest.mark.usefixtures("journals")
def test_what_had_been_delivered_is_not_counted_again(
    script: Scripts, outcomes: Callable[[], int], until: Until, server: RedisServer
) -> None:
    """An adopted journal holds the delivered records of the last seconds too: they count once."""
    worker = script(REPORTS)
    assert worker.hear() == "ready"
    worker.say()
    assert worker.hear() == "reported"
    assert until(lambda: outcomes() == 500)
    worker.kill()

    store = open_store(server.url)
    store.declare("goal", None)
    time.sleep(0.5)
    store.close()

    assert outcomes() == 500


def test_a_torn_tail_costs_one_record(
    script: Scripts, server: RedisServer, outcomes: Callable[[], int], until: Until, journals: Path
) -> None:
    """A record of which the worker wrote half when it died is cut; those before it are counted."""
    killed_with_unsent(script, server)
    (segment,) = journals.glob("*/*/*.journal")
    with segment.open("r+b") as file:
        file.truncate(segment.stat().st_size - 7)

    store = open_store(server.url)
    store.declare("goal", None)
    adopted = until(lambda: outcomes() == 499)
    time.sleep(0.3)
    store.close()

    assert adopted
    assert outcomes() == 499


@pytest.mark.usefixtures("journals")
def test_two_adopters_share_the_orphans(
    script: Scripts, server: RedisServer, outcomes: Callable[[], int], until: Until, journals: Path
) -> None:
    """Three orphans and two processes that start at once: each outcome is counted once."""
    workers = [script(REPORTS) for _ in range(3)]
    assert {worker.hear() for worker in workers} == {"ready"}
    server.suspend()
    for worker in workers:
        worker.say()
        assert worker.hear() == "reported"
    for worker in workers:
        worker.kill()
    server.resume()

    adopters = [script("router = opened()\nsay('ready')\nhear()\n") for _ in range(2)]
    adopted = until(lambda: outcomes() == 1500)
    for adopter in adopters:
        adopter.say()
        assert adopter.end()[0] == 0

    assert adopted
    assert outcomes() == 1500
