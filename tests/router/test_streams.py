"""Streams learn when they end, and only then."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from armwise import Outcome, ReportStatus, Router
from armwise.events import Attempted, Event
from armwise.testing import Scripted, ScriptedError

ASK = [{"role": "user", "content": "Who makes the iPhone?"}]

Build = Callable[..., Router]


async def read(router: Router, *, is_async: bool, **params: Any) -> tuple[Any, list[Any]]:
    """Ask for a stream through one of the twins and read it to its end."""
    if is_async:
        stream = await router.acompletion(ASK, stream=True, **params)
        return stream, [chunk async for chunk in stream]
    stream = router.completion(ASK, stream=True, **params)
    return stream, list(stream)


def arm(router: Router, path: str = "cheap") -> Any:
    """Return the stats of one path."""
    return router.stats().buckets["general/simple"][path]


both = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


@pytest.mark.anyio
@both
async def test_a_stream_is_checked_at_its_end(router_of: Build, is_async: bool) -> None:
    """The assembled text decides, and usage gives the cost."""
    router = router_of(
        {"cheap": lambda _: Scripted("Apple of Cupertino", 100, 50)},
        success_when="text == 'Apple of Cupertino'",
    )

    _, chunks = await read(router, is_async=is_async)

    assert "".join(chunk.choices[0].delta.content for chunk in chunks) == "Apple of Cupertino"
    assert (arm(router).successes, arm(router).attempts) == (1, 1)
    assert arm(router).mean_cost_usd == pytest.approx(150e-6)


@pytest.mark.anyio
@both
async def test_the_usage_chunk_is_shown_only_to_those_who_asked(
    router_of: Build, is_async: bool
) -> None:
    """Code that reads choices[0] of every chunk does not break on a chunk it did not ask for."""
    router = router_of({"cheap": "Apple"})

    _, unasked = await read(router, is_async=is_async)
    _, asked = await read(router, is_async=is_async, stream_options={"include_usage": True})

    assert all(chunk.choices for chunk in unasked)
    assert asked[-1].usage.prompt_tokens == 10


def test_the_id_is_known_before_the_first_token(router_of: Build) -> None:
    """An outcome can be reported before, while or after the stream is read, once."""
    router = router_of({"cheap": "Apple of Cupertino"}, success_when="True")

    stream, request_id = router.completion(ASK, stream=True, return_request_id=True)

    assert stream.request_id == request_id
    assert router.report_outcome(request_id, Outcome.FAILURE) is ReportStatus.APPLIED
    list(stream)
    assert (arm(router).successes, arm(router).failures, arm(router).attempts) == (0, 1, 1)


@pytest.mark.anyio
@both
async def test_an_abandoned_stream_is_unknown(
    router_of: Build, events: list[Event], is_async: bool
) -> None:
    """Left in the middle, nothing is learned of quality, not even by reading on later."""
    router = router_of({"cheap": "Apple of Cupertino"}, success_when="True")

    if is_async:
        async with await router.acompletion(ASK, stream=True) as stream:
            await anext(stream)
    else:
        with router.completion(ASK, stream=True) as stream:
            next(stream)

    assert (arm(router).successes, arm(router).failures, arm(router).attempts) == (0, 0, 1)
    assert [event.fault for event in events if isinstance(event, Attempted)] == ["abandoned"]


@pytest.mark.anyio
@both
async def test_a_stream_that_breaks_is_a_fault_and_raises(router_of: Build, is_async: bool) -> None:
    """The error reaches the reader; quality is untouched."""
    router = router_of(
        {"cheap": lambda _: Scripted("Apple of Cupertino", fails_after_chunks=2), "dear": "x"},
        success_when="True",
    )

    with pytest.raises(ScriptedError, match="middle of the stream"):
        await read(router, is_async=is_async)

    assert (arm(router).successes, arm(router).failures, arm(router).faults) == (0, 0, 1)


@pytest.mark.anyio
@both
async def test_a_stream_that_does_not_open_moves_on(router_of: Build, is_async: bool) -> None:
    """Before the first chunk, a provider's error is a fallback like any other."""
    router = router_of(
        {"cheap": lambda _: ScriptedError(503), "dear": "Apple"}, success_when="True"
    )

    stream, _ = await read(router, is_async=is_async)

    assert stream.decision.path == "cheap"
    assert arm(router, "dear").successes == 1


def test_closing_after_the_end_changes_nothing(router_of: Build) -> None:
    """A stream that was read inside a with block is a success, not abandoned."""
    router = router_of({"cheap": "Apple"}, success_when="True")

    with router.completion(ASK, stream=True) as stream:
        list(stream)

    assert (arm(router).successes, arm(router).attempts) == (1, 1)


def test_chunks_that_cannot_be_joined_leave_the_outcome_unknown(router_of: Build) -> None:
    """The reader has the whole stream; a failure of ours to join it is not a failure of it."""
    router = router_of({"cheap": "Apple"}, success_when="True")

    def broken(chunks: Any, call: Any) -> SimpleNamespace:
        raise RuntimeError("cannot join")

    router._adapter.assemble = broken  # type: ignore[method-assign]
    chunks = list(router.completion(ASK, stream=True))

    assert len(chunks) == 1
    assert (arm(router).successes, arm(router).failures, arm(router).attempts) == (0, 0, 1)
    assert router.stats().counters.checks_raised == 1
