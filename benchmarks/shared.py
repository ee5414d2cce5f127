"""What a shared store costs whoever decides and reports, beside the memory store and a PING."""

import os
import tempfile
import time
from collections.abc import Sequence

from armwise import Router
from armwise.engine import SharedStore, open_store
from armwise.storage import ArmKey, Record, connect
from armwise.testing.servers import RedisServer
from benchmarks.decide import PATHS, PROMPT, after_reports, deciding
from benchmarks.reporting import Figure, Options, Report, run
from benchmarks.timing import Batch, interleaved, spread, timed

NOTES = """\
- `router.decide` is timed as in "decide": four paths, a short prompt, bucket, ranking and signed
  request id are read. Two Routers take turns, one on memory, one on a Valkey server without
  persistence; between any two decisions of the second pair an outcome is reported.
- A waiting report is `report_outcome(..., wait=True)`: signature, journal, one script, its answer.
  PING goes through a client of the same library and protocol.
- Delivery is `Store.apply` on one goal: 100 records in one call, or 100 calls of one record.
- Ratios are medians of the ratios within each round, so that a drifting machine counts on both
  sides.
"""

TARGET_DECIDE, TARGET_WAIT, TARGET_BATCH = 1.1, 2.5, 5.0
BATCH = 100


def seasoned(store: SharedStore | str) -> Router:
    """Return a Router of four paths that has decided and learned 400 times."""
    router = Router(list(PATHS), "benchmark", store=store, half_life=None, detect_changes=False)
    for turn in range(400):
        request_id = router.decide(PROMPT).request_id_for(PATHS[turn % len(PATHS)])
        router.report_outcome(request_id, turn % 3 != 0, cost_usd=0.0001)
    router.flush(10.0)
    return router


def measure(options: Options) -> Report:
    """Time decisions, waiting reports and deliveries with a shared store."""
    rounds = 15 if options.quick else 101
    with tempfile.TemporaryDirectory() as folder, RedisServer() as server:
        os.environ["ARMWISE_JOURNAL_DIR"] = folder
        store = open_store(server.url)
        assert isinstance(store, SharedStore)  # noqa: S101 - for the type checker
        figures = [
            *_deciding(store, rounds),
            *_waiting(store, server, rounds),
            *_delivering(server, rounds),
        ]
        store.close()
    return Report(
        name="shared",
        title="What a shared store costs",
        figures=figures,
        spread="5th to 95th percentile of the batches",
        settings={"batches_per_line": rounds},
        notes=NOTES,
        group="test",
    )


def _deciding(store: SharedStore, rounds: int) -> list[Figure]:
    routers = {"memory": seasoned("memory://"), "shared": seasoned(store)}
    time.sleep(1.5)  # the copy of the 400 has been read back
    batches = {f"decide_{name}": deciding(router) for name, router in routers.items()}
    found = interleaved(batches, what="router.decide", rounds=rounds, times=100)
    batches = {
        f"learning_{name}": after_reports(router, of_reports=False)
        for name, router in routers.items()
    }
    found |= interleaved(batches, what="decisions after reports", rounds=rounds, times=50)
    batches = {
        f"report_{name}": after_reports(router, of_reports=True) for name, router in routers.items()
    }
    found |= interleaved(batches, what="reports", rounds=rounds, times=50)
    for router in routers.values():
        router.flush(10.0)
        router.close()
    return [
        _timing("decide_memory", "`router.decide` on memory", found["decide_memory"]),
        _timing("decide_shared", "`router.decide` on a server", found["decide_shared"]),
        _ratio("decide_ratio", "on a server / on memory", found, "decide", TARGET_DECIDE),
        _timing("learning_memory", "after each outcome, on memory", found["learning_memory"]),
        _timing("learning_shared", "after each outcome, on a server", found["learning_shared"]),
        _ratio("learning_ratio", "on a server / on memory", found, "learning", None),
        _timing("report_memory", "`report_outcome` on memory", found["report_memory"]),
        _timing("report_shared", "`report_outcome` on a server", found["report_shared"]),
    ]


def _waiting(store: SharedStore, server: RedisServer, rounds: int) -> list[Figure]:
    router = Router(list(PATHS), "waiting", store=store)
    client = server.client()

    def wait(times: int) -> int:
        ids = [router.decide(PROMPT).request_id for _ in range(times)]
        begun_ns = time.perf_counter_ns()
        for request_id in ids:
            router.report_outcome(request_id, True, wait=True)
        return time.perf_counter_ns() - begun_ns

    def ping(times: int) -> None:
        for _ in range(times):
            client.ping()

    batches: dict[str, Batch] = {"wait_ping": timed(ping), "wait_report": wait}
    found = interleaved(batches, what="waiting reports", rounds=rounds, times=20)
    client.close()
    router.close()
    rows = [row / own for row, own in zip(found["wait_report"], found["wait_ping"], strict=True)]
    ratio, low, high = spread(rows)
    what = "waiting report / PING"
    return [
        _timing("ping", "PING", found["wait_ping"]),
        _timing("wait", "a report that waits for the store", found["wait_report"]),
        Figure("wait_ratio", what, ratio, "x", low, high, target=TARGET_WAIT),
    ]


def _delivering(server: RedisServer, rounds: int) -> list[Figure]:
    store = connect(f"{server.url}?timeout=10")  # nothing here is to be tried twice
    arm, number = ArmKey("general/simple", PATHS[0]), 0

    def fresh(count: int) -> list[Record]:
        nonlocal number
        number += count
        now_ms = int(time.time() * 1000)
        return [
            Record(arm, one.to_bytes(10), 0, now_ms, revision=1, score=10_000)
            for one in range(number - count, number)
        ]

    def at_once(times: int) -> int:
        records = fresh(times)
        begun_ns = time.perf_counter_ns()
        store.apply("delivery", records)
        return time.perf_counter_ns() - begun_ns

    def singly(times: int) -> int:
        records = fresh(times)
        begun_ns = time.perf_counter_ns()
        for record in records:
            store.apply("delivery", [record])
        return time.perf_counter_ns() - begun_ns

    batches: dict[str, Batch] = {"batch": at_once, "single": singly}
    found = interleaved(batches, what="delivery", rounds=rounds, times=BATCH)
    store.close()
    rows = [one / many for one, many in zip(found["single"], found["batch"], strict=True)]
    ratio, low, high = spread(rows)
    what = "records per second, batched / single"
    return [
        _timing("single", "a record by itself", found["single"]),
        _timing("batch", "a record in a batch of 100", found["batch"]),
        Figure("batch_ratio", what, ratio, "x", low, high, target=TARGET_BATCH, sense=">="),
    ]


def _timing(name: str, what: str, times_ns: Sequence[float]) -> Figure:
    value, low, high = (time_ns / 1e3 for time_ns in spread(times_ns))
    return Figure(name, what, value, "us", low, high)


def _ratio(
    name: str, what: str, found: dict[str, list[float]], of: str, target: float | None
) -> Figure:
    shared, memory = found[f"{of}_shared"], found[f"{of}_memory"]
    ratio, low, high = spread([one / other for one, other in zip(shared, memory, strict=True)])
    return Figure(name, what, ratio, "x", low, high, target=target)


if __name__ == "__main__":
    run("shared", measure)
