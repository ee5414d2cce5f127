"""The loopback server answers real clients as an OpenAI-compatible provider does."""

import asyncio
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from armwise.errors import ConfigurationError
from armwise.testing.loopback import ChatRequest, LoopbackServer, Reply, fixed

# litellm reads both when it is imported: no look-up of prices, no .env of the checkout.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("LITELLM_MODE", "PRODUCTION")

MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city": "Paris"}'},
}
TOOL = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}},
}


def echo(request: ChatRequest) -> Reply:
    """Answer with the prompt itself."""
    return Reply(text=request.prompt)


def broken(request: ChatRequest) -> Reply:
    """Raise, as a careless behaviour does."""
    raise KeyError("lost")


MODELS = {
    "paris": fixed("It is Paris.", input_tokens=100, output_tokens=7, cached_tokens=40),
    "echo": echo,
    "tools": fixed("", tool_calls=[CALL]),
    "busy": fixed("Slow down.", status=429, headers={"retry-after": "3"}),
    "down": fixed("Out of order.", status=500),
    "small": fixed("", status=400, error_code="context_length_exceeded"),
    "cut": fixed("one two three four", cut_after_chunks=2),
    "endless": fixed("word " * 20_000, chunk_latency_s=0.001),
    "sleeper": fixed("at last", latency_s=600),
    "broken": broken,
}


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    """Return a server that plays ``MODELS``."""
    with LoopbackServer(MODELS) as running:
        yield running


def call(server: LoopbackServer, model: str, **kwargs: Any) -> Any:
    """Return litellm's response to ``MESSAGES``."""
    import litellm

    litellm.suppress_debug_info = True
    return litellm.completion(model=f"openai/{model}", **arguments(server), **kwargs)


def arguments(server: LoopbackServer) -> dict[str, Any]:
    """Return what every call to the server needs."""
    return {
        "messages": MESSAGES,
        "api_base": server.api_base,
        "api_key": "sk-test",
        "max_retries": 0,
        "num_retries": 0,
        "timeout": 10,
    }


def connect(server: LoopbackServer) -> http.client.HTTPConnection:
    """Return a keep-alive connection to the server."""
    host, _, port = server.api_base.removeprefix("http://").removesuffix("/v1").partition(":")
    return http.client.HTTPConnection(host, int(port), timeout=10)


def post(connection: http.client.HTTPConnection, body: object) -> tuple[int, dict[str, Any]]:
    """Return status and JSON of one chat-completions request."""
    connection.request("POST", "/v1/chat/completions", json.dumps(body))
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def loopback_threads() -> list[threading.Thread]:
    """Return the threads of all loopback servers of this process."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("armwise-loop")]


def test_litellm_reads_text_and_usage(server: LoopbackServer) -> None:
    """A call through litellm carries the reply's text, finish reason and token counts."""
    response = call(server, "paris")

    usage = response.usage
    assert response.choices[0].message.content == "It is Paris."
    assert response.choices[0].finish_reason == "stop"
    assert (usage.prompt_tokens, usage.completion_tokens) == (100, 7)
    assert usage.prompt_tokens_details.cached_tokens == 40


def test_async_litellm_is_answered(server: LoopbackServer) -> None:
    """Eight calls of one event loop are each answered."""
    import litellm

    async def ask() -> list[Any]:
        calls = (litellm.acompletion(model="openai/paris", **arguments(server)) for _ in range(8))
        return await asyncio.gather(*calls)

    responses = asyncio.run(ask())

    assert ["It is Paris."] * 8 == [r.choices[0].message.content for r in responses]


def test_a_stream_has_its_text_in_pieces_and_its_usage_at_the_end(server: LoopbackServer) -> None:
    """A streamed reply arrives word by word, and the usage follows when it is asked for."""
    chunks = list(call(server, "paris", stream=True, stream_options={"include_usage": True}))

    pieces = [
        c.choices[0].delta.content for c in chunks if c.choices and c.choices[0].delta.content
    ]
    usages = [chunk.usage for chunk in chunks if getattr(chunk, "usage", None)]
    assert pieces == ["It", " is", " Paris."]
    assert [(100, 7)] == [(usage.prompt_tokens, usage.completion_tokens) for usage in usages]


