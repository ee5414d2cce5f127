"""A check that the text of an answer satisfies a JSON schema or a Pydantic model.

An answer that does not parse, or is invalid, scores 0.0: bad JSON is a failure, never unknown.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, cast

from armwise.errors import ConfigurationError
from armwise.router.checks.answer import Answer, NotJsonError

if TYPE_CHECKING:
    from pydantic import BaseModel
    from referencing import Resource


@dataclass(frozen=True, slots=True)
class SchemaCheck:
    """Scores an answer 1.0 if its text is valid, else 0.0.

    Attributes:
        name: The model's name, or the schema's title.
    """

    name: str
    is_async: ClassVar[bool] = False
    _is_valid: Callable[[Answer], bool] = field(repr=False)

    def __call__(self, answer: Answer, /) -> float | None:
        """Return the answer's score."""
        return 1.0 if self._is_valid(answer) else 0.0


def model_check(model: type[BaseModel]) -> SchemaCheck:
    """Return the check that an answer's text satisfies a Pydantic model.

    Args:
        model: A subclass of ``pydantic.BaseModel``; its own validators run too.

    Raises:
        ConfigurationError: If a type that the model names is not defined.
    """
    from pydantic import ValidationError

    if model.model_rebuild(raise_errors=False) is False:
        raise ConfigurationError(
            f"success_when={model.__qualname__} names a type that is not defined yet. "
            "Define it first, then build the Router."
        )

    def is_valid(answer: Answer) -> bool:
        try:
            model.model_validate_json(answer.json_text)
        except ValidationError:
            return False
        return True

    return SchemaCheck(f"{model.__module__}.{model.__qualname__}", is_valid)


def schema_check(schema: Mapping[str, Any]) -> SchemaCheck:
    """Return the check that an answer's text satisfies a JSON schema.

    Args:
        schema: A JSON schema of the dialect its ``$schema`` names, by default 2020-12. ``format``
            is not checked. Every ``$ref`` must lead into the schema itself: nothing is fetched.

    Raises:
        ConfigurationError: If it is not a valid schema, or refers to something outside.
    """
    own = copy.deepcopy(dict(schema))
    name = f"schema {own['title']!r}" if isinstance(own.get("title"), str) else "a JSON schema"
    validator = _validator(own)
    return SchemaCheck(name, lambda answer: satisfies(answer, validator))


def satisfies(answer: Answer, validator: Any) -> bool:
    """Say whether an answer's text is JSON that a validator finds valid."""
    try:
        return bool(validator.is_valid(answer.json))
    except NotJsonError:
        return False
    except (RecursionError, ArithmeticError):
        # JSON, but too deep for a recursive schema, or an integer that no float can hold.
        return False


@lru_cache(maxsize=256)
def validator_of(schema_text: str) -> Any:
    """Return the validator of a schema that a request brings along, built once per schema.

    Args:
        schema_text: The schema as JSON text.

    Raises:
        ConfigurationError: If it is not a valid schema, or refers to something outside.
    """
    schema: Any = json.loads(schema_text)
    if not isinstance(schema, dict):
        raise ConfigurationError(f"a schema must be an object, got {type(schema).__name__}.")
    return _validator(cast("dict[str, Any]", schema))


def _validator(schema: dict[str, Any]) -> Any:
    from jsonschema import Draft202012Validator, SchemaError
    from jsonschema.validators import validator_for
    from referencing.jsonschema import EMPTY_REGISTRY

    dialect: Any = Draft202012Validator
    if "$schema" in schema:
        dialect = validator_for(schema, default=cast("Any", None))
        if dialect is None:
            raise ConfigurationError(
                f"success_when has the unknown dialect $schema={schema['$schema']!r}. "
                "Write 'https://json-schema.org/draft/2020-12/schema', or leave it out."
            )
    try:
        dialect.check_schema(schema)
    except SchemaError as error:
        raise ConfigurationError(_not_a_schema(schema, error)) from error
    try:
        _resolve_references(schema, dialect)
        # Without a registry jsonschema would fetch what a reference names; this one cannot.
        validator = dialect(schema, registry=EMPTY_REGISTRY)
        validator.is_valid(None)
    except RecursionError:
        raise ConfigurationError(
            "success_when is a schema whose '$ref' leads back to itself. Let it lead to a part "
            "that describes a value."
        ) from None
    return validator


def _not_a_schema(schema: Mapping[str, Any], error: Any) -> str:
    if schema.get("type") == "json_schema":
        return (
            "success_when is a response_format, not a JSON schema. Pass the schema inside it: "
            "success_when=response_format['json_schema']['schema']."
        )
    where = "".join(f"[{part!r}]" for part in error.absolute_path)
    return (
        f"success_when{where} is not valid in a JSON schema: {error.message}. "
        "Write for example {'type': 'object', 'required': ['company']}."
    )


def _resolve_references(schema: dict[str, Any], dialect: Any) -> None:
    """Follow every reference once, so that a missing one is an error now and not per answer."""
    from referencing.jsonschema import EMPTY_REGISTRY, specification_with

    specification = specification_with(dialect.META_SCHEMA["$schema"])
    root: Resource[Any] = specification.create_resource(schema)
    waiting = [(EMPTY_REGISTRY.resolver_with_root(root), root)]
    seen: set[int] = set()
    while waiting:
        resolver, resource = waiting.pop()
        contents: Any = resource.contents
        if id(contents) in seen or not isinstance(contents, dict):
            continue
        seen.add(id(contents))
        waiting += [(resolver.in_subresource(part), part) for part in resource.subresources()]
        for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
            if keyword in contents:
                found = _referred(resolver, cast("str", contents[keyword]))
                waiting.append((found.resolver, specification.create_resource(found.contents)))


def _referred(resolver: Any, reference: str) -> Any:
    from referencing.exceptions import Unresolvable

    try:
        found = resolver.lookup(reference)
    except (Unresolvable, ValueError) as error:  # ValueError: a word where a list has a number
        raise ConfigurationError(_no_schema_at(reference)) from error
    if not isinstance(found.contents, dict | bool):
        raise ConfigurationError(_no_schema_at(reference))
    return found


def _no_schema_at(reference: str) -> str:
    return (
        f"success_when refers to {reference!r}, but there is no schema of that name inside it, and "
        "nothing is fetched. Put it under '$defs' and write {'$ref': '#/$defs/NAME'}."
    )
