"""The least rights that a store needs, exactly as the documentation names them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from armwise.bandit.decay import Outcomes
from armwise.errors import StoreRefusedError
from armwise.storage import GoalEvidence, ReportStatus
from armwise.storage.redis import RedisStore
from armwise.testing.contracts.histories import fresh_goal, record
from armwise.testing.contracts.store import total
from armwise.testing.servers import RedisCluster, RedisServer

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "shared-stores.md"
RULES = re.compile(r"^ACL SETUSER acme on >PASSWORD (.*)$", re.MULTILINE)


@pytest.fixture
def limited(own_server: RedisServer) -> Iterator[RedisStore]:
    """Return a store of the tenant acme, whose user has the documented rights and no others."""
    (rules,) = RULES.findall(PAGE.read_text(encoding="utf-8"))
    client = own_server.client()
    client.execute_command("ACL SETUSER", "acme", "on", ">PASSWORD", *rules.split())
    store = RedisStore(f"redis://acme:PASSWORD@127.0.0.1:{own_server.port}/0?tenant=acme")
    yield store
    store.close()


def test_the_documented_rights_are_enough(limited: RedisStore) -> None:
    """Everything that a store does works for such a user."""
    goal_id = f"acme\x00{fresh_goal()}"

    limited.declare(goal_id, Outcomes(7))
    answers = limited.apply(goal_id, [record(number) for number in range(200)])
    limited.open_epoch(goal_id, "a/simple", "cheap", 2)
    limited.absorb(goal_id, GoalEvidence(Outcomes(7)), "x")
    limited.change_half_life(goal_id, None)
    limited.tidy(goal_id)
    limited.ping()

    assert answers == [ReportStatus.APPLIED] * 200
    assert total(limited, goal_id).attempts == 200
    assert limited.goals("acme") == [goal_id]
    assert limited.signing_keys("acme", b"key") == [b"key"]
    assert not [found for found in limited.examine() if found.is_fatal]


def test_a_cluster_needs_two_rights_more() -> None:
    """The client library asks for the map of slots and for the list of commands."""
    (rules,) = RULES.findall(PAGE.read_text(encoding="utf-8"))
    with RedisCluster() as cluster:
        for node in cluster.nodes:
            client = node.client()
            words = ("acme", "on", ">PASSWORD", *rules.split(), "+command", "+cluster|slots")
            client.execute_command("ACL SETUSER", *words)
            client.close()
        url = cluster.url.replace("://", "://acme:PASSWORD@")
        store, goal_id = RedisStore(f"{url}?tenant=acme"), "acme\x00goal"

        assert store.apply(goal_id, [record()]) == [ReportStatus.APPLIED]
        assert store.goals("acme") == [goal_id]
        assert total(store, goal_id).attempts == 1
        assert not [found for found in store.examine() if found.is_fatal]
        store.close()


def test_another_tenant_is_out_of_reach(limited: RedisStore) -> None:
    """The rights end at the tenant's keys, inside scripts too."""
    for call in (
        lambda: limited.apply("other\x00goal", [record()]),
        lambda: limited.apply("goal", [record()]),
        lambda: limited.apply("acme2\x00goal", [record()]),
        lambda: limited.signing_keys("other", b"key"),
        lambda: limited.goals(""),
    ):
        with pytest.raises(StoreRefusedError, match="lacks rights"):
            call()


@pytest.mark.parametrize(
    "words",
    [
        ("FLUSHALL",),
        ("KEYS", "*"),
        ("CONFIG", "GET", "*"),
        ("SCRIPT", "FLUSH"),
        ("GET", "foreign"),
        ("DEL", "armwise:v1:{acme/goal}:meta"),
        ("EVAL", "return redis.call('HGET', KEYS[1], 'x')", 1, "foreign"),
        ("EVAL", "return redis.call('GET', 'foreign')", 0),
        ("ACL", "LIST"),
        ("SHUTDOWN",),
    ],
)
def test_the_rest_of_the_server_is_out_of_reach(
    limited: RedisStore, own_server: RedisServer, words: tuple[str | int, ...]
) -> None:
    """Nothing else on the server can be read, changed or listed."""
    own_server.client().set("foreign", "secret")
    client = own_server.client(username="acme", password="PASSWORD")

    with pytest.raises(redis.ResponseError):
        client.execute_command(*words)


def test_without_info_the_rest_is_still_examined(
    limited: RedisStore, own_server: RedisServer
) -> None:
    """A managed server may withhold INFO: then the probe alone is reported, with a hint."""
    own_server.client().execute_command("ACL SETUSER", "acme", "-info")

    found = {finding.name: finding for finding in limited.examine()}

    assert not found["probe"].is_fatal
    assert "+info" in found["settings"].advice
