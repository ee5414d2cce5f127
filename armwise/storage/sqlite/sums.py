"""Evidence as rows: sums per arm and era, added to in SQL and read back as ``Eras``."""

import sqlite3
from collections.abc import Iterable
from dataclasses import astuple
from operator import attrgetter
from typing import NamedTuple

from armwise.bandit import Evidence
from armwise.bandit.decay import ERA_TICKS, Eras
from armwise.storage.base import ArmKey
from armwise.storage.goal import Bucket, GoalEvidence
from armwise.storage.sqlite.goals import Life
from armwise.storage.sqlite.schema import PLAIN, WEIGHTED

_ARM = ("bucket", "path", "earlier_failures", "epoch")
_plain_sums = attrgetter(*PLAIN)


def adding(table: str, key: tuple[str, ...], sums: tuple[str, ...]) -> str:
    """Return the statement that adds a row's sums to those that are there."""
    columns = ", ".join((*key, *sums))
    places = ", ".join("?" * (len(key) + len(sums)))
    added = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in sums)
    return (
        f"INSERT INTO {table} ({columns}) VALUES ({places}) "  # noqa: S608 - our own names
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {added}"
    )


_ADD_ERA = adding("eras", (*_ARM, "era"), (*WEIGHTED, *PLAIN))
_ADD_ARCHIVE = adding("archive", _ARM, PLAIN)
_ADD_BUCKET = """
    INSERT INTO buckets (goal, name, outcomes, count, newest_tick, version)
    VALUES (?1, ?2, ?3, max(?3, ?4), ?5, ?6)
    ON CONFLICT (goal, name) DO UPDATE SET
        outcomes = buckets.outcomes + excluded.outcomes,
        count = max(buckets.count, excluded.count, buckets.outcomes + excluded.outcomes),
        newest_tick = max(buckets.newest_tick, excluded.newest_tick),
        version = excluded.version
"""
_RAISE_EPOCH = """
    INSERT INTO epochs (bucket, path, epoch) VALUES (?, ?, ?)
    ON CONFLICT (bucket, path) DO UPDATE SET epoch = max(epochs.epoch, excluded.epoch)
"""


class BucketChange(NamedTuple):
    """What is added to the clock of a bucket.

    Attributes:
        outcomes: Attempts whose outcome was counted first.
        clock: The least that its clock in outcomes stands at.
        newest_tick: Latest tick that was counted at.
    """

    outcomes: int = 0
    clock: int = 0
    newest_tick: int = 0


def add_bucket(
    connection: sqlite3.Connection, life: Life, name: str, change: BucketChange, version: int
) -> int:
    """Add to a bucket's clock; return the id of its row."""
    connection.execute(_ADD_BUCKET, (life.id, name, *change, version))
    row = connection.execute(
        "SELECT id FROM buckets WHERE goal = ? AND name = ?", (life.id, name)
    ).fetchone()
    return int(row[0])


def add_eras(
    connection: sqlite3.Connection, bucket: int, sums: Iterable[tuple[ArmKey, int, Evidence]]
) -> None:
    """Add sums to the eras of arms of one bucket."""
    connection.executemany(
        _ADD_ERA, ((bucket, *arm[1:], era, *astuple(change)) for arm, era, change in sums)
    )


def epoch_of(connection: sqlite3.Connection, life: Life, bucket: str, path: str) -> int:
    """Return the epoch of a path in a bucket."""
    row = connection.execute(
        "SELECT e.epoch FROM buckets AS b JOIN epochs AS e ON e.bucket = b.id "
        "WHERE b.goal = ? AND b.name = ? AND e.path = ?",
        (life.id, bucket, path),
    ).fetchone()
    return 0 if row is None else int(row[0])


def raise_epoch(connection: sqlite3.Connection, bucket: int, path: str, epoch: int) -> None:
    """Begin an arm anew, unless it is in that epoch or beyond already."""
    connection.execute(_RAISE_EPOCH, (bucket, path, epoch))


