"""Connects to stores that are there already: a mistyped URL must not begin an empty one."""

from pathlib import Path

from armwise.errors import ConfigurationError
from armwise.storage.base import Store
from armwise.storage.opening import connect, shown_url


def connect_shared(url: str, *, must_exist: bool = True) -> Store:
    """Return the store that a URL names, which other processes can use as well.

    Args:
        url: As ``connect`` takes it, but not ``memory://``.
        must_exist: Refuse a SQLite file that does not exist, instead of beginning one.

    Raises:
        ConfigurationError: If the URL is not known, or names no store that is there.
        StoreError: If a file cannot be opened.
    """
    if url.startswith("memory:"):
        raise ConfigurationError(
            "memory:// is the memory of one process: a command has no part in it. Name a store "
            "that is shared, such as sqlite:///evidence.db."
        )
    if must_exist:
        missing = missing_file(url)
        if missing is not None:
            raise ConfigurationError(
                f"{shown_url(url)} names {str(missing.absolute())!r}, which does not exist. Three "
                "slashes begin a path in the working directory, four an absolute one."
            )
    return connect(url)


def missing_file(url: str) -> Path | None:
    """Return the file of a SQLite URL if it is not there; None for everything else."""
    if not url.startswith("sqlite:"):
        return None
    from armwise.storage.sqlite.url import parse_sqlite_url  # loads sqlite3

    path = Path(parse_sqlite_url(url).path)
    return None if path.exists() else path
