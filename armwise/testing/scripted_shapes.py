"""Shapes of scripted answers beside chats: text completions, embeddings, the Responses API."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from armwise.adapters import Call


def text_completion(call: Call, text: str, finish_reason: str, usage: Any) -> SimpleNamespace:
    """Return a text completion."""
    choice = SimpleNamespace(index=0, text=text, finish_reason=finish_reason)
    return SimpleNamespace(
        object="text_completion", model=call.model, choices=[choice], usage=usage
    )


def embeddings(call: Call, usage: Any) -> SimpleNamespace:
    """Return one vector per input: the number of its characters, and 1."""
    inputs = [call.input] if isinstance(call.input, str) else call.input
    data = [
        SimpleNamespace(object="embedding", index=index, embedding=[float(len(text)), 1.0])
        for index, text in enumerate(inputs)
    ]
    sent = SimpleNamespace(prompt_tokens=usage.prompt_tokens, total_tokens=usage.prompt_tokens)
    return SimpleNamespace(object="list", model=call.model, data=data, usage=sent)


def response(call: Call, text: str, finish_reason: str, usage: Any) -> SimpleNamespace:
    """Return an answer of the Responses API."""
    part = SimpleNamespace(type="output_text", text=text)
    item = SimpleNamespace(type="message", role="assistant", content=[part])
    is_whole = finish_reason == "stop"
    cause = "max_output_tokens" if finish_reason == "length" else finish_reason
    return SimpleNamespace(
        object="response",
        model=call.model,
        status="completed" if is_whole else "incomplete",
        incomplete_details=None if is_whole else SimpleNamespace(reason=cause),
        output=[item],
        output_text=text,
        usage=SimpleNamespace(
            input_tokens=usage.prompt_tokens, output_tokens=usage.completion_tokens
        ),
    )


def events(pieces: Iterator[str], whole: SimpleNamespace) -> Iterator[SimpleNamespace]:
    """Yield the events of a streamed answer of the Responses API."""
    for piece in pieces:
        yield SimpleNamespace(type="response.output_text.delta", delta=piece)
    yield SimpleNamespace(type=f"response.{whole.status}", response=whole)
