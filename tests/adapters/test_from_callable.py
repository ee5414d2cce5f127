"""Any OpenAI-shaped callable is an adapter: real clients against the local server."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import openai
import pytest

from armwise import Router
from armwise.adapters import CallableAdapter, LiteLLMAdapter
from armwise.engine import ArmStats
from armwise.errors import AllPathsFailedError, ConfigurationError, StreamCutError
from armwise.testing import ChatRequest, LoopbackServer, Reply

MESSAGES: Any = [{"role": "user", "content": "Who makes it?"}]
SAID = "Apple makes it."
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
REPLIES = {
    "gpt-4o-mini": Reply(text=SAID, input_tokens=100, output_tokens=20, cached_tokens=40),
    "text-embedding-3-small": Reply(input_tokens=100),
    "busy": Reply(status=429, headers={"retry-after": "0"}),
    "cut": Reply(text=SAID, cut_after_chunks=2, is_cut_quietly=True),
    "tools": Reply(tool_calls=[CALL, {**CALL, "id": "d"}]),
    "full": Reply(text=SAID, status=503, fails_after_chunks=0),
    "slow": Reply(text=SAID, latency_s=1.0),
}
COST_USD = 60 * 1.5e-7 + 40 * 7.5e-8 + 20 * 6e-7
streamed = pytest.mark.parametrize("is_stream", [False, True], ids=["whole", "stream"])


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    """Answer by the model's name."""

    def play(request: ChatRequest) -> Reply:
        return REPLIES[request.model]

    with LoopbackServer(play) as running:
        yield running


@pytest.fixture
def client(server: LoopbackServer) -> Iterator[openai.OpenAI]:
    """Return OpenAI's client as a user makes it, with its retries on."""
    with openai.OpenAI(base_url=server.api_base, api_key="sk-test") as made:
        yield made


def routed(adapter: Any, model: str = "gpt-4o-mini", **settings: Any) -> Router:
    """Return a Router over one model."""
    settings.setdefault("success_when", f"text == {SAID!r}")
    return Router([model], "goal", adapter=adapter, half_life=None, **settings)


def ask(router: Router, *, is_stream: bool) -> str:
    """Return the text of an answer."""
    got = router.completion(MESSAGES, stream=is_stream)
    if not is_stream:
        return str(got.choices[0].message.content)
    return "".join(chunk.choices[0].delta.content or "" for chunk in got)


async def aask(router: Router, *, is_stream: bool) -> str:
    """Return the text of an answer, awaited."""
    got = await router.acompletion(MESSAGES, stream=is_stream)
    if not is_stream:
        return str(got.choices[0].message.content)
    return "".join([chunk.choices[0].delta.content or "" async for chunk in got])


def arm_of(router: Router) -> ArmStats:
    """Return what was counted of the only path."""
    (bucket,) = router.stats().buckets.values()
    (arm,) = bucket.values()
    return arm


@streamed
def test_openais_client(client: openai.OpenAI, is_stream: bool) -> None:
    """Its ``create`` is the adapter; checks, usage and cost are as with LiteLLM."""
    router = routed(client.chat.completions.create)

    assert ask(router, is_stream=is_stream) == SAID
    assert arm_of(router).successes == 1
    assert arm_of(router).mean_cost_usd == pytest.approx(COST_USD)


@streamed
def test_openais_async_client(server: LoopbackServer, is_stream: bool) -> None:
    """The async client's ``create`` is awaited on the loop, not in a thread."""

    async def talk() -> Router:
        async with openai.AsyncOpenAI(base_url=server.api_base, api_key="sk-test") as made:
            router = routed(made.chat.completions.create)
            assert await aask(router, is_stream=is_stream) == SAID
            return router

    arm = arm_of(asyncio.run(talk()))

    assert arm.successes == 1
    assert arm.mean_cost_usd == pytest.approx(COST_USD)


@streamed
def test_azures_client(server: LoopbackServer, is_stream: bool) -> None:
    """The path's model is the deployment."""
    with openai.AzureOpenAI(
        azure_endpoint=server.url, api_key="sk-test", api_version="2024-10-21"
    ) as made:
        assert ask(routed(made.chat.completions.create), is_stream=is_stream) == SAID

    assert server.requests[-1].wire == "azure"


