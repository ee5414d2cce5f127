"""Turns a URL into a store."""

import os

from armwise.errors import ConfigurationError
from armwise.storage.memory import MemoryStore

STORE_VARIABLE = "ARMWISE_STORE"
"""Environment variable that names the store where a Router is given none."""


def open_store(url: str | None = None) -> MemoryStore:
    """Open the store that a URL names.

    Args:
        url: ``memory://`` keeps evidence in this process. None reads ``ARMWISE_STORE`` from
            the environment and falls back to ``memory://``.

    Raises:
        ConfigurationError: If the URL's scheme is not known.
    """
    named = url if url is not None else os.environ.get(STORE_VARIABLE, "memory://")
    if named.partition("://")[0] == "memory" and "://" in named:
        return MemoryStore()
    raise ConfigurationError(
        f"store {_without_password(named)!r} is not known. This version has 'memory://'; "
        "a MemoryStore() shared by several Routers lets them learn together."
    )


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if "@" in rest:
        rest = "***@" + rest.rpartition("@")[2]
    return scheme + separator + rest
