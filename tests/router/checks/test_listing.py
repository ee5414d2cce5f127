"""Several checks with names: what may be written, and in which order they are run."""

from typing import Any

import pytest
from pydantic import BaseModel

from armwise import Router
from armwise.errors import ConfigurationError, ExpressionError
from armwise.router.checks import AllOf, Finished, IsJson, Judge, Length, build_check
from armwise.router.checks.schema import SchemaCheck
from armwise.testing import ScriptedAdapter


class Model(BaseModel):
    """A model to build a check of."""

    a: int


def _good(response: object) -> bool:
    return True


def names(success_when: object) -> list[str]:
    """Return the names of the checks in the order in which they are run."""
    check = build_check(success_when)
    assert isinstance(check, AllOf)
    return [name for name, _ in check.checks]


def test_a_dict_names_its_checks() -> None:
    """Every form of a check may stand in it."""
    forms = {
        "short": "len(text) < 9",
        "shape": {"type": "object"},
        "model": Model,
        "end": Finished(),
    }

    assert names(forms) == ["short", "shape", "model", "end"]


def test_a_list_takes_checks_with_and_without_names() -> None:
    """Without one, the check's own name is taken, numbered if it is taken already."""
    forms = [("short", "len(text) < 9"), Finished(), "text != ''", "text != ''"]

    assert names(forms) == ["short", "finished", "text != ''", "text != '' #2"]


def test_the_cheapest_kind_is_run_first() -> None:
    """What only looks, then functions, then judges; within a kind in the order given."""
    forms = {
        "judge": Judge("grader"),
        "function": _good,
        "long": "len(text) > 1",
        "json": IsJson(),
        "model": Model,
    }

    assert names(forms) == ["long", "json", "model", "function", "judge"]


@pytest.mark.parametrize(
    "schema",
    [{}, {"type": "object"}, {"$ref": "#/$defs/a", "$defs": {"a": True}}, {"required": ["a"]}],
)
def test_plain_data_with_a_schemas_keyword_is_a_schema(schema: dict[str, Any]) -> None:
    """A dict has been a schema before there were names."""
    assert isinstance(build_check(schema), SchemaCheck)


def test_words_that_assert_nothing_in_a_schema_are_names() -> None:
    """A dict with a title alone would accept everything, so it is not taken for a schema."""
    assert names({"title": "text != ''", "format": IsJson()}) == ["title", "format"]
    assert names({"type": IsJson()}) == ["type"]


@pytest.mark.parametrize(
    ("success_when", "error", "says"),
    [
        ([], ConfigurationError, "empty list"),
        ({"a": []}, ConfigurationError, "inside a list of checks"),
        ({"a": {"b": "text != ''"}}, ConfigurationError, "inside a list of checks"),
        ({"proprties": {"a": {"type": "string"}}}, ConfigurationError, "no keyword of one"),
        ([["text != ''"]], ConfigurationError, "inside a list of checks"),
        ({"a": 3}, ConfigurationError, r"success_when\['a'\]: success_when=3 is no check"),
        ({"tone": "txt == 1"}, ExpressionError, r"success_when\['tone'\]"),
        ([("tone", "txt == 1")], ExpressionError, r"success_when\['tone'\]"),
        (["text != ''", "txt == 1"], ExpressionError, r"success_when\[1\]"),
        ({"f": lambda: True}, ConfigurationError, r"success_when\['f'\].*one argument"),
        ({"m": {"type": "objct"}}, ConfigurationError, r"success_when\['m'\].*not valid"),
        ([("a", Finished()), ("a", IsJson())], ConfigurationError, "two checks 'a'"),
        ([("a", Finished(), 1)], ConfigurationError, "a name and a check"),
        ({"a\n": Finished()}, ConfigurationError, "printable"),
        ({"": Finished()}, ConfigurationError, "non-empty"),
        ({1: Finished()}, ConfigurationError, "key 1"),
        ({"a": Finished}, ConfigurationError, r"Write Finished\(...\)"),
        (Length, ConfigurationError, r"Write Length\(...\)"),
        (Judge, ConfigurationError, "Judge"),
    ],
)
def test_what_cannot_be_checked_is_refused_when_the_router_is_built(
    success_when: object, error: type[Exception], says: str
) -> None:
    """The error names the check and says what to write instead."""
    with pytest.raises(error, match=says):
        Router(["cheap"], "goal", success_when=success_when, adapter=ScriptedAdapter({}))


def test_an_object_with_the_form_of_a_check_is_one() -> None:
    """A user's own check sees the whole answer: its cost, its latency, its call."""

    class Cheap:
        name = "cheap"
        is_async = False

        def __call__(self, answer: Any, /) -> float:
            return float(answer.cost_usd < 1)

    assert names([Cheap()]) == ["cheap"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": "own", "is_async": False, "__call__": lambda self: 1.0}, "the answer alone"),
        ({"name": 3, "is_async": False, "__call__": lambda self, answer: 1.0}, "name=3"),
        ({"name": "own", "is_async": "no", "__call__": lambda self, answer: 1.0}, "is_async='no'"),
    ],
    ids=["signature", "name", "is_async"],
)
def test_a_check_of_ones_own_that_cannot_be_run_is_refused(
    fields: dict[str, Any], says: str
) -> None:
    """When the Router is built, not at the first answer."""
    own = type("Own", (), fields)()

    with pytest.raises(ConfigurationError, match=says):
        build_check(own)
