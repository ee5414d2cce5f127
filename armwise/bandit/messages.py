"""Reads messages in every form that the OpenAI chat API knows: what was asked, and is it valid."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from armwise.errors import InvalidMessagesError

_TEXT_PARTS = frozenset({"text", "input_text"})
_CONTENT_KEYS = frozenset({"content", "tool_calls", "function_call", "audio", "refusal"})


def last_user_text(messages: Sequence[Any]) -> str:
    """Return the text of the last user message, "" if there is none or it has only images.

    Messages may be mappings or the message objects that responses carry; their content a string,
    None (an assistant's tool calls), or a list of parts. Only text parts are read.

    Raises:
        InvalidMessagesError: If ``messages`` is not a non-empty list of messages with a role.
            The error shows shapes, never the text of a prompt.
    """
    if isinstance(messages, str) or not isinstance(messages, Sequence):
        raise InvalidMessagesError(
            f"messages must be a list of messages, got {type(messages).__name__}. "
            'Write [{"role": "user", "content": "..."}].'
        )
    if not messages:
        raise InvalidMessagesError('messages is empty. Write [{"role": "user", "content": "..."}].')
    asked = ""
    for position, message in enumerate(messages):
        role, content = _role_and_content(message, position)
        text = _text(content, position)
        if role == "user":
            asked = text
    return asked


def _is_mapping(value: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, dict | Mapping)  # dict first: asking the ABC is slow


def _role_and_content(message: Any, position: int) -> tuple[str, Any]:
    if _is_mapping(message):
        role = message.get("role")
        content = message.get("content")
        has_content = bool(message.keys() & _CONTENT_KEYS)
    else:
        role = getattr(message, "role", None)
        content = getattr(message, "content", None)
        has_content = hasattr(message, "content")
    if not isinstance(role, str) or not role:
        found = sorted(map(str, message)) if _is_mapping(message) else type(message).__name__
        raise InvalidMessagesError(
            f"messages[{position}] has no role (found {found}). "
            'Each message is {"role": "user" | "system" | "assistant" | "tool", "content": ...}.'
        )
    if not has_content:
        raise InvalidMessagesError(
            f"messages[{position}] ({role!r}) has no content. Give a string, a list of parts, or "
            "tool_calls."
        )
    return role, content


def _text(content: Any, position: int) -> str:
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    if not isinstance(content, Sequence) or isinstance(content, bytes | bytearray):
        raise InvalidMessagesError(
            f"messages[{position}]: content must be a string, a list of parts or None, "
            f"got {type(content).__name__}."
        )
    texts: list[str] = []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
        elif _is_mapping(part):
            text = part.get("text")
            if part.get("type", "text") in _TEXT_PARTS and isinstance(text, str):
                texts.append(text)
        else:
            raise InvalidMessagesError(
                f"messages[{position}]: a part of the content must be a mapping such as "
                f'{{"type": "text", "text": "..."}}, got {type(part).__name__}.'
            )
    return "\n".join(texts)


def demands_structure(params: Mapping[str, Any]) -> bool:
    """Say whether a call's parameters demand structured output: tools, or a response format."""
    if not params:
        return False
    if params.get("tools") or params.get("functions"):
        return True
    wanted = params.get("response_format")
    if wanted is None:
        return False
    return not (_is_mapping(wanted) and wanted.get("type") == "text")
