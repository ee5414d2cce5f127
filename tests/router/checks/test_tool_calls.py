"""Whether an answer calls tools that the request has, with arguments that they take."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from armwise.errors import ConfigurationError
from armwise.router.checks import Answer, ValidToolCalls, Verdict

AnswerOf = Callable[..., Answer]
Weigh = Callable[..., Verdict]

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
TOOLS = [
    {"type": "function", "function": {"name": "look_up", "parameters": SCHEMA}},
    {"type": "function", "function": {"name": "now"}},
]


def calling(*calls: tuple[Any, Any]) -> dict[str, Any]:
    """Return the message of an answer that calls tools, by name and arguments."""
    listed = [
        {"id": "1", "type": "function", "function": {"name": name, "arguments": arguments}}
        for name, arguments in calls
    ]
    return {"content": None, "tool_calls": listed}


@pytest.mark.parametrize(
    ("calls", "score"),
    [
        ([("look_up", '{"name": "Apple"}')], 1),
        ([("look_up", '{"name": "Apple"}'), ("now", "{}")], 1),
        ([("now", "")], 1),
        ([("now", None)], 1),
        ([("look_up", {"name": "Apple"})], 1),
        ([("look_up", '{"name": 3}')], 0),
        ([("look_up", "{}")], 0),
        ([("look_up", '{"name": "Apple"')], 0),
        ([("look_up", '["Apple"]')], 0),
        ([("look_up", "[" * 100_000)], 0),
        ([("look_down", '{"name": "Apple"}')], 0),
        ([(None, "{}")], 0),
        ([("now", "{}"), ("look_up", "{}")], 0),
    ],
)
def test_every_call_must_fit_a_tool_of_the_request(
    answer_of: AnswerOf, weighed: Weigh, calls: list[tuple[Any, Any]], score: float
) -> None:
    """Its name is known, its arguments are an object that the tool's schema allows."""
    answer = answer_of(message=calling(*calls), params={"tools": TOOLS})

    assert weighed(ValidToolCalls(), answer).score == score


def test_calls_are_read_from_objects_and_in_the_old_form(
    answer_of: AnswerOf, weighed: Weigh
) -> None:
    """LiteLLM's responses are objects; ``functions`` came before ``tools``."""
    function = SimpleNamespace(name="look_up", arguments='{"name": 1}')
    typed = answer_of(
        message={"tool_calls": [SimpleNamespace(function=function)]}, params={"tools": TOOLS}
    )
    old = answer_of(
        message={"function_call": {"name": "look_up", "arguments": '{"name": "Apple"}'}},
        params={"functions": [{"name": "look_up", "parameters": SCHEMA}]},
    )

    assert weighed(ValidToolCalls(), typed).score == 0.0
    assert weighed(ValidToolCalls(), old).score == 1.0


@pytest.mark.parametrize(
    ("check", "choice", "score"),
    [
        (ValidToolCalls(), None, 1),
        (ValidToolCalls(), "auto", 1),
        (ValidToolCalls(), {"type": "auto"}, 1),
        (ValidToolCalls(), "required", 0),
        (ValidToolCalls(), {"type": "function", "function": {"name": "now"}}, 0),
        (ValidToolCalls(required=True), None, 0),
    ],
)
def test_no_call_is_a_failure_only_where_one_was_demanded(
    answer_of: AnswerOf, weighed: Weigh, check: ValidToolCalls, choice: Any, score: float
) -> None:
    """By the check, or by the request's own ``tool_choice``."""
    answer = answer_of("Apple", params={"tools": TOOLS, "tool_choice": choice})

    assert weighed(check, answer).score == score


def test_a_tool_that_was_never_offered_is_a_failure(answer_of: AnswerOf, weighed: Weigh) -> None:
    """A request without tools whose answer calls one: the model made it up."""
    answer = answer_of(message=calling(("now", "{}")), params={})

    assert weighed(ValidToolCalls(), answer).score == 0.0


def test_what_cannot_be_told_is_unknown(answer_of: AnswerOf, weighed: Weigh) -> None:
    """Without the request, and with a schema that is none: that is no fault of the model."""
    broken = [{"type": "function", "function": {"name": "now", "parameters": {"type": "objct"}}}]
    without = answer_of(message=calling(("now", "{}")))
    spoiled = answer_of(message=calling(("now", "{}")), params={"tools": broken})

    assert weighed(ValidToolCalls(), without).score is None
    verdict = weighed(ValidToolCalls(), spoiled)
    assert verdict.score is None
    assert isinstance(verdict.error, ConfigurationError)


def test_required_must_be_a_switch() -> None:
    """A name in its place would silently demand any call."""
    with pytest.raises(ConfigurationError, match="required must be True or False, got 'now'"):
        ValidToolCalls("now")  # type: ignore[arg-type]


def test_tools_of_the_responses_api_are_known_too(answer_of: AnswerOf, weighed: Weigh) -> None:
    """They state name and parameters without a "function" around them."""
    tools = [{"type": "function", "name": "look_up", "parameters": SCHEMA}]
    items = [{"type": "function_call", "name": "look_up", "arguments": '{"name": 3}'}]

    answer = answer_of(params={"tools": tools}, choices=[], output=items)

    assert weighed(ValidToolCalls(), answer).score == 0.0
