"""Threads for work that no request waits for: bounded, patient, whole across a fork."""

import logging
import os
import threading

import pytest

from armwise.router.workers import Workers


def test_work_is_done_and_waited_for() -> None:
    """After a drain all of it is done, however many threads did it."""
    done: list[int] = []
    workers = Workers("test", threads=3, waiting=100)

    accepted = [workers.submit(lambda number=number: done.append(number)) for number in range(50)]

    assert all(accepted)
    assert workers.drain(10)
    assert sorted(done) == list(range(50))


def test_no_more_waits_than_may() -> None:
    """One runs, two wait, the fourth is refused."""
    let = threading.Event()
    begun = threading.Event()
    workers = Workers("test", threads=1, waiting=2)

    def work() -> None:
        begun.set()
        let.wait(10)

    assert workers.submit(work)
    assert begun.wait(10)
    assert [workers.submit(work) for _ in range(3)] == [True, True, False]
    assert not workers.drain(0.01)
    let.set()
    assert workers.drain(10)


def test_work_that_raises_ends_no_thread(caplog: pytest.LogCaptureFixture) -> None:
    """It is warned of once, by the error's class alone, and the next piece is done."""
    done: list[bool] = []
    workers = Workers("test", threads=1)

    def fails() -> None:
        raise ValueError("a prompt")

    with caplog.at_level(logging.WARNING, logger="armwise"):
        for work in (fails, fails, lambda: done.append(True)):
            workers.submit(work)
        assert workers.drain(10)

    assert done == [True]
    assert [record.getMessage() for record in caplog.records] == [
        "test: work beside a request raised ValueError"
    ]


def test_a_closed_pool_takes_nothing() -> None:
    """Closing waits for what there is and refuses what comes."""
    done: list[bool] = []
    workers = Workers("test")
    workers.submit(lambda: done.append(True))

    assert workers.close(10)
    assert done == [True]
    assert not workers.submit(lambda: done.append(False))


def test_where_no_thread_can_be_started_work_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system without threads costs the work, never the request."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    workers = Workers("test")

    assert not workers.submit(lambda: None)
    assert workers.drain(0.1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_threads_of_its_own() -> None:
    """The parent's work is not done twice, and the child's is done at all."""
    let = threading.Event()
    workers = Workers("test", threads=1)
    workers.submit(lambda: let.wait(10))
    workers.submit(lambda: None)

    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        done: list[bool] = []
        workers.submit(lambda: done.append(True))
        os._exit(0 if workers.drain(5) and done == [True] else 1)
    _, status = os.waitpid(child, 0)
    let.set()

    assert os.waitstatus_to_exitcode(status) == 0
    assert workers.drain(10)
