"""The public API as users type it, through the real LiteLLM to a local server."""

import asyncio
import inspect
import json
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import armwise
from armwise import Outcome, ReportStatus, Router
from armwise.errors import AllPathsFailedError, StreamCutError
from armwise.testing import ChatRequest, LoopbackServer, Reply

MESSAGES = [{"role": "user", "content": 'Who makes the iPhone? Reply as {"company": ...}'}]
TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "parameters": {"type": "object", "properties": {"name": {"type": "string"}}},
    },
}


def answer(request: ChatRequest) -> Reply:
    """Play gpt-4o-mini, which forgets the JSON, and gpt-4o, which does not."""
    if request.model == "gpt-4o":
        return Reply(text='{"company": "Apple"}', input_tokens=20, output_tokens=8)
    return Reply(text="Apple", input_tokens=20, output_tokens=2)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    """Serve both models where the OpenAI client looks for them."""
    with LoopbackServer(answer) as running:
        monkeypatch.setenv("OPENAI_API_BASE", running.api_base)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        yield running


def paths() -> list[Any]:
    """Return the paths of the first example."""
    return [
        {"model": "openai/gpt-4o-mini", "weight": 0.7},
        {"model": "openai/gpt-4o", "weight": 0.3},
    ]


@pytest.mark.usefixtures("server")
def test_automatic_success() -> None:
    """The first example: success_when as an expression over the response."""
    router = Router(
        paths=paths(),
        goal_id="extract_company",
        success_when="response.choices[0].finish_reason == 'stop'",
    )

    response = router.completion(messages=MESSAGES)

    assert response.choices[0].message.content in ("Apple", '{"company": "Apple"}')
    (bucket,) = router.stats().buckets.values()
    assert sum(arm.successes for arm in bucket.values()) == 1
    assert router.cost_report().unpriced == 0


@pytest.mark.usefixtures("server")
def test_reported_success() -> None:
    """The second example: a validator and report_outcome move the traffic to what works."""
    router = Router(paths=paths(), goal_id="extract_company", seed=1)

    def validated(text: str) -> bool:
        try:
            return bool(json.loads(text)["company"])
        except (ValueError, TypeError):
            return False

    served = []
    for _ in range(60):
        response, request_id = router.completion(
            messages=MESSAGES, task_type="extraction", return_request_id=True
        )
        is_valid = validated(response.choices[0].message.content)
        status = router.report_outcome(
            request_id=request_id, outcome=Outcome.SUCCESS if is_valid else Outcome.FAILURE
        )
        assert status is ReportStatus.APPLIED
        served.append(response.choices[0].message.content)

    assert served[-20:].count('{"company": "Apple"}') >= 18


def test_tools_and_parameters_reach_the_provider(server: LoopbackServer) -> None:
    """Tools, temperature and a path's own parameters are in the request body, untouched."""
    router = Router(
        paths=[{"model": "openai/gpt-4o", "params": {"temperature": 0.5}}], goal_id="tools"
    )

    router.completion(messages=MESSAGES, tools=[TOOL], user="me")

    body = server.requests[-1].body
    assert body["tools"] == [TOOL]
    assert (body["temperature"], body["user"]) == (0.5, "me")
    assert "include_usage" not in str(body)


def test_a_stream_through_litellm(server: LoopbackServer) -> None:
    """Chunks arrive, the assembled text is checked, and usage gives the cost."""
    router = Router(
        paths=["openai/gpt-4o"], goal_id="stream", success_when="json['company'] == 'Apple'"
    )

    stream = router.completion(messages=MESSAGES, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)

    assert text == '{"company": "Apple"}'
    (bucket,) = router.stats().buckets.values()
    assert bucket["openai/gpt-4o"].successes == 1
    assert bucket["openai/gpt-4o"].mean_cost_usd == pytest.approx(20 * 2.5e-6 + 8 * 1e-5)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_stream_that_is_cut_between_events_is_no_success(is_async: bool) -> None:
    """LiteLLM raises, or in some releases makes up a finish reason: a fault here either way."""
    event = {"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": None}]}
    head = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    body = f"data: {json.dumps(head | event)}\n\n" * 3

    import litellm

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                b"Connection: close\r\n\r\n" + body.encode()
            )
            connection.shutdown(socket.SHUT_WR)  # ended, not reset
            while connection.recv(65_536):
                pass

    async def read(router: Router) -> None:
        if is_async:
            async for _ in await router.acompletion(messages=MESSAGES, stream=True):
                pass
        else:
            list(router.completion(messages=MESSAGES, stream=True))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,)).start()
        base = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        path = {"model": "openai/m", "params": {"api_base": base, "api_key": "sk-test"}}
        router = Router(paths=[path], goal_id="cut", success_when="finish_reason == 'stop'")
        with pytest.raises((litellm.ServiceUnavailableError, StreamCutError)):
            asyncio.run(read(router))

    (bucket,) = router.stats().buckets.values()
    arm = bucket["openai/m"]
    assert (arm.successes, arm.failures, arm.faults) == (0, 0, 1)


