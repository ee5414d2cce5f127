"""Whether a provider ended a stream, or its connection was lost without an error.

LiteLLM ends such a stream with a finish reason of its own making. Of most providers it remembers
whether a real one came. For Gemini it makes one up for every chunk, so there the provider's own
words are watched while LiteLLM reads them.
"""

from collections.abc import Callable, Mapping
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
