"""Stores by URL: one per URL and process, closed by the last of its users."""

import threading
from pathlib import Path

import pytest

from armwise import Router, open_store
from armwise.bandit import Outcome
from armwise.engine import ProcessStore, SharedStore
from armwise.errors import ConfigurationError, ForeignRequestIdError, MalformedRequestIdError
from armwise.storage import MemoryStore, ReportStatus
from armwise.storage.sqlite import SQLiteStore

PATHS = ["openai/gpt-4o-mini", "openai/gpt-4o"]
ASK = [{"role": "user", "content": "Who makes the iPhone?"}]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of a file that nobody has opened, with a journal beside it."""
    monkeypatch.setenv("ARMWISE_JOURNAL_DIR", str(tmp_path / "journal"))
    monkeypatch.delenv("ARMWISE_STORE", raising=False)
    return f"sqlite:///{tmp_path / 'x.db'}"


def threads() -> int:
    """Return how many threads this process runs."""
    return threading.active_count()


def test_memory_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a URL and an environment, evidence lives in this process."""
    monkeypatch.delenv("ARMWISE_STORE", raising=False)

    assert isinstance(open_store(), ProcessStore)
    assert isinstance(open_store("memory://"), MemoryStore)


def test_the_environment_names_the_store(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """ARMWISE_STORE is used by whoever names none."""
    monkeypatch.setenv("ARMWISE_STORE", url)

    with Router(PATHS, "goal") as router:
        store = router.stats().store

    assert store is not None
    assert store.store == url


def test_a_relative_url_shares_no_journal_with_that_of_another_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for one project's file is never delivered to that of another."""
    monkeypatch.setenv("ARMWISE_JOURNAL_DIR", str(tmp_path / "journal"))
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        with Router(PATHS, "goal", store="sqlite:///x.db") as router:
            decision = router.decide(ASK)
            assert router.report_outcome(decision.request_id, True, wait=True) == "applied"

    assert len(list((tmp_path / "journal").iterdir())) == 2
    assert (tmp_path / "one" / "x.db").exists()
    assert (tmp_path / "other" / "x.db").exists()


def test_two_routers_share_one_store_and_one_thread(url: str) -> None:
    """The second of one URL costs no thread; the last one to close ends it."""
    before = threads()
    one = Router(PATHS, "goal", store=url)
    with_one = threads()
    other = Router(PATHS, "goal", store=url)

    assert threads() == with_one == before + 1
    first = one.decide(ASK)
    one.report_outcome(first.request_id, True)
    one.close()
    assert other.report_outcome(first.request_id, True, wait=True) is ReportStatus.DUPLICATE
    other.close()
    assert threads() == before


def test_a_webhook_reports_without_a_router(url: str) -> None:
    """With the URL and the id alone, an outcome is counted for the goal that the id names."""
    with Router(PATHS, "goal", store=url, namespace="tenant") as router:
        request_id = router.decide(ASK).request_id

    store = open_store(url)
    answers = [
        store.report(request_id, Outcome.SUCCESS, namespace="tenant", wait=True),
        store.report(request_id, True, namespace="tenant", wait=True),
        store.report(request_id, 0.25, revision=2, namespace="tenant", wait=True),
    ]
    with pytest.raises(ForeignRequestIdError, match="tenant"):
        store.report(request_id, True)
    with pytest.raises(MalformedRequestIdError):
        store.report("nonsense", True)
    store.close()

    assert answers == [ReportStatus.APPLIED, ReportStatus.DUPLICATE, ReportStatus.CORRECTED]


def test_a_memory_store_is_reported_to_alike() -> None:
    """What ``open_store`` returns has the same methods, wherever evidence lives."""
    store = open_store("memory://")
    router = Router(PATHS, "goal", store=store)
    request_id = router.decide(ASK).request_id

    assert store.report(request_id, True) is ReportStatus.APPLIED
    assert store.report(request_id, True, wait=True) is ReportStatus.DUPLICATE
    assert router.flush()


def test_sync_delivery_runs_no_thread(url: str) -> None:
    """A script's report is counted when the call returns, and nothing is left to do."""
    before = threads()
    with Router(PATHS, "goal", store=url, delivery="sync") as router:
        status = router.report_outcome(router.decide(ASK).request_id, True)

        assert status is ReportStatus.APPLIED
        assert threads() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"store": "mongodb://me:hunter2@h/0"}, "not known"),
        ({"store": MemoryStore(), "delivery": "sync"}, "open_store"),
        ({"store": "memory://", "delivery": "later"}, "'background' or 'sync'"),
    ],
)
def test_what_cannot_be_opened_is_refused(arguments: dict[str, object], message: str) -> None:
    """The error says what to write instead, and shows no password."""
    with pytest.raises(ConfigurationError, match=message) as caught:
        Router(PATHS, "goal", **arguments)  # type: ignore[arg-type]

    assert "hunter2" not in str(caught.value)


def test_a_store_on_a_wire_must_be_wrapped(tmp_path: Path) -> None:
    """A raw store, which would be asked on every decision, is refused with the way to wrap it."""
    raw = SQLiteStore(tmp_path / "x.db")

    with pytest.raises(ConfigurationError, match="SharedStore"):
        Router(PATHS, "goal", store=raw)  # type: ignore[arg-type]

    wrapped = SharedStore(raw, "sqlite", tmp_path / "state")
    router = Router(PATHS, "goal", store=wrapped)
    assert router.decide(ASK).path in PATHS
    wrapped.close()
