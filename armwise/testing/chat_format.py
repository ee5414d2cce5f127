"""OpenAI's chat-completions wire format: what a request holds and how a reply is written.

Only values in and values out; ``loopback`` puts them on a socket.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

_ERROR_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
# Clients tell some errors apart by these sentences, so the default texts carry them.
_ERROR_MESSAGES = {
    "context_length_exceeded": "This model's maximum context length is 8192 tokens. However, "
    "your messages resulted in 8193 tokens. Please reduce the length of the messages.",
}
_CHARACTERS_PER_TOKEN = 4  # the usual rule of thumb for English; used only where no count is given


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One chat-completions request as a server received it.

    Attributes:
        model: The model's name, without a provider prefix.
        messages: The conversation as sent.
        body: The whole parsed request body.
        headers: The HTTP headers, names in lower case.
    """

    model: str
    messages: Sequence[Mapping[str, Any]]
    body: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def prompt(self) -> str:
        """The text of the last user message, empty if there is none."""
        for message in reversed(self.messages):
            if message.get("role") == "user":
                return _text_of(message.get("content"))
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a played model answers.

    Args:
        text: The content, or the error's message where ``status`` is 400 or more; empty, the
            error gets the usual message of its code.
        input_tokens: Prompt tokens to bill; a quarter of the characters if omitted.
        output_tokens: Completion tokens to bill; a quarter of the characters if omitted.
        cached_tokens: How many of the prompt tokens came from the provider's cache.
        finish_reason: As in OpenAI's API; ``"stop"`` becomes ``"tool_calls"`` beside calls.
        tool_calls: Calls in OpenAI's shape, each with ``id``, ``type`` and ``function``.
        status: HTTP status; from 400 on the body is OpenAI's error object.
        error_code: The error's ``code``, for example ``"context_length_exceeded"``.
        headers: Extra HTTP headers, for example ``{"retry-after": "2"}``.
        latency_s: Seconds to wait before the first byte.
        chunk_latency_s: Seconds to wait before each further chunk of a stream.
        cut_after_chunks: Cut the connection after so many chunks of content; a reply that is
            not streamed is then cut in the middle of its body.
    """

    text: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int = 0
    finish_reason: str = "stop"
    tool_calls: Sequence[Mapping[str, Any]] | None = None
    status: int = 200
    error_code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    latency_s: float = 0.0
    chunk_latency_s: float = 0.0
    cut_after_chunks: int | None = None


Behaviour = Callable[[ChatRequest], Reply]
"""A played model: it sees the request and returns its reply. Called from many threads."""


def fixed(text: str, **fields: Any) -> Behaviour:
    """Return a model that always gives the same answer.

    Args:
        text: The answer.
        **fields: Further fields of the ``Reply``, for example ``output_tokens=7``.
    """
    reply = Reply(text=text, **fields)
    return lambda _request: reply


def parse_request(raw: bytes, headers: Mapping[str, str]) -> ChatRequest:
    """Return the request that a body holds.

    Raises:
        ValueError: If the body is not a JSON object with ``model`` and ``messages``.
    """
    body: object = json.loads(raw)  # its error is a ValueError too
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - one kind of refusal
    fields = cast("dict[str, Any]", body)
    model, messages = fields.get("model"), fields.get("messages")
    if not isinstance(model, str) or not isinstance(messages, list):
        raise ValueError("you must provide a model parameter and a list of messages")  # noqa: TRY004
    return ChatRequest(
        model,
        cast("list[dict[str, Any]]", messages),
        fields,
        {k.lower(): v for k, v in headers.items()},
    )


def error_body(reply: Reply) -> dict[str, Any]:
    """Return OpenAI's error object for a reply whose status is 400 or more."""
    default = "server_error" if reply.status >= 500 else "invalid_request_error"  # noqa: PLR2004
    kind = _ERROR_TYPES.get(reply.status, default)
    message = reply.text or _ERROR_MESSAGES.get(reply.error_code or "", kind.replace("_", " "))
    return {
        "error": {"message": message, "type": kind, "param": None, "code": reply.error_code},
    }


def completion_body(
    request: ChatRequest, reply: Reply, number: int, created: int
) -> dict[str, Any]:
    """Return the body of a completion that is not streamed.

    Args:
        request: What was asked.
        reply: What to answer.
        number: Makes the completion's id.
        created: Seconds since the epoch.
    """
    message: dict[str, Any] = {"role": "assistant", "content": reply.text, "refusal": None}
    if reply.tool_calls:
        message |= {"content": reply.text or None, "tool_calls": list(reply.tool_calls)}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(reply)}
    return {
        **_envelope("chat.completion", request, number, created),
        "choices": [choice],
        "usage": _usage(request, reply),
    }


def stream_bodies(
    request: ChatRequest, reply: Reply, number: int, created: int
) -> Iterator[tuple[bool, dict[str, Any]]]:
    """Yield the chunks of a streamed completion, each with whether it carries content.

    The usage chunk comes last, and only if the request's ``stream_options`` ask for it.
    Arguments as for ``completion_body``.
    """
    envelope = _envelope("chat.completion.chunk", request, number, created)

    def chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return envelope | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    yield False, chunk({"role": "assistant", "content": ""})
    for piece in re.findall(r"\s*\S+|\s+$", reply.text):
        yield True, chunk({"content": piece})
    for index, call in enumerate(reply.tool_calls or ()):
        yield True, chunk({"tool_calls": [{"index": index, **call}]})
    yield False, chunk({}, _finish(reply))
    options: object = request.body.get("stream_options")
    if isinstance(options, dict) and cast("dict[str, Any]", options).get("include_usage"):
        yield False, envelope | {"choices": [], "usage": _usage(request, reply)}


def _envelope(kind: str, request: ChatRequest, number: int, created: int) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{number}",
        "object": kind,
        "created": created,
        "model": request.model,
        "service_tier": "default",
        "system_fingerprint": None,
    }


def _usage(request: ChatRequest, reply: Reply) -> dict[str, Any]:
    sent = reply.input_tokens
    if sent is None:
        sent = _tokens("".join(_text_of(message.get("content")) for message in request.messages))
    received = reply.output_tokens
    if received is None:
        calls = "" if reply.tool_calls is None else json.dumps(list(reply.tool_calls))
        received = _tokens(reply.text + calls)
    return {
        "prompt_tokens": sent,
        "completion_tokens": received,
        "total_tokens": sent + received,
        "prompt_tokens_details": {"cached_tokens": reply.cached_tokens, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def _finish(reply: Reply) -> str:
    return (
        "tool_calls" if reply.tool_calls and reply.finish_reason == "stop" else reply.finish_reason
    )


def _tokens(text: str) -> int:
    return max(1, -(-len(text) // _CHARACTERS_PER_TOKEN))


def _text_of(content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = cast("list[object]", content)
    texts = (cast("dict[str, Any]", part).get("text") for part in parts if isinstance(part, dict))
    return "\n".join(text for text in texts if isinstance(text, str))
