"""What is known of models beforehand, from LiteLLM's list, read without importing LiteLLM."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from armwise.adapters.capabilities import listed_capabilities
from armwise.adapters.loading import load_litellm
from armwise.adapters.prices import Price

_LIST_FILE = "model_prices_and_context_window_backup.json"
_FREE_PROVIDERS = frozenset(
    {"hosted_vllm", "llamafile", "lm_studio", "ollama", "ollama_chat", "vllm", "xinference"}
)
"""Providers that run on the caller's own machines: a price of zero is meant."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of a model. None means not known.

    Args:
        price: List price.
        max_input_tokens: Largest prompt that it takes, in tokens.
        mode: What it is for: "chat", "completion", "embedding", "responses", ...
        max_output_tokens: Longest answer that it gives, in tokens.
        capabilities: Whether it has a capability, by our name of it (``CAPABILITIES``); what is
            missing is not known.
    """

    price: Price | None = None
    max_input_tokens: int | None = None
    mode: str | None = None
    max_output_tokens: int | None = None
    capabilities: Mapping[str, bool] = field(default_factory=dict[str, bool])


UNKNOWN_MODEL = ModelInfo()


def litellm_info(model: str) -> ModelInfo:
    """Return what LiteLLM's list says of a model; nothing is known of one that is not in it.

    A price of zero counts as unknown unless the provider runs on the caller's machines: the list
    has zeros for models whose price nobody entered.
    """
    provider, _, bare_name = model.partition("/")
    if provider == "bedrock":
        bare_name = bare_name.removeprefix("converse/").removeprefix("invoke/")
    listed = _list().get(model) or _list().get(bare_name) or UNKNOWN_MODEL
    if provider in _FREE_PROVIDERS:
        return replace(listed, price=Price(0.0, 0.0))
    return listed


@cache
def _list() -> Mapping[str, ModelInfo]:
    """Read the list from the installed package's data: 30 ms instead of a 3 s import."""
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        return {}
    try:
        with (Path(spec.origin).parent / _LIST_FILE).open(encoding="utf-8") as file:
            rows = json.load(file)
    except (OSError, ValueError):
        return _parse(_loaded_rows())
    return _parse(rows)


def _loaded_rows() -> Mapping[str, Any]:
    """Return the list of the imported package, where its data file has moved."""
    rows: Mapping[str, Any] = load_litellm().model_cost
    return rows


def _parse(rows: Mapping[str, Any]) -> Mapping[str, ModelInfo]:
    return {
        model: ModelInfo(
            _price(row),
            _positive_int(row.get("max_input_tokens")),
            row.get("mode"),
            _positive_int(row.get("max_output_tokens")),
            listed_capabilities(row),
        )
        for model, row in rows.items()
        if isinstance(row, Mapping)
    }


def _price(row: Mapping[str, Any]) -> Price | None:
    input_usd = row.get("input_cost_per_token")
    if not isinstance(input_usd, int | float) or input_usd <= 0:
        return None
    return Price(
        float(input_usd),
        float(row.get("output_cost_per_token") or 0.0),
        row.get("cache_read_input_token_cost"),
        row.get("cache_creation_input_token_cost"),
    )


def _positive_int(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None
