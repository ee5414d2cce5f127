"""Bedrock's wire format: Converse, whole or in AWS's binary event-stream framing."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, cast

from armwise.testing.wire.anthropic import json_of
from armwise.testing.wire.format import Address, Refusal, list_in
from armwise.testing.wire.reply import Answering, ChatRequest, Piece, Reply, calls_of, halves, words

_STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "content_filtered",
}
_WRONG_KEY = "UnrecognizedClientException"
_EXCEPTIONS = {
    400: "ValidationException",
    401: _WRONG_KEY,
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    422: "ValidationException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}
_ERROR_MESSAGES = {
    "context_length_exceeded": "Input is too long for requested model.",
    "invalid_api_key": "The security token included in the request is invalid.",
}
_STRING_HEADER = 7
"""The type of a string among the header values of AWS's event stream."""


class BedrockConverse:
    """Converse; the URL says whether as a stream."""

    name: ClassVar[str] = "bedrock"
    stream_type: ClassVar[str] = "application/vnd.amazon.eventstream"

    def read(
        self, address: Address, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> ChatRequest:
        """Return the request; see ``WireFormat.read``."""
        system = body.get("system")
        head = [{"role": "system", "content": system}] if system else []
        messages = head + list_in(body, "messages")
        is_stream = address.action == "converse-stream"
        return ChatRequest(address.model, messages, body, headers, self.name, "chat", is_stream)

    def whole(self, answering: Answering) -> dict[str, Any]:
        """Return the message; see ``WireFormat.whole``."""
        return {
            "output": {"message": {"role": "assistant", "content": _blocks(answering)}},
            "stopReason": _stop_reason(answering),
            "usage": _usage(answering),
            "metrics": {"latencyMs": 1},
        }

    def stream(self, answering: Answering) -> Iterator[Piece]:
        """Yield the events; usage is in the last."""
        yield Piece(framed("messageStart", {"role": "assistant"}))
        for index, block in enumerate(_blocks(answering)):
            yield from _streamed(index, block)
        yield Piece(framed("messageStop", {"stopReason": _stop_reason(answering)}))
        ending = {"usage": _usage(answering), "metrics": {"latencyMs": 1}}
        yield Piece(framed("metadata", ending))

    def error(self, reply: Reply) -> Refusal:
        """Return AWS's message, its kind in a header; see ``WireFormat.error``."""
        is_key = reply.error_code == "invalid_api_key"
        kind = _WRONG_KEY if is_key else _EXCEPTIONS.get(reply.status, "InternalServerException")
        message = reply.text or _ERROR_MESSAGES.get(reply.error_code or "", f"{kind} was raised.")
        status = 403 if is_key else reply.status  # so AWS answers a wrong key
        return Refusal(status, {"message": message}, {"x-amzn-errortype": kind})

    def failure(self, refusal: Refusal) -> bytes:
        """Return the error, framed like an event; see ``WireFormat.failure``."""
        kind = refusal.headers["x-amzn-errortype"]
        return framed(kind[0].lower() + kind[1:], refusal.body, is_exception=True)


def framed(kind: str, payload: Mapping[str, Any], *, is_exception: bool = False) -> bytes:
    """Return one message of AWS's event stream.

    Its lengths, their checksum, the headers, the payload, and the checksum of it all; checksums
    are CRC-32, numbers big-endian.
    """
    what = "exception" if is_exception else "event"
    names = {f":{what}-type": kind, ":content-type": "application/json", ":message-type": what}
    headers = b"".join(_header(name, value) for name, value in names.items())
    body = json.dumps(payload).encode()
    lengths = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    message = lengths + struct.pack(">I", zlib.crc32(lengths)) + headers + body
    return message + struct.pack(">I", zlib.crc32(message))


def _header(name: str, value: str) -> bytes:
    head = struct.pack(">B", len(name)) + name.encode()
    return head + struct.pack(">BH", _STRING_HEADER, len(value)) + value.encode()


def _forced_tool(body: Mapping[str, Any]) -> str | None:
    """Return the name of the tool that the request forces; see ``anthropic.forced_tool``."""
    config = cast("Mapping[str, Any]", body.get("toolConfig") or {})
    choice = cast("Mapping[str, Any]", config.get("toolChoice") or {})
    forced = cast("Mapping[str, Any]", choice.get("tool") or {})
    name: object = forced.get("name")
    return name if isinstance(name, str) else None


def _blocks(answering: Answering) -> list[dict[str, Any]]:
    reply = answering.reply
    forced, said = _forced_tool(answering.request.body), json_of(reply.text)
    if forced is not None and said is not None and not reply.tool_calls:
        call_id = f"tooluse_{answering.number}"
        return [{"toolUse": {"toolUseId": call_id, "name": forced, "input": said}}]
    calls = [
        {"toolUse": {"toolUseId": call.id, "name": call.name, "input": call.input}}
        for call in calls_of(reply)
    ]
    spoken = [{"text": reply.text}] if reply.text or not calls else []
    return spoken + calls


def _streamed(index: int, block: Mapping[str, Any]) -> Iterator[Piece]:
    used = block.get("toolUse")
    if used is None:
        deltas: list[dict[str, Any]] = [{"text": part} for part in words(block["text"])]
    else:
        start = {"toolUse": {"toolUseId": used["toolUseId"], "name": used["name"]}}
        yield Piece(framed("contentBlockStart", {"contentBlockIndex": index, "start": start}))
        parts = halves(json.dumps(used["input"]))
        deltas = [{"toolUse": {"input": part}} for part in parts]
    for delta in deltas:
        event = {"contentBlockIndex": index, "delta": delta}
        yield Piece(framed("contentBlockDelta", event), has_content=True)
    yield Piece(framed("contentBlockStop", {"contentBlockIndex": index}))


def _stop_reason(answering: Answering) -> str:
    reply = answering.reply
    is_forced = _forced_tool(answering.request.body) and json_of(reply.text) is not None
    reason = "tool_calls" if is_forced and reply.reason == "stop" else reply.reason
    return _STOP_REASONS.get(reason, reason)


def _usage(answering: Answering) -> dict[str, Any]:
    """Return the usage: unlike OpenAI's, ``inputTokens`` are those outside the cache."""
    reply = answering.reply
    sent, received = answering.input_tokens, answering.output_tokens
    return {
        "inputTokens": sent - reply.cached_tokens - reply.cache_write_tokens,
        "outputTokens": received,
        "totalTokens": sent + received,
        "cacheReadInputTokens": reply.cached_tokens,
        "cacheWriteInputTokens": reply.cache_write_tokens,
    }