@streamed
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_litellms_router(server: LoopbackServer, is_stream: bool, is_async: bool) -> None:
    """Its groups are paths: it balances deployments, armwise chooses among models."""
    import litellm

    deployment = {"model": "openai/gpt-4o-mini", **server.path("openai/gpt-4o-mini")["params"]}
    balancer = litellm.Router([{"model_name": "group", "litellm_params": deployment}])
    path = {"model": "group", "input_usd_per_mtok": 1.0, "output_usd_per_mtok": 2.0}
    router = Router(
        [path],
        "goal",
        adapter=balancer.acompletion if is_async else balancer.completion,
        success_when=f"text == {SAID!r}",
        half_life=None,
    )

    said = (
        asyncio.run(aask(router, is_stream=is_stream))
        if is_async
        else ask(router, is_stream=is_stream)
    )

    assert said == SAID
    assert arm_of(router).successes == 1
    assert arm_of(router).mean_cost_usd == pytest.approx(100 * 1e-6 + 20 * 2e-6)


@streamed
def test_a_blocking_callable_does_not_stop_the_loop(client: openai.OpenAI, is_stream: bool) -> None:
    """Under acompletion it runs in a thread, streams too; other tasks go on meanwhile."""
    threads: set[int] = set()

    def create(**arguments: Any) -> Any:
        threads.add(threading.get_ident())
        time.sleep(0.2)
        return client.chat.completions.create(**arguments)

    async def both() -> tuple[str, int]:
        turns = 0

        async def turn() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0.01)

        other = asyncio.create_task(turn())
        said = await aask(routed(create), is_stream=is_stream)
        other.cancel()
        return said, turns

    said, turns = asyncio.run(both())

    assert said == SAID
    assert turns >= 3
    assert threads.isdisjoint({threading.get_ident()})


def test_an_async_callable_is_refused_where_nobody_awaits(server: LoopbackServer) -> None:
    """completion() says to call acompletion(), and sends nothing."""
    made = openai.AsyncOpenAI(base_url=server.api_base, api_key="sk-test")
    already = len(server.requests)

    async def hidden(**arguments: Any) -> Any:
        return None

    def plain(**arguments: Any) -> Any:
        return hidden(**arguments)

    for callable_ in (made.chat.completions.create, hidden, plain):
        with pytest.raises(ConfigurationError, match=r"has to be awaited.*acompletion"):
            routed(callable_).completion(MESSAGES)

    assert len(server.requests) == already


def test_a_plain_function_that_returns_an_awaitable_is_awaited() -> None:
    """What looks like a blocking function may return one; it is awaited on the loop."""

    async def answer(**arguments: Any) -> Any:
        message = SimpleNamespace(content=SAID)
        return SimpleNamespace(choices=[SimpleNamespace(finish_reason="stop", message=message)])

    def plain(**arguments: Any) -> Any:
        return answer(**arguments)

    router = routed(plain)

    assert asyncio.run(aask(router, is_stream=False)) == SAID


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_the_clients_own_retries_are_off(server: LoopbackServer, is_async: bool) -> None:
    """One attempt is one HTTP request, though the client was made to try again twice."""
    already = len(server.requests)
    client: Any = (openai.AsyncOpenAI if is_async else openai.OpenAI)(
        base_url=server.api_base, api_key="sk-test"
    )
    router = routed(client.chat.completions.create, "busy")

    with pytest.raises(AllPathsFailedError, match="RateLimitError"):
        asyncio.run(aask(router, is_stream=False)) if is_async else ask(router, is_stream=False)

    assert len(server.requests) - already == 1
    assert (arm_of(router).faults, arm_of(router).failures) == (1, 0)
    assert client.max_retries == 2


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_stream_that_ends_early_is_no_success(server: LoopbackServer, is_async: bool) -> None:
    """OpenAI's client says nothing of it; the router does."""
    client: Any = (openai.AsyncOpenAI if is_async else openai.OpenAI)(
        base_url=server.api_base, api_key="sk-test"
    )
    router = routed(client.chat.completions.create, "cut", success_when="text != ''")

    with pytest.raises(StreamCutError, match="incomplete"):
        asyncio.run(aask(router, is_stream=True)) if is_async else ask(router, is_stream=True)

    assert (arm_of(router).faults, arm_of(router).successes) == (1, 0)


