"""The schema that a call demands is checked by itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import BaseModel

from armwise import Router
from armwise.errors import ConfigurationError
from armwise.events import Attempted, CheckRaised, Event
from armwise.testing import Scripted, ScriptedAdapter

ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
SCHEMA = {"type": "object", "properties": {"company": {"type": "string"}}, "required": ["company"]}
FORMAT = {"type": "json_schema", "json_schema": {"name": "company", "schema": SCHEMA}}
GOOD, BAD = '{"company": "Apple"}', '{"company": 3}'

Build = Callable[..., Router]


class Company(BaseModel):
    """The same as a class."""

    company: str


def outcomes(events: list[Event]) -> list[float | None]:
    """Return the automatic outcomes of all attempts."""
    return [event.outcome for event in events if isinstance(event, Attempted)]


@pytest.mark.parametrize(
    "response_format",
    [
        FORMAT,
        Company,
        {"type": "json_object", "response_schema": SCHEMA},
        {"type": "json_schema", "schema": SCHEMA},
    ],
    ids=["openai", "pydantic", "gemini", "responses"],
)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_answer_is_held_against_the_schema_of_its_call(
    router_of: Build, events: list[Event], response_format: Any, stream: bool
) -> None:
    """In every form that providers know, without any success_when."""
    texts = iter([GOOD, BAD, "Apple"])
    router = router_of({"cheap": lambda _: next(texts)})

    for _ in range(3):
        response = router.completion(ASK, response_format=response_format, stream=stream)
        if stream:
            list(response)

    assert outcomes(events) == [1.0, 0.0, 0.0]
    assert router.stats().failed_checks == {"response_format": 2}


def test_the_responses_api_demands_it_elsewhere(router_of: Build, events: list[Event]) -> None:
    """In ``text``, where its format is flat."""
    texts = iter([GOOD, BAD])
    router = router_of({"cheap": lambda _: next(texts)})
    wanted = {"format": {"type": "json_schema", "name": "company", "schema": SCHEMA}}

    for _ in range(2):
        router.completion(ASK, text=wanted)

    assert outcomes(events) == [1.0, 0.0]


@pytest.mark.anyio
async def test_the_schema_of_a_path_counts_like_that_of_a_call(
    router_of: Build, events: list[Event]
) -> None:
    """A path's own params are part of its calls."""
    router = router_of(
        {"cheap": BAD}, paths=[{"model": "cheap", "params": {"response_format": FORMAT}}]
    )

    await router.acompletion(ASK)

    assert outcomes(events) == [0.0]


@pytest.mark.parametrize(
    "response_format",
    [None, {"type": "text"}, {"type": "json_object"}, {"type": "json_schema"}, "json", dict],
)
def test_without_a_schema_nothing_is_checked(
    router_of: Build, events: list[Event], response_format: Any
) -> None:
    """Such calls teach only what is reported, as ever."""
    router = router_of({"cheap": "Apple"})

    router.completion(ASK, response_format=response_format)

    assert outcomes(events) == [None]
    assert router.stats().counters.checks_raised == 0


@pytest.mark.parametrize(
    ("success_when", "text", "outcome", "category"),
    [
        ("len(text) < 30", GOOD, 1.0, None),
        ("len(text) < 30", BAD, 0.0, "response_format"),
        ("len(text) < 9", GOOD, 0.0, "len(text) < 9"),
        ({"short": "len(text) < 9"}, BAD, 0.0, "short"),
        (lambda _: 0.5, GOOD, 0.5, None),
    ],
)
def test_it_stands_beside_the_users_own_checks(
    router_of: Build,
    events: list[Event],
    *,
    success_when: Any,
    text: str,
    outcome: float,
    category: str | None,
) -> None:
    """All have to hold."""
    router = router_of({"cheap": text}, success_when=success_when)

    router.completion(ASK, response_format=FORMAT)

    (attempted,) = [event for event in events if isinstance(event, Attempted)]
    assert attempted.outcome == outcome
    assert category is None or attempted.category == category


def test_it_can_be_switched_off(router_of: Build, events: list[Event]) -> None:
    """Then the user's own checks decide alone."""
    for success_when in (None, "text != ''"):
        router = router_of({"cheap": BAD}, success_when=success_when, check_response_format=False)
        router.completion(ASK, response_format=FORMAT)

    assert outcomes(events) == [None, 1.0]


def test_where_silence_has_a_meaning_a_schema_alone_does_not_break_it(
    router_of: Build, events: list[Event]
) -> None:
    """An automatic success would keep the timeout from ever counting."""
    waiting = {"on_timeout": "failure", "outcome_timeout": timedelta(hours=1)}
    router_of({"cheap": GOOD}, **waiting).completion(ASK, response_format=FORMAT)
    router_of({"cheap": GOOD}, success_when="text != ''", **waiting).completion(
        ASK, response_format=FORMAT
    )

    assert outcomes(events) == [None, 1.0]


def test_an_answer_that_calls_tools_is_not_held_against_the_schema(events: list[Event]) -> None:
    """It says nothing yet: unknown by itself, and the user's own checks decide beside it."""

    class Calling(ScriptedAdapter):
        def complete(self, call: Any) -> Any:
            response = super().complete(call)
            function = {"name": "look_up", "arguments": "{}"}
            response.choices[0].message.tool_calls = [{"id": "1", "function": function}]
            return response

    adapter = Calling({"cheap": Scripted("", finish_reason="tool_calls")})
    for success_when in (None, "finish_reason == 'tool_calls'"):
        router = Router(
            ["cheap"],
            "goal",
            adapter=adapter,
            success_when=success_when,
            on_event=events.append,
        )
        router.completion(ASK, response_format=FORMAT)

    assert outcomes(events) == [None, 1.0]


@pytest.mark.parametrize("schema", [{"type": "objct"}, {"$ref": "http://127.0.0.1:9/x"}])
def test_a_schema_that_is_none_makes_the_outcome_unknown(
    router_of: Build, events: list[Event], schema: Any
) -> None:
    """It is the provider's to refuse; here it is counted as a check that raised."""
    router = router_of({"cheap": GOOD})

    router.completion(
        ASK, response_format={"type": "json_schema", "json_schema": {"schema": schema}}
    )

    assert outcomes(events) == [None]
    assert [event.check for event in events if isinstance(event, CheckRaised)] == [
        "response_format"
    ]


def test_the_switch_must_be_one() -> None:
    """A schema in its place would not be checked at all."""
    with pytest.raises(ConfigurationError, match="check_response_format must be True or False"):
        Router(["cheap"], "goal", check_response_format=FORMAT)  # type: ignore[arg-type]
