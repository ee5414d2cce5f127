"""Many workers on one server: processes, threads and forks lose and double nothing."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import NoReturn

from armwise.storage import ReportStatus
from armwise.storage.redis import RedisStore
from armwise.testing.contracts.histories import fresh_goal, record
from armwise.testing.contracts.store import total
from armwise.testing.servers import FaultyProxy, RedisServer

WORKER = """
import collections, sys, threading
from armwise.storage.redis import RedisStore
from armwise.testing.contracts.histories import record

url, goal_id, seen = sys.argv[1], sys.argv[2], collections.Counter()
store = RedisStore(url + "?timeout=10")
records = [record(number) for number in range(400)]

def report(first):
    for start in range(first, 400, 40):
        seen.update(store.apply(goal_id, records[start : start + 40]))
    for start in range(0, first, 40):
        seen.update(store.apply(goal_id, records[start : start + 40]))

threads = [threading.Thread(target=report, args=(40 * n,)) for n in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(seen["applied"], seen["duplicate"])
"""


def report_each(store: RedisStore, goal_id: str, first: int, end: int) -> bool:
    """Report new requests one by one; return whether each was counted."""
    answers = [store.apply(goal_id, [record(number)])[0] for number in range(first, end)]
    return answers == [ReportStatus.APPLIED] * (end - first)


def leave_after(deed: Callable[[], bool]) -> NoReturn:
    """End a forked child, and not the tests a second time, whatever happens; within 30 seconds."""
    signal.alarm(30)
    is_well = False
    try:
        is_well = deed()
    finally:
        os._exit(0 if is_well else 1)


def test_two_workers_of_eight_threads_count_each_record_once(redis_server: RedisServer) -> None:
    """16 threads of two processes report the same 400 requests: 400 are new, the rest are not."""
    goal_id = fresh_goal()
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, redis_server.url, goal_id],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]

    counted = [tuple(map(int, worker.communicate()[0].split())) for worker in workers]

    store = RedisStore(redis_server.url)
    assert sum(applied for applied, _ in counted) == 400
    assert sum(duplicates for _, duplicates in counted) == 16 * 400 - 400
    assert total(store, goal_id).attempts == 400
    store.close()


def test_children_and_parent_go_on_with_the_same_store(redis_server: RedisServer) -> None:
    """Four children of a fork, and the parent, report by one store at the same time."""
    store, goal_id = RedisStore(f"{redis_server.url}?timeout=10"), fresh_goal()
    store.apply(goal_id, [record()])
    children: list[int] = []

    for child in range(4):
        pid = os.fork()
        if not pid:
            first = 1 + 100 * child
            leave_after(lambda first=first: report_each(store, goal_id, first, first + 100))
        children.append(pid)
    answers = Counter(store.apply(goal_id, [record(number)])[0] for number in range(401, 501))
    codes = [os.waitpid(pid, 0)[1] for pid in children]

    assert codes == [0] * 4
    assert answers == {ReportStatus.APPLIED: 100}
    assert total(store, goal_id).attempts == 501
    store.close()


def test_a_fork_amid_threads_leaves_the_child_able_to_report(redis_server: RedisServer) -> None:
    """Threads are calling while the process forks; no lock of theirs stays behind in a child."""
    store, goal_id = RedisStore(f"{redis_server.url}?timeout=10"), fresh_goal()
    stop = threading.Event()

    def report(first: int) -> None:
        number = first
        while not stop.is_set():
            store.apply(goal_id, [record(number)])
            number += 4

    threads = [threading.Thread(target=report, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    codes: list[int] = []
    for child in range(40):
        pid = os.fork()
        if not pid:
            number = 10**6 + child
            leave_after(lambda number=number: report_each(store, goal_id, number, number + 1))
        codes.append(os.waitpid(pid, 0)[1])
    stop.set()
    for thread in threads:
        thread.join()

    assert codes == [0] * 40
    store.close()


def test_the_counter_of_connections_tells_of_a_restart(
    own_server: RedisServer, own_store: RedisStore
) -> None:
    """A restarted server is another connection, though no call need have failed."""
    assert own_store.connections == 0
    own_store.apply("goal", [record()])
    assert own_store.connections == 1
    own_store.apply("goal", [record(1)])
    assert own_store.connections == 1

    own_server.restart()
    answers = own_store.apply("goal", [record(1)])

    assert own_store.connections == 2
    assert answers == [ReportStatus.APPLIED]


def test_scripts_and_lists_are_there_again_after_a_restart(
    own_server: RedisServer, own_store: RedisStore
) -> None:
    """A server that has forgotten scripts and goals gets both again by itself."""
    own_store.apply("goal", [record()])
    own_server.client().script_flush()
    assert own_store.apply("goal", [record(1)]) == [ReportStatus.APPLIED]

    own_server.restart()
    own_store.apply("goal", [record(2)])

    assert own_store.goals() == ["goal"]
    assert total(own_store, "goal").attempts == 1


def test_a_closed_store_opens_again_when_it_is_used(store: RedisStore) -> None:
    """Closing lets go of connections and of nothing else."""
    goal_id = fresh_goal()
    store.apply(goal_id, [record()])

    store.close()
    store.close()

    assert store.apply(goal_id, [record()]) == [ReportStatus.DUPLICATE]


def test_a_fork_waits_for_the_call_that_is_under_way(redis_server: RedisServer) -> None:
    """In a child nobody would release a lock of the library that another thread held."""
    with FaultyProxy(redis_server.port) as proxy:
        store, goal_id = RedisStore(f"{proxy.url}?timeout=10"), fresh_goal()
        store.apply(goal_id, [record()])
        proxy.delay_s, proxy.keeps_bytes = 0.5, True
        answers: list[list[ReportStatus]] = []
        call = threading.Thread(target=lambda: answers.append(store.apply(goal_id, [record(1)])))
        call.start()
        while not proxy.seen:
            time.sleep(0.01)

        pid = os.fork()
        if not pid:
            leave_after(lambda: answers == [[ReportStatus.APPLIED]])

        assert os.waitpid(pid, 0)[1] == 0
        call.join()
        store.close()
