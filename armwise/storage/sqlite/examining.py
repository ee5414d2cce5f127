"""What an operator wants to know of a SQLite store: settings, sizes, how long a write takes."""

import secrets
import shutil
import sqlite3
from pathlib import Path
from time import perf_counter

from armwise.storage.base import Finding
from armwise.storage.sqlite.file import DatabaseFile
from armwise.storage.sqlite.filesystem import file_system_of
from armwise.storage.sqlite.queue import PATIENCE_S

_LOW_SPACE_BYTES = 200_000_000
_SLOW_WRITE_S = 0.5
_LARGE_WAL_BYTES = 64_000_000
_SYNCHRONOUS = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}
_WAL_RESET_FIXED = (3, 51, 3)


def examine(file: DatabaseFile) -> list[Finding]:
    """Write and remove a probe record, time it, and look at the settings that matter.

    Raises:
        StoreError: If the store cannot be written or read.
    """
    write_s = _probe(file)
    with file.reading() as connection:
        journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
        synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
        damage = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    return [
        Finding(
            "write latency",
            f"{write_s * 1000:.2f} ms",
            f"others hold the queue; a writer gives up after {PATIENCE_S:g} s: look for a slow disk"
            if write_s > _SLOW_WRITE_S
            else "",
        ),
        Finding(
            "integrity",
            str(damage),
            "" if damage == "ok" else f"stop all workers, then: sqlite3 {file.path} .recover",
            is_fatal=damage != "ok",
        ),
        Finding(
            "journal mode", str(journal), "" if journal == "wal" else "PRAGMA journal_mode=WAL"
        ),
        _synchronous(synchronous),
        Finding("file system", file_system_of(file.path) or "unknown"),
        _size(file.path),
        _log_size(file.path),
        _space(file.path),
        _rights(file.path),
        _library(),
    ]


def _probe(file: DatabaseFile) -> float:
    name = f"probe {secrets.token_hex(8)}"
    begun = perf_counter()
    with file.writing() as connection:
        connection.execute("INSERT INTO settings (name, value) VALUES (?, 1)", (name,))
    took_s = perf_counter() - begun
    with file.writing() as connection:
        connection.execute("DELETE FROM settings WHERE name = ?", (name,))
    return took_s


def _synchronous(level: int) -> Finding:
    name = _SYNCHRONOUS.get(level, str(level))
    advice = "" if level > 1 else "a power cut loses the last seconds; ?durable=1 loses nothing"
    return Finding("synchronous", name, advice)


def _size(path: Path) -> Finding:
    return Finding("size", f"{path.stat().st_size / 1e6:.1f} MB")


def _log_size(path: Path) -> Finding:
    log = Path(f"{path}-wal")
    size = log.stat().st_size if log.exists() else 0
    advice = "a program keeps a read transaction open: end it" if size > _LARGE_WAL_BYTES else ""
    return Finding("write-ahead log", f"{size / 1e6:.1f} MB", advice)


def _space(path: Path) -> Finding:
    free = shutil.disk_usage(path.parent).free
    advice = "free some: nothing can be counted on a full disk" if free < _LOW_SPACE_BYTES else ""
    return Finding("free space", f"{free / 1e9:.1f} GB", advice)


def _rights(path: Path) -> Finding:
    mode = path.stat().st_mode & 0o777
    advice = f"it holds signing keys: chmod o= {path}" if mode & 0o007 else ""
    return Finding("file mode", f"{mode:04o}", advice)


def _library() -> Finding:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info >= _WAL_RESET_FIXED:
        return Finding("SQLite", version)
    return Finding(
        "SQLite",
        version,
        "before 3.51.3 a checkpoint beside a commit can damage a database; harmless as long as "
        "all writers wait in the queue, as armwise does: do not write to the file with anything "
        "else while workers run",
    )