def test_closing_a_stream_closes_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The provider is not left writing, and billing, an answer that nobody reads."""
    long = Reply(text="word " * 400, chunk_latency_s=0.01)
    with LoopbackServer({"m": lambda request: long}) as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.api_base)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        router = Router(paths=["openai/m"], goal_id="close")
        stream = router.completion(messages=MESSAGES, stream=True)
        next(stream)
        response = stream._source.source.completion_stream.response

        stream.close()

        assert response.is_closed


@pytest.mark.usefixtures("server")
def test_async_and_async_stream_through_litellm() -> None:
    """The async twins learn the same."""
    router = Router(
        paths=["openai/gpt-4o"], goal_id="async", success_when="json['company'] == 'Apple'"
    )

    async def both() -> str:
        await router.acompletion(messages=MESSAGES)
        stream = await router.acompletion(messages=MESSAGES, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    assert asyncio.run(both()) == '{"company": "Apple"}'
    (bucket,) = router.stats().buckets.values()
    assert bucket["openai/gpt-4o"].successes == 2


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_one_path_one_request_one_error(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """LiteLLM's own retries are off: one HTTP request per path, then one error naming both."""
    with LoopbackServer(lambda request: Reply(status=status)) as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.api_base)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        router = Router(paths=paths(), goal_id="errors")

        with pytest.raises(AllPathsFailedError, match=r"(?s)gpt-4o-mini.*gpt-4o|gpt-4o.*mini"):
            router.completion(messages=MESSAGES)

        assert len(server.requests) == 2
    (bucket,) = router.stats().buckets.values()
    assert [(arm.faults, arm.successes, arm.failures) for arm in bucket.values()] == [
        (1, 0, 0),
        (1, 0, 0),
    ]


def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection is a fault of the path, not a crash."""
    monkeypatch.setenv("OPENAI_API_BASE", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")

    with pytest.raises(AllPathsFailedError, match="openai/gpt-4o"):
        Router(paths=["openai/gpt-4o"], goal_id="errors").completion(messages=MESSAGES)


def test_without_a_key_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The missing variable is named."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_BASE", "http://127.0.0.1:9/v1")

    with pytest.raises(AllPathsFailedError, match="OPENAI_API_KEY"):
        Router(paths=["openai/gpt-4o"], goal_id="errors").completion(messages=MESSAGES)


@pytest.mark.usefixtures("server")
def test_a_fork_after_use_still_completes() -> None:
    """A worker forked from a process that has already called goes on calling."""
    router = Router(paths=["openai/gpt-4o"], goal_id="fork", success_when="finish_reason == 'stop'")
    router.completion(messages=MESSAGES)

    child = os.fork()
    if child == 0:
        response = router.completion(messages=MESSAGES)
        os._exit(0 if "Apple" in response.choices[0].message.content else 1)
    _, code = os.waitpid(child, 0)

    assert code == 0


def test_the_root_exports_are_these() -> None:
    """The surface is small, sorted, and changes only on purpose."""
    assert armwise.__all__ == [
        "ArmwiseError",
        "BestQuality",
        "Budget",
        "CheapestWithin",
        "Decision",
        "Escalate",
        "Outcome",
        "Path",
        "ReportStatus",
        "Router",
        "TargetRate",
        "Utility",
        "__version__",
        "open_store",
    ]
    assert sorted(armwise.__all__) == armwise.__all__


def test_what_users_type_does_not_change() -> None:
    """Names, order and defaults of the promised signatures."""
    router = list(inspect.signature(Router).parameters)
    report = inspect.signature(Router.report_outcome).parameters

    assert router[:3] == ["paths", "goal_id", "success_when"]
    assert list(inspect.signature(Router.completion).parameters)[:4] == [
        "self",
        "messages",
        "task_type",
        "return_request_id",
    ]
    assert list(report)[1:3] == ["request_id", "outcome"]
    assert report["revision"].default == 1
