"""An adapter that answers from a script: users' tests of their routing, without any network.

No provider library is imported. The responses have OpenAI's shape, as attributes.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from armwise.adapters import UNKNOWN_MODEL, Call, ModelInfo
from armwise.testing.scripted_shapes import embeddings, events, response, text_completion

Script = Callable[[Call], "str | Scripted | Exception"]
"""Answers one call: a text, a ``Scripted`` answer, or an error to raise."""


@dataclass(frozen=True, slots=True)
class Scripted:
    """One answer.

    Args:
        text: What the model says.
        input_tokens: Reported usage.
        output_tokens: Reported usage.
        finish_reason: "stop", "length", ...
        latency_s: How long the answer takes; really waited for.
        fails_after_chunks: In a stream, the number of words after which the connection breaks.
    """

    text: str
    input_tokens: int = 10
    output_tokens: int = 20
    finish_reason: str = "stop"
    latency_s: float = 0.0
    fails_after_chunks: int | None = None


class ScriptedError(Exception):
    """A provider's error, with the status code that real ones carry.

    Args:
        status_code: HTTP status.
        message: Text of the error.
        retry_after_s: How many seconds the provider asks to be left alone; None: it does not say.
    """

    def __init__(
        self, status_code: int, message: str = "scripted", retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.litellm_response_headers = (
            {} if retry_after_s is None else {"retry-after": f"{retry_after_s:g}"}
        )


class ScriptedAdapter:
    """An ``Adapter`` that calls functions instead of models.

    Args:
        scripts: Per model, a fixed answer or a function of the call.
        models: What is known of each model; nothing is of those that are not in it.

    Attributes:
        calls: Every call that was made, in order.
    """

    def __init__(
        self,
        scripts: Mapping[str, "str | Scripted | Script"],
        models: Mapping[str, ModelInfo] | None = None,
    ) -> None:
        self._scripts = dict(scripts)
        self._models = dict(models or {})
        self.calls: list[Call] = []

    def complete(self, call: Call) -> Any:
        """Answer a call; see ``Adapter.complete``."""
        scripted = self._answer(call)
        if scripted.latency_s:
            time.sleep(scripted.latency_s)
        return _chunks(scripted, call) if call.stream else _response(scripted, call)

    async def acomplete(self, call: Call) -> Any:
        """Answer a call; see ``Adapter.acomplete``."""
        scripted = self._answer(call)
        await asyncio.sleep(scripted.latency_s)
        return _achunks(scripted, call) if call.stream else _response(scripted, call)

    def assemble(self, chunks: Sequence[Any], call: Call) -> Any:
        """Join a stream's chunks; see ``Adapter.assemble``."""
        if call.kind == "responses":
            return chunks[-1].response
        text = "".join(chunk.choices[0].delta.content for chunk in chunks if chunk.choices)
        usage = chunks[-1].usage
        reasons = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices]
        scripted = Scripted(text, usage.prompt_tokens, usage.completion_tokens, reasons[-1])
        return _response(scripted, call)

    def has_finished(self, stream: Any) -> bool:
        """Return True: a scripted stream that breaks raises; see ``Adapter.has_finished``."""
        return True

    def info(self, model: str) -> ModelInfo:
        """Return what was given at construction; see ``Adapter.info``."""
        return self._models.get(model, UNKNOWN_MODEL)

    def warmup(self) -> None:
        """Do nothing: there is nothing to load."""

    def _answer(self, call: Call) -> Scripted:
        self.calls.append(call)
        if call.model not in self._scripts:
            raise ScriptedError(404, f"no script for model {call.model!r}")
        script = self._scripts[call.model]
        answer = script(call) if callable(script) else script
        if isinstance(answer, Exception):
            raise answer
        return Scripted(answer) if isinstance(answer, str) else answer


def _response(scripted: Scripted, call: Call) -> SimpleNamespace:
    usage = _usage(scripted)
    if call.kind == "embedding":
        return embeddings(call, usage)
    if call.kind == "text":
        return text_completion(call, scripted.text, scripted.finish_reason, usage)
    if call.kind == "responses":
        return response(call, scripted.text, scripted.finish_reason, usage)
    message = SimpleNamespace(role="assistant", content=scripted.text, tool_calls=None)
    choice = SimpleNamespace(index=0, message=message, finish_reason=scripted.finish_reason)
    return SimpleNamespace(
        object="chat.completion", model=call.model, choices=[choice], usage=usage
    )


def _usage(scripted: Scripted) -> SimpleNamespace:
    return SimpleNamespace(
        prompt_tokens=scripted.input_tokens,
        completion_tokens=scripted.output_tokens,
        total_tokens=scripted.input_tokens + scripted.output_tokens,
    )


def _chunks(scripted: Scripted, call: Call) -> Iterator[SimpleNamespace]:
    if call.kind == "responses":
        yield from events(_words(scripted), _response(scripted, call))
        return
    last = scripted.text.count(" ")
    for position, word in enumerate(_words(scripted)):
        delta = SimpleNamespace(role="assistant", content=word)
        finish_reason = scripted.finish_reason if position == last else None
        choice = SimpleNamespace(index=0, delta=delta, text=word, finish_reason=finish_reason)
        yield SimpleNamespace(model=call.model, choices=[choice], usage=None)
    yield SimpleNamespace(model=call.model, choices=[], usage=_usage(scripted))


def _words(scripted: Scripted) -> Iterator[str]:
    words = scripted.text.split(" ")
    for position, word in enumerate(words):
        if position == scripted.fails_after_chunks:
            raise ScriptedError(500, "the connection broke in the middle of the stream")
        yield word if position == len(words) - 1 else word + " "


async def _achunks(scripted: Scripted, call: Call) -> AsyncIterator[SimpleNamespace]:
    for chunk in _chunks(scripted, call):
        yield chunk
