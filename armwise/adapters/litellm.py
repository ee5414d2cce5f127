"""Calls providers through LiteLLM.

LiteLLM is imported at the first call, never before: its 3 s and 150 MB dwarf the router's. It is
told to stay off the network, to leave the project's ``.env`` alone, and to make one attempt only.
"""

import asyncio
import logging
import os
from collections.abc import Sequence
from functools import cache
from typing import Any

from armwise.adapters.base import Call
from armwise.adapters.models import ModelInfo, litellm_info
from armwise.errors import ConfigurationError

_OFFLINE = {
    # Without it every import asks a web server for the price list.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    # Without it every import loads the first .env found above site-packages.
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
}


@cache
def load_litellm() -> Any:
    """Import LiteLLM with its side effects turned off, and return it.

    What the user has set, environment variables and a log level, is kept.
    """
    for variable, value in _OFFLINE.items():
        os.environ.setdefault(variable, value)
    try:
        import litellm
    except ImportError as error:
        raise ConfigurationError(
            f"litellm cannot be imported ({error}). Install it with: pip install armwise"
        ) from error
    litellm.suppress_debug_info = True
    # Opening a stream of a Llama-named model would otherwise fetch its tokenizer, for up to 46 s.
    litellm.disable_hf_tokenizer_download = True
    logger = logging.getLogger("LiteLLM")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.ERROR)  # it would print every provider's error beside our own
    return litellm


class LiteLLMAdapter:
    """The default ``Adapter``: every provider that LiteLLM knows, with the user's own keys."""

    def complete(self, call: Call) -> Any:
        """Call the model once; see ``Adapter.complete``."""
        return load_litellm().completion(**_arguments(call))

    async def acomplete(self, call: Call) -> Any:
        """Call the model once; see ``Adapter.acomplete``."""
        if not load_litellm.cache_info().currsize:
            await asyncio.to_thread(load_litellm)  # importing it here would stop the loop for 3 s
        return await load_litellm().acompletion(**_arguments(call))

    def assemble(self, chunks: Sequence[Any], call: Call) -> Any:
        """Join a stream's chunks; see ``Adapter.assemble``."""
        return load_litellm().stream_chunk_builder(list(chunks), messages=list(call.messages))

    def info(self, model: str) -> ModelInfo:
        """Return what LiteLLM's list says; see ``Adapter.info``."""
        return litellm_info(model)

    def warmup(self) -> None:
        """Import LiteLLM now."""
        load_litellm()


def _arguments(call: Call) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        **call.params,
        "model": call.model,
        "messages": call.messages,
        # Two layers would retry otherwise, and a retry that the router cannot see is neither
        # recorded nor within its deadline.
        "max_retries": 0,
        "num_retries": 0,
    }
    if call.timeout_s is not None:
        arguments["timeout"] = call.timeout_s
    if call.stream:
        arguments["stream"] = True
        # Usage comes only when asked for; its chunk is hidden from callers who did not ask.
        arguments["stream_options"] = {
            **(call.params.get("stream_options") or {}),
            "include_usage": True,
        }
    return arguments
