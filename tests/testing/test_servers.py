"""The servers that stores are tested with: our own processes, a network that fails on demand."""

import contextlib
import os
import time
from pathlib import Path

import pytest
import redis

from armwise.testing.servers import (
    SERVER_VARIABLE,
    FaultyProxy,
    RedisServer,
    find_server,
    has_tls,
    make_certificates,
)


def test_a_server_is_our_own_process_and_ends_with_its_block() -> None:
    """Who answers on the port is the process that was started, and nothing of it stays."""
    with RedisServer() as server:
        client, pid, folder = server.client(), server.pid, server.directory
        info = client.info()

    assert info["process_id"] == pid
    assert not info["aof_enabled"]
    with pytest.raises(redis.ConnectionError):
        client.ping()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not folder.exists()


def test_a_server_that_crashed_comes_back_empty_on_its_port() -> None:
    """Without persistence a restart forgets everything, scripts too."""
    with RedisServer() as server:
        client, port = server.client(), server.port
        client.set("key", "value")

        server.restart()

        assert server.port == port
        assert client.get("key") is None


def test_two_servers_run_side_by_side() -> None:
    """Each has a port of its own."""
    with RedisServer() as one, RedisServer() as other:
        one.client().set("key", "value")

        assert one.port != other.port
        assert other.client().get("key") is None


def test_a_hanging_server_goes_on_where_it_was() -> None:
    """A suspended server stays connected and silent."""
    with RedisServer() as server:
        client = server.client(socket_timeout=0.1)
        client.set("key", "value")

        server.suspend()
        with pytest.raises(redis.TimeoutError):
            client.get("key")
        server.resume()

        assert client.get("key") == b"value"


def test_a_server_that_does_not_start_says_why() -> None:
    """The message holds what the program printed."""
    with pytest.raises(RuntimeError, match="no-such-option"), RedisServer("--no-such-option", "1"):
        pass


def test_the_variable_names_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """A named program is taken; a name of nothing is an error, never a reason to skip."""
    monkeypatch.setenv(SERVER_VARIABLE, str(find_server()))
    assert find_server().name.endswith("server")

    monkeypatch.setenv(SERVER_VARIABLE, "/nowhere/redis-server")
    with pytest.raises(FileNotFoundError, match=SERVER_VARIABLE):
        find_server()


def test_certificates_are_made_for_the_loopback(tmp_path: Path) -> None:
    """An authority and a server's certificate with its key."""
    made = make_certificates(tmp_path)

    assert b"BEGIN CERTIFICATE" in made.authority.read_bytes()
    assert b"PRIVATE KEY" in made.key.read_bytes()
    assert isinstance(has_tls(find_server()), bool)


def test_a_proxy_passes_on_delays_swallows_and_cuts(redis_server: RedisServer) -> None:
    """Each fault shows at the client, and the network heals."""
    with FaultyProxy(redis_server.port) as proxy:
        client = redis.Redis(
            port=proxy.port, socket_timeout=0.2, retry=redis_server.client().get_retry()
        )
        client.delete("counter")
        proxy.delay_s = 0.1
        start = time.monotonic()
        client.incr("counter")
        assert time.monotonic() - start >= 0.1

        proxy.heal()
        proxy.drops_replies = True
        with pytest.raises(redis.TimeoutError):
            client.incr("counter")
        assert proxy.lost_replies == 1

        proxy.heal()
        proxy.is_black_hole = True
        with pytest.raises(redis.TimeoutError):
            client.incr("counter")

        proxy.heal()
        assert int(client.get("counter")) >= 2
        before = client.client_id()
        proxy.reset()
        with contextlib.suppress(redis.ConnectionError):  # told, or connected anew without a word
            client.ping()
        assert client.client_id() != before
        client.close()
