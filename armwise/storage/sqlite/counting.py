"""Counts a batch of records: one look at what was counted before, one addition per arm and era."""

import sqlite3
from collections.abc import Sequence

from armwise.bandit import Evidence
from armwise.bandit.decay import ERA_TICKS, Fading
from armwise.storage.base import MAX_AGE_S, SLICES, ArmKey, Record, ReportStatus
from armwise.storage.ledger import Counted, Settlement, settle
from armwise.storage.sqlite.goals import Life, set_version
from armwise.storage.sqlite.sums import BucketChange, add_bucket, add_eras

SLICE_MS = int(MAX_AGE_S * 1000) // SLICES
"""Width of a slice of dedupe records. Fixed, whatever the longest age of a worker: two that cut
differently would not find each other's records."""

SEEDS = -1
"""The slice of seeds: the same evaluation whenever it is counted, so it is never forgotten."""

_ASKED = 200
"""Attempts looked up by one statement; SQLite before 3.32 takes 999 values at most."""

_KEEP = """
    INSERT INTO counted (goal, slice, nonce, attempt, revision, score, facts, tick)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (goal, slice, nonce, attempt) DO UPDATE SET
        revision = excluded.revision, score = excluded.score, facts = excluded.facts
"""

_Attempt = tuple[int, bytes, int]
"""Slice, nonce, number: the key of a dedupe record inside its goal."""


class _Batch:
    """What the records of one call change, added up."""

    def __init__(self, before: dict[_Attempt, Counted]) -> None:
        self.before = before
        self.counted = dict(before)
        self.sums: dict[str, dict[tuple[ArmKey, int], Evidence]] = {}
        self.clocks: dict[str, BucketChange] = {}

    def count(self, record: Record, tick: int) -> ReportStatus:
        """Settle one record against what was counted before it."""
        attempt = _attempt(record)
        settlement = settle(self.counted.get(attempt), record, tick)
        self.counted[attempt] = settlement.counted
        if settlement.change is not None or settlement.is_first:
            self._add(record, settlement)
        return settlement.status

    def _add(self, record: Record, settlement: Settlement) -> None:
        bucket, tick = record.arm.bucket, settlement.counted.tick
        clock = self.clocks.get(bucket, BucketChange())
        self.clocks[bucket] = BucketChange(
            clock.outcomes + settlement.is_first,
            max(clock.clock, record.count),
            max(clock.newest_tick, tick),
        )
        if settlement.change is not None:
            sums = self.sums.setdefault(bucket, {})
            place = (record.arm, tick // ERA_TICKS)
            held = sums.get(place)
            sums[place] = settlement.change if held is None else held + settlement.change

    def write(self, connection: sqlite3.Connection, life: Life) -> None:
        """Add it all to the tables."""
        connection.executemany(
            _KEEP,
            [
                (life.id, *attempt, *counted)
                for attempt, counted in self.counted.items()
                if self.before.get(attempt) != counted
            ],
        )
        if not self.clocks:
            return
        version = life.version + 1
        for name, clock in self.clocks.items():
            bucket = add_bucket(connection, life, name, clock, version)
            sums = self.sums.get(name, {})
            add_eras(connection, bucket, [(*place, change) for place, change in sums.items()])
        set_version(connection, life, version)


def count(
    connection: sqlite3.Connection,
    life: Life,
    records: Sequence[Record],
    now_ms: int,
    max_age_ms: int,
) -> list[ReportStatus]:
    """Count records inside the transaction of the caller; return what became of each.

    Args:
        connection: Holds the transaction.
        life: The goal.
        records: What to count.
        now_ms: Now, milliseconds since 1970. Later decisions are taken for now.
        max_age_ms: How old a decision may be.
    """
    oldest_ms = max(life.since_ms, now_ms - max_age_ms)
    fading = Fading(life.half_life)
    accepted = {_attempt(record) for record in records if record.decided_at_ms >= oldest_ms}
    batch = _Batch(_counted(connection, life, list(accepted)))
    answers = [
        batch.count(record, fading.tick(min(record.decided_at_ms, now_ms), record.count))
        if record.decided_at_ms >= oldest_ms
        else ReportStatus.EXPIRED
        for record in records
    ]
    batch.write(connection, life)
    return answers


def _attempt(record: Record) -> _Attempt:
    slice_ = SEEDS if record.is_seed else record.decided_at_ms // SLICE_MS
    return slice_, record.nonce, record.attempt


def _counted(
    connection: sqlite3.Connection, life: Life, attempts: Sequence[_Attempt]
) -> dict[_Attempt, Counted]:
    """Return the dedupe records of attempts, where there are any."""
    found: dict[_Attempt, Counted] = {}
    for start in range(0, len(attempts), _ASKED):
        asked = attempts[start : start + _ASKED]
        rows = connection.execute(
            f"WITH asked (slice, nonce, attempt) AS (VALUES {', '.join(['(?, ?, ?)'] * len(asked))}) "  # noqa: S608, E501 - nothing but question marks
            "SELECT c.slice, c.nonce, c.attempt, c.revision, c.score, c.facts, c.tick "
            "FROM asked AS a CROSS JOIN counted AS c ON c.goal = ? AND c.slice = a.slice "
            "AND c.nonce = a.nonce AND c.attempt = a.attempt",
            (*(value for attempt in asked for value in attempt), life.id),
        )
        found |= {(row[0], row[1], row[2]): Counted(*row[3:]) for row in rows}
    return found
