"""Request ids: signed, self-contained tokens, so that deciding writes nothing anywhere.

An id carries everything that a report needs. Whoever holds the key can verify it without any
look-up, and an id that was changed by one bit is refused without I/O. It is signed, not
encrypted: the names of goal, bucket and path can be read from it.

Layout, version 2: version 1, key id 4, decision time 6 (ms since 1970), nonce 10, attempt 1,
earlier failures 1, epoch 2, count 4 bytes; then namespace, goal, bucket and path, each with its
length in one byte; then the first 12 bytes of HMAC-SHA256 over all that. Written as URL-safe
base64 after "aw_".
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from struct import Struct

from armwise.errors import (
    ConfigurationError,
    ForgedRequestIdError,
    MalformedRequestIdError,
    UnknownKeyError,
)

KEY_VARIABLE = "ARMWISE_SIGNING_KEY"
"""Environment variable with the secret that several processes sign with."""

NONCE_BYTES = 10

_PREFIX = "aw_"
_VERSION = 2
_HEAD = Struct(f">B4s6s{NONCE_BYTES}sBBHI")
_MOST_COUNTED = (1 << 32) - 1
_MAC_BYTES = 12
_MIN_SECRET_CHARS = 16


@dataclass(frozen=True, slots=True)
class Token:
    """What a request id says.

    Args:
        goal_id: The goal.
        bucket: "task type/level".
        path: The path that was called, or is to be called.
        decided_at_ms: When the decision was made, milliseconds since 1970.
        nonce: The request's random name.
        attempt: Number of the attempt in its request.
        earlier_failures: Failed checks before this attempt, at most 3.
        epoch: The arm's epoch.
        namespace: The tenant, "" for none.
        count: How many outcomes the bucket had seen, at most 2^32 - 1: there the time of
            half-lives in outcomes stands still.
    """

    goal_id: str
    bucket: str
    path: str
    decided_at_ms: int
    nonce: bytes
    attempt: int = 0
    earlier_failures: int = 0
    epoch: int = 0
    namespace: str = ""
    count: int = 0


class Signer:
    """Writes request ids and reads them back.

    Args:
        secret: What to sign with. None takes the process's own random key: ids then die with the
            process.
        keys: Keys to use instead, the one to sign with first; ids signed by any are accepted.
    """

    __slots__ = ("_known", "_signing", "keys")

    def __init__(self, secret: str | None = None, *, keys: Sequence[bytes] = ()) -> None:
        self.use(keys or (process_key() if secret is None else key_of(secret),))

    def use(self, keys: Sequence[bytes]) -> None:
        """Use other keys from now on, the one to sign with first."""
        # Keyed once and copied for each id: half the time of a new one.
        known = {_key_id(key): hmac.new(key, digestmod="sha256") for key in reversed(keys)}
        first = _key_id(keys[0])
        # Replaced as a whole: other threads sign and read meanwhile.
        self.keys, self._known, self._signing = tuple(keys), known, (first, known[first])

    @property
    def key_id(self) -> bytes:
        """Which key it signs with, without telling the key."""
        return self._signing[0]

    def sign(self, token: Token) -> str:
        """Return the request id of a token."""
        key_id, keyed = self._signing
        namespace, goal = token.namespace.encode(), token.goal_id.encode()
        bucket, path = token.bucket.encode(), token.path.encode()
        payload = b"".join(
            (
                _HEAD.pack(
                    _VERSION,
                    key_id,
                    token.decided_at_ms.to_bytes(6),
                    token.nonce,
                    token.attempt,
                    token.earlier_failures,
                    token.epoch,
                    min(token.count, _MOST_COUNTED),
                ),
                bytes((len(namespace),)),
                namespace,
                bytes((len(goal),)),
                goal,
                bytes((len(bucket),)),
                bucket,
                bytes((len(path),)),
                path,
            )
        )
        text = urlsafe_b64encode(payload + _mac(keyed, payload)).rstrip(b"=")
        return _PREFIX + text.decode("ascii")

    def read(self, request_id: object) -> Token:
        """Return what a request id says, after checking its signature.

        Raises:
            MalformedRequestIdError: If it is no request id.
            UnknownKeyError: If another key signed it.
            ForgedRequestIdError: If its signature does not fit.
        """
        raw = _decode(request_id)
        payload, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        version, key_id = payload[0], payload[1:5]
        if version != _VERSION:
            raise _malformed(request_id)
        keyed = self._known.get(key_id)
        if keyed is None:
            raise UnknownKeyError(
                f"request id {_short(request_id)} was signed by another process or an earlier "
                f"run, with a key that is not known here. Use a store that is shared "
                f"(ARMWISE_STORE), or set {KEY_VARIABLE} to the same secret in all processes."
            )
        if not hmac.compare_digest(mac, _mac(keyed, payload)):
            raise ForgedRequestIdError(
                f"request id {_short(request_id)} has been changed: its signature does not fit. "
                "Pass on exactly what completion() or decide() returned."
            )
        return _unpack(payload, request_id)


def claimed(request_id: object) -> Token:
    """Return what a request id says of itself, whoever signed it: for people to read alone.

    Raises:
        MalformedRequestIdError: If it is no request id.
    """
    raw = _decode(request_id)
    if raw[0] != _VERSION:
        raise _malformed(request_id)
    return _unpack(raw[:-_MAC_BYTES], request_id)


def _mac(keyed: hmac.HMAC, payload: bytes) -> bytes:
    mac = keyed.copy()
    mac.update(payload)
    return mac.digest()[:_MAC_BYTES]


def key_of(secret: str) -> bytes:
    """Return the key of a secret."""
    return sha256(secret.encode()).digest()


def _key_id(key: bytes) -> bytes:
    return sha256(b"armwise key id" + key).digest()[:4]


@cache
def process_key() -> bytes:
    """Return this process's own key, one for all its Routers: they know each other's ids."""
    return secrets.token_bytes(32)


def keys_of(secrets_text: str) -> list[bytes]:
    """Return the keys of ``ARMWISE_SIGNING_KEY``: one secret, or several with commas between.

    The first one signs, ids signed by any are accepted: to change the secret, write the new one
    before the old one, and drop the old one 30 days later.

    Raises:
        ConfigurationError: If one of them is shorter than 16 characters.
    """
    return [key_of(check_secret(secret.strip())) for secret in secrets_text.split(",")]


def check_secret(secret: str) -> str:
    """Refuse a signing secret that could be guessed.

    Raises:
        ConfigurationError: If it is shorter than 16 characters.
    """
    if len(secret) < _MIN_SECRET_CHARS:
        raise ConfigurationError(
            f"{KEY_VARIABLE} must have at least {_MIN_SECRET_CHARS} characters, got "
            f"{len(secret)}. Make one with: python3 -c 'import secrets; "
            "print(secrets.token_urlsafe(32))'"
        )
    return secret


def _decode(request_id: object) -> bytes:
    if not isinstance(request_id, str) or not request_id.startswith(_PREFIX):
        raise _malformed(request_id)
    text = request_id[len(_PREFIX) :]
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise _malformed(request_id) from None
    # The decoder skips foreign characters and ignores unused low bits; an id has one spelling.
    canonical = urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
    if canonical != text or len(raw) < _HEAD.size + 4 + _MAC_BYTES:
        raise _malformed(request_id)
    return raw


def _unpack(payload: bytes, request_id: object) -> Token:
    _, _, decided, nonce, attempt, failures, epoch, count = _HEAD.unpack_from(payload)
    names: list[str] = []
    position = _HEAD.size
    try:
        for _ in range(4):
            end = position + 1 + payload[position]
            names.append(payload[position + 1 : end].decode())
            position = end
    except (IndexError, UnicodeDecodeError):
        raise _malformed(request_id) from None
    namespace, goal_id, bucket, path = names
    return Token(
        goal_id,
        bucket,
        path,
        int.from_bytes(decided),
        nonce,
        attempt,
        failures,
        epoch,
        namespace,
        count,
    )


def _malformed(request_id: object) -> MalformedRequestIdError:
    return MalformedRequestIdError(
        f"{_short(request_id)} is not a request id. Pass on what "
        "completion(..., return_request_id=True) or decide().request_id returned."
    )


def _short(request_id: object) -> str:
    text = repr(request_id)
    return text if len(text) <= 48 else f"{text[:32]}...{text[-12:]}"  # noqa: PLR2004 - legible
