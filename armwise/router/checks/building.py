"""From the argument ``success_when`` to a check, or to a list of checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from armwise.errors import ConfigurationError
from armwise.router.checks.check import Check
from armwise.router.checks.expression import expression_check
from armwise.router.checks.function import function_check, refuse_wrong_signature
from armwise.router.checks.judge import Judge
from armwise.router.checks.keywords import is_schema
from armwise.router.checks.listing import AllOf, OneCheck, all_of
from armwise.router.checks.schema import model_check, schema_check

_FORMS = (
    "Pass an expression (\"finish_reason == 'stop'\"), a JSON schema as a dict, a Pydantic model "
    "class, a check of armwise.router.checks, a function of the response that returns True, "
    "False, None or a number from 0 to 1, or several of them with names: "
    "{'finished': Finished(), 'short': 'len(text) < 500'}."
)


def build_check(success_when: object | None) -> OneCheck | AllOf | None:
    """Return the check that ``success_when`` describes.

    Args:
        success_when: An expression, a JSON schema as a dict, a Pydantic model class, a check of
            ``armwise.router.checks``, or a function of the response; or a list of them, or of
            (name, check), or a dict of checks by name: all have to pass then. None gives no
            check: outcomes are reported then.

    Raises:
        ExpressionError: If an expression does not parse, or reaches for what is refused.
        ConfigurationError: If it is none of these forms, or not a usable one.
    """
    if success_when is None:
        return None
    if isinstance(success_when, list):
        return _listed(cast("list[object]", success_when))
    if isinstance(success_when, Mapping) and not is_schema(success_when):
        return _by_name(cast("Mapping[object, object]", success_when))
    return _single(success_when)


def _single(success_when: object) -> OneCheck:
    if isinstance(success_when, str):
        return expression_check(success_when)
    if isinstance(success_when, Mapping):
        return schema_check(cast("Mapping[str, Any]", success_when))
    if isinstance(success_when, type):
        return _class_check(cast("type[object]", success_when))
    if isinstance(success_when, Judge):
        return success_when
    if isinstance(success_when, Check):
        return _own_check(success_when)
    if callable(success_when):
        return function_check(success_when)
    raise ConfigurationError(f"success_when={success_when!r} is no check. {_FORMS}")


def _own_check(check: Check) -> Check:
    """Return an object that has the form of a check, if it can be used as one."""
    shown = f"success_when={type(check).__qualname__}(...)"
    name: object = check.name
    is_async: object = check.is_async
    if not isinstance(name, str) or not name or not isinstance(is_async, bool):
        raise ConfigurationError(
            f"{shown} has name={name!r} and is_async={is_async!r}. A check has a name, a string, "
            "and is_async, True if calling it returns an awaitable."
        )
    refuse_wrong_signature(check, shown, "answer")
    return check


def _class_check(cls: type[object]) -> OneCheck:
    from pydantic import BaseModel

    if issubclass(cls, BaseModel) and cls is not BaseModel:
        return model_check(cls)
    if isinstance(getattr(cls, "is_async", None), bool):
        raise ConfigurationError(
            f"success_when={cls.__qualname__} is the class of a check. Write "
            f"{cls.__qualname__}(...), a check of that class."
        )
    raise ConfigurationError(
        f"success_when={cls.__qualname__} is a class, but not a Pydantic model. {_FORMS}"
    )


def _listed(forms: list[object]) -> AllOf:
    _refuse_none(forms)
    checks: list[tuple[str | None, OneCheck]] = []
    for position, form in enumerate(forms):
        if isinstance(form, tuple):
            name, named = _pair(cast("tuple[object, ...]", form), position)
            checks.append((name, _named(name, named)))
        else:
            checks.append((None, _named(position, form)))
    return all_of(checks)


def _by_name(forms: Mapping[object, object]) -> AllOf:
    _refuse_none(forms)
    checks: list[tuple[str | None, OneCheck]] = []
    for name, form in forms.items():
        if not isinstance(name, str):
            raise ConfigurationError(
                f"success_when is a dict with the key {name!r}. Its keys are the names of its "
                "checks, or the keywords of a JSON schema: strings both."
            )
        checks.append((name, _named(name, form)))
    return all_of(checks)


def _refuse_none(forms: object) -> None:
    if not forms:
        raise ConfigurationError(
            "success_when is an empty list of checks, which every answer would pass. "
            "Leave it out to report outcomes yourself."
        )


def _pair(form: tuple[object, ...], position: int) -> tuple[str, object]:
    if len(form) == 2 and isinstance(form[0], str):  # noqa: PLR2004 - a pair
        return form[0], form[1]
    raise ConfigurationError(
        f"success_when[{position}] is a tuple, but not of a name and a check. Write "
        "('finished', \"finish_reason == 'stop'\"), or the check alone."
    )


def _named(name: object, form: object) -> OneCheck:
    """Build one check of several; what is wrong with it is said with its name."""
    where = f"success_when[{name!r}]"
    if isinstance(form, list) or (isinstance(form, Mapping) and not is_schema(form)):
        raise ConfigurationError(
            f"{where} is a {type(form).__name__} of checks inside a list of checks. List its "
            "checks beside the others. (If it is meant as a JSON schema: it has no keyword of one.)"
        )
    try:
        return _single(form)
    except ConfigurationError as error:
        raise type(error)(f"{where}: {error}") from error.__cause__
