"""Threads, tasks and Routers of one process share one store without waiting for each other."""

import asyncio
import gc
import threading
import time
from pathlib import Path

import pytest

from armwise import Router, open_store
from armwise.storage import ReportStatus
from armwise.testing import ScriptedAdapter
from armwise.testing.servers import RedisServer

PROMPT = [{"role": "user", "content": "Which company makes the iPhone?"}]


def router_of(server: RedisServer, goal: str = "goal") -> Router:
    """Return a Router on a server."""
    return Router(["cheap", "dear"], goal, store=server.url, adapter=ScriptedAdapter({}))


@pytest.mark.usefixtures("journals")
def test_64_threads_report_on_one_router(server: RedisServer) -> None:
    """64 x 50 outcomes, reported at once from all threads, are 3,200 in the store."""
    router = router_of(server)
    begin = threading.Barrier(64)

    def work() -> None:
        begin.wait()
        for _ in range(50):
            router.report_outcome(router.decide(PROMPT).request_id, True)

    threads = [threading.Thread(target=work) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert router.flush(30.0)
    router.close()

    other = router_of(server)
    (arms,) = other.stats().buckets.values()
    other.close()
    assert sum(arm.attempts for arm in arms.values()) == 3200


@pytest.mark.usefixtures("journals")
def test_tasks_wait_for_answers_side_by_side(server: RedisServer) -> None:
    """Of each id that is reported twice, one report is APPLIED and one a DUPLICATE."""

    async def main() -> list[ReportStatus]:
        with router_of(server) as router:
            ids = [router.decide(PROMPT).request_id for _ in range(20)] * 2
            answers = await asyncio.gather(
                *(router.areport_outcome(one, True, wait=True) for one in ids)
            )
            assert await router.aflush(5.0)
            return answers

    answers = asyncio.run(main())

    assert answers.count(ReportStatus.APPLIED) == 20
    assert answers.count(ReportStatus.DUPLICATE) == 20


@pytest.mark.usefixtures("journals")
def test_a_hanging_store_does_not_stop_the_event_loop(server: RedisServer) -> None:
    """While a report waits for it in vain, other tasks go on, and the answer is QUEUED."""
    gaps_s: list[float] = []

    async def tick(done: asyncio.Event) -> None:
        while not done.is_set():
            begun_s = time.monotonic()
            await asyncio.sleep(0.01)
            gaps_s.append(time.monotonic() - begun_s)

    async def main() -> ReportStatus:
        with router_of(server) as router:
            router.warmup()
            request_id = router.decide(PROMPT).request_id
            done = asyncio.Event()
            ticking = asyncio.create_task(tick(done))
            server.suspend()
            status = await router.areport_outcome(request_id, True, wait=True)
            done.set()
            await ticking
            server.resume()
            return status

    assert asyncio.run(main()) is ReportStatus.QUEUED
    assert len(gaps_s) > 20
    assert max(gaps_s) < 1.0


@pytest.mark.usefixtures("journals")
def test_routers_of_one_url_share_connection_and_thread(server: RedisServer) -> None:
    """Ten more Routers cost no thread and no connection."""
    client = server.client()
    first = router_of(server, "first")
    first.report_outcome(first.decide(PROMPT).request_id, True, wait=True)
    threads, clients = threading.active_count(), client.info("clients")["connected_clients"]

    others = [router_of(server, f"other {number}") for number in range(10)]
    for other in others:
        other.report_outcome(other.decide(PROMPT).request_id, True)
        assert other.flush(5.0)

    # A caller and the thread behind may call at the same moment: that takes a second connection.
    assert client.info("clients")["connected_clients"] <= clients + 1
    assert threading.active_count() == threads
    for router in (first, *others):
        router.close()
    client.close()


def descriptors() -> int:
    """Return how many files and sockets this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts what Linux shows in /proc")
@pytest.mark.usefixtures("journals")
def test_opening_and_closing_leaves_nothing_behind(server: RedisServer) -> None:
    """After 200 times there are no more threads and open files than after 5."""

    def use() -> None:
        store = open_store(server.url)
        store.declare("goal", None)
        store.close()

    for _ in range(5):
        use()
    gc.collect()
    threads, files = threading.active_count(), descriptors()
    for _ in range(200):
        use()
    gc.collect()

    assert threading.active_count() == threads
    assert descriptors() <= files
