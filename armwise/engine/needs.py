"""What a request needs of a path: how long its prompt is, and what has to be understood in it."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

_CHARACTERS_PER_TOKEN = 3.5
"""Bytes of UTF-8 per token. English prose has 4 to 4.7 in the tokenizers of 2024 and later, code
about 3, Chinese 3 to 4 bytes per token, JSON less: an estimate that is off by a third either way.
A tokenizer takes 10 to 250 ms for a long prompt, which a decision does not have."""

_TOKENS_PER_MESSAGE = 4
"""What roles and separators take, as OpenAI documents it for its chat format."""

_SAMPLED = 2048
"""Characters of a text that are encoded to see how many bytes its characters have."""

_PARTS = {
    "image_url": "vision",
    "input_image": "vision",
    "image": "vision",
    "input_audio": "audio",
}


class Needs(NamedTuple):
    """What a request needs.

    Attributes:
        input_tokens: Estimated length of the prompt, images and tools not counted.
        output_tokens: Longest answer that is asked for, None if nothing is said.
        capabilities: What has to be understood or done.
    """

    input_tokens: float
    output_tokens: int | None
    capabilities: frozenset[str]


def needs_of(messages: Iterable[Any], params: Mapping[str, Any]) -> Needs:
    """Return what a request needs, from its messages and parameters alone.

    Takes time in proportion to the number of messages and parts, whatever their length.
    """
    size, number = 0.0, 0
    found = _of_params(params) if params else _NOTHING
    for message in messages:
        number += 1
        content = _field(message, "content")
        if isinstance(content, str):
            size += len(content) if content.isascii() else _bytes(content)
        elif isinstance(content, list | tuple):
            for part in content:
                kind = _field(part, "type")
                if kind in _PARTS:
                    found |= {_PARTS[kind]}
                text = _field(part, "text")
                if isinstance(text, str):
                    size += _bytes(text)
    tokens = size / _CHARACTERS_PER_TOKEN + _TOKENS_PER_MESSAGE * number
    return Needs(tokens, _output_tokens(params) if params else None, found)


_NOTHING: frozenset[str] = frozenset()


def _of_params(params: Mapping[str, Any]) -> frozenset[str]:
    found: set[str] = set()
    if params.get("tools") or params.get("functions"):
        found.add("tools")
        if params.get("parallel_tool_calls") is True:
            found.add("parallel_tools")
    wanted = params.get("response_format")
    if isinstance(wanted, type) or (
        isinstance(wanted, Mapping) and wanted.get("type") == "json_schema"
    ):
        found.add("json_schema")
    if "audio" in (params.get("modalities") or ()):
        found.add("audio_output")
    return frozenset(found)


def _output_tokens(params: Mapping[str, Any]) -> int | None:
    for name in ("max_completion_tokens", "max_tokens", "max_output_tokens"):
        value = params.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return None


def _bytes(text: str) -> float:
    """Return about how many bytes a text has in UTF-8; whether it is ASCII is known at once."""
    if text.isascii() or not text:
        return len(text)
    middle = max(0, (len(text) - _SAMPLED) // 2)
    sample = text[middle : middle + _SAMPLED]
    return len(text) * len(sample.encode("utf-8", "surrogatepass")) / len(sample)


def _field(source: Any, name: str) -> Any:
    if type(source) is dict or isinstance(
        source, Mapping
    ):  # the second one takes ten times as long
        return source.get(name)
    return getattr(source, name, None)
