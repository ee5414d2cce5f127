"""Tells a JSON schema from a dict of checks by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard, cast

_WORDS = (
    # The vocabularies of draft 2020-12, but for those that assert nothing, such as title.
    "$id $schema $ref $anchor $dynamicRef $dynamicAnchor $vocabulary $defs prefixItems items "
    "contains additionalProperties properties patternProperties dependentSchemas propertyNames "
    "if then else allOf anyOf oneOf not unevaluatedItems unevaluatedProperties type const enum "
    "multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern "
    "maxItems minItems uniqueItems maxContains minContains maxProperties minProperties required "
    "dependentRequired "
    # Earlier drafts.
    "definitions dependencies additionalItems $recursiveRef $recursiveAnchor extends disallow "
    "divisibleBy "
    # The parameter response_format, which is refused with what to write instead.
    "json_schema"
)
_KEYWORDS = frozenset(_WORDS.split())

_PLAIN = (str, bool, int, float, list, Mapping)


def is_schema(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Say whether a dict is a JSON schema: plain data, with a keyword that asserts something.

    An empty dict is one too, the schema that everything satisfies.
    """
    if not isinstance(value, Mapping):
        return False
    items = cast("Mapping[object, object]", value)
    if not all(item is None or isinstance(item, _PLAIN) for item in items.values()):
        return False  # functions, classes and checks are no part of a schema
    return not items or not _KEYWORDS.isdisjoint(items)
