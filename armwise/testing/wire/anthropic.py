"""Anthropic's wire format: the Messages API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, cast

from armwise.testing.wire.format import (
    LIMIT_TOKENS,
    Address,
    Refusal,
    list_in,
    name_in,
    server_sent,
)
from armwise.testing.wire.reply import Answering, ChatRequest, Piece, Reply, calls_of, halves, words

_STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
_ERROR_TYPES = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}
_ERROR_MESSAGES = {
    "context_length_exceeded": f"prompt is too long: {LIMIT_TOKENS + 1} tokens > {LIMIT_TOKENS} "
    "maximum",
    "invalid_api_key": "invalid x-api-key",
}


class AnthropicMessages:
    """Messages, whole or as named server-sent events."""

    name: ClassVar[str] = "anthropic"
    stream_type: ClassVar[str] = "text/event-stream"

    def read(
        self, address: Address, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> ChatRequest:
        """Return the request; see ``WireFormat.read``."""
        system = body.get("system")
        head = [] if system is None else [{"role": "system", "content": system}]
        messages = head + list_in(body, "messages")
        is_stream = bool(body.get("stream"))
        return ChatRequest(name_in(body), messages, body, headers, self.name, "chat", is_stream)

    def whole(self, answering: Answering) -> dict[str, Any]:
        """Return the message; see ``WireFormat.whole``."""
        return {
            **_envelope(answering),
            "content": _blocks(answering),
            "stop_reason": _stop_reason(answering),
            "usage": _usage(answering),
        }

    def stream(self, answering: Answering) -> Iterator[Piece]:
        """Yield the events; input tokens are in the first, output tokens in the last but one."""
        usage = _usage(answering)
        opening = _envelope(answering) | {"content": [], "usage": usage | {"output_tokens": 1}}
        yield _event("message_start", {"message": opening})
        for index, block in enumerate(_blocks(answering)):
            yield from _streamed(index, block)
        ending = {"stop_reason": _stop_reason(answering), "stop_sequence": None}
        yield _event(
            "message_delta",
            {"delta": ending, "usage": {"output_tokens": usage["output_tokens"]}},
        )
        yield _event("message_stop", {})

    def error(self, reply: Reply) -> Refusal:
        """Return Anthropic's error object; see ``WireFormat.error``."""
        default = "api_error" if reply.status >= 500 else "invalid_request_error"  # noqa: PLR2004
        kind = _ERROR_TYPES.get(reply.status, default)
        message = reply.text or _ERROR_MESSAGES.get(reply.error_code or "", kind.replace("_", " "))
        body = {"type": "error", "error": {"type": kind, "message": message}}
        return Refusal(reply.status, body, {})

    def failure(self, refusal: Refusal) -> bytes:
        """Return the error as one more event; see ``WireFormat.failure``."""
        return server_sent(refusal.body, "error")


def forced_tool(body: Mapping[str, Any]) -> str | None:
    """Return the name of the tool that the request forces: how older models are made to give JSON.

    A played model that says a JSON text answers such a request as the real one does: by a call.
    """
    choice: object = body.get("tool_choice")
    if not isinstance(choice, dict):
        return None
    name: object = cast("dict[str, Any]", choice).get("name")
    return name if isinstance(name, str) else None


def json_of(text: str) -> Any:
    """Return the JSON object that a text is, None if it is none."""
    try:
        value: object = json.loads(text)
    except ValueError:
        return None
    return cast("Any", value) if isinstance(value, dict) else None


def _blocks(answering: Answering) -> list[dict[str, Any]]:
    reply = answering.reply
    forced = forced_tool(answering.request.body)
    said = json_of(reply.text)
    if forced is not None and said is not None and not reply.tool_calls:
        call_id = f"toolu_{answering.number}"
        return [{"type": "tool_use", "id": call_id, "name": forced, "input": said}]
    calls = [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": call.input}
        for call in calls_of(reply)
    ]
    spoken = [{"type": "text", "text": reply.text}] if reply.text or not calls else []
    return spoken + calls


def _streamed(index: int, block: Mapping[str, Any]) -> Iterator[Piece]:
    is_text = block["type"] == "text"
    empty: dict[str, Any] = {"text": ""} if is_text else {"input": {}}
    yield _event("content_block_start", {"index": index, "content_block": {**block, **empty}})
    parts = words(block["text"]) if is_text else halves(json.dumps(block["input"]))
    kind, name = ("text_delta", "text") if is_text else ("input_json_delta", "partial_json")
    for part in parts:
        delta = {"type": kind, name: part}
        yield _event("content_block_delta", {"index": index, "delta": delta}, has_content=True)
    yield _event("content_block_stop", {"index": index})


def _event(kind: str, fields: Mapping[str, Any], *, has_content: bool = False) -> Piece:
    return Piece(server_sent({"type": kind, **fields}, kind), has_content)


def _stop_reason(answering: Answering) -> str:
    reply = answering.reply
    is_forced = forced_tool(answering.request.body) and json_of(reply.text) is not None
    reason = "tool_calls" if is_forced and reply.reason == "stop" else reply.reason
    return _STOP_REASONS.get(reason, reason)


def _usage(answering: Answering) -> dict[str, Any]:
    """Return the usage: unlike OpenAI's, ``input_tokens`` are those outside the cache."""
    reply = answering.reply
    return {
        "input_tokens": answering.input_tokens - reply.cached_tokens - reply.cache_write_tokens,
        "cache_read_input_tokens": reply.cached_tokens,
        "cache_creation_input_tokens": reply.cache_write_tokens,
        "output_tokens": answering.output_tokens,
    }


def _envelope(answering: Answering) -> dict[str, Any]:
    return {
        "id": f"msg_{answering.number}",
        "type": "message",
        "role": "assistant",
        "model": answering.request.model,
        "stop_reason": None,
        "stop_sequence": None,
    }
