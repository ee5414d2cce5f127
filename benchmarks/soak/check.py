"""Compares what a store holds with what the workers wrote down, integer by integer."""

import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from armwise.engine.reporting import measured_facts, reported_record
from armwise.engine.request_id import claimed
from armwise.storage import GoalEvidence, MemoryStore, Record, Store
from armwise.storage.codec import to_plain
from benchmarks.soak.ledger import Reported
from benchmarks.soak.worker import GOALS

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the comparison found.

    Args:
        outcomes: Requests of which an outcome was reported.
        reports: Reports, with repetitions and corrections.
        lost: Outcomes that the store does not have.
        doubled: Outcomes that the store has beyond those that were reported.
        is_equal: Whether every integer of the store is that of the reports.
    """

    outcomes: int
    reports: int
    lost: int
    doubled: int
    is_equal: bool


def verdict(store: Store, reports: Sequence[Reported], seed: int) -> Verdict:
    """Return how the store compares with a memory that is told of the reports in another order."""
    memory = MemoryStore()
    outcomes = lost = doubled = 0
    is_equal = True
    for goal, half_life in GOALS.items():
        memory.declare(goal, half_life)
        records = [_record(one) for one in reports if one.goal == goal]
        random.Random(seed).shuffle(records)  # noqa: S311 - an order
        for begin in range(0, len(records), _AT_ONCE):
            memory.apply(goal, records[begin : begin + _AT_ONCE])
        held, told = store.read(goal), memory.read(goal)
        if held is None or told is None:
            raise RuntimeError(f"goal {goal} cannot be read")
        is_equal &= _integers(held) == _integers(told)
        by_arm = attempts(records)
        outcomes += sum(by_arm.values())
        counted = {
            key: eras.total(0).attempts
            for b in held.buckets.values()
            for key, eras in b.arms.items()
        }
        for key in by_arm.keys() | counted.keys():
            lost += max(0, by_arm.get(key, 0) - counted.get(key, 0))
            doubled += max(0, counted.get(key, 0) - by_arm.get(key, 0))
    return Verdict(outcomes, len(reports), lost, doubled, is_equal)


def attempts(records: Iterable[Record]) -> dict[object, int]:
    """Return attempts per arm, counted from the records alone and by nothing of armwise."""
    seen = {(record.nonce, record.attempt): record.arm for record in records}
    by_arm: dict[object, int] = {}
    for arm in seen.values():
        by_arm[arm] = by_arm.get(arm, 0) + 1
    return by_arm


def _record(reported: Reported) -> Record:
    # Whoever signed it: a server that forgets its last second may forget a young key.
    token = claimed(reported.request_id)
    facts = measured_facts(reported.cost_usd, reported.latency_s)
    return reported_record(token, reported.is_success, facts, reported.revision, time.time())


def _integers(held: GoalEvidence) -> dict[str, object]:
    """Return all integers but the epochs: those are opened by workers, not by reports."""
    plain = to_plain(held)
    for bucket in plain["buckets"].values():
        del bucket["epochs"]
    # An epoch may have been opened in a bucket of which no outcome was ever told.
    plain["buckets"] = {name: one for name, one in plain["buckets"].items() if one["arms"]}
    return plain
