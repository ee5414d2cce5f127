"""Streams whose provider has begun to answer.

Some of LiteLLM's providers (Gemini) send the request when the first chunk is asked for, and others
open a stream with status 200 and then say in its first event that they are overloaded. Until a
first word was said nothing was shown to anybody, so an error there is one of the call: another path
can still answer. Hence an adapter reads up to the first word before it hands a stream on.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from itertools import chain
from typing import Any, Self

_OPENING_EVENTS = frozenset({"response.created", "response.in_progress", "response.queued"})
_WORDS = ("content", "tool_calls", "function_call", "reasoning_content", "refusal")


class OpenStream:
    """A stream that was read up to its first word already.

    Args:
        source: The stream as the provider's client returned it.
        iterator: What reads on from it.
        head: The chunks up to the first word.
        has_finished: Says, once it was read to its end, whether the provider ended it.
    """

    def __init__(
        self,
        source: Any,
        iterator: Iterator[Any],
        head: list[Any],
        has_finished: Callable[[], bool] | None = None,
    ) -> None:
        self.source = source
        self._chunks = chain(head, iterator)
        self._has_finished = has_finished

    def __iter__(self) -> Iterator[Any]:
        return self._chunks

    def has_finished(self) -> bool:
        """Say whether the provider ended the stream; True where that cannot be known."""
        return self._has_finished is None or self._has_finished()

    def close(self) -> None:
        """Close the provider's connection; it would write on, and bill, otherwise."""
        # Before 1.110 LiteLLM's sync streams could not be closed, only what they read from.
        for holder in (self.source, getattr(self.source, "completion_stream", None)):
            close: Any = getattr(holder, "close", None)
            if close is not None:
                close()
                return


class AsyncOpenStream(AsyncIterator[Any]):
    """The async twin of ``OpenStream``."""

    def __init__(
        self,
        source: Any,
        iterator: AsyncIterator[Any],
        head: list[Any],
        has_finished: Callable[[], bool] | None = None,
    ) -> None:
        self.source = source
        self._head = head[::-1]
        self._iterator = iterator
        self._has_finished = has_finished

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        return self._head.pop() if self._head else await anext(self._iterator)

    def has_finished(self) -> bool:
        """Say whether the provider ended the stream; True where that cannot be known."""
        return self._has_finished is None or self._has_finished()

    async def aclose(self) -> None:
        """Close the provider's connection; it would write on, and bill, otherwise."""
        await _aclose(self.source)


def opened(source: Any, has_finished: Callable[[], bool] | None = None) -> OpenStream:
    """Return a stream after its first word was read.

    Raises:
        Exception: What reading it raised: the provider's own error, without the cover that
            LiteLLM puts around errors of streams.
    """
    iterator = iter(source)
    head: list[Any] = []
    try:
        for chunk in iterator:
            head.append(chunk)
            if _says_something(chunk):
                break
    except Exception as error:  # noqa: BLE001 - raised again, uncovered
        raise _uncovered(error) from None
    return OpenStream(source, iterator, head, has_finished)


async def aopened(source: Any, has_finished: Callable[[], bool] | None = None) -> AsyncOpenStream:
    """Return a stream after its first word was read; see ``opened``."""
    iterator = aiter(source)
    head: list[Any] = []
    try:
        while not (head and _says_something(head[-1])):
            head.append(await anext(iterator))
    except StopAsyncIteration:
        pass
    except Exception as error:  # noqa: BLE001 - raised again, uncovered
        raise _uncovered(error) from None
    except BaseException:  # cancelled, or out of time: nobody will read it any more
        await _aclose(source)
        raise
    return AsyncOpenStream(source, iterator, head, has_finished)


def _says_something(chunk: Any) -> bool:
    choices: Any = getattr(chunk, "choices", None)
    if choices is None:  # an event of the Responses API
        kind: Any = getattr(chunk, "type", None)
        return getattr(kind, "value", kind) not in _OPENING_EVENTS
    return any(
        choice.finish_reason
        or getattr(choice, "text", None)
        or any(getattr(getattr(choice, "delta", None), name, None) for name in _WORDS)
        for choice in choices
    )


async def _aclose(source: Any) -> None:
    for holder in (source, getattr(source, "completion_stream", None)):
        # OpenAI's own async streams have an async ``close`` and no ``aclose``.
        close: Any = getattr(holder, "aclose", None) or getattr(holder, "close", None)
        if close is not None:
            pending = close()
            if pending is not None:
                await pending
            return


def _uncovered(error: Exception) -> Exception:
    original = getattr(error, "original_exception", None)
    return original if isinstance(original, Exception) else error
