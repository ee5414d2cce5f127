"""What a check looks at: a response, what it cost and how long it took."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from armwise.router.checks.finish_words import ERROR, openai_word
from armwise.router.checks.plain import Plain, to_plain

if TYPE_CHECKING:
    from armwise.adapters import Call

_FENCE = "```"


class ToolCall(NamedTuple):
    """A tool call as the model wrote it.

    Attributes:
        name: The tool's name; anything else than a string is the model's fault.
        arguments: JSON text as a rule; some providers hand on the object itself.
    """

    name: Plain
    arguments: Plain


class NotJsonError(ValueError):
    """The text of an answer is not JSON.

    It stays within the checks, where it means a failed answer and not a check that raised.
    """


class Answer:
    """One response with its call facts. Each view is computed once, when it is first read.

    Args:
        response: Any OpenAI-shaped object: of litellm or openai, a dict, a namespace.
        cost_usd: What the attempt cost in US dollars; None if its price is unknown.
        latency_s: Seconds from the call to the complete response.
        call: The call that it answers; None if that is not known.

    Attributes:
        plain: The whole response as dict, list, str, number, bool and None.
        text: The content of the first choice's message, text parts joined; "" if it has none.
        finish_reason: Why the first choice ended, in OpenAI's words whatever the provider's are
            ("end_turn" and "STOP" are "stop"), or None.
        refusal: What the provider itself marks as the model's refusal, or None.
        tool_calls: Name and arguments of each tool call of the first choice, as they came.
        usage: The token counts as a dict; empty if the response has none.
        json_text: The text without the fenced code block that may surround it.
        json: That text, parsed. Reading it raises `NotJsonError` if it does not parse.
    """

    __slots__ = (
        "call",
        "cost_usd",
        "finish_reason",
        "json",
        "json_text",
        "latency_s",
        "plain",
        "refusal",
        "response",
        "text",
        "tool_calls",
        "usage",
    )

    response: object
    cost_usd: float | None
    latency_s: float
    call: Call | None
    plain: Plain
    text: str
    finish_reason: str | None
    refusal: str | None
    tool_calls: list[ToolCall]
    usage: dict[str, Plain]
    json_text: str
    json: Plain

    def __init__(
        self,
        response: object,
        cost_usd: float | None,
        latency_s: float,
        call: Call | None = None,
    ) -> None:
        self.response = response
        self.call = call
        self.cost_usd = cost_usd
        self.latency_s = latency_s

    if not TYPE_CHECKING:
        # Python asks here only while a slot is empty, so a view that was read once costs as
        # little as an attribute. Hidden from type checkers, which would accept any name.
        def __getattr__(self, name: str) -> object:
            view = _VIEWS.get(name)
            if view is None:
                raise AttributeError(f"An Answer has no {name!r}. It has: {', '.join(_VIEWS)}.")
            value = view(self)
            setattr(self, name, value)
            return value


def _field(holder: object, name: str) -> object:
    """Return a field of a response part, be it a mapping or an object; None if missing."""
    if isinstance(holder, Mapping):
        return cast("Mapping[str, object]", holder).get(name)
    held: dict[str, object] | None = getattr(holder, "__dict__", None)
    if held is not None and name in held:
        return held[name]
    if hasattr(holder, "__pydantic_extra__"):
        # A pydantic model takes 5 us to say that it lacks a field; its extras can be looked at.
        extras: dict[str, object] | None = getattr(holder, "__pydantic_extra__", None)
        return (extras or {}).get(name)
    return getattr(holder, name, None)


def _first_choice(answer: Answer) -> object:
    choices = _field(answer.response, "choices")
    if isinstance(choices, list | tuple) and choices:
        return cast("list[object]", choices)[0]
    return None


def _items(answer: Answer) -> list[object]:
    """Return the items of an answer of OpenAI's Responses API; a chat has none."""
    return _listed(_field(answer.response, "output"))


def _listed(value: object) -> list[object]:
    return list(cast("list[object]", value)) if isinstance(value, list | tuple) else []


def _text(answer: Answer) -> str:
    content = _field(_field(_first_choice(answer), "message"), "content")
    if isinstance(content, str):
        return str.__str__(content)
    if isinstance(content, list | tuple):
        return "".join(_part_text(part) for part in cast("list[object]", content))
    return ""


def _part_text(part: object) -> str:
    text = part if isinstance(part, str) else _field(part, "text")
    return str.__str__(text) if isinstance(text, str) else ""


def _finish_reason(answer: Answer) -> str | None:
    choice = _first_choice(answer)
    reason = _field(choice, "finish_reason")
    # LiteLLM says "stop" of tool calls that the provider could not read, and keeps its word here.
    native = _field(_field(choice, "provider_specific_fields"), "native_finish_reason")
    if isinstance(native, str) and openai_word(native) == ERROR:
        return ERROR
    return openai_word(str.__str__(reason)) if isinstance(reason, str) else None


def _refusal(answer: Answer) -> str | None:
    message = _field(_first_choice(answer), "message")
    parts = [part for item in _items(answer) for part in _listed(_field(item, "content"))]
    for said in (_field(message, "refusal"), *(_field(part, "refusal") for part in parts)):
        if isinstance(said, str) and said:
            return str.__str__(said)
    return None


def _tool_calls(answer: Answer) -> list[ToolCall]:
    message = _field(_first_choice(answer), "message")
    functions = [_field(call, "function") for call in _listed(_field(message, "tool_calls"))]
    legacy = _field(message, "function_call")
    if legacy is not None:
        functions.append(legacy)
    functions += [item for item in _items(answer) if _field(item, "type") == "function_call"]
    return [
        ToolCall(to_plain(_field(function, "name")), to_plain(_field(function, "arguments")))
        for function in functions
    ]


def _usage(answer: Answer) -> dict[str, Plain]:
    usage = to_plain(_field(answer.response, "usage"))
    return usage if isinstance(usage, dict) else {}


def _json_text(answer: Answer) -> str:
    text = answer.text.strip()
    if not (text.startswith(_FENCE) and text.endswith(_FENCE)):
        return text
    language, newline, body = text[len(_FENCE) :].partition("\n")
    if not newline or language.strip().lower() not in ("", "json"):
        return text
    return body.removesuffix(_FENCE).strip()


def _json(answer: Answer) -> Plain:
    text = answer.json_text
    try:
        return parse_json(text)
    except (ValueError, RecursionError) as error:
        raise NotJsonError(f"The answer's text ({len(text)} characters) is not JSON.") from error


def parse_json(text: str) -> Plain:
    """Return JSON text as plain data; Python's own NaN and infinities are no JSON.

    Raises:
        ValueError: If it does not parse.
        RecursionError: If it is nested too deeply.
    """
    value: Any = json.loads(text, parse_constant=_refuse_number, parse_float=_finite)
    return cast("Plain", value)


def _refuse_number(literal: str) -> float:
    raise ValueError(f"{literal} is Python's, not JSON's")


def _finite(literal: str) -> float:
    value = float(literal)
    if math.isinf(value):
        raise ValueError("a number is beyond the range of a float")
    return value


_VIEWS: dict[str, Callable[[Answer], object]] = {
    "plain": lambda answer: to_plain(answer.response),
    "text": _text,
    "finish_reason": _finish_reason,
    "refusal": _refusal,
    "tool_calls": _tool_calls,
    "usage": _usage,
    "json_text": _json_text,
    "json": _json,
}
