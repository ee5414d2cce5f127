"""The row of a goal: under which half-life it counts, and since when."""

import secrets
import sqlite3
from typing import NamedTuple

from armwise.bandit.decay import HalfLife, half_life_name, half_life_named
from armwise.storage.base import split_goal, stored_goal


class Life(NamedTuple):
    """A goal under one half-life.

    Attributes:
        id: Of its row; evidence and dedupe records refer to it.
        half_life: By which it fades.
        version: Of its evidence; grows with every change.
        since_ms: Requests that were decided before can no longer be counted: the half-life has
            changed since, or their dedupe records were dropped.
    """

    id: int
    half_life: HalfLife
    version: int
    since_ms: int


def find(connection: sqlite3.Connection, goal_id: str) -> Life | None:
    """Return a goal, None if nothing is known of it."""
    row = connection.execute(
        "SELECT id, half_life, version, since_ms FROM goals "
        "WHERE namespace = ? AND name = ? AND is_retired = 0",
        split_goal(goal_id),
    ).fetchone()
    return None if row is None else Life(row[0], half_life_named(row[1]), row[2], row[3])


def found_or_new(connection: sqlite3.Connection, goal_id: str, half_life: HalfLife = None) -> Life:
    """Return a goal; one that is not known begins with the half-life."""
    # Versions begin at random: a file that was deleted and begun anew does not repeat those of the
    # evidence that a process may still hold a copy of.
    return find(connection, goal_id) or _begun(
        connection, goal_id, half_life, version=(1 + secrets.randbelow(1 << 30)) << 32, since_ms=0
    )


def renewed(
    connection: sqlite3.Connection, goal_id: str, life: Life, half_life: HalfLife, now_ms: int
) -> Life:
    """Retire a goal's row; return the one by which it goes on under another half-life."""
    connection.execute("UPDATE goals SET is_retired = 1 WHERE id = ?", (life.id,))
    after = _begun(connection, goal_id, half_life, version=life.version, since_ms=now_ms)
    connection.execute("UPDATE absorbed SET goal = ? WHERE goal = ?", (after.id, life.id))
    return after


def set_version(connection: sqlite3.Connection, life: Life, version: int) -> None:
    """Number a goal's new state."""
    connection.execute("UPDATE goals SET version = ? WHERE id = ?", (version, life.id))


def note_absorbed(connection: sqlite3.Connection, life: Life, once: str) -> bool:
    """Note that evidence of this name is added; return False if it was before."""
    statement = "INSERT OR IGNORE INTO absorbed (goal, once) VALUES (?, ?)"
    return connection.execute(statement, (life.id, once)).rowcount == 1


def close_before(connection: sqlite3.Connection, life: Life, since_ms: int) -> None:
    """Count nothing any more of requests that were decided before a moment."""
    connection.execute(
        "UPDATE goals SET since_ms = max(since_ms, ?) WHERE id = ?", (since_ms, life.id)
    )


def names(connection: sqlite3.Connection, namespace: str) -> list[str]:
    """Return the goals of a tenant as they are stored, sorted."""
    rows = connection.execute(
        "SELECT name FROM goals WHERE namespace = ? AND is_retired = 0", (namespace,)
    )
    return sorted(stored_goal(namespace, name) for (name,) in rows)


def retired(connection: sqlite3.Connection, goal_id: str) -> list[int]:
    """Return the ids of a goal's earlier rows."""
    rows = connection.execute(
        "SELECT id FROM goals WHERE namespace = ? AND name = ? AND is_retired = 1",
        split_goal(goal_id),
    )
    return [row[0] for row in rows]


def _begun(
    connection: sqlite3.Connection,
    goal_id: str,
    half_life: HalfLife,
    *,
    version: int,
    since_ms: int,
) -> Life:
    cursor = connection.execute(
        "INSERT INTO goals (namespace, name, half_life, version, since_ms, is_retired) "
        "VALUES (?, ?, ?, ?, ?, 0)",
        (*split_goal(goal_id), half_life_name(half_life), version, since_ms),
    )
    assert cursor.lastrowid is not None  # noqa: S101 - an INSERT that did not raise has one
    return Life(cursor.lastrowid, half_life, version, since_ms)