def add_evidence(
    connection: sqlite3.Connection, life: Life, evidence: GoalEvidence, version: int
) -> None:
    """Add all integers of another goal's evidence, at their own ticks."""
    for name, bucket in evidence.buckets.items():
        change = BucketChange(bucket.outcomes, bucket.count, bucket.newest_tick)
        id_ = add_bucket(connection, life, name, change, version)
        for path, epoch in bucket.epochs.items():
            raise_epoch(connection, id_, path, epoch)
        for arm, eras in bucket.arms.items():
            # The newest era is written even if it is empty: it is what the others are old against.
            add_eras(connection, id_, [(arm, eras.era, eras.newest)])
            if eras.before != Evidence():
                add_eras(connection, id_, [(arm, eras.era - 1, eras.before)])
            if eras.archive != Evidence():
                row = (id_, *arm[1:], *_plain_sums(eras.archive))
                connection.execute(_ADD_ARCHIVE, row)


def read_evidence(connection: sqlite3.Connection, life: Life) -> GoalEvidence:
    """Return all evidence of a goal."""
    goal = GoalEvidence(life.half_life, life.version)
    goal.changes = life.version
    buckets: dict[int, tuple[str, Bucket]] = {}
    rows = connection.execute(
        "SELECT id, name, outcomes, count, newest_tick, version FROM buckets WHERE goal = ?",
        (life.id,),
    )
    for id_, name, *clock in rows:
        bucket = goal.of(name)
        bucket.outcomes, bucket.count, bucket.newest_tick, bucket.changes = clock
        buckets[id_] = (name, bucket)
    for id_, path, epoch in _rows(connection, life, "epochs", ("path", "epoch")):
        buckets[id_][1].epochs[path] = epoch
    _read_arms(connection, life, buckets)
    return goal


def _read_arms(
    connection: sqlite3.Connection, life: Life, buckets: dict[int, tuple[str, Bucket]]
) -> None:
    """Add up the rows of every arm by the arithmetic of the memory store, oldest era first."""
    columns: tuple[str, ...] = (*_ARM[1:], "era", *WEIGHTED, *PLAIN)
    order = "ORDER BY bucket, path, earlier_failures, t.epoch, era"
    for id_, path, failures, epoch, era, *sums in _rows(connection, life, "eras", columns, order):
        name, bucket = buckets[id_]
        arm = ArmKey(name, path, failures, epoch)
        held = bucket.arms.get(arm) or Eras(era)
        bucket.arms[arm] = held.plus(era * ERA_TICKS, Evidence(*sums))
    columns = (*_ARM[1:], *PLAIN)
    for id_, path, failures, epoch, *sums in _rows(connection, life, "archive", columns):
        name, bucket = buckets[id_]
        arm = ArmKey(name, path, failures, epoch)
        held = bucket.arms.get(arm) or Eras(0)
        archive = held.archive + Evidence(0, 0, 0, *sums)
        bucket.arms[arm] = Eras(held.era, held.newest, held.before, archive)


def _rows(
    connection: sqlite3.Connection,
    life: Life,
    table: str,
    columns: tuple[str, ...],
    order: str = "",
) -> sqlite3.Cursor:
    """Return the rows of a table that belong to a goal, the bucket's id first."""
    names = ", ".join(f"t.{name}" for name in columns)
    return connection.execute(
        f"SELECT t.bucket, {names} FROM buckets AS b JOIN {table} AS t "  # noqa: S608 - our own
        f"ON t.bucket = b.id WHERE b.goal = ? {order}",
        (life.id,),
    )


def drop_evidence(connection: sqlite3.Connection, life: Life) -> None:
    """Delete all sums of a goal."""
    for table in ("epochs", "eras", "archive"):
        connection.execute(
            f"DELETE FROM {table} WHERE bucket IN "  # noqa: S608 - our own names
            "(SELECT id FROM buckets WHERE goal = ?)",
            (life.id,),
        )
    connection.execute("DELETE FROM buckets WHERE goal = ?", (life.id,))
