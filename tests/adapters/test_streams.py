"""Streams of the real LiteLLM: opened before they are handed on, joined with care, closed."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from armwise import Router
from armwise.adapters import Call, Fault, LiteLLMAdapter, classify, retry_after_s
from armwise.errors import AllPathsFailedError
from armwise.testing import ChatRequest, LoopbackServer, Reply

MESSAGES = [{"role": "user", "content": "Who makes it?"}]
CALLS = [
    {
        "id": f"call_{number}",
        "type": "function",
        "function": {"name": "look_up", "arguments": f'{{"number": {number}}}'},
    }
    for number in range(3)
]
TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "parameters": {"type": "object", "properties": {"number": {"type": "integer"}}},
    },
}
REPLIES = {
    "llama3": Reply(tool_calls=CALLS),
    "gemini-2.5-flash": Reply(status=429, headers={"retry-after": "7"}),
    "claude-sonnet-4-5": Reply(status=429, headers={"retry-after": "7"}),
    "gpt-4o-mini": Reply(status=429, headers={"retry-after": "7"}),
    "gpt-4o": Reply(text="word " * 500, chunk_latency_s=0.01),
    "empty": Reply(text="", finish_reason="length"),
}
both_worlds = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    """Answer by the model's name."""

    def play(request: ChatRequest) -> Reply:
        return REPLIES[request.model]

    with LoopbackServer(play) as running:
        yield running


def stream(server: LoopbackServer, model: str, *, is_async: bool, **params: Any) -> list[Any]:
    """Return the chunks of a stream that the adapter opened."""
    call = Call(model, MESSAGES, server.path(model)["params"] | params, stream=True)
    if not is_async:
        return list(LiteLLMAdapter().complete(call))

    async def read() -> list[Any]:
        return [chunk async for chunk in await LiteLLMAdapter().acomplete(call)]

    return asyncio.run(read())


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_parallel_tool_calls_of_ollama_stay_apart(server: LoopbackServer, is_async: bool) -> None:
    """LiteLLM gives each of them the index 0; joined to one, their arguments are no JSON."""
    chunks = stream(server, "ollama_chat/llama3", is_async=is_async, tools=[TOOL])
    call = Call("ollama_chat/llama3", MESSAGES, {}, stream=True)

    response = LiteLLMAdapter().assemble(chunks, call)

    arguments = [c.function.arguments for c in response.choices[0].message.tool_calls]
    assert [json.loads(each) for each in arguments] == [{"number": n} for n in range(3)]


@both_worlds
@pytest.mark.parametrize(
    "model", ["gemini/gemini-2.5-flash", "anthropic/claude-sonnet-4-5", "openai/gpt-4o-mini"]
)
def test_errors_of_opening_are_raised_by_the_call(
    server: LoopbackServer, model: str, is_async: bool
) -> None:
    """Not by the first chunk, when no other path can answer any more; and as what they are."""
    call = Call(model, MESSAGES, server.path(model)["params"], stream=True)
    adapter = LiteLLMAdapter()

    with pytest.raises(Exception, match="RateLimit") as caught:
        asyncio.run(adapter.acomplete(call)) if is_async else adapter.complete(call)

    assert type(caught.value).__name__ == "RateLimitError"
    assert classify(caught.value) is Fault.RATE_LIMIT
    assert retry_after_s(caught.value) == 7.0


def test_a_stream_without_a_word_is_still_a_stream(server: LoopbackServer) -> None:
    """Nothing but a finish reason: that is what the caller reads."""
    chunks = stream(server, "openai/empty", is_async=False)

    assert [choice.finish_reason for c in chunks for choice in c.choices][-1] == "length"


@both_worlds
def test_a_deadline_while_a_stream_opens_closes_it(server: LoopbackServer, is_async: bool) -> None:
    """A path that says nothing in time is a timeout, whichever clock strikes first."""
    slow = Reply(text="late", latency_s=2.0)
    with LoopbackServer(lambda request: slow) as silent:
        router = Router([silent.path("openai/m", timeout_s=0.2)], "goal")

        async def aopen() -> Any:
            return await router.acompletion(MESSAGES, stream=True)

        with pytest.raises(AllPathsFailedError, match="imeout"):
            asyncio.run(aopen()) if is_async else router.completion(MESSAGES, stream=True)


def test_closing_an_async_stream_closes_the_connection(server: LoopbackServer) -> None:
    """The provider is not left writing, and billing, an answer that nobody reads."""
    router = Router([server.path("openai/gpt-4o")], "goal")

    async def leave() -> bool:
        opened = await router.acompletion(MESSAGES, stream=True)
        await anext(opened)
        response = opened._source.source.completion_stream.response
        await opened.aclose()
        return bool(response.is_closed)

    assert asyncio.run(leave())


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"retry-after": "Fri, 31 Dec 1999 23:59:59 GMT"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_read_from_headers(
    headers: dict[str, str], expected: float | None
) -> None:
    """Seconds are understood, anything else is not said; wherever the library keeps headers."""

    class Response:
        def __init__(self) -> None:
            self.headers = headers

    error = RuntimeError("busy")
    assert retry_after_s(error) is None
    error.response = Response()  # type: ignore[attr-defined]

    assert retry_after_s(error) == expected
