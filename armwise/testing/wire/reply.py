"""What a played model is asked and answers, the same whatever wire format carries it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, cast

Kind = Literal["chat", "text", "embedding", "responses"]

_CHARACTERS_PER_TOKEN = 4  # the usual rule of thumb for English; used only where no count is given
_PIECES_OF_ARGUMENTS = 2
_FIRST_ERROR = 400  # HTTP


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One request as a server received it, in whichever wire format.

    Attributes:
        model: The model's name, without a provider prefix; for Azure the deployment.
        messages: The conversation with OpenAI's roles, the system prompt first; contents as
            sent. The prompt of a text completion, and each input of an embedding, is one user
            message.
        body: The whole parsed request body, as sent.
        headers: The HTTP headers, names in lower case.
        wire: Name of the wire format, such as "anthropic".
        kind: "chat", "text", "embedding" or "responses".
        stream: The answer is wanted in chunks.
    """

    model: str
    messages: Sequence[Mapping[str, Any]]
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    wire: str = "openai"
    kind: Kind = "chat"
    stream: bool = False

    @property
    def prompt(self) -> str:
        """The text of the last user message, empty if there is none."""
        for message in reversed(self.messages):
            if message.get("role") == "user":
                return text_of(message.get("content"))
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a played model answers; each wire format says it in its provider's own words.

    Args:
        text: The content, or the error's message where ``status`` is 400 or more; empty, the
            error gets the provider's usual message of its code.
        input_tokens: Prompt tokens to bill, cached ones included; a quarter of the characters
            if omitted.
        output_tokens: Completion tokens to bill, reasoning included; a quarter of the characters
            if omitted.
        cached_tokens: How many of the prompt tokens came from the provider's cache.
        cache_write_tokens: How many of them were written to it, where the provider bills that.
        reasoning_tokens: How many of the completion tokens were reasoning.
        finish_reason: In OpenAI's words: "stop", "length", "content_filter"; ``"stop"`` becomes
            ``"tool_calls"`` beside calls.
        tool_calls: Calls in OpenAI's shape, each with ``id``, ``type`` and ``function``.
        vector: The embedding of each input; three numbers made of the input if omitted.
        status: HTTP status; from 400 on the body is the provider's error object.
        error_code: The error's ``code`` in OpenAI's words, for example
            ``"context_length_exceeded"``.
        headers: Extra HTTP headers, for example ``{"retry-after": "2"}``.
        latency_s: Seconds to wait before the first byte.
        chunk_latency_s: Seconds to wait before each further chunk of a stream.
        cut_after_chunks: Cut the connection after so many chunks of content; a reply that is
            not streamed is then cut in the middle of its body.
        fails_after_chunks: Say the error of ``status`` in a stream, after so many chunks of
            content: the HTTP status is 200 by then. Not streamed, the error comes as usual.
        is_cut_quietly: End the HTTP response of a stream properly at the cut, as a proxy does
            that has lost the provider: no error, but no finish reason either.
    """

    text: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    finish_reason: str = "stop"
    tool_calls: Sequence[Mapping[str, Any]] | None = None
    vector: Sequence[float] | None = None
    status: int = 200
    error_code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    latency_s: float = 0.0
    chunk_latency_s: float = 0.0
    cut_after_chunks: int | None = None
    fails_after_chunks: int | None = None
    is_cut_quietly: bool = False

    @property
    def is_error(self) -> bool:
        """The status is one of an error."""
        return self.status >= _FIRST_ERROR

    @property
    def reason(self) -> str:
        """Why the answer ends: as given, but "tool_calls" where calls end it."""
        calls = self.tool_calls and self.finish_reason == "stop"
        return "tool_calls" if calls else self.finish_reason


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


class Piece(NamedTuple):
    """Some bytes of a stream.

    Attributes:
        data: What is written in one HTTP chunk.
        has_content: They carry a part of the answer, not only what surrounds it.
    """

    data: bytes
    has_content: bool = False


class Answering(NamedTuple):
    """One answer being written.

    Attributes:
        request: What was asked.
        reply: What to answer.
        number: Makes the answer's id.
        created: Seconds since the epoch.
    """

    request: ChatRequest
    reply: Reply
    number: int
    created: int

    @property
    def input_tokens(self) -> int:
        """Prompt tokens to bill, cached ones included."""
        if self.reply.input_tokens is not None:
            return self.reply.input_tokens
        return tokens_of("".join(text_of(m.get("content")) for m in self.request.messages))

    @property
    def output_tokens(self) -> int:
        """Completion tokens to bill, reasoning included."""
        if self.reply.output_tokens is not None:
            return self.reply.output_tokens
        calls = self.reply.tool_calls
        return tokens_of(self.reply.text + ("" if calls is None else json.dumps(list(calls))))


def vector_of(reply: Reply, text: str) -> list[float]:
    """Return the embedding of one input."""
    if reply.vector is not None:
        return list(reply.vector)
    numbers = text.encode() or b"\0"
    return [round(part / 255, 6) for part in (numbers[0], numbers[len(numbers) // 2], numbers[-1])]


def words(text: str) -> list[str]:
    """Split a text into the pieces that a stream sends; joined they are the text."""
    return re.findall(r"\s*\S+|\s+$", text)


def halves(arguments: str) -> list[str]:
    """Split a tool call's arguments as streams do, in the middle of the JSON."""
    middle = len(arguments) // _PIECES_OF_ARGUMENTS
    return [part for part in (arguments[:middle], arguments[middle:]) if part]


class ToolCall(NamedTuple):
    """A tool call, taken out of OpenAI's shape."""

    id: str
    name: str
    arguments: str

    @property
    def input(self) -> Any:
        """The arguments, parsed; as they are if they are not JSON."""
        try:
            return json.loads(self.arguments)
        except ValueError:
            return self.arguments


def calls_of(reply: Reply) -> Iterator[ToolCall]:
    """Yield the tool calls of a reply."""
    for call in reply.tool_calls or ():
        function = call["function"]
        yield ToolCall(call["id"], function["name"], function["arguments"])


def tokens_of(text: str) -> int:
    """Return about how many tokens a text has, at least one."""
    return max(1, -(-len(text) // _CHARACTERS_PER_TOKEN))


def text_of(content: object) -> str:
    """Return the text parts of a message's content, joined by line ends."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = cast("list[object]", content)
    texts = (cast("dict[str, Any]", part).get("text") for part in parts if isinstance(part, dict))
    return "\n".join(text for text in texts if isinstance(text, str))
