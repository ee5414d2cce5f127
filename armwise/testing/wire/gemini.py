"""Gemini's wire format: generateContent, streamGenerateContent and embeddings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, cast

from armwise.testing.wire.format import LIMIT_TOKENS, Address, Refusal, list_in, server_sent
from armwise.testing.wire.reply import (
    Answering,
    ChatRequest,
    Piece,
    Reply,
    calls_of,
    text_of,
    vector_of,
    words,
)

_FINISH_REASONS = {
    "stop": "STOP",
    "length": "MAX_TOKENS",
    "tool_calls": "STOP",  # it has no word of its own for calls
    "content_filter": "SAFETY",
}
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    422: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_ERROR_MESSAGES = {
    "context_length_exceeded": f"The input token count ({LIMIT_TOKENS + 1}) exceeds the maximum "
    f"number of tokens allowed ({LIMIT_TOKENS}).",
    "invalid_api_key": "API key not valid. Please pass a valid API key.",
}


class GeminiContent:
    """Generated content, whole or as server-sent events; the URL says which."""

    name: ClassVar[str] = "gemini"
    stream_type: ClassVar[str] = "text/event-stream"

    def read(
        self, address: Address, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> ChatRequest:
        """Return the request; see ``WireFormat.read``."""
        messages = [_message(content) for content in list_in(body, "contents")]
        system: Any = body.get("system_instruction") or body.get("systemInstruction")
        if system is not None:
            messages.insert(0, {"role": "system", "content": system.get("parts")})
        is_stream = address.action == "streamGenerateContent"
        return ChatRequest(address.model, messages, body, headers, self.name, "chat", is_stream)

    def whole(self, answering: Answering) -> dict[str, Any]:
        """Return the content; see ``WireFormat.whole``."""
        reply = answering.reply
        parts = [{"text": reply.text}] if reply.text or not reply.tool_calls else []
        reason = _FINISH_REASONS.get(reply.reason, reply.reason)
        return _body(answering, [*parts, *_calls(reply)], reason, _usage(answering))

    def stream(self, answering: Answering) -> Iterator[Piece]:
        """Yield one event per piece; a tool call comes in one piece."""
        reply = answering.reply
        for part in words(reply.text):
            yield Piece(server_sent(_body(answering, [{"text": part}])), has_content=True)
        for call in _calls(reply):
            yield Piece(server_sent(_body(answering, [call])), has_content=True)
        reason = _FINISH_REASONS.get(reply.reason, reply.reason)
        yield Piece(server_sent(_body(answering, [{"text": ""}], reason, _usage(answering))))

    def error(self, reply: Reply) -> Refusal:
        """Return Google's error object; see ``WireFormat.error``."""
        is_key = reply.error_code == "invalid_api_key"
        status = 400 if is_key else reply.status  # so Google answers a wrong key
        word = _STATUSES.get(status, "UNKNOWN")
        message = reply.text or _ERROR_MESSAGES.get(
            reply.error_code or "", word.replace("_", " ").capitalize()
        )
        error: dict[str, Any] = {"code": status, "message": message, "status": word}
        if is_key:
            kind = "type.googleapis.com/google.rpc.ErrorInfo"
            error["details"] = [{"@type": kind, "reason": "API_KEY_INVALID"}]
        return Refusal(status, {"error": error}, {})

    def failure(self, refusal: Refusal) -> bytes:
        """Return the error as one more event; see ``WireFormat.failure``."""
        return server_sent(refusal.body)


class GeminiEmbedding(GeminiContent):
    """Embeddings of a batch of inputs, or of one."""

    def read(
        self, address: Address, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> ChatRequest:
        """Return the request; see ``WireFormat.read``."""
        wanted = [body] if address.action == "embedContent" else list_in(body, "requests")
        messages = [_message({**item["content"], "role": "user"}) for item in wanted]
        return ChatRequest(address.model, messages, body, headers, self.name, "embedding")

    def whole(self, answering: Answering) -> dict[str, Any]:
        """Return one vector per input; see ``WireFormat.whole``."""
        vectors = [
            {"values": vector_of(answering.reply, text_of(message["content"]))}
            for message in answering.request.messages
        ]
        if "requests" not in answering.request.body:
            return {"embedding": vectors[0]}
        return {"embeddings": vectors}


def _message(content: Mapping[str, Any]) -> dict[str, Any]:
    role = "assistant" if content.get("role") == "model" else "user"
    return {"role": role, "content": cast("object", content.get("parts"))}


def _calls(reply: Reply) -> Iterator[dict[str, Any]]:
    for call in calls_of(reply):
        yield {"functionCall": {"name": call.name, "args": call.input}}


def _usage(answering: Answering) -> dict[str, Any]:
    """Return the usage: reasoning is not among the candidates' tokens."""
    sent, received = answering.input_tokens, answering.output_tokens
    usage = {
        "promptTokenCount": sent,
        "candidatesTokenCount": received - answering.reply.reasoning_tokens,
        "totalTokenCount": sent + received,
    }
    if answering.reply.cached_tokens:
        usage["cachedContentTokenCount"] = answering.reply.cached_tokens
    if answering.reply.reasoning_tokens:
        usage["thoughtsTokenCount"] = answering.reply.reasoning_tokens
    return usage


def _body(
    answering: Answering,
    parts: list[dict[str, Any]],
    reason: str | None = None,
    usage: dict[str, Any] | None = None,
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if reason is not None:
        candidate["finishReason"] = reason
    body = {
        "candidates": [candidate],
        "modelVersion": answering.request.model,
        "responseId": f"response-{answering.number}",
    }
    return body if usage is None else body | {"usageMetadata": usage}
