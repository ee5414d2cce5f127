"""What holds for the whole file: the longest age at which any of its workers accepts outcomes."""

import sqlite3

from armwise.storage.sqlite.file import DatabaseFile

_MAX_AGE = "max_age_ms"


def max_age_ms(connection: sqlite3.Connection) -> int:
    """Return the longest age that any worker of this file has been set to, in milliseconds."""
    row = connection.execute("SELECT value FROM settings WHERE name = ?", (_MAX_AGE,)).fetchone()
    return 0 if row is None else int(row[0])


def raise_max_age(file: DatabaseFile, age_ms: int) -> None:
    """Note a worker's setting: dedupe records are kept for the longest of all."""
    with file.reading() as connection:
        if max_age_ms(connection) >= age_ms:
            return
    with file.writing() as connection:
        connection.execute(
            "INSERT INTO settings (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = max(settings.value, excluded.value)",
            (_MAX_AGE, age_ms),
        )
