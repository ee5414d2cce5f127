"""Turns the URL of a server, a cluster or a Sentinel service into an address: pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote

from armwise.errors import ConfigurationError

TIMEOUT_S = 0.2
"""Longest wait for a connection and for an answer. The client library's own defaults were measured
to block a caller for 59 s on a server that hangs."""

Kind = Literal["server", "cluster", "sentinel"]

SCHEMES: dict[str, tuple[Kind, bool]] = {
    "redis": ("server", False),
    "rediss": ("server", True),
    "valkey": ("server", False),
    "valkeys": ("server", True),
    "unix": ("server", False),
    "redis+cluster": ("cluster", False),
    "rediss+cluster": ("cluster", True),
    "valkey+cluster": ("cluster", False),
    "valkeys+cluster": ("cluster", True),
    "redis+sentinel": ("sentinel", False),
    "rediss+sentinel": ("sentinel", True),
    "valkey+sentinel": ("sentinel", False),
    "valkeys+sentinel": ("sentinel", True),
}
"""What each scheme leads to, and whether through TLS."""

_PORTS: dict[Kind, int] = {"server": 6379, "cluster": 6379, "sentinel": 26379}
_LARGEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Address:
    """Where a store is, and how it is reached.

    Args:
        kind: A single server, a cluster, or sentinels that know the present master.
        hosts: Name and port of each server to ask first; empty for a socket file.
        socket: Path of a socket file, "" for none.
        tls: Whether the connection is encrypted.
        username: "" for the default user.
        password: "" for none; it is in no message and no ``repr``.
        db: Number of the database.
        service: Name of the service that the sentinels watch.
        timeout_s: Longest wait for a connection, and for an answer.
        tenant: Whose part of the server is probed by ``examine``, where rights end at a tenant.
        options: Options of the connection, by the client library's names.
    """

    kind: Kind
    hosts: tuple[tuple[str, int], ...] = ()
    socket: str = ""
    tls: bool = False
    username: str = ""
    password: str = field(default="", repr=False)
    db: int = 0
    service: str = ""
    timeout_s: float = TIMEOUT_S
    tenant: str = ""
    options: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)

    def __str__(self) -> str:
        """Return the address for people: without password and options."""
        if self.socket:
            return f"unix://{self.socket}"
        scheme = ("rediss" if self.tls else "redis") + (
            "" if self.kind == "server" else f"+{self.kind}"
        )
        hosts = ",".join(
            f"[{name}]:{port}" if ":" in name else f"{name}:{port}" for name, port in self.hosts
        )
        service = f"/{self.service}" if self.service else ""
        return f"{scheme}://{hosts}{service}" + (f"/{self.db}" if self.kind != "cluster" else "")

    @property
    def is_local(self) -> bool:
        """Whether nothing leaves this machine on the way."""
        return all(_is_loopback(name) for name, _ in self.hosts)


def parse_url(url: str) -> Address:
    """Return the address that a URL names.

    ``redis://[[user]:password@]host[:port][/db]``, ``rediss://`` through TLS, ``valkey://`` and
    ``valkeys://`` alike; ``unix://[[user]:password@]/path?db=0``;
    ``redis+sentinel://host[:port],host/service[/db]``; ``redis+cluster://host[:port],host``.
    User and password are percent-encoded, IPv6 addresses in brackets. Options follow ``?``.

    Raises:
        ConfigurationError: If something in it cannot be used. Passwords are not repeated.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in SCHEMES:
        raise ConfigurationError(
            f"the scheme {scheme[:32]!r} is none of: {', '.join(SCHEMES)}. A URL looks like "
            "'redis://localhost:6379/0'."
        )
    kind, tls = SCHEMES[scheme]
    rest, _, query = rest.partition("?")
    if "@" in query:
        raise ConfigurationError("`?` and `@` in a password or option are written as %3F and %40.")
    # A password may hold an @ that was not encoded: the last one ends it.
    login, _, place = rest.rpartition("@")
    username, _, password = login.partition(":")
    options, own = _options(query)
    common: dict[str, Any] = {
        "kind": kind,
        "tls": tls,
        "username": unquote(username),
        "password": unquote(password),
        "options": options,
        **own,
    }
    _check_fitting(kind, options, tls=tls)
    if scheme == "unix":
        return _socket(place, common)
    hosts, _, path = place.partition("/")
    common["hosts"] = tuple(_host(host, _PORTS[kind]) for host in hosts.split(","))
    return Address(**common | _path(kind, path, common))


def _socket(place: str, common: dict[str, Any]) -> Address:
    if not place.startswith("/"):
        raise ConfigurationError(
            f"a socket file needs its whole path: 'unix:///run/redis.sock', got 'unix://{place}'."
        )
    return Address(socket=unquote(place), **common)


