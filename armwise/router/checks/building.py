"""From the argument ``success_when`` to a check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from armwise.errors import ConfigurationError
from armwise.router.checks.check import Check
from armwise.router.checks.expression import expression_check
from armwise.router.checks.function import function_check
from armwise.router.checks.schema import model_check, schema_check

_FORMS = (
    "Pass an expression (\"finish_reason == 'stop'\"), a JSON schema as a dict, a Pydantic model "
    "class, or a function of the response that returns True, False, None or a number from 0 to 1."
)


def build_check(success_when: object | None) -> Check | None:
    """Return the check that ``success_when`` describes.

    Args:
        success_when: An expression, a JSON schema as a dict, a Pydantic model class, or a
            function of the response. None gives no check: outcomes are reported then.

    Raises:
        ExpressionError: If an expression does not parse, or reaches for what is refused.
        ConfigurationError: If it is none of these forms, or not a usable one.
    """
    if success_when is None:
        return None
    if isinstance(success_when, str):
        return expression_check(success_when)
    if isinstance(success_when, Mapping):
        return schema_check(cast("Mapping[str, Any]", success_when))
    if isinstance(success_when, type):
        return _class_check(cast("type[object]", success_when))
    if callable(success_when):
        return function_check(success_when)
    raise ConfigurationError(f"success_when={success_when!r} is no check. {_FORMS}")


def _class_check(cls: type[object]) -> Check:
    from pydantic import BaseModel

    if issubclass(cls, BaseModel) and cls is not BaseModel:
        return model_check(cls)
    raise ConfigurationError(
        f"success_when={cls.__qualname__} is a class, but not a Pydantic model. {_FORMS}"
    )
