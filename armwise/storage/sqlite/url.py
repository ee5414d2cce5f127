"""What a URL of a SQLite store says: ``sqlite:///relative.db``, ``sqlite:////absolute.db``."""

from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from armwise.errors import ConfigurationError

_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


class SQLiteAddress(NamedTuple):
    """Where a SQLite store is, and how carefully it writes.

    Attributes:
        path: Of the database file, relative to the working directory or absolute.
        durable: Whether a write is on the disk before it is acknowledged.
    """

    path: str
    durable: bool = False


def parse_sqlite_url(url: str) -> SQLiteAddress:
    """Return what a URL says.

    Args:
        url: ``sqlite:///evidence.db`` (three slashes) is a file in the working directory,
            ``sqlite:////var/lib/app/evidence.db`` (four) an absolute path. ``?durable=1`` waits
            for the disk at every write. Blanks, ``?``, ``#`` and ``%`` of a path are
            percent-encoded.

    Raises:
        ConfigurationError: If it is no such URL.
    """
    scheme, separator, rest = url.partition("://")
    if scheme != "sqlite" or not separator:
        raise ConfigurationError(f"{url!r} is no SQLite URL. Write 'sqlite:///evidence.db'.")
    location, _, query = rest.partition("?")
    host, slash, path = location.partition("/")
    if host or not slash:
        location = location.rpartition("@")[2]  # a password is not repeated
        raise ConfigurationError(
            f"'sqlite://{location}' names a host; SQLite has none. Write three slashes for a file "
            f"in the working directory ('sqlite:///{location or 'evidence.db'}'), four for an "
            "absolute path ('sqlite:////var/lib/app/evidence.db')."
        )
    if not path or path.endswith("/"):
        raise ConfigurationError(f"{url!r} names no file. Write 'sqlite:///evidence.db'.")
    return SQLiteAddress(unquote(path), _durable(url, query))


def _durable(url: str, query: str) -> bool:
    options = dict(parse_qsl(query, keep_blank_values=True))
    durable = options.pop("durable", "0")
    if options:
        raise ConfigurationError(
            f"{url!r} has the unknown option {min(options)!r}. The only one is 'durable=1', which "
            "waits for the disk at every write."
        )
    if durable.lower() not in _YES + _NO:
        raise ConfigurationError(f"{url!r}: durable is {durable!r}. Write 'durable=1' or nothing.")
    return durable.lower() in _YES
