"""Routers over scripted models."""

from collections.abc import Callable
from typing import Any

import pytest

from armwise import Router
from armwise.adapters import ModelInfo, Price
from armwise.events import Event
from armwise.testing import ScriptedAdapter

MODELS = {
    "cheap": ModelInfo(Price(1e-6, 1e-6), max_input_tokens=8_000),
    "small": ModelInfo(Price(2e-6, 2e-6), max_input_tokens=8_000),
    "dear": ModelInfo(Price(1e-5, 1e-5), max_input_tokens=100_000),
}


class FirstCheap:
    """A rule that always tries paths in order of cost, so that tests know what comes first."""

    name = "first-cheap"

    def choose(self, arms: Any, draws: Any, among: Any) -> int:
        """Return the cheapest."""
        return among[0]

    def reason(self, arms: Any, draws: Any, among: Any) -> str:
        """Say so."""
        return "the cheapest"


@pytest.fixture
def events() -> list[Event]:
    """Return the list that the router's events are collected in."""
    return []


@pytest.fixture
def router_of(events: list[Event]) -> Callable[..., Router]:
    """Return a function that builds a router over scripts per model."""

    def build(scripts: dict[str, Any], **settings: Any) -> Router:
        adapter = ScriptedAdapter(scripts, MODELS)
        settings.setdefault("half_life", None)  # so that counts are whole
        return Router(
            settings.pop("paths", list(scripts)),
            "goal",
            adapter=adapter,
            objective=FirstCheap(),
            on_event=events.append,
            **settings,
        )

    return build


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio: LiteLLM knows no other loop."""
    return "asyncio"
