"""A check that the tools an answer calls exist, with arguments that they take."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from armwise.errors import ConfigurationError
from armwise.router.checks.answer import Answer, ToolCall, parse_json
from armwise.router.checks.plain import Plain
from armwise.router.checks.schema import validator_of


@dataclass(frozen=True, slots=True)
class ValidToolCalls:
    """Passes an answer each of whose tool calls names a tool of the request and fits its schema.

    An answer without tool calls passes too, unless calling was demanded, here or by the
    request's own ``tool_choice``. If the request is not known, or a tool's schema is none, the
    outcome is unknown.

    Args:
        required: An answer without a tool call fails.

    Raises:
        ConfigurationError: If ``required`` is not a bool.
    """

    required: bool = False
    is_async: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if not isinstance(self.required, bool):
            raise ConfigurationError(f"required must be True or False, got {self.required!r}.")

    @property
    def name(self) -> str:
        """What warnings and explanations call this check."""
        return "valid tool calls"

    def __call__(self, answer: Answer, /) -> float | None:
        """Return the answer's score.

        Raises:
            ConfigurationError: If a tool that was called has a schema that is none.
        """
        params: Mapping[str, Any] = {} if answer.call is None else answer.call.params
        if not answer.tool_calls:
            return 0.0 if self.required or _is_demanded(params) else 1.0
        if answer.call is None:
            return None
        schemas = _schemas(params)
        return 1.0 if all(_is_valid(call, schemas) for call in answer.tool_calls) else 0.0


def _is_demanded(params: Mapping[str, Any]) -> bool:
    choice = params.get("tool_choice", params.get("function_call"))
    if isinstance(choice, Mapping):  # one tool by name, or Anthropic's form of the words below
        return cast("Mapping[str, Any]", choice).get("type") not in ("auto", "none")
    return choice in ("required", "any")


def _schemas(params: Mapping[str, Any]) -> dict[str, object]:
    """Return the schema of the arguments per tool of the request; None where it states none."""
    listed = [*(params.get("tools") or ()), *(params.get("functions") or ())]
    schemas: dict[str, object] = {}
    for tool in cast("list[object]", listed):
        function = tool.get("function", tool) if isinstance(tool, Mapping) else None
        if isinstance(function, Mapping) and isinstance(function.get("name"), str):
            schemas[function["name"]] = function.get("parameters")
    return schemas


def _is_valid(call: ToolCall, schemas: Mapping[str, object]) -> bool:
    if not isinstance(call.name, str) or call.name not in schemas:
        return False
    try:
        arguments = _arguments(call.arguments)
    except (ValueError, RecursionError):
        return False
    if not isinstance(arguments, dict):
        return False
    schema = schemas[call.name]
    if schema is None:
        return True
    try:
        return bool(validator_of(json.dumps(schema)).is_valid(arguments))
    except (RecursionError, ArithmeticError):
        return False


def _arguments(written: Plain) -> Plain:
    """Return the arguments as data; none at all is how some models call a tool without any."""
    if isinstance(written, str):
        return parse_json(written) if written.strip() else {}
    return {} if written is None else written
