"""The played wire formats are read by the providers' own clients, where those are installed.

LiteLLM, which speaks all of them, reads them in tests/conformance.
"""

import asyncio
from collections.abc import Iterator
from typing import Any

import boto3
import botocore.config
import openai
import pytest
from botocore.exceptions import ClientError

from armwise.errors import ConfigurationError
from armwise.testing import ChatRequest, LoopbackServer, Reply

MESSAGES: Any = [{"role": "user", "content": "Who makes the iPhone?"}]
CALLS = [
    {
        "id": f"call_{number}",
        "type": "function",
        "function": {"name": "look_up", "arguments": f'{{"number": {number}}}'},
    }
    for number in (1, 2)
]
REPLIES = {
    "plain": Reply(
        text="Apple makes it.",
        input_tokens=100,
        output_tokens=20,
        cached_tokens=40,
        cache_write_tokens=10,
        reasoning_tokens=5,
    ),
    "tools": Reply(tool_calls=CALLS),
    "long": Reply(text="Apple", finish_reason="length"),
    "busy": Reply(status=429, headers={"retry-after": "3"}),
    "full": Reply(status=400, error_code="context_length_exceeded"),
}


def play(request: ChatRequest) -> Reply:
    """Answer by the model's name."""
    return REPLIES[request.model]


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    """Serve all replies."""
    with LoopbackServer(play) as running:
        yield running


@pytest.fixture(scope="module")
def bedrock(server: LoopbackServer) -> Any:
    """Return AWS's own client."""
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=botocore.config.Config(retries={"max_attempts": 0}),
    )


@pytest.fixture(scope="module")
def client(server: LoopbackServer) -> Iterator[openai.OpenAI]:
    """Return OpenAI's own client."""
    with openai.OpenAI(base_url=server.api_base, api_key="sk-test", max_retries=0) as made:
        yield made


ASKED: Any = [{"role": "user", "content": [{"text": "Who makes the iPhone?"}]}]


def test_boto_reads_a_converse_answer(bedrock: Any) -> None:
    """Text, stop reason and the usage, whose input tokens are those outside the cache."""
    response = bedrock.converse(modelId="plain", messages=ASKED)

    assert response["output"]["message"]["content"] == [{"text": "Apple makes it."}]
    assert response["stopReason"] == "end_turn"
    assert response["usage"] == {
        "inputTokens": 50,
        "outputTokens": 20,
        "totalTokens": 120,
        "cacheReadInputTokens": 40,
        "cacheWriteInputTokens": 10,
    }


def test_boto_reads_a_converse_stream(bedrock: Any) -> None:
    """The binary frames carry AWS's checksums, or botocore would refuse them."""
    events = list(bedrock.converse_stream(modelId="tools", messages=ASKED)["stream"])

    starts = [event["contentBlockStart"] for event in events if "contentBlockStart" in event]
    inputs = [
        event["contentBlockDelta"]["delta"]["toolUse"]["input"]
        for event in events
        if "contentBlockDelta" in event
    ]
    assert [start["start"]["toolUse"]["name"] for start in starts] == ["look_up", "look_up"]
    assert "".join(inputs) == '{"number": 1}{"number": 2}'
    assert events[-2] == {"messageStop": {"stopReason": "tool_use"}}
    assert "metadata" in events[-1]


@pytest.mark.parametrize(
    ("model", "code", "status"),
    [("busy", "ThrottlingException", 429), ("full", "ValidationException", 400)],
)
def test_boto_reads_an_error(bedrock: Any, model: str, code: str, status: int) -> None:
    """An error has AWS's name for it."""
    with pytest.raises(ClientError) as caught:
        bedrock.converse(modelId=model, messages=ASKED)

    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize(
    ("model", "reason"), [("plain", "stop"), ("tools", "tool_calls"), ("long", "length")]
)
def test_openai_reads_a_chat(client: openai.OpenAI, model: str, reason: str) -> None:
    """The finish reason and the usage's details arrive."""
    response = client.chat.completions.create(model=model, messages=MESSAGES)

    assert response.choices[0].finish_reason == reason
    assert response.usage is not None
    if model == "plain":
        assert response.usage.prompt_tokens_details is not None
        assert response.usage.prompt_tokens_details.cached_tokens == 40
        assert response.usage.completion_tokens_details is not None
        assert response.usage.completion_tokens_details.reasoning_tokens == 5


def test_openai_reads_streamed_tool_calls(client: openai.OpenAI) -> None:
    """Arguments come in pieces that belong to the call of their index."""
    arguments = {0: "", 1: ""}
    for chunk in client.chat.completions.create(model="tools", messages=MESSAGES, stream=True):
        for call in chunk.choices[0].delta.tool_calls or ():
            assert call.function is not None
            arguments[call.index] += call.function.arguments or ""

    assert arguments == {0: '{"number": 1}', 1: '{"number": 2}'}


def test_openai_reads_text_completions(client: openai.OpenAI) -> None:
    """Whole and streamed, a text completion is the same text."""
    whole = client.completions.create(model="plain", prompt="Who makes the iPhone?")
    stream = client.completions.create(model="plain", prompt="Who makes it?", stream=True)

    assert whole.choices[0].text == "Apple makes it."
    assert "".join(chunk.choices[0].text for chunk in stream) == "Apple makes it."


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_openai_reads_embeddings(client: openai.OpenAI, encoding: Any) -> None:
    """One vector per input, equal ones for equal inputs, in either encoding."""
    response = client.embeddings.create(
        model="plain", input=["apple", "pear", "apple"], encoding_format=encoding
    )

    first, second, third = (item.embedding for item in response.data)
    assert first == third != second
    assert response.usage.prompt_tokens == 100


def test_openai_reads_responses(client: openai.OpenAI) -> None:
    """The Responses API, whole: its text and its usage."""
    response = client.responses.create(model="plain", input="Who makes the iPhone?")

    assert response.output_text == "Apple makes it."
    assert response.usage is not None
    assert response.usage.input_tokens_details.cached_tokens == 40


def test_openai_reads_a_stream_of_responses_events(server: LoopbackServer) -> None:
    """Streamed, the deltas are the text and the last event holds the whole; async too."""

    async def read() -> tuple[str, str]:
        client = openai.AsyncOpenAI(base_url=server.api_base, api_key="sk-test")
        stream = await client.responses.create(model="long", input="Who?", stream=True)
        events = [event async for event in stream]
        deltas = [e.delta for e in events if e.type == "response.output_text.delta"]
        await client.close()
        return "".join(deltas), events[-1].type

    assert asyncio.run(read()) == ("Apple", "response.incomplete")


def test_azure_names_the_deployment_in_the_url(server: LoopbackServer) -> None:
    """The deployment is the played model's name, and the request says that it came Azure's way."""
    client = openai.AzureOpenAI(
        azure_endpoint=server.url, api_key="sk-test", api_version="2024-10-21", max_retries=0
    )

    response = client.chat.completions.create(model="plain", messages=MESSAGES)

    assert response.choices[0].message.content == "Apple makes it."
    assert (server.requests[-1].wire, server.requests[-1].model) == ("azure", "plain")
    client.close()


def test_a_rate_limit_says_how_long_to_wait(client: openai.OpenAI) -> None:
    """The header is there for clients that obey it."""
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="busy", messages=MESSAGES)

    assert caught.value.response.headers["retry-after"] == "3"


def test_an_unknown_provider_is_refused(server: LoopbackServer) -> None:
    """A path to a format that is not played names those that are."""
    with pytest.raises(ConfigurationError, match=r"'cohere/command'.*anthropic.*bedrock"):
        server.path("cohere/command")
