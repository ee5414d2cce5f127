"""Fields of a decision log's lines: each is checked, for a file may hold anything."""

import math
from collections.abc import Mapping
from typing import Any

from armwise.bandit import Arms
from armwise.errors import ConfigurationError


def typed(record: object, name: str, kind: type[Any]) -> Any:
    """Return a field of exactly one type."""
    if not isinstance(record, Mapping):
        raise ConfigurationError(f"a path must be an object, got {record!r}.")
    value = record[name]
    if type(value) is not kind:
        raise ConfigurationError(f"{name!r} must be of type {kind.__name__}, got {value!r}.")
    return value


def amount(record: Any, name: str, most: float = math.inf) -> float | None:
    """Return a number from 0, None for null."""
    value = record[name]
    if value is None:
        return None
    if type(value) not in (int, float) or not 0.0 <= value <= most or value == math.inf:
        limit = "" if most == math.inf else f" to {most:g}"
        raise ConfigurationError(f"{name!r} must be a number from 0{limit} or null, got {value!r}.")
    return float(value)


def numbers(record: Mapping[str, Any], name: str, size: int) -> list[float]:
    """Return as many numbers from 0 to 1."""
    values = typed(record, name, list)
    if len(values) != size or not all(
        type(value) in (int, float) and 0.0 <= value <= 1.0 for value in values
    ):
        raise ConfigurationError(
            f"{name!r} must be {size} numbers from 0 to 1, one per path, got {values!r}."
        )
    return [float(value) for value in values]


def position(arms: Arms, name: object, field: str) -> int:
    """Return the position of a path by its name."""
    if name not in arms.names:
        raise ConfigurationError(f"{field!r} names {name!r}, which is none of the paths.")
    return arms.names.index(str(name))
