"""Kinds of calls beside chats: what was asked as text, and what was answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from armwise.errors import InvalidMessagesError

Kind = Literal["chat", "text", "embedding", "responses"]
"""Which of OpenAI's interfaces: chat completions, completions, embeddings, or responses."""

_READ_CHARACTERS = 64 * 1024
"""Of a long list of inputs no more is read for the level, as of a long prompt."""

_FORMS = {
    "text": 'prompt must be a text or a list, such as "Once upon a time", got {}.',
    "embedding": 'input must be a text or a list of texts, such as ["apple", "pear"], got {}.',
    "responses": 'input must be a text or a list of items, such as "Who makes it?", got {}.',
}


def messages_of(kind: Kind, asked: Any) -> list[Any]:
    """Return what was asked as messages: one user message, or those of a list of items.

    Raises:
        InvalidMessagesError: If it is neither a text nor a non-empty list. The error shows
            shapes, never the text of a prompt.
    """
    if isinstance(asked, str):
        return [{"role": "user", "content": asked}]
    if not isinstance(asked, Sequence) or isinstance(asked, bytes) or not asked:
        found = "an empty list" if isinstance(asked, list | tuple) else type(asked).__name__
        raise InvalidMessagesError(_FORMS[kind].format(found))
    if kind == "responses":
        items = [item for item in asked if _is_message(item)]
        return items or [{"role": "user", "content": ""}]  # only results of tools, for example
    return [{"role": "user", "content": _joined(asked)}]


def _is_message(item: Any) -> bool:
    return isinstance(item, Mapping) and "role" in item and "content" in item


def _joined(texts: Sequence[Any]) -> str:
    read: list[str] = []
    left = _READ_CHARACTERS
    for text in texts:
        if left <= 0:
            break
        if isinstance(text, str):  # tokens may be sent instead; nothing can be read from those
            read.append(text[:left])
            left -= len(text)
    return "\n".join(read)


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says, whatever its kind.

    Args:
        text: The text of the first choice, "" for an embedding.
        finish_reason: Why it ended, in OpenAI's words for chats; None for an embedding.
    """

    text: str
    finish_reason: str | None


_ENDINGS = {"max_output_tokens": "length", "content_filter": "content_filter"}


def said(kind: Kind, response: Any) -> Said:
    """Return what an answer of a text completion, an embedding or the Responses API says."""
    if kind == "text":
        choices: Any = get(response, "choices") or (None,)
        text, reason = get(choices[0], "text"), get(choices[0], "finish_reason")
        return Said(text if isinstance(text, str) else "", reason)
    if kind == "responses":
        return _said_in_items(response)
    return Said("", None)


def _said_in_items(response: Any) -> Said:
    items: Any = get(response, "output") or ()
    parts = [part for item in items for part in get(item, "content") or ()]
    texts = [get(part, "text") for part in parts if get(part, "type") == "output_text"]
    text = "".join(each for each in texts if isinstance(each, str))
    status = get(response, "status")
    if status == "incomplete":
        cause = get(get(response, "incomplete_details"), "reason")
        return Said(text, _ENDINGS.get(cause, cause))
    if status != "completed":
        return Said(text, status)
    has_calls = any(get(item, "type") == "function_call" for item in items)
    return Said(text, "tool_calls" if has_calls else "stop")


def get(source: Any, name: str) -> Any:
    """Return a field of a mapping or an object, None if it has none."""
    return source.get(name) if isinstance(source, Mapping) else getattr(source, name, None)