def _path(kind: Kind, path: str, common: dict[str, Any]) -> dict[str, Any]:
    """Return service and database of the part after the hosts."""
    parts = [unquote(part) for part in path.split("/")] if path else []
    if kind == "sentinel":
        if not parts or not parts[0]:
            raise ConfigurationError(
                "a URL of sentinels names the service that they watch: "
                "'redis+sentinel://host1:26379,host2:26379/mymaster/0'."
            )
        named: dict[str, Any] = {"service": parts[0]}
        parts = parts[1:]
    else:
        named = {}
        if len(common["hosts"]) > 1 and kind == "server":
            raise ConfigurationError(
                "several hosts are a cluster or sentinels: write 'redis+cluster://h1,h2' or "
                "'redis+sentinel://h1,h2/service'."
            )
    if len(parts) > 1:
        raise ConfigurationError(f"the path of a URL is the number of a database, got {path!r}.")
    if parts and parts[0]:
        named["db"] = _db(parts[0])
    if kind == "cluster" and named.get("db", common.get("db", 0)):
        raise ConfigurationError("a cluster has one database only: leave out the number.")
    return named


def _host(text: str, default_port: int) -> tuple[str, int]:
    if text.startswith("["):
        name, bracket, port = text[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            raise ConfigurationError(
                f"an IPv6 address stands in brackets: '[::1]:6379', got {text!r}."
            )
        port = port[1:]
    else:
        name, _, port = text.partition(":")
    if not name:
        name = "localhost"
    if not port:
        return unquote(name), default_port
    if not port.isdecimal() or not 0 < int(port) <= _LARGEST_PORT:
        # The text may be the rest of a password with a slash that was not encoded.
        raise ConfigurationError(
            "the port of a URL is a number from 1 to 65535, and an IPv6 address stands in "
            "brackets; `/`, `?` and `#` in a password are written as %2F, %3F and %23."
        )
    return unquote(name), int(port)


def _db(text: str) -> int:
    if not text.isdecimal():
        raise ConfigurationError(f"the database of a URL is a number from 0, got {text!r}.")
    return int(text)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 60:  # noqa: PLR2004 - longer is not a time-out but an outage
        raise ValueError
    return value


def _number(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def _switch(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text.lower()]


_OWN: dict[str, tuple[str, Callable[[str], Any], str]] = {
    "db": ("db", _db, "a number from 0"),
    "timeout": ("timeout_s", _seconds, "seconds above 0, at most 60"),
    "tenant": ("tenant", str, "a namespace"),
}
_PASSED_ON: dict[str, tuple[Callable[[str], Any], str]] = {
    "client_name": (str, "a name"),
    "max_connections": (_number, "a whole number from 1"),
    "sentinel_username": (str, "a name"),
    "sentinel_password": (str, "a password"),
    "ssl_ca_certs": (str, "a path"),
    "ssl_certfile": (str, "a path"),
    "ssl_keyfile": (str, "a path"),
    "ssl_cert_reqs": (str, "required, optional or none"),
    "ssl_check_hostname": (_switch, "true or false"),
}


def _options(query: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options for the client library, and our own."""
    passed_on: dict[str, Any] = {}
    own: dict[str, Any] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name in _OWN:
            attribute, read, wanted = _OWN[name]
            own[attribute] = _read(name, text, read, wanted)
        elif name in _PASSED_ON:
            read, wanted = _PASSED_ON[name]
            passed_on[name] = _read(name, text, read, wanted)
        else:
            raise ConfigurationError(
                f"the option {name!r} of a URL is none of: {', '.join([*_OWN, *_PASSED_ON])}."
            )
    return passed_on, own


def _check_fitting(kind: Kind, options: dict[str, Any], *, tls: bool) -> None:
    """Refuse options that would silently do nothing: whoever writes them expects protection."""
    for name in options:
        if name.startswith("ssl_") and not tls:
            raise ConfigurationError(
                f"the option {name!r} needs TLS: the scheme is then rediss:// or valkeys://."
            )
        if name.startswith("sentinel_") and kind != "sentinel":
            raise ConfigurationError(f"the option {name!r} belongs to redis+sentinel://.")


def _read(name: str, text: str, read: Callable[[str], Any], wanted: str) -> Any:
    try:
        return read(text)
    except (ValueError, KeyError):
        # An option may be a password, so its text is not repeated.
        raise ConfigurationError(f"the option {name!r} of a URL is {wanted}.") from None


def _is_loopback(name: str) -> bool:
    return name in ("localhost", "::1") or name.startswith("127.")