def test_an_error_said_within_a_stream_is_a_fault(client: openai.OpenAI) -> None:
    """Before the first word it moves on, though OpenAI's client gives it no status."""
    router = Router(
        ["full", "gpt-4o-mini"], "goal", adapter=client.chat.completions.create, half_life=None
    )
    router.pin("full")

    assert ask(router, is_stream=True) == SAID
    (bucket,) = router.stats().buckets.values()
    assert bucket["full"].faults == 1


def test_streamed_tool_calls_are_whole_for_checks(client: openai.OpenAI) -> None:
    """The joined answer has every call with its own arguments."""
    seen: list[Any] = []

    def check(response: Any) -> bool:
        seen.extend(call.function.arguments for call in response.choices[0].message.tool_calls)
        return True

    list(
        routed(client.chat.completions.create, "tools", success_when=check).completion(
            MESSAGES, stream=True
        )
    )

    assert seen == ['{"a": 1}', '{"a": 1}']


def test_the_paths_timeout_reaches_the_client(client: openai.OpenAI) -> None:
    """A slow path is a timeout, and a fault."""
    path = {"model": "slow", "timeout_s": 0.2}
    router = Router([path], "goal", adapter=client.chat.completions.create)

    with pytest.raises(AllPathsFailedError, match="APITimeoutError"):
        router.completion(MESSAGES)

    assert arm_of(router).faults == 1


def test_a_function_gets_only_what_it_takes() -> None:
    """A timeout and the wish for usage are left out where the function has no such parameter."""
    seen: dict[str, Any] = {}

    def create(model: str, messages: Any, temperature: float) -> Any:
        seen.update(model=model, messages=messages, temperature=temperature)
        message = SimpleNamespace(content=SAID)
        return SimpleNamespace(choices=[SimpleNamespace(finish_reason="stop", message=message)])

    assert (routed(create).completion(MESSAGES, temperature=0.5, timeout_s=5)).choices[
        0
    ].message.content == SAID
    assert seen == {"model": "gpt-4o-mini", "messages": MESSAGES, "temperature": 0.5}


def test_other_kinds_have_their_own_callables(client: openai.OpenAI) -> None:
    """Text, embeddings and responses go to what was given for them; else it is named."""
    adapter = CallableAdapter(
        client.chat.completions.create,
        text=client.completions.create,
        responses=client.responses.create,
    )
    router = routed(adapter)
    vectors = routed(
        CallableAdapter(embedding=client.embeddings.create),
        "text-embedding-3-small",
        success_when=None,
    )

    text = router.text("Who makes it?")
    response = router.responses("Who makes it?")
    events = list(router.responses("Who makes it?", stream=True))
    embedded = vectors.embedding(["apple", "pear"])

    assert (text.choices[0].text, response.output_text) == (SAID, SAID)
    assert events[-1].type == "response.completed"
    assert len(embedded.data) == 2
    assert arm_of(router).successes == 3
    assert arm_of(router).mean_cost_usd == pytest.approx(COST_USD)
    assert arm_of(vectors).mean_cost_usd == pytest.approx(100 * 2e-8)
    with pytest.raises(ConfigurationError, match=r"text=client\.completions\.create"):
        routed(client.chat.completions.create).text("Who makes it?")


@pytest.mark.parametrize(
    "refused", [5, "openai", LiteLLMAdapter, object()], ids=["int", "str", "class", "object"]
)
def test_what_cannot_be_called_is_no_adapter(refused: Any) -> None:
    """Neither a callable nor an adapter, or a class in place of one: refused with an example."""
    with pytest.raises(ConfigurationError, match=r"client.chat.completions.create"):
        routed(refused)


@pytest.mark.parametrize(
    "make", [CallableAdapter, lambda: CallableAdapter(text=5)], ids=["none", "int"]
)
def test_an_adapter_needs_something_to_call(make: Callable[[], Any]) -> None:
    """No callable at all, or what is none."""
    with pytest.raises(ConfigurationError, match=r"client\.(chat\.)?completions"):
        make()
