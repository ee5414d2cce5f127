"""Streams that learn: chunks pass through, and the outcome is taken when the stream ends."""

from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any, Self

from armwise.adapters import Adapter, Usage, usage_of
from armwise.engine import Decision
from armwise.errors import StreamCutError
from armwise.router.attempts import adrive, drive
from armwise.router.checks import AllOf, Answer, OneCheck, Verdict, weigh
from armwise.router.recording import Recorder
from armwise.router.request import Attempt


class _Tee:
    """Keeps a stream's chunks for the check, and decides which of them the caller sees."""

    def __init__(self, attempt: Attempt, recorder: Recorder, adapter: Adapter) -> None:
        self._attempt = attempt
        self._recorder = recorder
        self._adapter = adapter
        self._check = recorder.checks.of(attempt.call)
        self._chunks: list[Any] = []
        self._usage: Usage | None = None
        self._is_settled = False
        asked = attempt.call.params.get("stream_options") or {}
        self._shows_usage = bool(asked.get("include_usage"))

    @property
    def decision(self) -> Decision:
        """The decision that the stream belongs to."""
        return self._attempt.decision

    @property
    def request_id(self) -> str:
        """The signed id to report the outcome under; known before the first chunk."""
        return self._attempt.request_id

    def _take(self, chunk: Any) -> bool:
        """Keep a chunk; return whether the caller is to see it.

        Usage was asked for by the router. Its chunk says nothing, and some have no choices, so that
        code that reads ``chunk.choices[0]`` fails: callers see it only if they asked for it too.
        """
        if self._check is not None:
            self._chunks.append(chunk)
        if getattr(chunk, "usage", None) is not None:
            self._usage = usage_of(chunk)
        elif self._attempt.call.kind == "responses":
            self._usage = usage_of(getattr(chunk, "response", None)) or self._usage
        return self._shows_usage or not _is_usage_only(chunk)

    def _answer(self) -> tuple[Answer, OneCheck | AllOf | None, Verdict | None]:
        """Return the whole answer, the check to run on it, or else the verdict already known.

        Joining chunks is the adapter's work and may fail; the caller has had the stream by then,
        so that is an unknown outcome and not an error.
        """
        check = self._check
        if check is None:
            return self._measured(None), None, None
        try:
            response = self._adapter.assemble(self._chunks, self._attempt.call)
        except Exception as error:  # noqa: BLE001 - see above
            return self._measured(None), None, Verdict(None, check.name, error)
        return self._measured(response), check, None

    def _measured(self, response: Any) -> Answer:
        return self._recorder.answer(self._attempt, response, self._usage)

    def _settle(self) -> bool:
        """Return True the first time only: a stream has one end."""
        is_first = not self._is_settled
        self._is_settled = True
        return is_first

    def _refuse_cut(self, source: Any) -> None:
        """Raise if nobody ended the stream: half an answer must not look like a whole one."""
        if self._adapter.has_finished(source):
            return
        self._recorder.cut(self._attempt)
        raise StreamCutError(
            f"the stream of path {self._attempt.path.name!r} ended without a finish reason: its "
            "connection was lost on the way, and the answer is incomplete. Ask again."
        ) from None

    def _fail(self, error: Exception) -> None:
        if self._settle():
            self._recorder.failed(self._attempt, error)

    def _abandon(self) -> None:
        if self._settle():
            self._recorder.abandoned(self._attempt)


def _is_usage_only(chunk: Any) -> bool:
    choices = getattr(chunk, "choices", None)
    if not choices:
        return choices is not None
    if getattr(chunk, "usage", None) is None:
        return False
    said = ("content", "tool_calls", "function_call", "reasoning_content", "refusal")
    return not any(
        choice.finish_reason
        or getattr(choice, "text", None)
        or any(getattr(getattr(choice, "delta", None), name, None) for name in said)
        for choice in choices
    )


class Stream(_Tee, Iterator[Any]):
    """An answer in chunks, OpenAI-shaped, with the id of its request.

    Read to its end, it is checked and counted like any answer. Closed or left before, its outcome
    is unknown. An error in the middle is a fault of the path and is raised as it is; where the
    connection ends without one, ``StreamCutError`` is raised.
    """

    def __init__(self, source: Any, attempt: Attempt, recorder: Recorder, adapter: Adapter) -> None:
        super().__init__(attempt, recorder, adapter)
        self._source = source
        self._iterator = iter(source)

    def __next__(self) -> Any:
        while True:
            try:
                chunk = next(self._iterator)
            except StopIteration:
                self._finish()
                raise
            except Exception as error:
                self._fail(error)
                raise
            if self._take(chunk):
                return chunk

    def close(self) -> None:
        """Stop reading. Unless the end was reached, the outcome is unknown."""
        self._abandon()
        close: Any = getattr(self._source, "close", None)
        if close is not None:
            close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _finish(self) -> None:
        if not self._settle():
            return
        self._refuse_cut(self._source)
        answer, check, verdict = self._answer()
        try:
            if check is not None:
                verdict = drive(weigh(check, answer), self._adapter)
        finally:
            self._recorder.answered(self._attempt, answer, self._usage, verdict)


class AsyncStream(_Tee, AsyncIterator[Any]):
    """The async twin of ``Stream``."""

    def __init__(self, source: Any, attempt: Attempt, recorder: Recorder, adapter: Adapter) -> None:
        super().__init__(attempt, recorder, adapter)
        self._source = source
        self._iterator = aiter(source)

    async def __anext__(self) -> Any:
        while True:
            try:
                chunk = await anext(self._iterator)
            except StopAsyncIteration:
                await self._finish()
                raise
            except Exception as error:
                self._fail(error)
                raise
            if self._take(chunk):
                return chunk

    async def aclose(self) -> None:
        """Stop reading. Unless the end was reached, the outcome is unknown."""
        self._abandon()
        close: Any = getattr(self._source, "aclose", None)
        if close is not None:
            await close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _finish(self) -> None:
        if not self._settle():
            return
        self._refuse_cut(self._source)
        answer, check, verdict = self._answer()
        try:
            if check is not None:
                verdict = await adrive(weigh(check, answer), self._adapter)
        finally:
            self._recorder.answered(self._attempt, answer, self._usage, verdict)
