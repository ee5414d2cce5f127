"""Forgetting: dedupe records that no report can need any more, and eras that have faded.

Each step is a transaction of its own and takes milliseconds, so that no writer waits long for it.
"""

import sqlite3

from armwise.storage.base import SLICE_MARGIN_MS
from armwise.storage.sqlite import goals
from armwise.storage.sqlite.counting import SEEDS, SLICE_MS
from armwise.storage.sqlite.goals import Life
from armwise.storage.sqlite.schema import PLAIN
from armwise.storage.sqlite.sums import adding

PORTION = 1_000
"""Dedupe records dropped in one transaction; that takes about 15 ms on the benchmarks' machine."""

_DROP = """
    DELETE FROM counted WHERE goal = ?1 AND (slice, nonce, attempt) IN (
        SELECT slice, nonce, attempt FROM counted
        WHERE goal = ?1 AND slice > ?2 AND slice < ?3 LIMIT ?4)
"""
_FADED = """
    FROM eras AS e WHERE e.bucket IN (SELECT id FROM buckets WHERE goal = ?1) AND e.era < (
        SELECT max(n.era) - 1 FROM eras AS n WHERE n.bucket = e.bucket AND n.path = e.path
        AND n.earlier_failures = e.earlier_failures AND n.epoch = e.epoch)
"""
_ARM = "bucket, path, earlier_failures, epoch"


def forget(connection: sqlite3.Connection, life: Life, now_ms: int, max_age_ms: int) -> int:
    """Drop one portion of the dedupe records whose time is over; return how many.

    Args:
        connection: Holds the transaction.
        life: The goal. What is older than what is dropped can no longer be counted.
        now_ms: Now, milliseconds since 1970.
        max_age_ms: The longest age that any worker has ever accepted in this file.
    """
    oldest = (now_ms - max_age_ms - SLICE_MARGIN_MS) // SLICE_MS
    if oldest <= 0:
        return 0
    if oldest * SLICE_MS > life.since_ms:
        goals.close_before(connection, life, oldest * SLICE_MS)
    return connection.execute(_DROP, (life.id, SEEDS, oldest, PORTION)).rowcount


def bury(connection: sqlite3.Connection, retired: int) -> int:
    """Drop one portion of the dedupe records of a retired row, at last the row; return how many."""
    everything = (retired, SEEDS - 1, 1 << 62, PORTION)
    dropped = connection.execute(_DROP, everything).rowcount
    if not dropped:
        connection.execute("DELETE FROM goals WHERE id = ?", (retired,))
    return dropped


def fold(connection: sqlite3.Connection, life: Life) -> int:
    """Fold eras that have faded into one row per arm, without outcomes; return how many."""
    added = adding("archive", tuple(_ARM.split(", ")), PLAIN)
    _, conflict, update = added.partition("ON CONFLICT")
    sums = ", ".join(f"sum({name})" for name in PLAIN)
    columns = f"{_ARM}, {', '.join(PLAIN)}"
    connection.execute(
        f"INSERT INTO archive ({columns}) SELECT {_ARM}, {sums} {_FADED} "
        f"GROUP BY {_ARM} {conflict}{update}",
        (life.id,),
    )
    key = f"{_ARM}, era"
    return connection.execute(
        f"DELETE FROM eras WHERE ({key}) IN (SELECT {key} {_FADED})",  # noqa: S608 - our own
        (life.id,),
    ).rowcount
