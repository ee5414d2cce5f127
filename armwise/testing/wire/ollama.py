"""Ollama's wire format: /api/chat, /api/generate and /api/embed, streamed as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, cast

from armwise.testing.wire.format import LIMIT_TOKENS, Address, Refusal, list_in, name_in
from armwise.testing.wire.reply import (
    Answering,
    ChatRequest,
    Kind,
    Piece,
    Reply,
    calls_of,
    vector_of,
    words,
)

_DONE_REASONS = {"tool_calls": "stop"}  # it has no word of its own for calls
_ERROR_MESSAGES = {
    "context_length_exceeded": "the input length exceeds the context length",
    "invalid_api_key": "unauthorized",
}
_STATUS_MESSAGES = {
    404: "model not found, try pulling it first",
    429: "too many requests",
    503: "server busy, please try again.  maximum pending requests exceeded",
}
SHOWN: dict[str, Any] = {
    "model_info": {"llama.context_length": LIMIT_TOKENS},
    "template": "{{ .Tools }}",
    "capabilities": ["completion", "tools", "vision"],
}
"""What /api/show says of any model; LiteLLM asks before it sends tools."""

_NANOSECONDS = 1_000_000  # durations are reported, but nothing here depends on them


class OllamaChat:
    """Chats; a stream unless told otherwise."""

    name: ClassVar[str] = "ollama"
    stream_type: ClassVar[str] = "application/x-ndjson"
    kind: ClassVar[Kind] = "chat"

    def read(
        self, address: Address, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> ChatRequest:
        """Return the request; see ``WireFormat.read``."""
        is_stream = bool(body.get("stream", True)) and self.kind == "chat"
        messages = self._messages(body)
        return ChatRequest(name_in(body), messages, body, headers, self.name, self.kind, is_stream)

    def whole(self, answering: Answering) -> dict[str, Any]:
        """Return the answer; see ``WireFormat.whole``."""
        reply = answering.reply
        said = self._said(reply.text, _calls(reply))
        return _envelope(answering) | said | _ending(answering)

    def stream(self, answering: Answering) -> Iterator[Piece]:
        """Yield one line per piece; a tool call comes in one piece."""
        reply = answering.reply
        envelope = _envelope(answering) | {"done": False}
        for part in words(reply.text):
            yield Piece(_line(envelope | self._said(part, [])), has_content=True)
        for call in _calls(reply):
            yield Piece(_line(envelope | self._said("", [call])), has_content=True)
        yield Piece(_line(envelope | self._said("", []) | _ending(answering)))

    def error(self, reply: Reply) -> Refusal:
        """Return Ollama's error: one sentence; see ``WireFormat.error``."""
        usual = _STATUS_MESSAGES.get(reply.status, f"error {reply.status}")
        message = reply.text or _ERROR_MESSAGES.get(reply.error_code or "", usual)
        return Refusal(reply.status, {"error": message}, {})

    def failure(self, refusal: Refusal) -> bytes:
        """Return the error as one more line; see ``WireFormat.failure``."""
        return _line(refusal.body)

    def _messages(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        return list_in(body, "messages")

    def _said(self, text: str, calls: list[dict[str, Any]]) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": text}
        return {"message": message | {"tool_calls": calls} if calls else message}


class OllamaGenerate(OllamaChat):
    """Generation from one prompt, which LiteLLM uses for models under ``ollama/``."""

    def _messages(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        system = body.get("system")
        head = [] if not system else [{"role": "system", "content": system}]
        return [*head, {"role": "user", "content": body.get("prompt") or ""}]

    def _said(self, text: str, calls: list[dict[str, Any]]) -> dict[str, Any]:
        if not calls:
            return {"response": text}
        # /api/generate has no tools; clients ask for JSON that names one.
        function = {key: calls[0]["function"][key] for key in ("name", "arguments")}
        return {"response": text + json.dumps(function)}


class OllamaEmbed(OllamaChat):
    """Embeddings of one or several inputs."""

    kind: ClassVar[Kind] = "embedding"

    def whole(self, answering: Answering) -> dict[str, Any]:
        """Return one vector per input; see ``WireFormat.whole``."""
        vectors = [
            vector_of(answering.reply, message["content"]) for message in answering.request.messages
        ]
        return {
            "model": answering.request.model,
            "embeddings": vectors,
            "prompt_eval_count": answering.input_tokens,
        }

    def _messages(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        texts: object = body.get("input")
        wanted = [texts] if isinstance(texts, str) else cast("list[str]", texts or [])
        return [{"role": "user", "content": text} for text in wanted]


def _calls(reply: Reply) -> list[dict[str, Any]]:
    return [
        {"function": {"index": index, "name": call.name, "arguments": call.input}}
        for index, call in enumerate(calls_of(reply))
    ]


def _ending(answering: Answering) -> dict[str, Any]:
    reason = answering.reply.reason
    return {
        "done": True,
        "done_reason": _DONE_REASONS.get(reason, reason),
        "total_duration": _NANOSECONDS,
        "load_duration": _NANOSECONDS,
        "prompt_eval_count": answering.input_tokens,
        "prompt_eval_duration": _NANOSECONDS,
        "eval_count": answering.output_tokens,
        "eval_duration": _NANOSECONDS,
    }


def _envelope(answering: Answering) -> dict[str, Any]:
    created = datetime.fromtimestamp(answering.created, UTC).isoformat()
    return {"model": answering.request.model, "created_at": created}


def _line(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event).encode() + b"\n"
