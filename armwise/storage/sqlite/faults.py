"""What SQLite's errors mean to who runs the program: each with what to do about it."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from armwise.errors import StoreError, StoreRefusedError, StoreUnavailableError

_PRIMARY = 0xFF
"""The lower byte of an extended result code is the primary one."""

_UNAVAILABLE = {
    sqlite3.SQLITE_BUSY: "another program holds a lock on it, one that does not wait in the queue "
    "of {path}.writer. End its transaction: a sqlite3 shell or a backup may have one open",
    sqlite3.SQLITE_LOCKED: "another connection of this process holds a lock on it",
    sqlite3.SQLITE_PROTOCOL: "too many processes race for its locks; it is tried again",
    sqlite3.SQLITE_IOERR: "the disk gave an error. See that it is not full, failing, over a file "
    "size limit (ulimit -f), or taken away",
}
_REFUSED = {
    sqlite3.SQLITE_FULL: "the disk or the quota is full. Free some space; nothing that was counted "
    "is lost, and reading goes on",
    sqlite3.SQLITE_READONLY: "it cannot be written. Give this user the right to write both the "
    "file and its directory, where SQLite keeps the files {path}-wal and {path}-shm",
    sqlite3.SQLITE_PERM: "this user has no right to it. Give it the right to read and write the "
    "file and its directory",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened. The directory must exist, and this user must "
    "have the right to write it: SQLite keeps the files {path}-wal and {path}-shm there",
    sqlite3.SQLITE_CORRUPT: "it is damaged. Stop all workers, keep a copy, and save what can be "
    "read: sqlite3 {path} .recover",
    sqlite3.SQLITE_NOTADB: "it is no SQLite database. Name another file, or move this one away",
    sqlite3.SQLITE_CONSTRAINT: "a sum would leave the range of 64-bit integers. Nothing of this "
    "call was counted; look for an absurd cost, latency or number of tokens",
}


def store_error(error: sqlite3.Error | OverflowError, path: Path) -> StoreError:
    """Return the error that a user can act on for one of SQLite's."""
    if isinstance(error, OverflowError):
        code = sqlite3.SQLITE_CONSTRAINT
    else:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
    kind = StoreUnavailableError if code in _UNAVAILABLE else StoreRefusedError
    advice = (_UNAVAILABLE | _REFUSED).get(code, "SQLite refused").format(path=path)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    return kind(f"SQLite store {path}: {advice}. SQLite says: {name}, {error}")


@contextmanager
def translated(path: Path) -> Generator[None]:
    """Raise a ``StoreError`` in place of SQLite's errors.

    Raises:
        StoreUnavailableError: If it may work in a moment as it is.
        StoreRefusedError: If somebody has to do something first.
    """
    try:
        yield
    except (sqlite3.Error, OverflowError) as error:
        raise store_error(error, path) from error