def test_tool_calls_reach_the_client(server: LoopbackServer) -> None:
    """A reply with tool calls has them in the message and as its finish reason."""
    response = call(server, "tools", tools=[TOOL])

    choice = response.choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls[0].function.name == "weather"
    assert choice.message.tool_calls[0].function.arguments == '{"city": "Paris"}'


def test_tool_calls_are_streamed(server: LoopbackServer) -> None:
    """A streamed tool call can be put together by litellm."""
    import litellm

    chunks = list(call(server, "tools", tools=[TOOL], stream=True))

    message = litellm.stream_chunk_builder(chunks, messages=MESSAGES).choices[0].message
    assert message.tool_calls[0].function.arguments == '{"city": "Paris"}'


@pytest.mark.parametrize(
    ("model", "error", "status"),
    [
        ("busy", "RateLimitError", 429),
        ("down", "InternalServerError", 500),
        ("small", "ContextWindowExceededError", 400),
        ("nobody", "NotFoundError", 404),
        ("broken", "InternalServerError", 500),
    ],
)
def test_errors_are_recognised(server: LoopbackServer, model: str, error: str, status: int) -> None:
    """An error's status and code reach litellm, which raises the class that fits."""
    import litellm

    with pytest.raises(getattr(litellm, error)) as caught:
        call(server, model)

    assert caught.value.status_code == status


def test_headers_of_a_reply_are_sent(server: LoopbackServer) -> None:
    """A 429 says how long to wait, in the header and with OpenAI's error object."""
    connection = connect(server)
    connection.request(
        "POST", "/v1/chat/completions", json.dumps({"model": "busy", "messages": MESSAGES})
    )
    response = connection.getresponse()
    error = json.loads(response.read())["error"]
    connection.close()

    assert response.headers["retry-after"] == "3"
    assert error == {
        "message": "Slow down.",
        "type": "rate_limit_error",
        "param": None,
        "code": None,
    }


def test_a_cut_stream_fails_after_its_pieces(server: LoopbackServer) -> None:
    """A stream that is cut gives its first chunks and then raises while it is read."""
    import litellm

    stream = call(server, "cut", stream=True)
    pieces: list[str] = []
    with pytest.raises(litellm.ServiceUnavailableError):
        pieces.extend(chunk.choices[0].delta.content for chunk in stream)

    assert "".join(piece for piece in pieces if piece).startswith("one")


def test_a_cut_reply_is_incomplete(server: LoopbackServer) -> None:
    """Without a stream, a cut reply ends in the middle of its body."""
    connection = connect(server)
    with pytest.raises(http.client.IncompleteRead):
        post(connection, {"model": "cut", "messages": MESSAGES})

    connection.close()


def test_requests_are_remembered_up_to_a_bound() -> None:
    """The newest requests are kept with their headers, the oldest are forgotten."""
    with LoopbackServer(echo, keep_requests=2) as server:
        connection = connect(server)
        for prompt in ("a", "b", "c"):
            messages = [{"role": "user", "content": [{"type": "text", "text": prompt}]}]
            post(connection, {"model": "any", "messages": messages, "temperature": 0.5})
        connection.close()

        kept = server.requests

    assert [request.prompt for request in kept] == ["b", "c"]
    assert kept[0].body["temperature"] == 0.5
    assert kept[0].headers["host"].startswith("127.0.0.1:")


@pytest.mark.parametrize("body", ["not json", "[]", '{"model": "echo"}'])
def test_a_malformed_request_is_refused(server: LoopbackServer, body: str) -> None:
    """A body that is no chat request gets 400, and the connection stays usable."""
    connection = connect(server)
    connection.request("POST", "/v1/chat/completions", body)
    refused = connection.getresponse()
    error = json.loads(refused.read())["error"]
    status, answer = post(connection, {"model": "echo", "messages": MESSAGES})
    connection.close()

    assert (400, "invalid_request_error") == (refused.status, error["type"])
    assert (200, MESSAGES[0]["content"]) == (status, answer["choices"][0]["message"]["content"])


