"""What a request needs, read from its messages and parameters."""

from typing import Any

import pytest

from armwise.engine.needs import needs_of


def said(content: Any) -> list[dict[str, Any]]:
    """Return one user message."""
    return [{"role": "user", "content": content}]


@pytest.mark.parametrize(
    ("params", "capabilities"),
    [
        ({}, set()),
        ({"tools": []}, set()),
        ({"tools": [{"type": "function"}]}, {"tools"}),
        ({"functions": [{"name": "look"}]}, {"tools"}),
        ({"tools": [{}], "parallel_tool_calls": True}, {"tools", "parallel_tools"}),
        ({"tools": [{}], "parallel_tool_calls": False}, {"tools"}),
        ({"response_format": {"type": "json_object"}}, set()),
        ({"response_format": {"type": "json_schema"}}, {"json_schema"}),
        ({"response_format": dict}, {"json_schema"}),
        ({"modalities": ["text", "audio"]}, {"audio_output"}),
    ],
)
def test_parameters_tell_what_is_needed(params: dict[str, Any], capabilities: set[str]) -> None:
    """Tools, schemas and spoken answers; an empty list of tools asks for nothing."""
    assert needs_of(said("Hi"), params).capabilities == capabilities


@pytest.mark.parametrize(
    ("kind", "capability"),
    [("image_url", "vision"), ("input_image", "vision"), ("input_audio", "audio")],
)
def test_parts_of_any_message_tell_what_is_needed(kind: str, capability: str) -> None:
    """An image of an earlier turn has to be seen as well."""
    messages = [*said([{"type": "text", "text": "What is it?"}, {"type": kind}]), *said("And now?")]

    assert needs_of(messages, {}).capabilities == {capability}


def test_a_prompts_length_is_that_of_all_messages() -> None:
    """System text and earlier turns count, in whatever form they come."""
    plain = needs_of([*said("a" * 350), *said("b" * 350)], {}).input_tokens
    parts = needs_of([*said([{"type": "text", "text": "a" * 350}]), *said("b" * 350)], {})

    assert plain == parts.input_tokens == pytest.approx(208)


def test_wide_characters_count_for_more() -> None:
    """A Chinese character is nearly a token of its own, a Latin letter a quarter of one."""
    latin = needs_of(said("word " * 2000), {}).input_tokens
    chinese = needs_of(said("苹果公司生" * 2000), {}).input_tokens

    assert chinese == pytest.approx(3 * latin, rel=0.01)


def test_the_limit_of_the_answer_has_three_names() -> None:
    """OpenAI's older and newer name for chats, and the one of the Responses API."""
    asked = [
        needs_of(said("Hi"), {name: 77}).output_tokens
        for name in ("max_tokens", "max_completion_tokens", "max_output_tokens")
    ]

    assert asked == [77, 77, 77]
    assert needs_of(said("Hi"), {"max_tokens": None}).output_tokens is None


def test_odd_messages_need_nothing() -> None:
    """Whatever a provider may understand is not for the estimate to refuse."""
    messages = [
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "user"},
        object(),
    ]

    assert needs_of(messages, {}).capabilities == frozenset()
