"""The tables, and how a file of an earlier version of armwise becomes one of this version.

Every integer column refuses what is no integer: SQLite turns a sum beyond 64 bits silently into a
float. All sums of one arm and era are one row, to which changes are added; sums of eras that have
faded are folded into one row per arm, without outcomes, by ``tidy``.
"""

import sqlite3
from pathlib import Path

from armwise.errors import StoreRefusedError, StoreVersionError

WEIGHTED = ("successes", "failures", "squares")
"""Sums of an arm that fade."""

PLAIN = (
    "attempts",
    "faults",
    "cost_nanousd",
    "costed",
    "output_tokens",
    "tokened",
    "latency_us",
    "timed",
    "reported",
)
"""Sums of an arm that do not fade."""

APPLICATION_ID = 0x41726D77
"""Marks a database as one of armwise: the letters "Armw"."""


def _integers(*names: str) -> str:
    return ", ".join(
        f"{name} INTEGER NOT NULL CHECK (typeof({name}) = 'integer')" for name in names
    )


_ARM = f"{_integers('bucket')}, path TEXT NOT NULL, {_integers('earlier_failures', 'epoch')}"

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        f"CREATE TABLE settings (name TEXT PRIMARY KEY, {_integers('value')}) WITHOUT ROWID",
        # One row per goal and half-life: a change of the half-life retires the row.
        f"""CREATE TABLE goals (id INTEGER PRIMARY KEY AUTOINCREMENT, namespace TEXT NOT NULL,
            name TEXT NOT NULL, half_life TEXT NOT NULL,
            {_integers("version", "since_ms", "is_retired")})""",
        """CREATE UNIQUE INDEX goals_in_force ON goals (namespace, name)
            WHERE is_retired = 0""",
        f"""CREATE TABLE buckets (id INTEGER PRIMARY KEY, {_integers("goal")}, name TEXT NOT NULL,
            {_integers("outcomes", "count", "newest_tick", "version")}, UNIQUE (goal, name))""",
        f"""CREATE TABLE epochs ({_integers("bucket")}, path TEXT NOT NULL, {_integers("epoch")},
            PRIMARY KEY (bucket, path)) WITHOUT ROWID""",
        f"""CREATE TABLE eras ({_ARM}, {_integers("era", *WEIGHTED, *PLAIN)},
            PRIMARY KEY (bucket, path, earlier_failures, epoch, era)) WITHOUT ROWID""",
        f"""CREATE TABLE archive ({_ARM}, {_integers(*PLAIN)},
            PRIMARY KEY (bucket, path, earlier_failures, epoch)) WITHOUT ROWID""",
        f"""CREATE TABLE counted ({_integers("goal", "slice")}, nonce BLOB NOT NULL,
            {_integers("attempt", "revision")},
            score INTEGER CHECK (typeof(score) IN ('integer', 'null')),
            {_integers("facts", "tick")},
            PRIMARY KEY (goal, slice, nonce, attempt)) WITHOUT ROWID""",
        f"""CREATE TABLE absorbed ({_integers("goal")}, once TEXT NOT NULL,
            PRIMARY KEY (goal, once)) WITHOUT ROWID""",
        f"""CREATE TABLE signing_keys (namespace TEXT NOT NULL, {_integers("number")},
            signing_key BLOB NOT NULL, PRIMARY KEY (namespace, number)) WITHOUT ROWID""",
    ),
)
"""What brings a file from version 0, an empty one, to 1, from 1 to 2, and so on."""

VERSION = len(MIGRATIONS)


def check_version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of a file's tables.

    Raises:
        StoreVersionError: If a newer armwise has written it.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise StoreVersionError(
            f"SQLite store {path} has version {version}; this armwise knows versions up to "
            f"{VERSION}. Upgrade armwise in this environment, or name another file: going back "
            "is not possible."
        )
    return version


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the tables to this version, inside the transaction of the caller.

    Raises:
        StoreVersionError: If a newer armwise has written the file.
        StoreRefusedError: If the database belongs to another program.
    """
    version = check_version(connection, path)
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    is_empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if application != APPLICATION_ID and not (is_empty and version == application == 0):
        raise StoreRefusedError(
            f"{path} is a database of another program. Name a file of its own for armwise."
        )
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    if version < VERSION:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
