"""What a call costs: price rows, and reading them from LiteLLM's list without importing it.

Costs are computed here, from price and usage. LiteLLM's own cost function answers 0.0 for some
unknown models, and a price passed with a call changes its global table for later calls.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from armwise.adapters.usage import Usage

_LIST_FILE = "model_prices_and_context_window_backup.json"
_FREE_PROVIDERS = frozenset(
    {"hosted_vllm", "llamafile", "lm_studio", "ollama", "ollama_chat", "vllm", "xinference"}
)
"""Providers that run on the caller's own machines: a price of zero is meant."""


@dataclass(frozen=True, slots=True)
class Price:
    """List price of a model, in US dollars per token.

    Args:
        input_usd: Per input token.
        output_usd: Per output token, reasoning included.
        cached_input_usd: Per input token read from the provider's prompt cache; None: as input.
        cache_write_usd: Per input token written to that cache; None: as input.
    """

    input_usd: float
    output_usd: float
    cached_input_usd: float | None = None
    cache_write_usd: float | None = None

    def cost_usd(self, usage: Usage) -> float:
        """Return what a call with this usage costs, in US dollars."""
        plain = usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens
        read_usd = self.input_usd if self.cached_input_usd is None else self.cached_input_usd
        write_usd = self.input_usd if self.cache_write_usd is None else self.cache_write_usd
        return (
            max(0, plain) * self.input_usd
            + usage.cached_input_tokens * read_usd
            + usage.cache_write_tokens * write_usd
            + usage.output_tokens * self.output_usd
        )


def litellm_price(model: str) -> Price | None:
    """Return LiteLLM's list price of a model, None if it is not known.

    A price of zero counts as unknown unless the provider runs on the caller's machines: the list
    has zeros for models whose price nobody entered.
    """
    provider = model.partition("/")[0]
    if provider in _FREE_PROVIDERS:
        return Price(0.0, 0.0)
    prices = _price_list()
    return prices.get(model) or prices.get(model.partition("/")[2])


@cache
def _price_list() -> Mapping[str, Price]:
    """Read the list from the installed package's data: 20 ms instead of a 3 s import."""
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        return {}
    try:
        with (Path(spec.origin).parent / _LIST_FILE).open(encoding="utf-8") as file:
            rows = json.load(file)
    except (OSError, ValueError):
        return _loaded_price_list()
    return _prices(rows)


def _loaded_price_list() -> Mapping[str, Price]:
    """Read the list from the imported package, where its data file has moved."""
    from armwise.adapters.litellm import load_litellm

    return _prices(load_litellm().model_cost)


def _prices(rows: Mapping[str, Any]) -> Mapping[str, Price]:
    prices: dict[str, Price] = {}
    for model, row in rows.items():
        input_usd, output_usd = row.get("input_cost_per_token"), row.get("output_cost_per_token")
        if isinstance(input_usd, int | float) and input_usd > 0:
            prices[model] = Price(
                float(input_usd),
                float(output_usd or 0.0),
                row.get("cache_read_input_token_cost"),
                row.get("cache_creation_input_token_cost"),
            )
    return prices
