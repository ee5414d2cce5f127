"""Tokens that a call used, read from an OpenAI-shaped response."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call.

    Args:
        input_tokens: All input tokens, cached ones included.
        output_tokens: All output tokens, reasoning included; 0 for an embedding.
        cached_input_tokens: Input tokens read from the provider's prompt cache.
        cache_write_tokens: Input tokens written to it.
    """

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0


def usage_of(response: Any) -> Usage | None:
    """Return the usage that a response carries, None if it carries none.

    Chats and text completions, embeddings and the Responses API each name it in their own way.
    """
    usage = _get(response, "usage")
    sent, written = _get(usage, "prompt_tokens"), _get(usage, "completion_tokens")
    if not isinstance(sent, int):
        return _usage_of_response(usage)
    if written is None and _get(usage, "total_tokens") == sent:
        written = 0  # OpenAI's own client says nothing of output where there can be none
    if not isinstance(written, int) or sent < 0 or written < 0:
        return None
    details = _get(usage, "prompt_tokens_details")
    cached = _count(details, "cached_tokens") or _count(usage, "cache_read_input_tokens")
    return Usage(sent, written, cached, _count(usage, "cache_creation_input_tokens"))


def _usage_of_response(usage: Any) -> Usage | None:
    """Return the usage of the Responses API."""
    sent, written = _get(usage, "input_tokens"), _get(usage, "output_tokens")
    if not isinstance(sent, int) or not isinstance(written, int) or sent < 0 or written < 0:
        return None
    details = _get(usage, "input_tokens_details")
    cached, stored = _count(details, "cached_tokens"), _count(details, "cache_write_tokens")
    return Usage(sent, written, cached, stored)


def _get(source: Any, name: str) -> Any:
    if isinstance(source, dict):
        return source.get(name)
    held = getattr(source, "__dict__", None)
    if held is not None and name in held:
        return held[name]
    if hasattr(source, "__pydantic_extra__"):
        # A pydantic model takes 5 us to say that it lacks a field; its extras can be looked at.
        return (source.__pydantic_extra__ or {}).get(name)
    return getattr(source, name, None)


def _count(source: Any, name: str) -> int:
    value = _get(source, name)
    return value if isinstance(value, int) and value > 0 else 0
