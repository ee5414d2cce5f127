"""Text completions, embeddings and responses are routed, checked and counted like chats."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from armwise import ReportStatus, Router
from armwise.engine import ArmStats
from armwise.errors import AllPathsFailedError, ConfigurationError, InvalidMessagesError
from armwise.testing import ChatRequest, LoopbackServer, Reply

SAID = "Apple makes it."
ROUTED = Reply(text=SAID, input_tokens=100, output_tokens=20, cached_tokens=40)
CHATS = [
    "openai/gpt-4o-mini",
    "azure/gpt-4o-mini",
    "anthropic/claude-sonnet-4-5",
    "gemini/gemini-2.5-flash",
]
EMBEDDERS = [
    "openai/text-embedding-3-small",
    "azure/text-embedding-3-small",
    "gemini/gemini-embedding-001",
    "ollama/nomic-embed-text",
]
both_worlds = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


class Played:
    """A server that answers as it is told."""

    def __init__(self) -> None:
        self.reply = ROUTED
        self.server = LoopbackServer(self._play)

    def _play(self, request: ChatRequest) -> Reply:
        return self.reply

    def router(self, *models: str, **settings: Any) -> Router:
        """Return a Router over models on this server."""
        paths = [self.server.path(model) for model in models]
        settings.setdefault("half_life", None)
        return Router(paths, "goal", **settings)


@pytest.fixture
def played() -> Iterator[Played]:
    """Serve a reply that a test may change."""
    playing = Played()
    with playing.server:
        yield playing


def call(router: Router, name: str, asked: Any, *, is_async: bool, **params: Any) -> Any:
    """Call a method of the Router or its twin; a stream is read to its end."""
    if not is_async:
        got = getattr(router, name)(asked, **params)
        return list(got) if params.get("stream") else got

    async def acall() -> Any:
        got = await getattr(router, f"a{name}")(asked, **params)
        return [chunk async for chunk in got] if params.get("stream") else got

    return asyncio.run(acall())


def only_arm(router: Router) -> ArmStats:
    """Return what was counted of the only path."""
    (bucket,) = router.stats().buckets.values()
    (arm,) = bucket.values()
    return arm


@both_worlds
@pytest.mark.parametrize("model", [*CHATS, "text-completion-openai/gpt-3.5-turbo-instruct"])
def test_a_text_goes_on(played: Played, model: str, is_async: bool) -> None:
    """Whatever the provider, the text is in choices[0].text; it is checked, and it costs."""
    router = played.router(model, success_when="text == 'Apple makes it.'")

    response, request_id = call(
        router, "text", "Who makes it?", is_async=is_async, return_request_id=True
    )

    assert response.choices[0].text == SAID
    assert played.server.requests[-1].prompt == "Who makes it?"
    assert only_arm(router).successes == 1
    assert (only_arm(router).mean_cost_usd or 0) > 0
    assert router.report_outcome(request_id, False) is ReportStatus.CORRECTED


@both_worlds
@pytest.mark.parametrize("model", [*CHATS, "text-completion-openai/gpt-3.5-turbo-instruct"])
def test_a_text_is_streamed(played: Played, model: str, is_async: bool) -> None:
    """The pieces add up to the text, no chunk of usage is among them, and the whole is checked."""
    router = played.router(model, success_when="text == 'Apple makes it.'")

    chunks = call(router, "text", "Who makes it?", is_async=is_async, stream=True)

    assert "".join(chunk.choices[0].text or "" for chunk in chunks) == SAID
    assert only_arm(router).successes == 1
    assert (only_arm(router).mean_cost_usd or 0) > 0


@both_worlds
@pytest.mark.parametrize("model", EMBEDDERS)
def test_texts_are_embedded(played: Played, model: str, is_async: bool) -> None:
    """One vector per input; a check sees the response, and tokens have their price."""
    router = played.router(model, success_when=lambda response: len(response.data) == 2)

    response = call(router, "embedding", ["apple", "pear"], is_async=is_async)

    vectors = [item["embedding"] for item in response.data]
    assert len(vectors) == 2
    assert vectors[0] != vectors[1]
    assert only_arm(router).successes == 1
    is_free = model.startswith("ollama/")
    assert (only_arm(router).mean_cost_usd == 0) == is_free


@both_worlds
@pytest.mark.parametrize("model", [*CHATS, "ollama_chat/llama3"])
def test_the_responses_api_answers(played: Played, model: str, is_async: bool) -> None:
    """Its output is text and finish reason for checks, its usage is money, cached tokens too."""
    router = played.router(
        model, success_when="text == 'Apple makes it.' and finish_reason == 'stop'"
    )

    response = call(router, "responses", "Who makes it?", is_async=is_async)

    assert response.output[0].content[0].text == SAID
    assert only_arm(router).successes == 1
    if model == "openai/gpt-4o-mini":
        cost_usd = 60 * 1.5e-7 + 40 * 7.5e-8 + 20 * 6e-7
        assert only_arm(router).mean_cost_usd == pytest.approx(cost_usd)


@both_worlds
@pytest.mark.parametrize("model", [*CHATS, "ollama_chat/llama3"])
def test_events_of_the_responses_api_are_streamed(
    played: Played, model: str, is_async: bool
) -> None:
    """Deltas pass through; the last event's response is checked and its usage counted."""
    router = played.router(model, success_when="text == 'Apple makes it.'")

    events = call(router, "responses", "Who makes it?", is_async=is_async, stream=True)

    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == SAID
    assert only_arm(router).successes == 1
    is_free = model.startswith("ollama")
    assert (only_arm(router).mean_cost_usd == 0) == is_free


