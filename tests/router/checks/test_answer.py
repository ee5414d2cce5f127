"""An answer shows any OpenAI-shaped response as plain data."""

import dataclasses
import enum
import json
import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from armwise.router.checks import Answer
from armwise.router.checks.answer import NotJsonError
from armwise.router.checks.plain import MAX_DEPTH, to_plain

AnswerOf = Callable[..., Answer]


def _types_in(value: Any) -> set[type]:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    return {type(value)}.union(*(_types_in(part) for part in parts))


def _litellm_response(**message: Any) -> Any:
    import litellm

    return litellm.ModelResponse(
        model="gpt-4o-mini",
        choices=[
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **message}}
        ],
        usage=litellm.Usage(prompt_tokens=12, completion_tokens=5, total_tokens=17),
    )


def test_a_litellm_response_is_plain_data_all_through() -> None:
    """LiteLLM's objects become built-in types, and every view agrees with them."""
    answer = Answer(_litellm_response(content='{"company": "Apple"}'), 0.1, 0.2)

    plain: Any = answer.plain

    builtin = {dict, list, str, int, float, bool, type(None)}
    assert _types_in(plain) <= builtin
    assert "stop" == plain["choices"][0]["finish_reason"] == answer.finish_reason
    assert 5 == plain["usage"]["completion_tokens"] == answer.usage["completion_tokens"]
    assert {"company": "Apple"} == answer.json


def test_an_answer_without_content_has_an_empty_text() -> None:
    """A tool call's message has no content, which is no error."""
    answer = Answer(_litellm_response(content=None), None, 0.2)

    assert "" == answer.text


def test_the_text_of_content_parts_is_joined(answer_of: AnswerOf) -> None:
    """Parts that are no text are passed over."""
    parts = [{"type": "text", "text": "App"}, {"type": "image_url"}, SimpleNamespace(text="le")]
    answer = answer_of(parts)

    assert "Apple" == answer.text


def test_namespaces_and_dicts_give_the_same_views() -> None:
    """An object is read through its public attributes."""
    message = SimpleNamespace(content="Apple", _secret="no")
    choice = SimpleNamespace(message=message, finish_reason="length")
    answer = Answer(SimpleNamespace(choices=[choice], usage=SimpleNamespace(n=3)), None, 0.0)

    assert ("Apple", "length", {"n": 3}) == (answer.text, answer.finish_reason, answer.usage)
    assert {
        "choices": [{"message": {"content": "Apple"}, "finish_reason": "length"}],
        "usage": {"n": 3},
    } == answer.plain


@pytest.mark.parametrize("response", [{}, None, 7, {"choices": []}, {"choices": None}, [{}]])
def test_a_response_without_choices_has_empty_views(response: object) -> None:
    """What is missing is empty, so that text checks fail and do not raise."""
    answer = Answer(response, None, 0.0)

    assert ("", None, {}) == (answer.text, answer.finish_reason, answer.usage)


def test_subclasses_become_the_builtin_types_themselves() -> None:
    """No class of a response comes along, and what has no plain form is left out."""

    class Text(str):
        __slots__ = ()

    class Level(enum.IntEnum):
        HIGH = 3

    @dataclasses.dataclass(slots=True)
    class Part:
        size: float

    value = {
        "text": Text("a"),
        "level": Level.HIGH,
        "part": Part(np.float64(0.5)),
        "pair": ("x", b"bytes"),
        "function": len,
        "class": Part,
        3: "a key that is no string",
    }

    plain = to_plain(value)

    assert {"text": "a", "level": 3, "part": {"size": 0.5}, "pair": ["x", None]} == plain
    assert {dict, list, str, int, float, type(None)} == _types_in(plain)


def test_dumps_are_walked_too() -> None:
    """A model_dump that lets objects through does not let them into expressions."""

    class Loose:
        def model_dump(self) -> dict[str, object]:
            return {"inner": SimpleNamespace(n=1)}

    assert {"inner": {"n": 1}} == to_plain(Loose())


def test_pydantic_does_not_warn_of_fields_that_differ_from_their_declaration() -> None:
    """Providers' objects often do, and a warning per answer would be noise."""
    from pydantic import BaseModel

    class Declared(BaseModel):
        count: int

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plain = to_plain(Declared.model_construct(count="many"))

    assert {"count": "many"} == plain


@pytest.mark.parametrize("branches", [1, 2])
def test_a_response_that_contains_itself_is_refused(branches: int) -> None:
    """A cycle ends at the greatest depth, however often it branches."""
    value: dict[str, object] = {}
    value |= {str(number): value for number in range(branches)}

    with pytest.raises(ValueError, match="nested deeper"):
        to_plain(value)


def test_a_response_that_repeats_a_part_without_end_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Shared parts are copied, so their number is what is bounded."""
    monkeypatch.setattr("armwise.router.checks.plain.MAX_VALUES", 1_000)
    value: list[object] = [1]
    for _ in range(MAX_DEPTH - 4):
        value = [value, value]

    with pytest.raises(ValueError, match="more than 1,000 values"):
        to_plain(value)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        ' \n{"a": 1}\n',
        '```json\n{"a": 1}\n```',
        '```\n{"a": 1}\n```',
        '  ```JSON \r\n{"a": 1}```\n',
    ],
)
def test_json_may_stand_in_a_fenced_block(answer_of: AnswerOf, text: str) -> None:
    """The fence that chat models put around JSON is taken off."""
    assert {"a": 1} == answer_of(text).json


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Apple",
        "```json\n",
        "``````",
        '```python\n{"a": 1}\n```',
        'Here: ```json\n{"a": 1}\n```',
        '{"a": NaN}',
        "[-Infinity]",
        "1e999",
        "[" * 100_000,
        "9" * 5_000,
        None,
    ],
)
def test_what_is_not_json_raises_the_private_error(answer_of: AnswerOf, text: str | None) -> None:
    """Python's own extensions, and nesting beyond reason, are not JSON either."""
    answer = answer_of(text)

    with pytest.raises(NotJsonError):
        _ = answer.json


def test_each_view_is_computed_once(answer_of: AnswerOf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second reading gives the very same object."""
    parsed: list[str] = []
    loads = json.loads
    monkeypatch.setattr(json, "loads", lambda text, **more: (parsed.append(text), loads(text))[1])
    answer = answer_of('{"a": 1}')

    first, second = answer.json, answer.json

    assert first is second
    assert ['{"a": 1}'] == parsed
    assert answer.plain is answer.plain


def test_an_answer_has_no_other_attributes(answer_of: AnswerOf) -> None:
    """A misspelt view is an AttributeError that lists the right ones."""
    answer: Any = answer_of()

    with pytest.raises(AttributeError, match=r"no 'txt'.*finish_reason"):
        _ = answer.txt
    with pytest.raises(AttributeError):
        answer.extra = 1


def test_an_answer_of_the_responses_api_shows_its_tool_calls_and_refusal() -> None:
    """They are items there, beside the messages."""
    called = {"type": "function_call", "name": "look_up", "arguments": "{}"}
    refused = {"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}
    answer = Answer({"status": "completed", "output": [called, refused]}, None, 0.1)

    assert [("look_up", "{}")] == answer.tool_calls
    assert "No." == answer.refusal
