"""What an expression can do with plain data: each operation takes bounded time and space.

Arguments come from a model's answer. Error texts therefore name types and sizes, never values.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

MAX_INT: Final = 2**63
MAX_STRING: Final = 1_000_000
# Far more than a written number has; int() takes quadratic time in the number of digits.
MAX_DIGITS: Final = 100
# round(x, -n) computes 10**n for an integer x.
MAX_ROUNDING: Final = 20
# str.strip takes time in the product of both lengths.
MAX_STRIPPED: Final = 100

_NUMBERS = frozenset({int, float, bool})
_SCALARS = frozenset({str, int, float, bool, type(None)})
_SIZED = frozenset({str, list, dict, frozenset})


@dataclass(frozen=True, slots=True)
class Operation:
    """A function or method that an expression may call.

    Attributes:
        function: What is called; a method's receiver is its first argument.
        fewest: Smallest number of arguments that may be written.
        most: Largest number of arguments that may be written.
        receiver: The type a method belongs to; None for a function.
    """

    function: Callable[..., Any]
    fewest: int
    most: int
    receiver: type[str | dict[str, Any]] | None = None


def bounded(value: Any) -> Any:
    """Return the value unless it is an integer beyond 64 bits."""
    if type(value) is int and not -MAX_INT <= value <= MAX_INT:
        raise OverflowError("an integer grew beyond 64 bits")
    return value


def numeric(symbol: str, function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return an arithmetic operation that takes numbers and nothing else."""

    def apply(left: Any, right: Any) -> Any:
        if type(left) not in _NUMBERS or type(right) not in _NUMBERS:
            raise TypeError(
                f"{symbol} takes numbers, not {_type_name(left)} and {_type_name(right)}"
            )
        return bounded(function(left, right))

    return apply


_add_numbers = numeric("+", operator.add)


def add(left: Any, right: Any) -> Any:
    """Return the sum of two numbers, or two strings joined."""
    if type(left) is str and type(right) is str:
        if len(left) + len(right) > MAX_STRING:
            raise ValueError(f"a joined string would exceed {MAX_STRING:,} characters")
        return left + right
    return _add_numbers(left, right)


def negate(value: Any) -> Any:
    """Return the number with the other sign."""
    return bounded(-_number("-", value))


def affirm(value: Any) -> Any:
    """Return the number as it is."""
    return +_number("+", value)


def holds(container: Any, key: Any) -> bool:
    """Return whether a dict has the key, or a list or string the index."""
    kind = type(container)
    if kind is dict:
        return type(key) in _SCALARS and key in container
    in_order = kind in (list, str) and type(key) is int
    return in_order and -len(container) <= key < len(container)


def bound(value: Any) -> Any:
    """Return the bound of a slice: an integer or None."""
    if value is not None and type(value) is not int:
        raise TypeError(f"a slice takes integers, not {_type_name(value)}")
    return value


def described(container: Any) -> str:
    """Say what a failed lookup met: names of fields, sizes and types, never values."""
    if type(container) is dict:
        keys = ", ".join(repr(key) for key in list(container)[:8])
        return f"a dict with the keys {keys or '(none)'}"
    if type(container) in (list, str):
        return f"a {_type_name(container)} of length {len(container)}"
    return f"a value of type {_type_name(container)}"


def _number(name: str, value: Any) -> Any:
    if type(value) not in _NUMBERS:
        raise TypeError(f"{name} takes a number, not {_type_name(value)}")
    return value


def _type_name(value: Any) -> str:
    return "None" if value is None else type(value).__name__


def _collection(name: str, value: Any) -> Any:
    if type(value) not in _SIZED:
        raise TypeError(f"{name} takes a list, dict or string, not {_type_name(value)}")
    return value


def _round(value: Any, digits: Any = None) -> Any:
    _number("round()", value)
    if digits is not None and (type(digits) is not int or abs(digits) > MAX_ROUNDING):
        raise ValueError(f"round() takes up to {MAX_ROUNDING} digits, as an integer")
    return round(value, digits)


def _read_number(kind: type[int | float], value: Any) -> Any:
    """Return int(value) or float(value), with an error that keeps the value to itself."""
    if type(value) is str and len(value) <= MAX_DIGITS:
        try:
            return bounded(kind(value))
        except ValueError:
            raise ValueError(
                f"{kind.__name__}() cannot read a string of {len(value)} characters as a number"
            ) from None
    if type(value) is str:
        raise ValueError(f"{kind.__name__}() takes strings of up to {MAX_DIGITS} characters")
    return bounded(kind(_number(f"{kind.__name__}()", value)))


def _to_str(value: Any) -> str:
    if type(value) not in _SCALARS:
        raise TypeError(f"str() takes a string, number, bool or None, not {_type_name(value)}")
    return str(value)


def _sum(values: Any) -> Any:
    total: Any = 0
    for value in _collection("sum()", values):
        total = bounded(total + _number("sum()", value))
    return total


def _extreme(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(*values: Any) -> Any:
        return (
            function(_collection(f"{name}()", values[0])) if len(values) == 1 else function(values)
        )

    return apply


def _strip(text: str, characters: Any = None) -> str:
    if characters is not None and len(_text("strip()", characters)) > MAX_STRIPPED:
        raise ValueError(f"strip() takes up to {MAX_STRIPPED} characters")
    return text.strip(characters)


def _text(name: str, value: Any) -> str:
    if type(value) is not str:
        raise TypeError(f"{name} takes a string, not {_type_name(value)}")
    return value


def _affix(name: str, matches: Callable[[str, tuple[str, ...]], bool]) -> Callable[..., bool]:
    """Return startswith or endswith for one string or a list of them."""

    def apply(text: str, affix: Any) -> bool:
        affixes = affix if type(affix) is list else [affix]
        return matches(text, tuple(_text(name, item) for item in affixes))

    return apply


def _absolute(value: Any) -> Any:
    return abs(_number("abs()", value))


def _all(values: Any) -> bool:
    return all(_collection("all()", values))


def _any(values: Any) -> bool:
    return any(_collection("any()", values))


def _length(values: Any) -> int:
    return len(_collection("len()", values))


def _count(text: str, part: Any) -> int:
    return text.count(_text("count()", part))


# As many as an expression can have parts.
_MANY: Final = 200

FUNCTIONS: Final[dict[str, Operation]] = {
    "abs": Operation(_absolute, 1, 1),
    "all": Operation(_all, 1, 1),
    "any": Operation(_any, 1, 1),
    "bool": Operation(bool, 1, 1),
    "float": Operation(partial(_read_number, float), 1, 1),
    "int": Operation(partial(_read_number, int), 1, 1),
    "len": Operation(_length, 1, 1),
    "max": Operation(_extreme("max", max), 1, _MANY),
    "min": Operation(_extreme("min", min), 1, _MANY),
    "round": Operation(_round, 1, 2),
    "str": Operation(_to_str, 1, 1),
    "sum": Operation(_sum, 1, 1),
}

METHODS: Final[dict[str, Operation]] = {
    "count": Operation(_count, 1, 1, str),
    "endswith": Operation(_affix("endswith()", str.endswith), 1, 1, str),
    "get": Operation(dict[Any, Any].get, 1, 2, dict),
    "lower": Operation(str.lower, 0, 0, str),
    "split": Operation(str.split, 0, 2, str),
    "startswith": Operation(_affix("startswith()", str.startswith), 1, 1, str),
    "strip": Operation(_strip, 0, 1, str),
    "upper": Operation(str.upper, 0, 0, str),
}
