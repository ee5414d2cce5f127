"""Says in armwise's errors what went wrong with a server, and what to do about it."""

import re

from armwise.errors import StoreError, StoreRefusedError, StoreUnavailableError
from armwise.storage.redis.url import Address

_UNAVAILABLE: dict[str, str] = {
    "LOADING": "it is still reading its data from disk; it answers when it has finished",
    "MASTERDOWN": "it is a replica that has lost its master; it answers when it has it again",
    "CLUSTERDOWN": "a part of the cluster has no master; the cluster heals or needs a node",
    "TRYAGAIN": "the keys are being moved to another node; it answers when they have arrived",
    "BUSY": "a script of somebody else has been running for seconds; end it by SCRIPT KILL",
    "NOREPLICAS": "fewer replicas are connected than min-replicas-to-write demands",
    "MASTER ABORTED": "it is being promoted or demoted",
    "MAXCLIENTS": "it has no connection left: raise maxclients, or use fewer processes",
    "UNBLOCKED": "it was promoted or demoted during the call",
}
"""What passes by itself, or when the server is repaired: keep and try again."""

_REFUSED: dict[str, str] = {
    "OOM": "its memory is full: raise maxmemory, or let it evict others' keys (maxmemory-policy "
    "volatile-lru; armwise's keys have no time to live)",
    "READONLY": "it is a replica: name the master, or its sentinels by redis+sentinel://",
    "MISCONF": "it cannot write to its disk, and stops writes until it can: look into its log",
    "WRONGPASS": "user or password is wrong",
    "NOAUTH": "it wants a password: redis://:PASSWORD@host or redis://USER:PASSWORD@host",
    "NOPERM": "the user lacks rights: see the rules in docs/howto/shared-stores.md",
    "WRONGTYPE": "a key of armwise holds something else: somebody writes to keys that begin with "
    "'armwise:'; give armwise a server or a database of its own",
    "MOVED": "it is a node of a cluster: write redis+cluster:// instead of redis://",
    "TLS": "no trusted TLS connection: name the authority by ?ssl_ca_certs=/path/ca.pem, or write "
    "redis:// for a server without TLS",
    "NOCLUSTER": "it is no cluster: write redis:// instead of redis+cluster://",
    "CROSSSLOT": "it is a cluster behind a proxy that hides it; name the nodes by redis+cluster://",
}
"""What stays until somebody changes something."""

_PHRASES: tuple[tuple[str, str], ...] = (
    ("can't run this command", "NOPERM"),
    ("no permissions", "NOPERM"),
    ("can't access at least one of the keys", "NOPERM"),
    ("used memory > 'maxmemory'", "OOM"),
    ("read only replica", "READONLY"),
    ("wrong kind of value", "WRONGTYPE"),
    ("data string too short", "WRONGTYPE"),
    ("invalid username-password pair", "WRONGPASS"),
    ("invalid username or password", "WRONGPASS"),
    ("invalid password", "WRONGPASS"),
    ("without any password configured", "WRONGPASS"),
    ("authentication required", "NOAUTH"),
    ("unauthenticated", "NOAUTH"),
    ("max number of clients reached", "MAXCLIENTS"),
    ("certificate_verify_failed", "TLS"),
    ("certificate verify failed", "TLS"),
    ("wrong_version_number", "TLS"),
    ("cluster mode is not enabled", "NOCLUSTER"),
    ("cluster support disabled", "NOCLUSTER"),
    ("not enough good replicas", "NOREPLICAS"),
    ("loading the dataset", "LOADING"),
    ("previous master is now a slave", "UNBLOCKED"),
)
"""Older servers wrap a code into a sentence, and the client library cuts some off."""

_CODE = re.compile(r"(?<![A-Z])([A-Z]{3,12})(?![A-Za-z])")


def told(error: BaseException, address: Address) -> StoreError:
    """Return the error that says what happened.

    Args:
        error: Of the client library or of the operating system.
        address: Of the server; its password is in no message.
    """
    from redis.exceptions import AuthenticationError, RedisClusterException, ResponseError
    from redis.exceptions import ConnectionError as NoConnection
    from redis.exceptions import TimeoutError as TookTooLong

    text = " ".join(str(error).split())
    code = _code_of(error, text)
    if code in _REFUSED:
        return StoreRefusedError(f"{address} refuses: {_REFUSED[code]} ({code}).")
    if code in _UNAVAILABLE:
        return StoreUnavailableError(f"{address} is not ready: {_UNAVAILABLE[code]} ({code}).")
    if isinstance(error, TookTooLong | TimeoutError):
        return StoreUnavailableError(
            f"{address} does not answer within {address.timeout_s:g} s; a longer wait is "
            "?timeout=SECONDS in the URL."
        )
    if isinstance(error, AuthenticationError):
        return StoreRefusedError(f"{address} refuses: {_REFUSED['WRONGPASS']} ({text}).")
    is_gone = isinstance(error, NoConnection | RedisClusterException | OSError)
    if is_gone or not isinstance(error, ResponseError):
        return StoreUnavailableError(
            f"{address} cannot be reached: {text or type(error).__name__}."
        )
    return StoreRefusedError(f"{address} refuses: {text}")


def _code_of(error: BaseException, text: str) -> str:
    """Return the code that the error stands for, "" if it is none that is known."""
    from redis import exceptions

    for kind, code in (
        (exceptions.OutOfMemoryError, "OOM"),
        (exceptions.ReadOnlyError, "READONLY"),
        (exceptions.NoPermissionError, "NOPERM"),
        (exceptions.BusyLoadingError, "LOADING"),
        (exceptions.MasterDownError, "MASTERDOWN"),
        (exceptions.ClusterDownError, "CLUSTERDOWN"),
        (exceptions.TryAgainError, "TRYAGAIN"),
        (exceptions.MovedError, "MOVED"),
        (exceptions.ClusterCrossSlotError, "CROSSSLOT"),
    ):
        if isinstance(error, kind):
            return code
    lowered = text.lower()
    for phrase, code in _PHRASES:
        if phrase in lowered:
            return code
    known = _REFUSED.keys() | _UNAVAILABLE.keys()
    return next((word for word in _CODE.findall(text) if word in known), "")
