"""Joins the chunks of a stream to the answer that they add up to."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any


def joined(chunks: Sequence[Any]) -> SimpleNamespace:
    """Return the chat or text completion that OpenAI-shaped chunks add up to.

    Only the first choice is read: text, refusal, tool calls, finish reason, and the usage.
    """
    parts: dict[str, str] = {"content": "", "refusal": "", "text": ""}
    calls: dict[int, SimpleNamespace] = {}
    reason: str | None = None
    usage: Any = None
    for chunk in chunks:
        usage = getattr(chunk, "usage", None) or usage
        for choice in chunk.choices[:1]:
            reason = choice.finish_reason or reason
            delta: Any = getattr(choice, "delta", None)
            for name in parts:
                holder = choice if name == "text" else delta
                parts[name] += getattr(holder, name, None) or ""
            for call in getattr(delta, "tool_calls", None) or ():
                _add(calls, call)
    message = SimpleNamespace(
        role="assistant",
        content=parts["content"] or None,
        refusal=parts["refusal"] or None,
        tool_calls=[calls[index] for index in sorted(calls)] or None,
    )
    choice = SimpleNamespace(index=0, finish_reason=reason, message=message, text=parts["text"])
    model = getattr(chunks[0], "model", None) if chunks else None
    return SimpleNamespace(model=model, choices=[choice], usage=usage)


def _add(calls: dict[int, SimpleNamespace], part: Any) -> None:
    call = calls.setdefault(
        part.index,
        SimpleNamespace(
            id=None, type="function", function=SimpleNamespace(name=None, arguments="")
        ),
    )
    call.id = getattr(part, "id", None) or call.id
    function: Any = getattr(part, "function", None)
    call.function.name = getattr(function, "name", None) or call.function.name
    call.function.arguments += getattr(function, "arguments", None) or ""


def whole_of(events: Sequence[Any]) -> Any:
    """Return the response that a stream of the Responses API ended with.

    Raises:
        ValueError: If it had no end.
    """
    for event in reversed(events):
        if getattr(event, "response", None) is not None:
            return event.response
    raise ValueError("the stream of events holds no response")


def apart(chunks: Sequence[Any]) -> list[Any]:
    """Return chunks whose parallel tool calls have an index each.

    Of Ollama's calls, each of which comes whole in a chunk of its own, LiteLLM gives every one the
    index 0, and would join them to one whose arguments are no JSON.
    """
    begun: dict[int, str] = {}
    shifts: dict[int, int] = {}
    apart_now: list[Any] = []
    for chunk in chunks:
        calls = [call for choice in chunk.choices for call in choice.delta.tool_calls or ()]
        for call in calls:
            if call.id and call.index in begun and begun[call.index] != call.id:
                shifts[call.index] = shifts.get(call.index, 0) + 1
            begun[call.index] = call.id or begun.get(call.index, "")
        if calls and shifts:
            chunk = _shifted(chunk, shifts)  # noqa: PLW2901 - the caller holds the other one
        apart_now.append(chunk)
    return apart_now


def _shifted(chunk: Any, shifts: dict[int, int]) -> Any:
    copy = chunk.model_copy(deep=True)
    for choice in copy.choices:
        for call in choice.delta.tool_calls or ():
            call.index += shifts.get(call.index, 0)
    return copy
