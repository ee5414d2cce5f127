"""``Router.export_state`` and ``Router.import_state``, whatever store the Router works on."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from armwise import Router
from armwise.errors import ConfigurationError, StoreError
from armwise.storage import MemoryStore
from armwise.testing.servers import RedisServer

ASK = [{"role": "user", "content": "Who makes the iPhone?"}]


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep journals of the tests to themselves."""
    monkeypatch.setenv("ARMWISE_JOURNAL_DIR", str(tmp_path / "journal"))
    monkeypatch.delenv("ARMWISE_SIGNING_KEY", raising=False)


@pytest.fixture(params=["memory", "sqlite", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty store of each kind."""
    if request.param == "memory":
        return "memory://"
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'evidence.db'}"
    server: RedisServer = request.getfixturevalue("redis_server")
    with server.client(db=8) as client:
        client.flushdb()
    return server.url.removesuffix("/0") + "/8"


def learn(router: Router, number: int = 20) -> None:
    """Report that the cheap path fails and the dear one succeeds."""
    for _ in range(number):
        decision = router.decide(ASK)
        router.report_outcome(decision.request_id_for("cheap"), False)
        router.report_outcome(decision.request_id_for("dear"), True, cost_usd=0.01)


def believed(router: Router) -> dict[str, tuple[float, float, int]]:
    """Return weighted successes and failures and attempts per path."""
    arms = router.stats().buckets.get("general/simple", {})
    return {path: (arm.successes, arm.failures, arm.attempts) for path, arm in arms.items()}


def test_a_router_goes_on_where_another_one_was(store: str, tmp_path: Path) -> None:
    """Out of each store into memory: the same evidence, and decisions by it at once."""
    with Router(["cheap", "dear"], "goal", store=store) as router:
        learn(router)
        router.export_state(tmp_path / "state.json")
        before = believed(router)

    with Router(["cheap", "dear"], "goal", store="memory://", seed=1) as other:
        assert other.import_state(tmp_path / "state.json")
        chosen = {other.decide(ASK).path for _ in range(20)}

        assert believed(other) == before
        assert before["dear"][2] == 20
        assert chosen == {"dear"}


def test_a_store_takes_over_what_memory_had_learned(store: str, tmp_path: Path) -> None:
    """Out of memory into each store, seen by the Router that imports without waiting."""
    with Router(["cheap", "dear"], "goal", store="memory://") as router:
        learn(router)
        router.export_state(tmp_path / "state.json")
        before = believed(router)

    with Router(["cheap", "dear"], "goal", store=store) as other:
        other.import_state(tmp_path / "state.json")

        assert believed(other) == before


def test_evidence_is_merged_when_that_is_asked_for(store: str, tmp_path: Path) -> None:
    """Without ``merge`` it is refused; with it, it is added once."""
    with Router(["cheap", "dear"], "goal", store="memory://") as router:
        learn(router, 5)
        router.export_state(tmp_path / "state.json")

    with Router(["cheap", "dear"], "goal", store=store) as other:
        learn(other, 5)
        assert other.flush(10.0)
        with pytest.raises(ConfigurationError, match="hold evidence already: 'goal'"):
            other.import_state(tmp_path / "state.json")
        first = other.import_state(tmp_path / "state.json", merge=True)
        again = other.import_state(tmp_path / "state.json", merge=True)

        assert (first, again) == (True, False)
        assert believed(other)["dear"][2] == 10


def test_a_goal_that_the_file_lacks_is_named(tmp_path: Path) -> None:
    """And those that it holds are listed."""
    with Router(["a", "b"], "one", store="memory://") as router:
        router.export_state(tmp_path / "state.json")

    with (
        Router(["a", "b"], "two", store="memory://") as other,
        pytest.raises(ConfigurationError, match=r"does not hold goal 'two'\. It holds: 'one'"),
    ):
        other.import_state(tmp_path / "state.json")


def test_another_half_life_is_refused_and_merged(tmp_path: Path) -> None:
    """Integers of one clock mean nothing under another; merging turns them over."""
    with Router(["cheap", "dear"], "goal", store="memory://") as router:
        learn(router)
        router.export_state(tmp_path / "state.json")

    with Router(["cheap", "dear"], "goal", store="memory://", half_life=timedelta(days=7)) as other:
        with pytest.raises(ConfigurationError, match="fades by a half-life of 7 days"):
            other.import_state(tmp_path / "state.json")
        assert other.import_state(tmp_path / "state.json", merge=True)

        assert believed(other)["dear"][0] == pytest.approx(20.0, abs=0.5)


def test_a_tenant_exports_its_own(tmp_path: Path) -> None:
    """Of two tenants on one store each file holds one."""
    shared = MemoryStore()
    for namespace, number in (("a", 3), ("b", 4)):
        with Router(["cheap", "dear"], "goal", store=shared, namespace=namespace) as router:
            learn(router, number)
            router.export_state(tmp_path / f"{namespace}.json")

    held = {name: json.loads((tmp_path / f"{name}.json").read_text()) for name in ("a", "b")}

    for namespace, number in (("a", 3), ("b", 4)):
        buckets = held[namespace]["goals"]["goal"]["buckets"]
        assert held[namespace]["namespace"] == namespace
        assert held[namespace]["source"] == "memory://"
        assert buckets["general/simple"]["outcomes"] == 2 * number


def test_a_store_that_is_gone_says_so(tmp_path: Path) -> None:
    """An export is never half of what was learned."""
    with RedisServer() as server:
        router = Router(["a", "b"], "goal", store=server.url, delivery="sync")
    with pytest.raises(StoreError):
        router.export_state(tmp_path / "state.json")
    router.close()

    assert not (tmp_path / "state.json").exists()
