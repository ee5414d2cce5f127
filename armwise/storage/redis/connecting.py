"""Connections to a server, a cluster or the master that sentinels know: made when first used."""

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import sha1
from importlib import resources
from typing import Any, cast

from armwise.storage.forking import register
from armwise.storage.redis.faults import told
from armwise.storage.redis.url import Address

Word = str | bytes | int

_USE_SUMS = ("absorb", "apply", "fold")


@cache
def script_text(name: str) -> str:
    """Return the text of a script, such as "apply", with the functions that it uses."""
    head = script_text("sums") if name in _USE_SUMS else ""
    path = resources.files("armwise.storage.redis") / "scripts" / f"{name}.lua"
    return head + path.read_text(encoding="utf-8")


@cache
def script_digest(name: str) -> str:
    """Return the name by which a server knows a script that it has run before."""
    return sha1(script_text(name).encode(), usedforsecurity=False).hexdigest()


class Client:
    """Runs scripts and commands; tries nothing twice, and waits no longer than its address says.

    The client library's own retries are off: with its defaults a script whose answer is late was
    run eleven times for one call. Whoever calls may try again, for a record is counted once.

    Args:
        address: Where to connect to, at the first call.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._client: Any = None
        self._making = threading.Lock()
        self._counting = threading.Lock()
        self._connections = 0
        self._rest = threading.Condition()
        self._calls = 0
        self._is_forking = False
        register(self)

    @property
    def connections(self) -> int:
        """How many connections were made so far.

        After a new one the server may be another, or may have lost its last writes: whoever wants
        nothing lost sends again what was acknowledged shortly before.
        """
        return self._connections

    def run(self, name: str, keys: Sequence[str], arguments: Sequence[Word]) -> Any:
        """Run a script by its digest; send its text where the server does not know it.

        Raises:
            StoreError: If it was not run, or nobody knows whether it was.
        """
        from redis.exceptions import NoScriptError

        words = (len(keys), *keys, *arguments)
        with self._under_way():
            client = self._connected()
            try:
                return client.execute_command("EVALSHA", script_digest(name), *words)
            except NoScriptError:
                return client.execute_command("EVAL", script_text(name), *words)

    def call(self, *words: Word, key: str = "") -> Any:
        """Run a command on the server that holds a key.

        Raises:
            StoreError: As ``run``.
        """
        with self._under_way():
            client = self._connected()
            if self.address.kind == "cluster":
                client = client.get_redis_connection(client.get_node_from_key(key))
            return client.execute_command(*words)

    def close(self) -> None:
        """Let go of all connections; the next call makes new ones."""
        with self._under_way():
            with self._making:
                client, self._client = self._client, None
            if client is not None:
                client.close()

    def before_fork(self) -> None:
        """Wait until no call is under way, at most as long as one takes; keep new ones out.

        The library's pool notices that it is in a child, and then waits for its own lock, which in
        the child nobody will ever release if a thread of the parent held it.
        """
        self._rest.acquire()
        self._is_forking = True
        while self._calls:
            self._rest.wait()

    def after_fork(self, *, in_child: bool) -> None:
        """Let calls in again; the library's pools connect anew in a child."""
        self._is_forking = False
        self._rest.notify_all()
        self._rest.release()

    @contextmanager
    def _under_way(self) -> Generator[None]:
        """Count a call as under way; tell by our errors what fails in it."""
        with self._rest:
            while self._is_forking:
                self._rest.wait()
            self._calls += 1
        try:
            yield
        except Exception as error:
            raise self._told(error) from error
        finally:
            with self._rest:
                self._calls -= 1
                if not self._calls:
                    self._rest.notify_all()

    def _connected(self) -> Any:
        client = self._client
        if client is None:
            with self._making:
                if self._client is None:
                    self._client = _MAKERS[self.address.kind](self.address, self._count)
                client = self._client
        return client

    def _count(self) -> None:
        with self._counting:
            self._connections += 1

    def _told(self, error: Exception) -> Exception:
        """Return a ``StoreError`` for what servers and networks do, anything else as it is."""
        from redis.exceptions import RedisClusterException, RedisError

        is_theirs = isinstance(error, RedisError | RedisClusterException | OSError)
        return told(error, self.address) if is_theirs else error


def _options(address: Address) -> dict[str, Any]:
    """Return what all connections have in common."""
    options: dict[str, Any] = {
        name: value
        for name, value in address.options.items()
        if not name.startswith("sentinel_") and (address.tls or not name.startswith("ssl_"))
    }
    return options | {
        "username": address.username or None,
        "password": address.password or None,
        "socket_timeout": address.timeout_s,
        "socket_connect_timeout": address.timeout_s,
        "protocol": 2,  # every server speaks it, and no further handshake is needed
    }


def _never_again() -> Any:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Retry(NoBackoff(), 0)


def _server(address: Address, count: Callable[[], None]) -> Any:
    from redis import Redis

    options: dict[str, Any] = _options(address) | {"retry": _never_again(), "db": address.db}
    options["redis_connect_func"] = _counted(count)
    if address.socket:
        return Redis(unix_socket_path=address.socket, **options)
    ((host, port),) = address.hosts
    return Redis(host, port, ssl=address.tls, **options)


def _sentinel(address: Address, count: Callable[[], None]) -> Any:
    from redis import sentinel as library

    options = _options(address) | {"retry": _never_again(), "db": address.db, "ssl": address.tls}
    own: dict[str, Any] = {
        name: value for name, value in options.items() if name.startswith(("socket", "ssl"))
    }
    own |= {
        "retry": _never_again(),
        "protocol": 2,
        "username": address.options.get("sentinel_username"),
        "password": address.options.get("sentinel_password"),
    }
    # Untyped in the library.
    sentinel: Any = cast("Any", library.Sentinel)(list(address.hosts), sentinel_kwargs=own)
    options["redis_connect_func"] = _counted(count)
    return sentinel.master_for(address.service, **options)


def _cluster(address: Address, count: Callable[[], None]) -> Any:
    from redis import cluster as library

    def connected(_connection: Any) -> None:
        count()  # here the library has greeted the server already

    node = cast("Any", library.ClusterNode)  # untyped in the library
    return library.RedisCluster(
        startup_nodes=[node(host, port) for host, port in address.hosts],
        retry=_never_again(),
        redis_connect_func=connected,
        ssl=address.tls,
        **_options(address),
    )


def _counted(count: Callable[[], None]) -> Callable[[Any], None]:
    def connected(connection: Any) -> None:
        connection.on_connect()
        count()

    return connected


_MAKERS: dict[str, Callable[[Address, Callable[[], None]], Any]] = {
    "server": _server,
    "sentinel": _sentinel,
    "cluster": _cluster,
}
