"""OpenAI's wire format, and Azure's: chat completions, text completions and embeddings."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, cast

from armwise.testing.wire.format import (
    LIMIT_TOKENS,
    Address,
    Refusal,
    list_in,
    name_in,
    server_sent,
)
from armwise.testing.wire.reply import (
    Answering,
    ChatRequest,
    Kind,
    Piece,
    Reply,
    halves,
    text_of,
    vector_of,
    words,
)

_ERROR_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
# Clients tell some errors apart by these sentences, so the default texts carry them.
_ERROR_MESSAGES = {
    "context_length_exceeded": f"This model's maximum context length is {LIMIT_TOKENS} tokens. "
    f"However, your messages resulted in {LIMIT_TOKENS + 1} tokens. Please reduce the length of "
    "the messages.",
    "invalid_api_key": "Incorrect API key provided: sk-test. You can find your API key at "
    "https://platform.openai.com/account/api-keys.",
}


def openai_error(reply: Reply) -> dict[str, Any]:
    """Return OpenAI's error object for a reply whose status is 400 or more."""
    default = "server_error" if reply.status >= 500 else "invalid_request_error"  # noqa: PLR2004
    kind = _ERROR_TYPES.get(reply.status, default)
    message = reply.text or _ERROR_MESSAGES.get(reply.error_code or "", kind.replace("_", " "))
    return {
        "error": {"message": message, "type": kind, "param": None, "code": reply.error_code},
    }


def openai_usage(answering: Answering) -> dict[str, Any]:
    """Return the usage of a chat or text completion."""
    sent, received = answering.input_tokens, answering.output_tokens
    reply = answering.reply
    return {
        "prompt_tokens": sent,
        "completion_tokens": received,
        "total_tokens": sent + received,
        "prompt_tokens_details": {"cached_tokens": reply.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": reply.reasoning_tokens,
            "audio_tokens": 0,
        },
    }


class OpenAIChat:
    """Chat completions."""

    name: ClassVar[str] = "openai"
    stream_type: ClassVar[str] = "text/event-stream"
    kind: ClassVar[Kind] = "chat"

    def read(
        self, address: Address, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> ChatRequest:
        """Return the request; see ``WireFormat.read``."""
        # Azure names the deployment in the URL.
        model = address.model or name_in(body)
        wire = "azure" if address.model else self.name
        is_stream = bool(body.get("stream"))
        return ChatRequest(model, self._messages(body), body, headers, wire, self.kind, is_stream)

    def whole(self, answering: Answering) -> dict[str, Any]:
        """Return the completion; see ``WireFormat.whole``."""
        reply = answering.reply
        message: dict[str, Any] = {"role": "assistant", "content": reply.text, "refusal": None}
        if reply.tool_calls:
            message |= {"content": reply.text or None, "tool_calls": list(reply.tool_calls)}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reply.reason}
        return {
            **_envelope("chat.completion", answering),
            "choices": [choice],
            "usage": openai_usage(answering),
        }

    def stream(self, answering: Answering) -> Iterator[Piece]:
        """Yield the chunks; the one with the usage comes only if it was asked for."""
        envelope = _envelope("chat.completion.chunk", answering)
        for has_content, choice in self._choices(answering.reply):
            yield Piece(server_sent(envelope | {"choices": [choice]}), has_content)
        if self._owes_usage(answering.request.body):
            usage = {"choices": [], "usage": openai_usage(answering)}
            yield Piece(server_sent(envelope | usage))
        yield Piece(server_sent("[DONE]"))

    def error(self, reply: Reply) -> Refusal:
        """Return OpenAI's error object; see ``WireFormat.error``."""
        return Refusal(reply.status, openai_error(reply), {})

    def failure(self, refusal: Refusal) -> bytes:
        """Return the error as one more event; see ``WireFormat.failure``."""
        return server_sent(refusal.body)

    def _owes_usage(self, body: Mapping[str, Any]) -> bool:
        options: object = body.get("stream_options")
        if not isinstance(options, dict):
            return False
        return bool(cast("dict[str, Any]", options).get("include_usage"))

    def _messages(self, body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        return list_in(body, "messages")

    def _choices(self, reply: Reply) -> Iterator[tuple[bool, dict[str, Any]]]:
        def choice(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
            return {"index": 0, "delta": delta, "finish_reason": finish}

        yield False, choice({"role": "assistant", "content": ""})
        for piece in words(reply.text):
            yield True, choice({"content": piece})
        for index, call in enumerate(reply.tool_calls or ()):
            function = {**call["function"], "arguments": ""}
            yield False, choice({"tool_calls": [{"index": index, **call, "function": function}]})
            for part in halves(call["function"]["arguments"]):
                more = {"index": index, "function": {"arguments": part}}
                yield True, choice({"tool_calls": [more]})
        yield False, choice({}, reply.reason)


class UnaskedUsageChat(OpenAIChat):
    """Chat completions of those who send the usage of a stream unasked, such as Mistral.

    LiteLLM does not pass the wish for usage on to them.
    """

    def _owes_usage(self, body: Mapping[str, Any]) -> bool:
        return True


class OpenAIText(OpenAIChat):
    """Text completions, the older kind: a prompt goes on."""

    kind: ClassVar[Kind] = "text"

    def whole(self, answering: Answering) -> dict[str, Any]:
        """Return the completion; see ``WireFormat.whole``."""
        reply = answering.reply
        choice = {"index": 0, "text": reply.text, "logprobs": None, "finish_reason": reply.reason}
        return {
            **_envelope("text_completion", answering),
            "choices": [choice],
            "usage": openai_usage(answering),
        }

    def _messages(self, body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        return _as_messages(body.get("prompt"), "prompt")

    def _choices(self, reply: Reply) -> Iterator[tuple[bool, dict[str, Any]]]:
        for piece in words(reply.text):
            yield True, {"index": 0, "text": piece, "logprobs": None, "finish_reason": None}
        yield False, {"index": 0, "text": "", "logprobs": None, "finish_reason": reply.reason}


class OpenAIEmbedding(OpenAIChat):
    """Embeddings, as lists of numbers or, if asked for, as base64 of 32-bit floats."""

    kind: ClassVar[Kind] = "embedding"

    def whole(self, answering: Answering) -> dict[str, Any]:
        """Return one vector per input; see ``WireFormat.whole``."""
        is_packed = answering.request.body.get("encoding_format") == "base64"
        vectors = [
            vector_of(answering.reply, text_of(message["content"]))
            for message in answering.request.messages
        ]
        sent = answering.input_tokens
        return {
            "object": "list",
            "model": answering.request.model,
            "data": [
                {
                    "object": "embedding",
                    "index": index,
                    "embedding": _packed(vector) if is_packed else vector,
                }
                for index, vector in enumerate(vectors)
            ],
            "usage": {"prompt_tokens": sent, "total_tokens": sent},
        }

    def _messages(self, body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        return _as_messages(body.get("input"), "input")


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _as_messages(texts: object, name: str) -> list[dict[str, Any]]:
    if isinstance(texts, str):
        texts = [texts]
    if not isinstance(texts, list) or not texts:
        raise ValueError(f"you must provide {name}: a text or a list of texts")
    return [{"role": "user", "content": text} for text in texts]


def _envelope(kind: str, answering: Answering) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{answering.number}",
        "object": kind,
        "created": answering.created,
        "model": answering.request.model,
        "service_tier": "default",  # LiteLLM's Groq client fails on a reply without it
        "system_fingerprint": None,
    }
