"""Turns a URL into a store, as it is: without journal, local copy or thread."""

import re
from pathlib import Path

from armwise.errors import ConfigurationError
from armwise.storage.base import Store
from armwise.storage.memory import MemoryStore

STORE_VARIABLE = "ARMWISE_STORE"
"""Environment variable that names the store where a Router is given none."""

_KNOWN = "'memory://', 'sqlite:///evidence.db', 'redis://localhost:6379/0'"
_REDIS = ("redis", "rediss", "valkey", "valkeys", "unix")
_SECRET = re.compile(r"([?&][^=&]*pass[^=&]*=)[^&]*", re.IGNORECASE)


def connect(url: str) -> Store:
    """Return the store that a URL names. A server is not connected before the first call.

    Args:
        url: ``memory://`` keeps evidence in this process, ``sqlite:///evidence.db`` in a file of
            the working directory, ``sqlite:////var/lib/app/evidence.db`` in one anywhere.
            ``redis://host:6379/0`` and its like: see ``armwise.storage.redis.parse_url``.

    Raises:
        ConfigurationError: If the URL's scheme is not known, or the rest of it is not complete.
        StoreError: If a file cannot be opened.
    """
    scheme, separator, _ = url.partition("://")
    if separator and scheme == "memory":
        return MemoryStore()
    if scheme == "sqlite":
        from armwise.storage.sqlite import open_sqlite  # loads sqlite3

        return open_sqlite(url)
    if separator and scheme.partition("+")[0] in _REDIS:
        from armwise.storage.redis import RedisStore  # the library behind it loads at first use

        return RedisStore(url)
    raise ConfigurationError(f"store {shown_url(url)!r} is not known. Known are: {_KNOWN}.")


def shown_url(url: str) -> str:
    """Return a URL for people: without its passwords, also where it is mistyped."""
    if url.startswith("sqlite:///"):
        return url  # an @ is a part of the path
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "", url
    if "@" in rest:
        rest = "***@" + rest.rpartition("@")[2]
    return scheme + separator + _SECRET.sub(r"\1***", rest)


def store_place(url: str) -> str:
    """Return what tells a store from all others, however its URL is spelled; no password.

    The same relative path is another file in another directory, and ``redis://host`` the same
    server as ``redis://host:6379/0``.

    Raises:
        ConfigurationError: If the URL is not complete.
    """
    scheme, separator, _ = url.partition("://")
    if scheme == "sqlite":
        from armwise.storage.sqlite.url import parse_sqlite_url

        return str(Path(parse_sqlite_url(url).path).expanduser().resolve())
    if separator and scheme.partition("+")[0] in _REDIS:
        from armwise.storage.redis.url import parse_url

        return str(parse_url(url))
    return shown_url(url)
