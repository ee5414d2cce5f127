"""Evidence in a SQLite file, for the processes of one machine."""

from armwise.storage.sqlite.store import SQLiteStore
from armwise.storage.sqlite.url import SQLiteAddress, parse_sqlite_url


def open_sqlite(url: str) -> SQLiteStore:
    """Open the store of a URL; see ``parse_sqlite_url`` and ``SQLiteStore``."""
    address = parse_sqlite_url(url)
    return SQLiteStore(address.path, durable=address.durable)


__all__ = ["SQLiteAddress", "SQLiteStore", "open_sqlite", "parse_sqlite_url"]
