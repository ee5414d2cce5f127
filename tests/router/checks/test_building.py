"""``success_when`` becomes a check, or an error that lists what may be passed."""

import subprocess
import sys

import pytest
from pydantic import BaseModel

from armwise.errors import ConfigurationError, ExpressionError
from armwise.router import checks
from armwise.router.checks import build_check
from armwise.router.checks.expression import ExpressionCheck
from armwise.router.checks.function import AsyncFunctionCheck, FunctionCheck
from armwise.router.checks.schema import SchemaCheck


class Model(BaseModel):
    """A model to build a check of."""

    a: int


async def _later(response: object) -> bool:
    return bool(response)


def test_no_success_when_is_no_check() -> None:
    """Outcomes are reported then."""
    assert build_check(None) is None


@pytest.mark.parametrize(
    ("success_when", "kind"),
    [
        ("text != ''", ExpressionCheck),
        ({"type": "object"}, SchemaCheck),
        ({}, SchemaCheck),
        (Model, SchemaCheck),
        (lambda _: True, FunctionCheck),
        (_later, AsyncFunctionCheck),
    ],
)
def test_each_form_becomes_its_check(success_when: object, kind: type) -> None:
    """The type of the argument decides."""
    check = build_check(success_when)

    assert isinstance(check, kind)
    assert (kind is AsyncFunctionCheck) == check.is_async


@pytest.mark.parametrize(
    "success_when", [3, 0.5, True, b"text", ("text",), object, int, BaseModel, Model(a=1)]
)
def test_anything_else_is_refused_with_the_forms_that_are_not(success_when: object) -> None:
    """The error names the value and lists what may be passed."""
    shown = success_when.__name__ if isinstance(success_when, type) else repr(success_when)

    with pytest.raises(ConfigurationError) as caught:
        build_check(success_when)

    assert f"success_when={shown} " in str(caught.value)
    for form in ("expression", "JSON schema", "Pydantic model class", "function of the response"):
        assert form in str(caught.value)


def test_an_empty_string_is_refused() -> None:
    """It would be neither true nor false."""
    with pytest.raises(ExpressionError, match="empty string"):
        build_check("")


def test_the_room_names_what_it_offers() -> None:
    """The list is sorted and complete."""
    users = {"Finished", "IsJson", "Judge", "Length", "Matches", "NotRefused", "ValidToolCalls"}

    assert users < set(checks.__all__)
    assert sorted(checks.__all__) == checks.__all__
    assert all(hasattr(checks, name) for name in checks.__all__)


def test_expressions_and_functions_import_no_heavy_library() -> None:
    """The libraries for schemas and models wait for the first of them."""
    script = (
        "import sys\n"
        "from armwise.router.checks import Answer, build_check, run_check\n"
        "answer = Answer({'usage': {'n': 1}}, None, 0.0)\n"
        "for form in ('usage.n == 1', lambda _: True):\n"
        "    assert run_check(build_check(form), answer).score == 1.0\n"
        "print({'jsonschema', 'pydantic', 'litellm', 'numpy'} & set(sys.modules))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )

    assert "set()" == done.stdout.strip()
