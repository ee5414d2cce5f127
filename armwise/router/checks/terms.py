"""Terms: closures from an answer to plain data, and how larger ones are put together."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from armwise.router.checks import operations
from armwise.router.checks.answer import Answer

Term: TypeAlias = Callable[[Answer], Any]
Binary: TypeAlias = Callable[[Any, Any], Any]

NAMES: Final[dict[str, Term]] = {
    "cost_usd": operator.attrgetter("cost_usd"),
    "finish_reason": operator.attrgetter("finish_reason"),
    "json": operator.attrgetter("json"),
    "latency_s": operator.attrgetter("latency_s"),
    "response": operator.attrgetter("plain"),
    "text": operator.attrgetter("text"),
    "usage": operator.attrgetter("usage"),
}

COMPARISONS: Final[dict[type[ast.cmpop], Binary]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}

ARITHMETIC: Final[dict[type[ast.operator], Binary]] = {
    ast.Add: operations.add,
    ast.Sub: operations.numeric("-", operator.sub),
    ast.Mult: operations.numeric("*", operator.mul),
    ast.Div: operations.numeric("/", operator.truediv),
    ast.FloorDiv: operations.numeric("//", operator.floordiv),
    ast.Mod: operations.numeric("%", operator.mod),
}

UNARY: Final[dict[type[ast.unaryop], Callable[[Any], Any]]] = {
    ast.Not: operator.not_,
    ast.USub: operations.negate,
    ast.UAdd: operations.affirm,
}


def constant(value: Any) -> Term:
    """Return the term that is always the same value."""
    return lambda _: value


def junction(kind: ast.boolop, operands: Sequence[Term]) -> Term:
    """Return operands joined by 'and' or 'or': the value of the last one that was needed."""
    stops_at = isinstance(kind, ast.Or)

    def join(answer: Answer) -> Any:
        value = None
        for operand in operands:
            value = operand(answer)
            if bool(value) is stops_at:
                break
        return value

    return join


def choice(test: Term, body: Term, otherwise: Term) -> Term:
    """Return the body where the test holds, and the other term elsewhere."""
    return lambda answer: body(answer) if test(answer) else otherwise(answer)


def comparison(operands: Sequence[Term], functions: Sequence[Binary]) -> Term:
    """Return a comparison; a chained one holds if each of its links does.

    Args:
        operands: The terms that are compared, one more than functions.
        functions: The comparison between each operand and the next one.
    """
    first, second, *_ = operands
    if len(functions) == 1:
        compare = functions[0]
        return lambda answer: compare(first(answer), second(answer))
    links = list(zip(functions, operands[1:], strict=True))

    def chain(answer: Answer) -> bool:
        left = first(answer)
        for compare_link, operand in links:
            right = operand(answer)
            if not compare_link(left, right):
                return False
            left = right
        return True

    return chain


def or_false(term: Term) -> Term:
    """Return the term with False in the place of None."""

    def value_or_false(answer: Answer) -> Any:
        value = term(answer)
        return False if value is None else value

    return value_or_false
