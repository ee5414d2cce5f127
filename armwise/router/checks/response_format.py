"""The check that a request brings along itself: the schema in its ``response_format``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, cast

from armwise.adapters import Call
from armwise.router.checks.answer import Answer
from armwise.router.checks.listing import AllOf, OneCheck, all_of
from armwise.router.checks.schema import SchemaCheck, model_check, satisfies, validator_of

NAME = "response_format"


@dataclass(frozen=True, slots=True)
class FormatCheck:
    """Passes an answer whose text satisfies the schema that its call demanded.

    Attributes:
        schema: A Pydantic model class, or a JSON schema as a dict.
        of_tool_calls: The score of an answer that calls tools instead of saying anything.
    """

    schema: type | Mapping[str, Any]
    of_tool_calls: float | None
    is_async: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """What warnings and explanations call this check."""
        return NAME

    def __call__(self, answer: Answer, /) -> float | None:
        """Return the answer's score.

        Raises:
            ConfigurationError: If the schema is none.
        """
        if answer.tool_calls and not answer.text:
            return self.of_tool_calls
        if isinstance(self.schema, type):
            return _model_check(self.schema)(answer)
        return 1.0 if satisfies(answer, validator_of(json.dumps(self.schema))) else 0.0


class Checks:
    """What is run on the answer to a call: the user's checks, and the call's own schema.

    Args:
        check: The user's; None if there are none.
        takes_format: Whether the schema of a ``response_format`` is checked too.
    """

    def __init__(self, check: OneCheck | AllOf | None, *, takes_format: bool) -> None:
        self._check = check
        self._takes_format = takes_format

    @property
    def are_given(self) -> bool:
        """Whether every answer is checked, whatever its call demands."""
        return self._check is not None

    def of(self, call: Call) -> OneCheck | AllOf | None:
        """Return the checks of a call, None if it has none. Never raises."""
        wanted = _wanted(call.params) if self._takes_format else None
        schema = None if wanted is None else _schema_in(wanted)
        if schema is None:
            return self._check
        if self._check is None:
            return FormatCheck(schema, None)
        own = self._check if isinstance(self._check, AllOf) else all_of([(None, self._check)])
        # Beside other checks a tool call is no reason not to know: they decide.
        return own.and_also(NAME, FormatCheck(schema, 1.0))


def _wanted(params: Mapping[str, Any]) -> object:
    """Return the format that a call demands, None for none."""
    wanted = params.get("response_format")
    if wanted is None:
        text = params.get("text")  # where the Responses API has it
        return cast("Mapping[str, Any]", text).get("format") if isinstance(text, Mapping) else None
    return cast("object", wanted)


def _schema_in(wanted: object) -> type | Mapping[str, Any] | None:
    """Return the schema in a ``response_format``, in each form that providers know."""
    if isinstance(wanted, type):
        return wanted if hasattr(wanted, "model_validate_json") else None
    if not isinstance(wanted, Mapping):
        return None
    form = cast("Mapping[str, Any]", wanted)
    inner = form.get("json_schema")
    for holder in (inner, form):
        if isinstance(holder, Mapping):
            for key in ("schema", "response_schema"):
                schema = cast("Mapping[str, Any]", holder).get(key)
                if isinstance(schema, Mapping):
                    return cast("Mapping[str, Any]", schema)
    return None


@lru_cache(maxsize=64)
def _model_check(model: type) -> SchemaCheck:
    return model_check(model)
