"""URLs of servers: each form is read whole, each mistake is told, no password is repeated."""

import pytest

from armwise.errors import ConfigurationError
from armwise.storage import opening
from armwise.storage.redis import Address, RedisStore, parse_url


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://localhost", Address("server", (("localhost", 6379),))),
        ("redis://", Address("server", (("localhost", 6379),))),
        ("valkey://h:7000/3", Address("server", (("h", 7000),), db=3)),
        ("redis://h?db=3&timeout=1.5", Address("server", (("h", 6379),), db=3, timeout_s=1.5)),
        ("rediss://h/0", Address("server", (("h", 6379),), tls=True)),
        ("valkeys://h/0", Address("server", (("h", 6379),), tls=True)),
        ("redis://[::1]:7000/1", Address("server", (("::1", 7000),), db=1)),
        ("redis://[2001:db8::7]", Address("server", (("2001:db8::7", 6379),))),
        ("redis://:p%40ss%2Fw@h", Address("server", (("h", 6379),), password="p@ss/w")),
        ("redis://u:p@ss@h", Address("server", (("h", 6379),), username="u", password="p@ss")),
        ("unix:///run/redis.sock", Address("server", socket="/run/redis.sock")),
        (
            "unix://u:p@/run/redis.sock?db=2",
            Address("server", socket="/run/redis.sock", db=2, username="u", password="p"),
        ),
        (
            "redis+sentinel://h1,h2:7,[::1]/my%20service/2?sentinel_password=x",
            Address(
                "sentinel",
                (("h1", 26379), ("h2", 7), ("::1", 26379)),
                service="my service",
                db=2,
                options={"sentinel_password": "x"},
            ),
        ),
        ("redis+cluster://h1:7,h2", Address("cluster", (("h1", 7), ("h2", 6379)))),
        ("rediss+cluster://h1/0", Address("cluster", (("h1", 6379),), tls=True)),
    ],
)
def test_every_form_is_read(url: str, address: Address) -> None:
    """Hosts, ports, user, password, database, service, socket and options."""
    assert parse_url(url) == address


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("http://h", "redis://localhost:6379/0"),
        ("localhost:6379", "redis://localhost:6379/0"),
        ("redis://h:hunter2", "number from 1 to 65535"),
        ("redis://:hunter2/x:y@h:0", "%2F"),
        ("redis://:hunter2?x@h", "%3F"),
        ("redis://h/first", "number"),
        ("redis://h/0/1", "number of a database"),
        ("redis://h1,h2", "redis+cluster://h1,h2"),
        ("redis+cluster://h/1", "one database"),
        ("redis+sentinel://h1,h2", "mymaster"),
        ("unix://run/redis.sock", "whole path"),
        ("redis://[::1:6379", "brackets"),
        ("redis://h?sokcet_timeout=1", "timeout"),
        ("redis://h?timeout=0", "seconds"),
        ("redis://h?timeout=hunter2", "seconds"),
        ("redis://h?ssl_ca_certs=/ca.pem", "rediss://"),
        ("redis://h?sentinel_password=hunter2", "redis\\+sentinel"),
        ("rediss://h?ssl_check_hostname=maybe", "true or false"),
    ],
)
def test_a_mistake_is_told_and_no_password_repeated(url: str, advice: str) -> None:
    """What is wrong, and what to write instead."""
    with pytest.raises(ConfigurationError) as refused:
        parse_url(url)

    assert advice.replace("\\", "") in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_an_address_shows_no_password() -> None:
    """Neither as text nor as ``repr``."""
    address = parse_url("redis+sentinel://u:hunter2@h/s?sentinel_password=hunter2")

    assert "hunter2" not in f"{address} {address!r}"
    assert str(address) == "redis+sentinel://h:26379/s/0"


@pytest.mark.parametrize(
    "url", ["redis://h", "rediss://h", "valkey://h", "unix:///s", "redis+cluster://h"]
)
def test_a_url_opens_a_store_without_connecting(url: str) -> None:
    """The store is there at once, whether its server is or not."""
    store = opening.connect(url)

    assert isinstance(store, RedisStore)
    assert store.connections == 0