@pytest.mark.parametrize(("path", "status"), [("/v1/models", 200), ("/v1/files", 404)])
def test_models_are_listed(server: LoopbackServer, path: str, status: int) -> None:
    """The models can be listed; other addresses are unknown."""
    connection = connect(server)
    connection.request("GET", path)
    response = connection.getresponse()
    listed = json.loads(response.read()).get("data", [])
    connection.close()

    assert response.status == status
    assert ([] if status == 404 else list(MODELS)) == [model["id"] for model in listed]


def test_sixty_four_clients_are_answered_side_by_side() -> None:
    """64 keep-alive clients each get the answers to their own requests."""

    def talk(client: int) -> list[str]:
        connection = connect(server)
        answers: list[str] = []
        barrier.wait(10)
        for number in range(10):
            prompt = f"{client}/{number}"
            body = {"model": "echo", "messages": [{"role": "user", "content": prompt}]}
            answers.append(post(connection, body)[1]["choices"][0]["message"]["content"])
        connection.close()
        return answers

    barrier = threading.Barrier(64)
    with LoopbackServer(MODELS) as server, ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(talk, range(64)))

    assert answers == [[f"{client}/{number}" for number in range(10)] for client in range(64)]


def test_close_ends_every_thread() -> None:
    """Closing wakes idle connections and sleeping replies, and leaves no thread behind."""
    others = set(loopback_threads())  # of other tests' servers
    server = LoopbackServer(MODELS).start()
    idle, waiting = connect(server), connect(server)
    post(idle, {"model": "echo", "messages": MESSAGES})
    body = json.dumps({"model": "sleeper", "messages": MESSAGES})
    waiting.request("POST", "/v1/chat/completions", body)

    server.close()
    server.close()

    assert set(loopback_threads()) <= others
    with pytest.raises(ConnectionRefusedError):
        connect(server).connect()
    idle.close()
    waiting.close()


LEAVE_EARLY = """
import socket, struct
from armwise.testing.loopback import LoopbackServer, fixed
body = b'{"model": "m", "stream": true, "messages": []}'
head = b"POST /v1/chat/completions HTTP/1.1\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(body)
with LoopbackServer(fixed("word " * 20_000)) as server:
    port = int(server.api_base.split(":")[2].split("/")[0])
    for request in (head + body, head + body[:9], b"POST /v1/chat", b"nonsense\\r\\n\\r\\n"):
        client = socket.create_connection(("127.0.0.1", port), 10)
        client.sendall(request)
        if request == head + body:
            client.recv(100)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
print("closed")
"""


def test_clients_that_leave_are_not_reported() -> None:
    """Clients that leave in the middle of a request or a stream cause no traceback."""
    run = subprocess.run(
        [sys.executable, "-c", LEAVE_EARLY], capture_output=True, text=True, timeout=60, check=False
    )

    assert (0, "closed\n", "") == (run.returncode, run.stdout, run.stderr)


def test_an_abandoned_stream_ends_its_thread(server: LoopbackServer) -> None:
    """A client that leaves in the middle of a stream frees the thread that served it."""
    before = set(loopback_threads())
    body = json.dumps({"model": "endless", "stream": True, "messages": MESSAGES}).encode()
    connection = connect(server)
    connection.request("POST", "/v1/chat/completions", body)
    connection.getresponse().read(10)
    serving = set(loopback_threads()) - before

    assert len(serving) == 1
    assert connection.sock is not None
    connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()
    for thread in serving:
        if thread.name == "armwise-loopback-connection":
            thread.join(10)
            assert not thread.is_alive()


def test_a_constant_is_refused_as_a_model() -> None:
    """A text in place of a callable is refused by name, with what to write instead."""
    with pytest.raises(ConfigurationError, match=r"'cheap' must be a callable.*'Paris'.*fixed\("):
        LoopbackServer({"cheap": "Paris"})  # type: ignore[dict-item]
