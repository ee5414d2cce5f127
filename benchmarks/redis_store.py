"""What counting on a Redis server costs: memory per outcome, calls that wait, calls in bulk."""

import random
import secrets
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

from armwise.bandit.decay import Outcomes
from armwise.storage import ArmKey, CallFacts, Record
from armwise.storage.redis import RedisStore
from armwise.testing.servers import RedisServer
from benchmarks.reporting import Figure, Options, Report, progress, run
from benchmarks.timing import Batch, interleaved, spread, timed

NOTES = """\
- One server of our own on the loopback, one client, both on this machine; no persistence. What
  competes for the processor slows both, and a call more than a PING.
- Memory is the difference of `used_memory`: evidence of 12 arms, and the dedupe records that each
  reported outcome leaves for 30 days. "Of one moment" is the worst case for a single slice, "over
  30 days" spreads the decisions evenly over the eight slices.
- An outstanding decision costs the server nothing: its request id holds all that is needed.
- A waiting call is `RedisStore.apply` of one new record with cost, tokens, latency and outcome.
  PING is the client library's own, on the same connection; batches of both take turns.
- By the hundred is `RedisStore.apply` of 100 new records, per record.
"""

GOAL = "extract_company"
ARMS = [ArmKey(f"task{bucket}/simple", f"path {path}") for bucket in range(3) for path in range(4)]
TARGET_MEGABYTES = 35.0
TARGET_RATIO = 2.5
TARGET_BATCHED = 5.0
DAYS_MS = 30 * 86_400_000
AT_ONCE = 100


def records(count: int, *, over_ms: int, seed: int) -> Iterator[list[Record]]:
    """Yield records of outcomes by the hundred, decided evenly over so many milliseconds."""
    now_ms, numbers = int(time.time() * 1000), random.Random(seed)  # noqa: S311 - no secret
    facts = CallFacts(cost_nanousd=70_000, output_tokens=120, latency_us=1_200_000)
    for start in range(0, count, AT_ONCE):
        yield [
            Record(
                ARMS[number % len(ARMS)],
                secrets.token_bytes(10),
                0,
                now_ms - int(numbers.random() * over_ms),
                facts,
                1,
                numbers.choice((0, 10_000)),
                number,
            )
            for number in range(start, min(start + AT_ONCE, count))
        ]


def megabytes(count: int, *, over_ms: int, seed: int) -> float:
    """Return what so many reported outcomes cost a server."""
    with RedisServer() as server:
        store, client = RedisStore(f"{server.url}?timeout=10"), server.client()
        store.declare(GOAL, Outcomes(1150))
        before = client.info("memory")["used_memory"]
        with progress(f"{count} outcomes", count // AT_ONCE) as advance:
            for batch in records(count, over_ms=over_ms, seed=seed):
                store.apply(GOAL, batch)
                advance()
        used = client.info("memory")["used_memory"] - before
        store.close()
        client.close()
        return float(used) / 1e6


def memory(options: Options) -> list[Figure]:
    """Return the memory figures."""
    counts = (10_000,) if options.quick else (10_000, 100_000, 1_000_000)
    figures: list[Figure] = []
    for count in counts:
        target = TARGET_MEGABYTES if count == 1_000_000 else None
        for name, what, over_ms in (
            ("at_once", "of one moment", 1_000),
            ("spread", "over 30 days", DAYS_MS - 3_600_000),
        ):
            used = megabytes(count, over_ms=over_ms, seed=options.seed)
            figures.append(
                Figure(
                    f"memory_{count}_{name}",
                    f"memory of {count:,} reported outcomes {what}",
                    used,
                    "MB",
                    target=target,
                )
            )
    return figures


def latencies(options: Options) -> tuple[list[Figure], Mapping[str, Any]]:
    """Return the figures of calls, and what the server says of itself."""
    rounds, times = (5, 20) if options.quick else (51, 100)
    with RedisServer() as server:
        store, client = RedisStore(f"{server.url}?timeout=10"), server.client()
        store.declare(GOAL, Outcomes(1150))
        store.ping()
        fresh = records(10**9, over_ms=1_000, seed=options.seed)

        def pings(count: int) -> None:
            for _ in range(count):
                client.ping()

        def ready(at_once: int) -> Batch:
            def batch(count: int) -> int:
                calls = [call for _ in range(count // AT_ONCE + 1) for call in next(fresh)]
                portions = [calls[n : n + at_once] for n in range(0, count, at_once)]
                begun = time.perf_counter_ns()
                for portion in portions:
                    store.apply(GOAL, portion)
                return time.perf_counter_ns() - begun

            return batch

        batches = {"ping": timed(pings), "single": ready(1), "batched": ready(AT_ONCE)}
        batches["unchanged"] = timed(lambda count: _read(store, count))
        found = interleaved(batches, what="calls", rounds=rounds, times=max(times, AT_ONCE))
        info = client.info("server")
        store.close()
    return _figures(found), info


def _read(store: RedisStore, count: int) -> None:
    held = store.read(GOAL)
    known = held.version if held else 0
    for _ in range(count):
        store.read(GOAL, known)


def _figures(found: Mapping[str, list[float]]) -> list[Figure]:
    ratios = [one / ping for one, ping in zip(found["single"], found["ping"], strict=True)]
    gains = [one / many for one, many in zip(found["single"], found["batched"], strict=True)]
    figures: list[Figure] = []
    for name, what in (
        ("ping", "PING"),
        ("single", "a waiting call with one record"),
        ("batched", "a record of a call with 100"),
        ("unchanged", "reading a goal that has not changed"),
    ):
        middle, low, high = (value / 1e3 for value in spread(found[name]))
        figures.append(Figure(f"{name}_us", what, middle, "us", low, high))
    middle, low, high = spread(ratios)
    figures.append(
        Figure("single_ratio", "waiting call / PING", middle, "x", low, high, TARGET_RATIO)
    )
    middle, low, high = spread(gains)
    what = "records per second by the hundred / one by one"
    figures.append(Figure("batched_gain", what, middle, "x", low, high, TARGET_BATCHED, ">="))
    return figures


def measure(options: Options) -> Report:
    """Count on a Redis server: memory per outcome, a waiting call, calls by the hundred."""
    calls, info = latencies(options)
    figures = [*calls, *memory(options)]
    server = f"{info.get('server_name', 'redis')} " + str(
        info.get("valkey_version") or info["redis_version"]
    )
    settings = {
        "server": server,
        "redis-py": version("redis"),
        "hiredis": version("hiredis"),
        "records_per_call": AT_ONCE,
        "arms": len(ARMS),
    }
    return Report(
        "redis_store",
        "Counting on a Redis server",
        figures,
        "5th to 95th percentile of the batches.",
        settings,
        NOTES,
    )


if __name__ == "__main__":
    run("redis_store", measure)
