"""Fixtures that several rooms share."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from armwise.testing.servers import RedisServer

# As armwise sets them itself, but before any test imports LiteLLM on its own.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("LITELLM_MODE", "PRODUCTION")

# Examples of a property may take as long as a busy machine lets them: timings gate nothing.
settings.register_profile("armwise", settings(), deadline=None)  # else as set for CI
settings.load_profile("armwise")


@pytest.fixture(scope="session", autouse=True)
def _no_journal_at_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep journals and snapshots of all tests, and of processes they start, out of the home."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARMWISE_JOURNAL_DIR", str(tmp_path_factory.mktemp("journals")))
        yield


@pytest.fixture
def openai_on_loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every ``openai/...`` model be answered "Apple" by a local server."""
    from armwise.testing import LoopbackServer, Reply

    def apple(request: object) -> Reply:
        return Reply(text="Apple makes the iPhone.", input_tokens=12, output_tokens=5)

    with LoopbackServer(apple) as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.api_base)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        yield


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """Start one server for all tests that break nothing; without one, they fail."""
    with RedisServer() as server:
        yield server
