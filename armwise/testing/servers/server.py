"""One server process."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from armwise.testing.servers.binary import find_server

if TYPE_CHECKING:
    from armwise.testing.servers.certificates import Certificates

_READY_WITHIN_S = 20.0
_ATTEMPTS = 5
"""Ports that are tried: another process may take a free one between the look and the start."""

_LOWEST_PORT, _HIGHEST_PORT = 20_000, 32_000
"""Below what Linux hands out by itself, and low enough for a cluster's second port, 10,000 up."""


class RedisServer:
    """A server of our own on 127.0.0.1, without persistence unless the options ask for it.

    Args:
        options: Words of its command line, such as ``"--maxmemory", "5mb"``.
        binary: The program; found by ``find_server`` if it is not given.
        password: Of the default user.
        certificates: Given, it speaks TLS only.
        config: Lines of a configuration file, for what a command line cannot say.
    """

    def __init__(
        self,
        *options: str,
        binary: Path | None = None,
        password: str | None = None,
        certificates: Certificates | None = None,
        config: Sequence[str] = (),
    ) -> None:
        self.binary = binary or find_server()
        self.directory = Path(tempfile.mkdtemp(prefix="armwise-server-"))
        self.password = password
        self.certificates = certificates
        self.port = 0
        self._options = options
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of a store in this server."""
        login = f":{quote(self.password, safe='')}@" if self.password else ""
        if self.certificates is None:
            return f"redis://{login}127.0.0.1:{self.port}/0"
        authority = quote(str(self.certificates.authority), safe="")
        return f"rediss://{login}127.0.0.1:{self.port}/0?ssl_ca_certs={authority}"

    @property
    def pid(self) -> int:
        """The server's process id."""
        if self._process is None:
            raise RuntimeError("the server does not run: call start() first")
        return self._process.pid

    @property
    def log(self) -> str:
        """What the server has printed so far."""
        path = self.directory / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def client(self, **options: Any) -> Any:
        """Return a redis-py client of this server that never tries twice; close it."""
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        if self.certificates is not None:
            options |= {"ssl": True, "ssl_ca_certs": str(self.certificates.authority)}
        given: dict[str, Any] = {
            "password": self.password,
            "socket_timeout": 5.0,
            "protocol": 2,
        } | options
        return redis.Redis("127.0.0.1", self.port, retry=Retry(NoBackoff(), 0), **given)

    def start(self) -> Self:
        """Start it, on the same port if it ran before; return it when it answers.

        Raises:
            RuntimeError: If it does not start; the message ends with what it printed.
        """
        ports = [self.port] if self.port else [free_port() for _ in range(_ATTEMPTS)]
        for port in ports:
            self.port = port
            self._launch()
            if self._answers():
                return self
            self.kill()
        raise RuntimeError(f"{self.binary} does not start:\n{self.log[-2000:]}")

    def kill(self) -> None:
        """End it at once, as a crash does (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """Crash it and start it again on the same port."""
        self.kill()
        self.start()

    def wait_for_replica(self) -> None:
        """Return when a replica has all that this server has.

        Raises:
            RuntimeError: If that takes too long.
        """
        deadline = time.monotonic() + _READY_WITHIN_S
        client = self.client()
        while not _has_caught_up(client):
            if time.monotonic() > deadline:
                raise RuntimeError(f"no replica has caught up within {_READY_WITHIN_S:.0f} s")
            time.sleep(0.02)
        client.close()

    def suspend(self) -> None:
        """Let it hang: it stays connected and answers nothing (SIGSTOP)."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on (SIGCONT)."""
        os.kill(self.pid, signal.SIGCONT)

    def close(self) -> None:
        """End it and remove its folder; a second call does nothing."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _launch(self) -> None:
        (self.directory / "server.conf").write_text("\n".join([*self._config, ""]))
        words = [str(self.binary), str(self.directory / "server.conf"), *self._words()]
        with (self.directory / "log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the program under test
                words, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.directory
            )

    def _words(self) -> list[str]:
        plain, encrypted = (self.port, 0) if self.certificates is None else (0, self.port)
        words = ["--port", str(plain), "--bind", "127.0.0.1", "--dir", str(self.directory)]
        words += ["--save", "", "--repl-diskless-sync-delay", "0"]
        if self.certificates is not None:
            words += ["--tls-port", str(encrypted), "--tls-auth-clients", "no"]
            words += ["--tls-cert-file", str(self.certificates.certificate)]
            words += ["--tls-key-file", str(self.certificates.key)]
            words += ["--tls-ca-cert-file", str(self.certificates.authority)]
        if self.password is not None:
            words += ["--requirepass", self.password]
        return [*words, *self._options]

    def _answers(self) -> bool:
        """Wait until our own process answers on the port, and not somebody else's."""
        import redis

        deadline = time.monotonic() + _READY_WITHIN_S
        client = self.client()
        try:
            while time.monotonic() < deadline and self._process and self._process.poll() is None:
                with contextlib.suppress(redis.RedisError):
                    return bool(client.info("server")["process_id"] == self.pid)
                time.sleep(0.01)
            return False
        finally:
            client.close()


def _has_caught_up(client: Any) -> bool:
    """Ask the replica: its master calls it online while it is still loading."""
    import redis

    info = client.info("replication")
    if "slave0" not in info:
        return False
    replica = redis.Redis("127.0.0.1", info["slave0"]["port"], socket_timeout=5.0, protocol=2)
    with contextlib.suppress(redis.RedisError):
        own = replica.info("replication")
        is_whole = own["master_link_status"] == "up"
        return bool(is_whole and own["slave_repl_offset"] >= info["master_repl_offset"])
    return False


def free_port() -> int:
    """Return a port on which, and 10,000 above which, nobody listens."""
    start = int.from_bytes(os.urandom(4))
    span = _HIGHEST_PORT - _LOWEST_PORT
    for step in range(span):
        port = _LOWEST_PORT + (start + step) % span
        if _is_free(port) and _is_free(port + 10_000):
            return port
    raise RuntimeError(f"no free port between {_LOWEST_PORT} and {_HIGHEST_PORT}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
