"""What a caller wants of one request, beside its messages."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from armwise.adapters import CAPABILITIES
from armwise.engine.context import check_label
from armwise.engine.naming import MOST_KEYS
from armwise.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Wants:
    """Wishes for one request. What they leave no path for is refused before any call.

    Args:
        require: Capabilities that a path must have, such as "vision".
        exclude: Names of paths that must not be called.
        max_cost_usd: Most that the request may be expected to cost, in US dollars, above 0.
        max_latency_s: Most seconds that a path may take on average, above 0.
        context: What else tells requests apart, such as ``{"tenant": "acme"}``.
        session_id: The conversation that the request belongs to.

    Raises:
        ConfigurationError: If a value cannot be used; the message says what to write.
    """

    require: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    max_cost_usd: float | None = None
    max_latency_s: float | None = None
    context: Mapping[str, str] | None = None
    session_id: str | None = None

    def __post_init__(self) -> None:
        for name, example in (("require", "vision"), ("exclude", "openai/gpt-4o")):
            object.__setattr__(self, name, _names(getattr(self, name), name, example))
        unknown = self.require - CAPABILITIES.keys()
        if unknown:
            raise ConfigurationError(
                f"require={min(unknown)!r} is no known capability. Known: "
                f"{', '.join(CAPABILITIES)}."
            )
        _check_amount(self.max_cost_usd, "max_cost_usd", "US dollars", "0.01")
        _check_amount(self.max_latency_s, "max_latency_s", "seconds", "5")
        _check_context(self.context)
        if self.session_id is not None:
            check_label(self.session_id, "session_id", "chat-81")

    @property
    def restricts(self) -> bool:
        """Whether any path could be excluded for them."""
        has_limit = self.max_cost_usd is not None or self.max_latency_s is not None
        return bool(self.require or self.exclude) or has_limit


def _names(value: object, what: str, example: str) -> frozenset[str]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ConfigurationError(
            f"{what} must be a set or list of names such as {{{example!r}}}, got {value!r}."
        )
    names = list(value)
    for name in names:
        if not isinstance(name, str):
            raise ConfigurationError(f"{what} must hold names such as {example!r}, got {name!r}.")
    return frozenset(names)


def _check_amount(value: object, what: str, unit: str, example: str) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if value is not None and not (is_number and 0.0 < value < math.inf):  # type: ignore[operator]
        raise ConfigurationError(
            f"{what} must be {unit} above 0, got {value!r}. Write {what}={example}, or leave it "
            "out for no limit."
        )


def _check_context(context: object) -> None:
    if context is None:
        return
    if not isinstance(context, Mapping):
        raise ConfigurationError(
            f'context must be a dict of labels such as {{"tenant": "acme"}}, got {context!r}.'
        )
    if len(context) > MOST_KEYS:
        raise ConfigurationError(
            f"context must have at most {MOST_KEYS} keys, got {len(context)}: "
            f"{', '.join(map(repr, context))}. Give those that change which model suffices."
        )
    for key, value in context.items():
        check_label(key, "a key of context", "tenant")
        check_label(value, f"context[{key!r}]", "acme")


NO_WANTS = Wants()
"""Those of a request of which nothing is said."""

_ARGUMENTS = frozenset(field.name for field in fields(Wants))


def wants_of(arguments: dict[str, Any]) -> tuple[Wants, dict[str, Any]]:
    """Return the wishes among the arguments of a call, and the other arguments.

    Raises:
        ConfigurationError: If a wish cannot be used.
    """
    if _ARGUMENTS.isdisjoint(arguments):
        return NO_WANTS, arguments
    said = {name: value for name, value in arguments.items() if name in _ARGUMENTS}
    wishes = {name: value for name, value in said.items() if value is not None}
    return Wants(**wishes), {k: v for k, v in arguments.items() if k not in _ARGUMENTS}
