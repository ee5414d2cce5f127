"""Any OpenAI-shaped callable as an adapter: a client's ``create``, LiteLLM's Router, a function."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from armwise.adapters.base import Call
from armwise.adapters.endings import AsyncWatched, Watched
from armwise.adapters.joining import joined, whole_of
from armwise.adapters.kinds import Kind
from armwise.adapters.models import ModelInfo, litellm_info
from armwise.adapters.opened import aopened, opened
from armwise.errors import ConfigurationError

_END = object()
_ARGUMENTS = {"chat": "messages", "text": "prompt", "embedding": "input", "responses": "input"}
_EXAMPLES = {
    "chat": "client.chat.completions.create",
    "text": "client.completions.create",
    "embedding": "client.embeddings.create",
    "responses": "client.responses.create",
}


class CallableAdapter:
    """Calls models through callables that take and return what OpenAI's client does.

    Models are named as the callable knows them: ``"gpt-4o"`` for OpenAI's client, the deployment
    for Azure's, the group for a ``litellm.Router``. Prices are looked up by that name in LiteLLM's
    list; declare them on the path where the name says nothing.

    Under ``acompletion`` a callable that blocks runs in a thread, so that the event loop goes on.
    Under ``completion`` one that has to be awaited is refused: a loop of its own would break
    clients that keep their connections.

    Clients of OpenAI's library are called with their own retries off, or attempts would be made
    that the router neither counts nor keeps within its deadline. What a ``litellm.Router`` or
    another callable tries again by itself is one attempt here.

    Args:
        chat: Called for ``completion`` with model, messages and parameters.
        text: Called for ``text`` with model, prompt and parameters.
        embedding: Called for ``embedding`` with model, input and parameters.
        responses: Called for ``responses`` with model, input and parameters.

    Raises:
        ConfigurationError: If one of them cannot be called, or there is none.
    """

    def __init__(
        self,
        chat: Callable[..., Any] | None = None,
        *,
        text: Callable[..., Any] | None = None,
        embedding: Callable[..., Any] | None = None,
        responses: Callable[..., Any] | None = None,
    ) -> None:
        given = {"chat": chat, "text": text, "embedding": embedding, "responses": responses}
        self._targets: dict[str, _Target] = {}
        for kind, function in given.items():
            if function is None:
                continue
            if not callable(function):
                raise ConfigurationError(
                    f"{kind} must be a callable such as {_EXAMPLES[kind]}, got {function!r}."
                )
            self._targets[kind] = _Target(_without_retries(function))
        if not self._targets:
            raise ConfigurationError(
                "CallableAdapter needs a callable, such as client.chat.completions.create."
            )

    def complete(self, call: Call) -> Any:
        """Call the model once; see ``Adapter.complete``."""
        target = self._target(call.kind)
        if target.is_async:
            raise _must_be_awaited(target)
        response = target.function(**_arguments(call, target))
        if inspect.isawaitable(response):
            if inspect.iscoroutine(response):
                response.close()
            raise _must_be_awaited(target)
        if not call.stream:
            return response
        stream = Watched(response)
        return opened(stream, stream.has_finished)

    async def acomplete(self, call: Call) -> Any:
        """Call the model once; see ``Adapter.acomplete``."""
        target = self._target(call.kind)
        arguments = _arguments(call, target)
        if target.is_async:
            response = await target.function(**arguments)
        else:
            response = await asyncio.to_thread(target.function, **arguments)
            if inspect.isawaitable(response):  # it did not look like one that has to be awaited
                response = await response
        if not call.stream:
            return response
        is_async = hasattr(response, "__aiter__")
        stream = AsyncWatched(response if is_async else _FromThread(response))
        return await aopened(stream, stream.has_finished)

    def assemble(self, chunks: Sequence[Any], call: Call) -> Any:
        """Join a stream's chunks; see ``Adapter.assemble``."""
        return whole_of(chunks) if call.kind == "responses" else joined(chunks)

    def has_finished(self, stream: Any) -> bool:
        """Say whether a finish reason came; see ``Adapter.has_finished``."""
        has_finished: bool = stream.has_finished()
        return has_finished

    def info(self, model: str) -> ModelInfo:
        """Return what LiteLLM's list says; see ``Adapter.info``."""
        return litellm_info(model)

    def warmup(self) -> None:
        """Do nothing: the callable's library is loaded already."""

    def _target(self, kind: Kind) -> "_Target":
        if kind not in self._targets:
            keyword = "" if kind == "chat" else f"{kind}="
            raise ConfigurationError(
                f"the adapter has nothing to call for {kind!r} requests; write "
                f"CallableAdapter(..., {keyword}{_EXAMPLES[kind]})."
            )
        return self._targets[kind]


class _Target:
    """A callable, and what is known of how to call it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        # OpenAI's async methods are wrapped in a plain function that names what it wraps.
        self.is_async = inspect.iscoroutinefunction(inspect.unwrap(function))

    @cached_property
    def takes_timeout(self) -> bool:
        """Whether it can be told when to give up."""
        return self._takes("timeout")

    @cached_property
    def takes_stream_options(self) -> bool:
        """Whether it can be asked for the usage of a stream."""
        return self._takes("stream_options")

    def _takes(self, name: str) -> bool:
        try:
            parameters = inspect.signature(self.function).parameters
        except (TypeError, ValueError):
            return True
        kinds = {parameter.kind for parameter in parameters.values()}
        return name in parameters or inspect.Parameter.VAR_KEYWORD in kinds


class _FromThread(AsyncIterator[Any]):
    """A stream that blocks, read from a thread so that the event loop does not wait."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._iterator: Iterator[Any] = iter(source)

    async def __anext__(self) -> Any:
        chunk = await asyncio.to_thread(next, self._iterator, _END)
        if chunk is _END:
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        """Close the stream."""
        close: Any = getattr(self._source, "close", None)
        if close is not None:
            await asyncio.to_thread(close)


def _arguments(call: Call, target: _Target) -> dict[str, Any]:
    asked = list(call.messages) if call.kind == "chat" else call.input
    arguments = {**call.params, "model": call.model, _ARGUMENTS[call.kind]: asked}
    if call.timeout_s is not None and target.takes_timeout:
        arguments["timeout"] = call.timeout_s
    if call.stream:
        arguments["stream"] = True
    if call.stream and call.kind != "responses" and target.takes_stream_options:
        # Usage comes only when asked for; its chunk is hidden from callers who did not ask.
        options = call.params.get("stream_options") or {}
        arguments["stream_options"] = {**options, "include_usage": True}
    return arguments


def _without_retries(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the same method of a client that does not try again, if it is OpenAI's client."""
    resource: Any = getattr(function, "__self__", None)
    client: Any = getattr(resource, "_client", None)
    if not hasattr(client, "max_retries") or not hasattr(client, "with_options"):
        return function
    patient = type(resource)(client.with_options(max_retries=0))
    method: Callable[..., Any] = getattr(patient, function.__name__)
    return method


def _must_be_awaited(target: _Target) -> ConfigurationError:
    name = getattr(target.function, "__qualname__", repr(target.function))
    return ConfigurationError(
        f"the adapter's callable {name} has to be awaited. Call the router's async methods "
        "(acompletion), or give the Router a callable of a client that blocks, such as OpenAI's."
    )