def test_a_response_that_was_cut_short_says_length(played: Played) -> None:
    """Status "incomplete" for want of tokens is what chats call "length"."""
    played.reply = Reply(text=SAID, finish_reason="length")
    router = played.router("openai/gpt-4o-mini", success_when="finish_reason == 'length'")

    router.responses("Who makes it?")

    assert only_arm(router).successes == 1


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("text", "openai/gpt-4o-mini"),
        ("text", "text-completion-openai/gpt-3.5-turbo-instruct"),
        ("embedding", "openai/text-embedding-3-small"),
        ("embedding", "azure/text-embedding-3-small"),
        ("embedding", "gemini/gemini-embedding-001"),
        ("embedding", "ollama/nomic-embed-text"),
        ("responses", "openai/gpt-4o-mini"),
        ("responses", "azure/gpt-4o-mini"),
        ("responses", "anthropic/claude-sonnet-4-5"),
    ],
)
@both_worlds
def test_errors_move_on_or_are_raised(
    played: Played, name: str, model: str, is_async: bool
) -> None:
    """A 429 is a fault after one HTTP request, a bad request is raised; neither is a failure."""
    router = played.router(model)
    played.reply = Reply(status=429)

    with pytest.raises(AllPathsFailedError, match="RateLimitError"):
        call(router, name, "Who makes it?", is_async=is_async)
    played.reply = Reply(status=400)
    with pytest.raises(Exception, match="BadRequest"):
        call(router, name, "Who makes it?", is_async=is_async)

    assert len(played.server.requests) == 2
    assert only_arm(router).faults == 1
    assert (only_arm(router).successes, only_arm(router).failures) == (0, 0)


@both_worlds
def test_events_that_end_early_are_a_fault(played: Played, is_async: bool) -> None:
    """A stream of events without its last one is no answer."""
    played.reply = Reply(text=SAID, cut_after_chunks=2, is_cut_quietly=True)
    router = played.router("openai/gpt-4o-mini", success_when="text != ''")

    with pytest.raises(Exception, match=r"terminal event|without a finish reason"):
        call(router, "responses", "Who makes it?", is_async=is_async, stream=True)

    assert (only_arm(router).faults, only_arm(router).successes) == (1, 0)


def test_a_chat_model_is_no_embedding_model(played: Played) -> None:
    """It is refused by name before any call, with what to write instead."""
    router = played.router("openai/gpt-4o-mini")

    with pytest.raises(ConfigurationError, match=r"gpt-4o-mini.*chat model.*text-embedding"):
        router.embedding("apple")

    assert played.server.requests == []


@pytest.mark.parametrize("asked", ["", 5, [], None, {"a": 1}])
@pytest.mark.parametrize("name", ["text", "embedding", "responses"])
def test_what_is_no_input_is_refused(played: Played, name: str, asked: Any) -> None:
    """Neither a text nor a list: refused with an example. An empty text is one."""
    router = played.router("openai/text-embedding-3-small")
    method: Callable[..., Any] = getattr(router, name)

    if asked == "":
        method(asked)
        return
    with pytest.raises(InvalidMessagesError, match="such as"):
        method(asked)


def test_the_level_is_that_of_the_input(played: Played) -> None:
    """Long inputs and demanded formats count, wherever the interface has them."""
    router = played.router("openai/gpt-4o-mini")
    schema = {"type": "json_schema", "name": "x", "schema": {"type": "object"}}

    router.responses("Who?", text={"format": schema}, task_type="analysis")
    router.responses([{"role": "user", "content": "Who?"}], task_type="analysis")
    router.text("word " * 600, task_type="analysis")

    levels = {
        bucket: sum(a.attempts for a in arms.values())
        for bucket, arms in router.stats().buckets.items()
    }
    assert levels == {"analysis/simple": 1, "analysis/medium": 1, "analysis/complex": 1}
    assert json.dumps(schema) in json.dumps(played.server.requests[0].body)
