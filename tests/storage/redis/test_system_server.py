"""The server that the system has installed keeps the contract too, and through TLS.

The server that the tests bring along has no TLS. ``apt-get install redis-server`` has one.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from armwise.errors import StoreError, StoreRefusedError
from armwise.storage import ReportStatus
from armwise.storage.redis import RedisStore
from armwise.testing.contracts import KeyringContract, PortableContract, StoreContract
from armwise.testing.contracts.histories import fresh_goal, record
from armwise.testing.servers import (
    Certificates,
    FaultyProxy,
    RedisServer,
    has_tls,
    make_certificates,
)

SERVER = shutil.which("redis-server")

pytestmark = pytest.mark.skipif(
    SERVER is None or not has_tls(Path(SERVER)),
    reason="no redis-server with TLS is installed on this system",
)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Return certificates for the loopback."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def tls_server(certificates: Certificates) -> Iterator[RedisServer]:
    """Start the system's server, speaking TLS only, with a password."""
    binary = Path(SERVER or "")
    with RedisServer(binary=binary, certificates=certificates, password="pass word") as server:
        yield server


class TestSystemServer(StoreContract, PortableContract, KeyringContract):
    """Every promise, held by a store on the system's server, through TLS."""

    @pytest.fixture
    def store(self, tls_server: RedisServer) -> Iterator[RedisStore]:
        """Return a store that trusts the server's authority."""
        opened = RedisStore(f"{tls_server.url}&timeout=5")
        yield opened
        opened.close()


def test_a_server_that_nobody_vouches_for_is_refused(tls_server: RedisServer) -> None:
    """Without the authority there is no connection, and so no password is sent."""
    store = RedisStore(f"rediss://:pass%20word@127.0.0.1:{tls_server.port}/0?timeout=5")

    with pytest.raises(StoreRefusedError, match="ssl_ca_certs"):
        store.apply(fresh_goal(), [record()])
    store.close()


def test_another_authority_is_refused(tls_server: RedisServer, tmp_path: Path) -> None:
    """A certificate of somebody else's authority does not do."""
    other = quote(str(make_certificates(tmp_path).authority), safe="")
    store = RedisStore(
        f"rediss://:pass%20word@127.0.0.1:{tls_server.port}/0?timeout=5&ssl_ca_certs={other}"
    )

    with pytest.raises(StoreRefusedError, match="ssl_ca_certs"):
        store.apply(fresh_goal(), [record()])
    store.close()


def test_a_plain_server_is_no_tls_server(
    redis_server: RedisServer, tls_server: RedisServer
) -> None:
    """TLS to a plain server, and plain to a TLS server, are errors and not a hang."""
    encrypted = RedisStore(f"rediss://127.0.0.1:{redis_server.port}/0?timeout=2")
    plain = RedisStore(f"redis://127.0.0.1:{tls_server.port}/0?timeout=2")

    for store in (encrypted, plain):
        with pytest.raises(StoreError):
            store.apply(fresh_goal(), [record()])
        store.close()


def test_the_password_is_not_on_the_wire(tls_server: RedisServer) -> None:
    """What passes through the network holds neither the password nor the goal."""
    with FaultyProxy(tls_server.port) as proxy:
        proxy.keeps_bytes = True
        url = tls_server.url.replace(f":{tls_server.port}", f":{proxy.port}")
        store, goal_id = RedisStore(f"{url}&timeout=5"), fresh_goal()

        assert store.apply(goal_id, [record()]) == [ReportStatus.APPLIED]

        seen = bytes(proxy.seen)
        assert len(seen) > 1_000
        assert b"pass word" not in seen
        assert b"armwise" not in seen
        store.close()


def test_the_transport_is_shown(tls_server: RedisServer) -> None:
    """An examination says that the connection is encrypted."""
    store = RedisStore(f"{tls_server.url}&timeout=5")

    assert "TLS" in {found.value for found in store.examine() if found.name == "transport"}
    store.close()
