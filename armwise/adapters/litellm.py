"""Calls providers through LiteLLM, one attempt at a time."""

from collections.abc import Sequence
from typing import Any

from armwise.adapters.base import Call
from armwise.adapters.endings import watched
from armwise.adapters.joining import apart, whole_of
from armwise.adapters.loading import load_litellm
from armwise.adapters.models import ModelInfo, litellm_info
from armwise.adapters.opened import aopened, opened

_NAMES = {
    "chat": "completion",
    "text": "text_completion",
    "embedding": "embedding",
    "responses": "responses",
}
"""LiteLLM's function for each kind of call; the async one has an "a" before it."""


class _Zero(int):
    """Zero, but true: LiteLLM's embeddings ask ``max_retries or 2``."""

    def __bool__(self) -> bool:
        return True


_NO_RETRIES = _Zero(0)


class LiteLLMAdapter:
    """The default ``Adapter``: every provider that LiteLLM knows, with the user's own keys."""

    def complete(self, call: Call) -> Any:
        """Call the model once; see ``Adapter.complete``."""
        response = getattr(load_litellm(), _NAMES[call.kind])(**_arguments(call))
        if not call.stream:
            return response
        return opened(response, watched(response, is_async=False))

    async def acomplete(self, call: Call) -> Any:
        """Call the model once; see ``Adapter.acomplete``."""
        response = await getattr(load_litellm(), "a" + _NAMES[call.kind])(**_arguments(call))
        if not call.stream:
            return response
        return await aopened(response, watched(response, is_async=True))

    def assemble(self, chunks: Sequence[Any], call: Call) -> Any:
        """Join a stream's chunks; see ``Adapter.assemble``."""
        if call.kind == "responses":
            return whole_of(chunks)
        return load_litellm().stream_chunk_builder(
            apart(chunks) if call.kind == "chat" else list(chunks), messages=list(call.messages)
        )

    def has_finished(self, stream: Any) -> bool:
        """Say whether a finish reason came; see ``Adapter.has_finished``.

        LiteLLM makes one up where the connection was cut between two events.
        """
        has_finished: bool = stream.has_finished()
        return has_finished

    def info(self, model: str) -> ModelInfo:
        """Return what LiteLLM's list says; see ``Adapter.info``."""
        return litellm_info(model)

    def warmup(self) -> None:
        """Import LiteLLM now."""
        load_litellm()


def _arguments(call: Call) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        # Some of LiteLLM's providers rewrite tools and schemas in place (Gemini drops
        # additionalProperties): the next path of a fallback must see what the caller wrote.
        **{name: _copied(value) for name, value in call.params.items()},
        "model": call.model,
        **_asked(call),
        # Two layers would retry otherwise, and a retry that the router cannot see is neither
        # recorded nor within its deadline.
        "max_retries": _NO_RETRIES,
        "num_retries": 0,
    }
    if call.timeout_s is not None:
        arguments["timeout"] = call.timeout_s
    if call.stream:
        arguments["stream"] = True
    if call.stream and call.kind != "responses":  # whose last event always has the usage
        # Usage comes only when asked for; its chunk is hidden from callers who did not ask.
        arguments["stream_options"] = {
            **(call.params.get("stream_options") or {}),
            "include_usage": True,
        }
    return arguments


def _asked(call: Call) -> dict[str, Any]:
    if call.kind == "chat":
        return {"messages": [_copied(message) for message in call.messages]}
    return {"prompt" if call.kind == "text" else "input": _copied(call.input)}


def _copied(value: Any) -> Any:
    """Copy dicts and lists all the way down; pass clients, callables and classes as they are."""
    if type(value) is dict:
        return {key: _copied(item) for key, item in value.items()}
    if type(value) is list:
        return [_copied(item) for item in value]
    return value
