"""What LiteLLM has to be told so that it sends a provider's calls to a server of one's own."""

from __future__ import annotations

from typing import Any

from armwise.errors import ConfigurationError

_BASES = {
    "anthropic": "",
    "azure": "",
    "cerebras": "/cerebras/v1",
    "deepseek": "",
    "fireworks_ai": "/v1",
    "gemini": "",
    "groq": "/openai/v1",
    "hosted_vllm": "/v1",
    "lm_studio": "/v1",
    "mistral": "/mistral/v1",
    "ollama": "",
    "ollama_chat": "",
    "openai": "/v1",
    "openrouter": "/api/v1",
    "perplexity": "/perplexity",
    "text-completion-openai": "/v1",
    "together_ai": "/v1",
    "xai": "/v1",
}
"""What each provider's API base ends in; LiteLLM adds the rest."""

_KEY = "sk-test"


def params_for(model: str, url: str) -> dict[str, Any]:
    """Return the parameters of LiteLLM that send a model's calls to ``url``.

    Args:
        model: As LiteLLM names it: "provider/model".
        url: Such as "http://127.0.0.1:40123".

    Raises:
        ConfigurationError: If the provider's wire format is not played.
    """
    provider = model.partition("/")[0]
    if provider == "bedrock":
        return {
            "aws_bedrock_runtime_endpoint": url,
            "aws_access_key_id": _KEY,
            "aws_secret_access_key": _KEY,
            "aws_region_name": "us-east-1",
        }
    if provider not in _BASES:
        raise ConfigurationError(
            f"the wire format of {model!r} is not played here. Models are named "
            f"'provider/model', with one of these providers: {', '.join([*_BASES, 'bedrock'])}."
        )
    params = {"api_base": url + _BASES[provider], "api_key": _KEY}
    return params | {"api_version": "2024-10-21"} if provider == "azure" else params
