"""What the conformance matrix is made of: providers, ways to call, features and faults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from armwise.testing import Reply


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider as LiteLLM reaches it.

    Args:
        name: Heads its column.
        model: The model that is called.
        has_tools: Its wire format knows tools.
        has_cache: It says how many tokens came from its prompt cache.
        has_cache_writes: It says, and bills, how many were written to it.
    """

    name: str
    model: str
    has_tools: bool = True
    has_cache: bool = True
    has_cache_writes: bool = False


PROVIDERS = (
    Provider("OpenAI", "openai/gpt-4o-mini"),
    Provider("Azure", "azure/gpt-4o-mini"),
    Provider("Anthropic", "anthropic/claude-sonnet-4-5", has_cache_writes=True),
    Provider("Gemini", "gemini/gemini-2.5-flash"),
    Provider(
        "Bedrock",
        "bedrock/converse/anthropic.claude-3-5-sonnet-20240620-v1:0",
        has_cache_writes=True,
    ),
    Provider("Ollama chat", "ollama_chat/llama3", has_cache=False),
    Provider("Ollama generate", "ollama/llama3", has_tools=False, has_cache=False),
)


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to call: awaited or not, streamed or not."""

    name: str
    is_async: bool
    is_stream: bool


MODES = (
    Mode("sync", is_async=False, is_stream=False),
    Mode("async", is_async=True, is_stream=False),
    Mode("stream", is_async=False, is_stream=True),
    Mode("async stream", is_async=True, is_stream=True),
)

SCHEMA = {
    "type": "object",
    "properties": {"company": {"type": "string"}},
    "required": ["company"],
    "additionalProperties": False,
}
TOOL = {
    "type": "function",
    "function": {"name": "look_up", "description": "Looks up a company.", "parameters": SCHEMA},
}
CALLS = tuple(
    {
        "id": f"call_{number}",
        "type": "function",
        "function": {"name": "look_up", "arguments": f'{{"company": "{company}"}}'},
    }
    for number, company in enumerate(("Apple", "Pear"))
)
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg=="
)
"""A picture of one pixel."""

PROMPT = "Who makes the telephone with the bitten fruit?"
WITH_IMAGE = [
    {"type": "text", "text": PROMPT},
    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
]


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that a request may use.

    Args:
        name: Heads its row.
        reply: What the played model answers.
        params: Parameters of the call.
        content: Content of the user's message.
        sent: What the provider must be sent, somewhere in the body.
        lost_by: Names of the providers whose answer loses it on its way through LiteLLM.
    """

    name: str
    reply: Reply
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    content: Any = PROMPT
    sent: str = PROMPT
    lost_by: frozenset[str] = frozenset()

    def is_known_to(self, provider: Provider) -> bool:
        """Return whether the provider's wire format has it."""
        if self.reply.tool_calls and not provider.has_tools:
            return False
        return provider.has_cache or not self.reply.cached_tokens


FEATURES = (
    Feature("text", Reply(text="Apple makes it.", input_tokens=100, output_tokens=20)),
    Feature(
        "tools",
        Reply(tool_calls=CALLS[:1], input_tokens=100, output_tokens=20),
        {"tools": [TOOL]},
        sent='"look_up"',
    ),
    Feature(
        "parallel tools",
        Reply(tool_calls=CALLS, input_tokens=100, output_tokens=20),
        {"tools": [TOOL]},
        sent='"look_up"',
    ),
    Feature(
        "JSON schema",
        Reply(text='{"company": "Apple"}', input_tokens=100, output_tokens=20),
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "company", "strict": True, "schema": SCHEMA},
            }
        },
        sent='"company"',
    ),
    Feature(
        "images",
        Reply(text="Apple makes it.", input_tokens=900, output_tokens=20),
        content=WITH_IMAGE,
        sent=PIXEL,
    ),
    Feature(
        "an answer cut short",
        Reply(text="Apple makes", finish_reason="length", input_tokens=100, output_tokens=20),
        # LiteLLM says "stop" of whatever /api/generate has said.
        lost_by=frozenset({"Ollama generate"}),
    ),
    Feature(
        "cached tokens",
        Reply(
            text="Apple makes it.",
            input_tokens=1000,
            output_tokens=20,
            cached_tokens=800,
            cache_write_tokens=100,
            reasoning_tokens=5,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong.

    Args:
        name: Heads its row.
        reply: What the played model answers; None: nobody listens.
        kinds: What it may be counted as, values of ``armwise.adapters.Fault``.
        is_fault: It is counted as a fault of the path.
        moves_on: The next path answers; otherwise the error is raised.
        streams: Whether it happens to streams only (True), to whole answers only (False), or to
            both alike (None).
        timeout_s: Longest time for the call.
    """

    name: str
    reply: Reply | None
    kinds: frozenset[str]
    is_fault: bool = True
    moves_on: bool = True
    streams: bool | None = None
    timeout_s: float | None = None

    def happens_to(self, mode: Mode) -> bool:
        """Return whether it can happen to calls of this mode."""
        return self.streams in (None, mode.is_stream)


def _status(
    status: int,
    kind: str,
    *,
    name: str = "",
    is_fault: bool = True,
    moves_on: bool = True,
    **fields: Any,
) -> Fault:
    reply = Reply(status=status, **fields)
    return Fault(name or str(status), reply, frozenset({kind}), is_fault, moves_on)


_LOST = frozenset({"connection", "server"})
"""LiteLLM makes a 500 of most lost connections: they look like errors of servers."""

_WORDS = "Apple makes the telephone with the bitten fruit."
FAULTS = (
    _status(400, "request", is_fault=False, moves_on=False),
    _status(401, "misconfigured"),
    _status(401, "misconfigured", name="wrong key", error_code="invalid_api_key"),
    _status(403, "misconfigured"),
    _status(404, "misconfigured"),
    _status(408, "timeout"),
    _status(422, "request", is_fault=False, moves_on=False),
    _status(429, "rate_limit", name="429, retry-after", headers={"retry-after": "7"}),
    _status(500, "server"),
    _status(503, "server"),
    _status(529, "server"),
    _status(
        400,
        "context",
        name="prompt too long",
        error_code="context_length_exceeded",
        is_fault=False,
    ),
    Fault("slow", Reply(text=_WORDS, latency_s=1.0), frozenset({"timeout"}), timeout_s=0.15),
    Fault("refused", None, _LOST),
    Fault("cut", Reply(text=_WORDS, cut_after_chunks=3), _LOST, streams=False),
    Fault(
        "cut before the first chunk",
        Reply(text=_WORDS, cut_after_chunks=0),
        _LOST,
        streams=True,
    ),
    Fault(
        "overloaded, said first",
        Reply(text=_WORDS, status=529, fails_after_chunks=0),
        _LOST,
        streams=True,
    ),
    Fault(
        "overloaded, said later",
        Reply(text=_WORDS, status=529, fails_after_chunks=3),
        _LOST,
        moves_on=False,
        streams=True,
    ),
    Fault(
        "cut stream", Reply(text=_WORDS, cut_after_chunks=3), _LOST, moves_on=False, streams=True
    ),
    Fault(
        "stream ends early",
        Reply(text=_WORDS, cut_after_chunks=3, is_cut_quietly=True),
        _LOST,
        moves_on=False,
        streams=True,
    ),
)
