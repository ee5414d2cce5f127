"""What a request may use: in every way to call, of every provider, through the real LiteLLM."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

import litellm
import pytest

from benchmarks.conformance.cases import FEATURES, MODES, PROVIDERS, Feature, Mode, Provider
from benchmarks.conformance.playing import Seen
from benchmarks.conformance.table import is_as_said

See = Callable[[Provider, Mode, Feature], Seen]
CELLS = [
    pytest.param(provider, mode, feature, id=f"{feature.name}-{provider.name}-{mode.name}")
    for feature in FEATURES
    for provider in PROVIDERS
    for mode in MODES
    if feature.is_known_to(provider)
]
matrix = pytest.mark.parametrize(("provider", "mode", "feature"), CELLS)


@matrix
def test_the_answer_is_what_the_provider_said(
    see_feature: See, provider: Provider, mode: Mode, feature: Feature
) -> None:
    """Text, tool calls with their arguments, and OpenAI's word for why it ended."""
    seen = see_feature(provider, mode, feature)

    assert seen.error is None
    assert seen.request_id is not None
    if provider.name in feature.lost_by:
        # If LiteLLM has learned it, take the provider off the list.
        assert not is_as_said(feature, seen)
        return
    assert is_as_said(feature, seen)
    assert [arguments for _, arguments in seen.calls] == [
        json.loads(call["function"]["arguments"]) for call in feature.reply.tool_calls or ()
    ]


@matrix
def test_the_provider_is_asked_once_and_for_everything(
    see_feature: See, provider: Provider, mode: Mode, feature: Feature
) -> None:
    """One HTTP request in the provider's own format, with the prompt, tools, schema and image."""
    seen = see_feature(provider, mode, feature)

    assert seen.sent == 1
    assert feature.sent in seen.body
    assert seen.wire == provider.model.partition("/")[0].removesuffix("_chat")


@matrix
def test_the_cost_is_what_will_be_billed(
    see_feature: See, provider: Provider, mode: Mode, feature: Feature
) -> None:
    """List price times the tokens, those read from and written to the cache at their own."""
    seen = see_feature(provider, mode, feature)

    assert seen.arm is not None
    assert seen.arm.mean_cost_usd == pytest.approx(_bill(provider, feature), abs=1e-9)


@cache
def _rows() -> dict[str, Any]:
    name = "model_prices_and_context_window_backup.json"
    listed = (Path(litellm.__file__).parent / name).read_text(encoding="utf-8")
    return cast("dict[str, Any]", json.loads(listed))


def _bill(provider: Provider, feature: Feature) -> float:
    """Return the bill, by LiteLLM's own list and none of armwise's code."""
    if provider.model.startswith("ollama"):
        return 0.0
    row: dict[str, Any] = _rows().get(provider.model) or _rows()[provider.model.rpartition("/")[2]]
    reply = feature.reply
    assert reply.input_tokens is not None
    assert reply.output_tokens is not None
    written = reply.cache_write_tokens if provider.has_cache_writes else 0
    plain = reply.input_tokens - reply.cached_tokens - written
    return float(
        plain * row["input_cost_per_token"]
        + reply.cached_tokens * row["cache_read_input_token_cost"]
        + written * row.get("cache_creation_input_token_cost", 0.0)
        + reply.output_tokens * row["output_cost_per_token"]
    )
