"""Prices and usage: what is unknown stays unknown, and nothing is free by mistake."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from armwise.adapters import Price, Usage, litellm_info, usage_of


@pytest.mark.parametrize(
    "model",
    [
        "anthropic/claude-sonnet-4-5-20990101",
        "gemini/gemini-9.9-flash",
        "groq/no-such-model",
        "openai/no-such-model",
        "",
    ],
)
def test_an_unknown_model_has_no_price(model: str) -> None:
    """Models that LiteLLM's cost function would call free are unknown."""
    assert litellm_info(model).price is None


def test_known_models_have_the_listed_price() -> None:
    """With and without the provider's prefix, input, output and cached tokens are priced."""
    with_provider = litellm_info("openai/gpt-4o-mini")

    assert with_provider == litellm_info("gpt-4o-mini")
    assert with_provider.price == Price(1.5e-7, 6e-7, 7.5e-8)
    assert with_provider.max_input_tokens == 128_000


@pytest.mark.parametrize("route", ["", "converse/", "invoke/"])
def test_the_route_through_bedrock_does_not_hide_the_price(route: str) -> None:
    """LiteLLM reads a route before the model's name, which its list has without one."""
    model = f"bedrock/{route}anthropic.claude-3-5-sonnet-20240620-v1:0"

    assert litellm_info(model).price == Price(3e-6, 1.5e-5, 3e-7, 3.75e-6)


def test_models_on_ones_own_machine_are_free() -> None:
    """Zero is a known price only where nobody sends a bill."""
    assert litellm_info("ollama/anything").price == Price(0, 0)


def test_reading_prices_does_not_import_litellm() -> None:
    """The list is data; a 3 s import is not needed for it."""
    code = (
        "import sys; from armwise.adapters import litellm_info; "
        "assert litellm_info('gpt-4o').price; assert 'litellm' not in sys.modules"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stderr == ""
    assert done.returncode == 0


def test_cached_and_written_tokens_have_their_own_price() -> None:
    """A prompt's tokens are split into plain, read from cache, and written to it."""
    price = Price(input_usd=10, output_usd=100, cached_input_usd=1, cache_write_usd=20)

    cost_usd = price.cost_usd(Usage(10, 2, cached_input_tokens=5, cache_write_tokens=3))

    assert cost_usd == 2 * 10 + 5 * 1 + 3 * 20 + 2 * 100


def test_without_cache_prices_all_input_costs_the_same() -> None:
    """An unlisted cache price is the input price, never zero."""
    assert Price(10, 100).cost_usd(Usage(10, 0, 5, 3)) == 100


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (None, None),
        (SimpleNamespace(prompt_tokens=None, completion_tokens=1), None),
        (SimpleNamespace(prompt_tokens=5, completion_tokens=1), Usage(5, 1)),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 1,
                "prompt_tokens_details": {"cached_tokens": 4},
            },
            Usage(9, 1, 4),
        ),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 1,
                "prompt_tokens_details": None,
                "cache_read_input_tokens": 3,
                "cache_creation_input_tokens": 2,
            },
            Usage(9, 1, 3, 2),
        ),
    ],
)
def test_usage_is_read_in_every_providers_spelling(usage: object, expected: Usage | None) -> None:
    """OpenAI's and Anthropic's cache fields are both understood; no usage is None."""
    assert expected == usage_of(SimpleNamespace(usage=usage))


def test_reasoning_is_part_of_the_output_and_not_paid_twice() -> None:
    """OpenAI, Anthropic and, by LiteLLM's hand, Gemini count it among the output tokens."""
    details = SimpleNamespace(reasoning_tokens=80)
    usage = SimpleNamespace(
        prompt_tokens=10, completion_tokens=100, completion_tokens_details=details
    )

    assert usage_of(SimpleNamespace(usage=usage)) == Usage(10, 100)


def test_geminis_thoughts_come_on_top_of_its_candidates() -> None:
    """Its own count of candidates leaves thoughts out; what LiteLLM hands on has them in."""
    from litellm.llms.vertex_ai.gemini.vertex_and_google_ai_studio_gemini import (
        VertexGeminiConfig,
    )

    counts = {
        "promptTokenCount": 10,
        "candidatesTokenCount": 20,
        "thoughtsTokenCount": 80,
        "totalTokenCount": 110,
    }
    usage = VertexGeminiConfig._calculate_usage({"usageMetadata": counts})

    assert usage_of(SimpleNamespace(usage=usage)) == Usage(10, 100)
