"""Checks over the real LiteLLM, in every provider's wire format."""

from collections.abc import Iterator
from typing import Any

import pytest

from armwise import Router
from armwise.events import Attempted, Event, Judged
from armwise.router.checks import Finished, Judge, ValidToolCalls
from armwise.testing import ChatRequest, LoopbackServer, Reply

ASK = [{"role": "user", "content": "Look Apple up."}]
TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Looks a company up.",
        "parameters": {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
        },
    },
}
MODELS = [
    "openai/gpt-4o-mini",
    "azure/gpt-4o-mini",
    "anthropic/claude-sonnet-4-5",
    "gemini/gemini-2.5-flash",
    "ollama_chat/llama3",
    "bedrock/converse/anthropic.claude-3-haiku-20240307-v1:0",
]


def calling(arguments: str) -> Reply:
    """Return a reply that calls the tool."""
    function = {"name": "look_up", "arguments": arguments}
    return Reply(tool_calls=[{"id": "call_1", "type": "function", "function": function}])


REPLIES = {
    "text": (Reply(text="Apple"), 1.0, None),
    "cut off": (Reply(text="App", finish_reason="length"), 0.0, "ended"),
    "good call": (calling('{"name": "Apple"}'), 1.0, None),
    "bad call": (calling('{"name": 3}'), 0.0, "tools"),
}


@pytest.fixture
def reply() -> dict[str, Reply]:
    """Return what holds the reply that the server gives."""
    return {}


@pytest.fixture
def server(reply: dict[str, Reply]) -> Iterator[LoopbackServer]:
    """Play every model; the grader gives .5."""

    def play(request: ChatRequest) -> Reply:
        if request.model == "grader":
            return Reply(text='{"score": 0.5}', input_tokens=100, output_tokens=10)
        return reply["now"]

    with LoopbackServer(play) as running:
        yield running


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("case", REPLIES)
@pytest.mark.parametrize("model", MODELS)
def test_every_providers_answers_are_judged_alike(
    server: LoopbackServer, reply: dict[str, Reply], *, model: str, case: str, stream: bool
) -> None:
    """Its end, and its tool calls against the tools of the request, whole or streamed."""
    reply["now"], outcome, category = REPLIES[case]
    events: list[Event] = []
    router = Router(
        [server.path(model)],
        "goal",
        success_when={"ended": Finished(), "tools": ValidToolCalls()},
        on_event=events.append,
    )

    answer: Any = router.completion(ASK, tools=[TOOL], stream=stream)
    if stream:
        list(answer)

    (attempted,) = [event for event in events if isinstance(event, Attempted)]
    assert (attempted.outcome, attempted.category) == (outcome, category)


@pytest.mark.anyio
async def test_a_judge_is_asked_through_litellm_and_its_cost_measured(
    server: LoopbackServer, reply: dict[str, Reply]
) -> None:
    """With its own declared price, under acompletion."""
    reply["now"] = Reply(text="Apple")
    events: list[Event] = []
    grader = server.path("openai/grader", input_usd_per_mtok=1.0, output_usd_per_mtok=2.0)
    router = Router(
        [server.path("openai/gpt-4o-mini")],
        "goal",
        success_when=Judge(grader),
        on_event=events.append,
    )

    await router.acompletion(ASK)

    (judged,) = [event for event in events if isinstance(event, Judged)]
    assert judged.score == 0.5
    assert judged.cost_usd == pytest.approx(120e-6)
    (asked,) = [request for request in server.requests if request.model == "grader"]
    assert asked.body["max_tokens"] == 256
    assert "Apple" in asked.prompt
