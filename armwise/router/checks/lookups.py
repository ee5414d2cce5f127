"""Terms that look into plain data, and what a lookup that finds nothing means.

In a chain that starts at ``json`` it means that the answer failed: JSON that lacks a key must
not escape as unknown. Anywhere else it is an error of the check, and the outcome is unknown.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeAlias

from armwise.router.checks import operations
from armwise.router.checks.answer import Answer
from armwise.router.checks.operations import Operation
from armwise.router.checks.terms import Term

Miss: TypeAlias = Callable[[Any], NoReturn]
"""Raises for a lookup that found nothing; its argument is the container."""


class JsonMissError(LookupError):
    """A lookup in the answer's JSON found nothing.

    It stays within the checks, where it means a failed answer and not a check that raised.
    """


def is_in_json(node: ast.expr) -> bool:
    """Return whether a chain of lookups and method calls starts at the name ``json``."""
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        else:
            return isinstance(node, ast.Name) and node.id == "json"


def json_miss(_: Any) -> NoReturn:
    """Fail the answer."""
    raise JsonMissError("The answer's JSON lacks what the expression reads.")


def other_miss(segment: str) -> Miss:
    """Return what raises an error that quotes a part of the expression."""

    def miss(container: Any) -> NoReturn:
        raise LookupError(f"{segment!r} finds nothing in {operations.described(container)}")

    return miss


def attribute(base: Term, name: str, miss: Miss) -> Term:
    """Return the term for ``base.name``: the lookup of a dict's key."""

    def look_up(answer: Answer) -> Any:
        container = base(answer)
        if type(container) is not dict or name not in container:
            miss(container)
        return container[name]

    return look_up


def subscript(base: Term, key: Term, miss: Miss) -> Term:
    """Return the term for ``base[key]`` in a dict, list or string."""

    def look_up(answer: Answer) -> Any:
        container, wanted = base(answer), key(answer)
        if not operations.holds(container, wanted):
            miss(container)
        return container[wanted]

    return look_up


def cut(base: Term, start: Term, stop: Term, miss: Miss) -> Term:
    """Return the term for ``base[start:stop]`` of a list or string."""

    def look_up(answer: Answer) -> Any:
        container = base(answer)
        bounds = slice(operations.bound(start(answer)), operations.bound(stop(answer)))
        if type(container) not in (list, str):
            miss(container)
        return container[bounds]

    return look_up


def method(base: Term, operation: Operation, arguments: Sequence[Term], miss: Miss) -> Term:
    """Return the term for ``base.name(...)``, a call of a listed method."""
    function, receiver = operation.function, operation.receiver

    def call(answer: Answer) -> Any:
        container = base(answer)
        values = [argument(answer) for argument in arguments]
        if type(container) is not receiver:
            miss(container)
        return function(container, *values)

    return call
