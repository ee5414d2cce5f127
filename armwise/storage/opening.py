"""Turns a URL into a store."""

import os

from armwise.errors import ConfigurationError
from armwise.storage.base import Store
from armwise.storage.memory import MemoryStore

STORE_VARIABLE = "ARMWISE_STORE"
"""Environment variable that names the store where a Router is given none."""


def open_store(url: str | None = None) -> Store:
    """Open the store that a URL names.

    Args:
        url: ``memory://`` keeps evidence in this process, ``sqlite:///evidence.db`` in a file of
            the working directory, ``sqlite:////var/lib/app/evidence.db`` in one anywhere. None
            reads ``ARMWISE_STORE`` from the environment and falls back to ``memory://``.

    Raises:
        ConfigurationError: If the URL's scheme is not known, or the URL cannot be used.
        StoreError: If the store cannot be opened.
    """
    named = url if url is not None else os.environ.get(STORE_VARIABLE, "memory://")
    scheme, separator, _ = named.partition("://")
    if scheme == "memory" and separator:
        return MemoryStore()
    if scheme == "sqlite":
        from armwise.storage.sqlite import open_sqlite  # loads sqlite3

        return open_sqlite(named)
    raise ConfigurationError(
        f"store {_without_password(named)!r} is not known. This version has 'memory://' "
        "and 'sqlite:///evidence.db'; a MemoryStore() shared by several "
        "Routers lets them learn together."
    )


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if "@" in rest:
        rest = "***@" + rest.rpartition("@")[2]
    return scheme + separator + rest
