"""Any OpenAI-shaped object as plain data: dict, list, str, number, bool and None, nothing else.

Expressions see a response only through this conversion. Every value is of one of the exact
built-in types (no subclasses), so that no lookup, comparison or arithmetic on it can run code
that a response's class brought along.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType, NoneType
from typing import TypeAlias, cast

Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str | int | float | bool | None"

# A response is about eight levels deep; the rest is room for a tool call's structured arguments.
MAX_DEPTH = 64
# 4,000 tokens with the 20 likeliest alternatives each and their bytes are about 650,000 values.
MAX_VALUES = 1_000_000

_SCALARS = frozenset({str, int, float, bool, NoneType})
_NOT_DATA = (type, ModuleType, FunctionType, MethodType, BuiltinFunctionType)
_LEFT_OUT = object()


def to_plain(value: object) -> Plain:
    """Return a copy of the value that holds plain data only.

    Pydantic models are dumped, dataclasses and other objects are read through their public
    attributes, tuples and sets become lists. What has no plain form (a function, bytes, an
    object without attributes) is left out of a dict, and is None elsewhere.

    Args:
        value: A response, or a part of one.

    Raises:
        ValueError: If the value is nested deeper than `MAX_DEPTH` (a cycle is), or holds more
            than `MAX_VALUES` values.
    """
    converted = _Conversion().convert(value, 0)
    return None if converted is _LEFT_OUT else cast("Plain", converted)


class _Conversion:
    """One walk through a value, with a count of what it has seen."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen = 0

    def convert(self, value: object, depth: int) -> object:
        self._seen += 1
        if type(value) in _SCALARS:
            return value
        if depth > MAX_DEPTH:
            raise ValueError(
                f"The response is nested deeper than {MAX_DEPTH} levels (or contains itself): "
                "no expression can look into it. Pass a function of the response instead."
            )
        if self._seen > MAX_VALUES:
            raise ValueError(
                f"The response holds more than {MAX_VALUES:,} values: no expression can look "
                "into it. Pass a function of the response instead."
            )
        if isinstance(value, Mapping):
            return self._pairs(cast("Mapping[object, object]", value).items(), depth)
        if isinstance(value, list | tuple | set | frozenset):
            return self._items(cast("list[object]", value), depth)
        return self._other(value, depth)

    def _pairs(self, pairs: Iterable[tuple[object, object]], depth: int) -> dict[str, object]:
        plain: dict[str, object] = {}
        for key, value in pairs:
            if not isinstance(key, str):
                continue
            converted = self.convert(value, depth + 1)
            if converted is not _LEFT_OUT:
                plain[str.__str__(key)] = converted
        return plain

    def _items(self, items: Iterable[object], depth: int) -> list[object]:
        # A gap would shift the items behind it, so what has no plain form keeps its place.
        converted = (self.convert(item, depth + 1) for item in items)
        return [None if item is _LEFT_OUT else item for item in converted]

    def _other(self, value: object, depth: int) -> object:
        exact = _exact_scalar(value)
        if exact is not _LEFT_OUT or isinstance(value, _NOT_DATA):
            return exact
        dumped = _dumped(value)
        if dumped is not None:
            return self._pairs(dumped.items(), depth)
        fields = _public_fields(value)
        return _LEFT_OUT if fields is None else self._pairs(fields.items(), depth)


def _exact_scalar(value: object) -> object:
    """Return a subclass' value (an IntEnum, numpy's float64) as the built-in type itself."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, Enum) and type(value.value) in _SCALARS:
        return value.value
    return _LEFT_OUT


def _dumped(value: object) -> Mapping[object, object] | None:
    dump: Callable[..., object] | None = getattr(value, "model_dump", None)
    if dump is None:
        return None
    try:
        # Providers' objects often differ from their declared fields; pydantic would warn of it.
        dumped = dump(warnings=False)
    except TypeError:
        dumped = dump()
    return cast("Mapping[object, object]", dumped) if isinstance(dumped, Mapping) else None


def _public_fields(value: object) -> dict[str, object] | None:
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    try:
        attributes = vars(value)
    except TypeError:
        return None
    return {name: item for name, item in attributes.items() if not name.startswith("_")}
