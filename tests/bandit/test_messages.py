"""Messages in every OpenAI form."""

from types import SimpleNamespace
from typing import Any

import pytest

from armwise.bandit import demands_structure, last_user_text
from armwise.errors import InvalidMessagesError

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([{"role": "user", "content": "hi"}], "hi"),
        ([{"role": "system", "content": "json"}, {"role": "user", "content": "hi"}], "hi"),
        ([{"role": "user", "content": [{"type": "text", "text": "a"}, IMAGE]}], "a"),
        ([{"role": "user", "content": [IMAGE]}], ""),
        ([{"role": "user", "content": ["a", {"type": "input_text", "text": "b"}]}], "a\nb"),
        (
            [
                {"role": "user", "content": "first"},
                {"role": "assistant", "content": "answer"},
                {"role": "user", "content": "second"},
                {"role": "assistant", "content": None, "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "1", "content": "compare"},
            ],
            "second",
        ),
        ([{"role": "user", "content": "hi"}, {"role": "assistant", "tool_calls": [CALL]}], "hi"),
        ([SimpleNamespace(role="user", content="object")], "object"),
        ([{"role": "system", "content": "only"}], ""),
        (({"role": "user", "content": "a tuple"},), "a tuple"),
    ],
)
def test_the_last_user_message_is_read(messages: Any, text: str) -> None:
    """Only the text of the last user message counts, whatever surrounds it."""
    assert text == last_user_text(messages)


@pytest.mark.parametrize(
    ("messages", "hint"),
    [
        ("hi", "list of messages, got str"),
        (None, "got NoneType"),
        ([], "empty"),
        ({"role": "user", "content": "hi"}, "got dict"),
        (["hi"], r"messages\[0\] has no role"),
        ([{"content": "hi"}], r"has no role"),
        ([{"role": "user"}], "has no content"),
        ([{"role": "user", "content": 7}], "got int"),
        ([{"role": "user", "content": [7]}], "a part of the content"),
        ([{"role": 3, "content": "hi"}], "has no role"),
    ],
)
def test_what_is_no_message_is_refused(messages: Any, hint: str) -> None:
    """The error says which message is wrong and how to write it."""
    with pytest.raises(InvalidMessagesError, match=hint):
        last_user_text(messages)


def test_errors_never_show_the_text_of_a_prompt() -> None:
    """A malformed message is described by its shape."""
    with pytest.raises(InvalidMessagesError) as caught:
        last_user_text([{"content": "my secret", "rôle": "user"}])

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("params", "demands"),
    [
        ({}, False),
        ({"temperature": 0}, False),
        ({"tools": []}, False),
        ({"tools": [{"type": "function"}]}, True),
        ({"response_format": {"type": "json_object"}}, True),
        ({"response_format": {"type": "json_schema"}}, True),
        ({"response_format": {"type": "text"}}, False),
        ({"response_format": SimpleNamespace}, True),
    ],
)
def test_tools_and_response_formats_demand_structure(params: dict[str, Any], demands: bool) -> None:
    """A plain text format demands nothing."""
    assert demands == demands_structure(params)
