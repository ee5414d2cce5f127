"""Whether a provider ended a stream, or its connection was lost without an error.

LiteLLM ends such a stream with a finish reason of its own making. Of most providers it remembers
whether a real one came. For Gemini it makes one up for every chunk, so there the provider's own
words are watched while LiteLLM reads them.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

_GOOGLE = frozenset({"gemini", "vertex_ai", "vertex_ai_beta"})


def watched(stream: Any, *, is_async: bool) -> Callable[[], bool]:
    """Begin to watch a stream of LiteLLM that was not read from yet.

    Args:
        stream: The stream.
        is_async: It will be read by awaiting.

    Returns:
        Says, once the stream was read to its end, whether a finish reason came; True where that
        cannot be known.
    """
    chunks = _chat_stream(stream)
    if chunks is stream and hasattr(stream, "completed_response"):  # of the Responses API
        return lambda: stream.completed_response is not None
    if getattr(chunks, "custom_llm_provider", None) not in _GOOGLE:
        return lambda: getattr(chunks, "received_finish_reason", "stop") is not None
    seen: list[bool] = []
    call: Any = getattr(chunks, "make_call", None)
    if call is None:
        return lambda: True

    def open_watched(**arguments: Any) -> Any:
        return _watch(call(**arguments), seen)

    async def aopen_watched(**arguments: Any) -> Any:
        return _watch(await call(**arguments), seen)

    chunks.make_call = aopen_watched if is_async else open_watched
    return lambda: not seen or any(seen)


def _chat_stream(stream: Any) -> Any:
    """Return the stream that LiteLLM translates into one of another kind, else itself."""
    for name in ("completion_stream", "litellm_custom_stream_wrapper"):
        inner = getattr(stream, name, None)
        if hasattr(inner, "received_finish_reason"):
            return inner
    return stream


def _watch(chunks: Any, seen: list[bool]) -> Any:
    parse: Any = getattr(chunks, "chunk_parser", None)
    if parse is not None:

        def watching(chunk: Any) -> Any:
            seen.append(_is_last(chunk))
            return parse(chunk)

        chunks.chunk_parser = watching
    return chunks


def _is_last(chunk: Any) -> bool:
    if not isinstance(chunk, Mapping):
        return False
    candidates: Any = chunk.get("candidates") or ()
    feedback: Any = chunk.get("promptFeedback") or {}
    return "blockReason" in feedback or any("finishReason" in each for each in candidates)


class Watched(Iterator[Any]):
    """A stream of OpenAI's shape that remembers whether a finish reason came.

    OpenAI's own client ends a stream whose connection was closed in good order without a word.
    """

    def __init__(self, source: Any) -> None:
        self._source = source
        self._iterator = iter(source)
        self._has_finished = False

    def __next__(self) -> Any:
        chunk = next(self._iterator)
        self._has_finished = self._has_finished or _ends(chunk)
        return chunk

    def has_finished(self) -> bool:
        """Say whether a finish reason came."""
        return self._has_finished

    def close(self) -> None:
        """Close the stream."""
        close: Any = getattr(self._source, "close", None)
        if close is not None:
            close()


class AsyncWatched(AsyncIterator[Any]):
    """The async twin of ``Watched``."""

    def __init__(self, source: Any) -> None:
        self._source = source
        self._iterator = aiter(source)
        self._has_finished = False

    async def __anext__(self) -> Any:
        chunk = await anext(self._iterator)
        self._has_finished = self._has_finished or _ends(chunk)
        return chunk

    def has_finished(self) -> bool:
        """Say whether a finish reason came."""
        return self._has_finished

    async def aclose(self) -> None:
        """Close the stream; OpenAI's have an async ``close`` and no ``aclose``."""
        close: Any = getattr(self._source, "aclose", None) or getattr(self._source, "close", None)
        if close is not None:
            await close()


_LAST_EVENTS = frozenset({"response.completed", "response.incomplete", "response.failed"})


def _ends(chunk: Any) -> bool:
    choices: Any = getattr(chunk, "choices", None)
    if choices is None:
        kind: Any = getattr(chunk, "type", None)
        return getattr(kind, "value", kind) in _LAST_EVENTS
    return any(choice.finish_reason for choice in choices)
