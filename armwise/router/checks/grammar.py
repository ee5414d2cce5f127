"""The grammar of ``success_when``: a list of allowed syntax, compiled once into closures.

There are no loops and no names to bind, so that one evaluation runs each node at most once.
Attribute access is a dict lookup on plain data, never `getattr`: no way leads from an expression
to a Python object.
"""

from __future__ import annotations

import ast
import difflib
import math
from collections.abc import Callable
from typing import Any, Final

from armwise.errors import ExpressionError
from armwise.router.checks import lookups, operations, terms
from armwise.router.checks.operations import FUNCTIONS, METHODS, Operation
from armwise.router.checks.source import Source
from armwise.router.checks.terms import NAMES, Term

_CONSTANTS = ("True", "False", "None")

_REFUSED: Final[dict[type[ast.expr], str]] = {
    ast.Await: "'await'",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a generator",
    ast.JoinedStr: "an f-string",
    ast.Lambda: "a lambda",
    ast.ListComp: "a comprehension",
    ast.NamedExpr: "an assignment",
    ast.SetComp: "a comprehension",
    ast.Starred: "unpacking with '*'",
}


class Grammar:
    """Compiles one expression, and refuses what is not listed here.

    Args:
        source: The expression's text, for the refusals.
    """

    __slots__ = ("_rules", "_source")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._rules: dict[type[ast.expr], Callable[[Any], Term]] = {
            ast.Attribute: self._attribute,
            ast.BinOp: self._arithmetic,
            ast.Call: self._call,
            ast.Compare: self._compare,
            ast.Constant: self._constant,
            ast.Dict: self._dict,
            ast.List: self._sequence,
            ast.Name: self._name,
            ast.Set: self._set,
            ast.Subscript: self._subscript,
            ast.Tuple: self._sequence,
            ast.UnaryOp: self._unary,
        }

    def result(self, node: ast.expr) -> Term:
        """Compile a node whose value can become the check's result.

        None is unknown there, with one exception: a field of the answer's JSON that is missing
        or null is the answer's fault, hence False.

        Raises:
            ExpressionError: If the node is not in the grammar.
        """
        if isinstance(node, ast.BoolOp):
            return self._bool_op(node, self.result)
        if isinstance(node, ast.IfExp):
            return self._if_else(node, self.result)
        term = self.term(node)
        return terms.or_false(term) if lookups.is_in_json(node) else term

    def term(self, node: ast.expr) -> Term:
        """Compile a node into a closure.

        Raises:
            ExpressionError: If the node is not in the grammar.
        """
        if isinstance(node, ast.BoolOp):
            return self._bool_op(node, self.term)
        if isinstance(node, ast.IfExp):
            return self._if_else(node, self.term)
        rule = self._rules.get(type(node))
        if rule is None:
            raise self._refusal(node, _REFUSED.get(type(node), type(node).__name__))
        return rule(node)

    def _bool_op(self, node: ast.BoolOp, compiled: Callable[[ast.expr], Term]) -> Term:
        return terms.junction(node.op, [compiled(value) for value in node.values])

    def _if_else(self, node: ast.IfExp, compiled: Callable[[ast.expr], Term]) -> Term:
        return terms.choice(self.term(node.test), compiled(node.body), compiled(node.orelse))

    def _constant(self, node: ast.Constant) -> Term:
        value = node.value
        if type(value) not in (str, int, float, bool, type(None)):
            raise self._refusal(node, f"a literal of type {type(value).__name__}")
        if type(value) is int and value > operations.MAX_INT:
            raise self._refusal(node, "an integer beyond 64 bits", "Write a smaller one.")
        if type(value) is float and math.isinf(value):
            raise self._refusal(
                node, "a number beyond the range of a float", "Write a smaller one."
            )
        return terms.constant(value)

    def _name(self, node: ast.Name) -> Term:
        term = NAMES.get(node.id)
        if term is not None:
            return term
        if node.id in FUNCTIONS:
            raise self._refusal(node, "a function without its call", f"Write {node.id}(...).")
        if node.id.startswith("_"):
            raise self._refusal(node, "a name that begins with '_'", _known_names())
        close = difflib.get_close_matches(node.id, [*NAMES, *FUNCTIONS, *_CONSTANTS], 1)
        meant = f"Did you mean {close[0]!r}? " if close else ""
        raise self._refusal(node, f"the unknown name {node.id!r}", meant + _known_names())

    def _unary(self, node: ast.UnaryOp) -> Term:
        function = terms.UNARY.get(type(node.op))
        if function is None:
            raise self._refusal(node, "the operator '~'", "Write 'not'.")
        operand = self.term(node.operand)
        return lambda answer: function(operand(answer))

    def _arithmetic(self, node: ast.BinOp) -> Term:
        function = terms.ARITHMETIC.get(type(node.op))
        if function is None:
            what = f"the operator {type(node.op).__name__}"
            raise self._refusal(node, what, "Arithmetic has + - * / // and %, on numbers.")
        if not isinstance(node.op, ast.Add):
            for operand in (node.left, node.right):
                if _is_no_number(operand):
                    what = "arithmetic with something other than a number"
                    raise self._refusal(operand, what, "Only + takes strings, two of them.")
        left, right = self.term(node.left), self.term(node.right)
        return lambda answer: function(left(answer), right(answer))

    def _compare(self, node: ast.Compare) -> Term:
        operands = [node.left, *node.comparators]
        for operation, left, right in zip(node.ops, operands, operands[1:], strict=False):
            identity = isinstance(operation, ast.Is | ast.IsNot)
            if identity and not (_is_singleton(left) or _is_singleton(right)):
                instead = "Write '==', or compare with None, True or False."
                raise self._refusal(node, "'is' between two values", instead)
        functions = [terms.COMPARISONS[type(operation)] for operation in node.ops]
        return terms.comparison([self.term(operand) for operand in operands], functions)

    def _sequence(self, node: ast.List | ast.Tuple) -> Term:
        # A tuple becomes a list too: JSON has only lists, and a list never equals a tuple.
        items = [self.term(item) for item in node.elts]
        return lambda answer: [item(answer) for item in items]

    def _set(self, node: ast.Set) -> Term:
        items = [self.term(item) for item in node.elts]
        return lambda answer: frozenset([item(answer) for item in items])

    def _dict(self, node: ast.Dict) -> Term:
        pairs: list[tuple[Term, Term]] = []
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:
                raise self._refusal(value, "unpacking with '**'")
            pairs.append((self.term(key), self.term(value)))
        return lambda answer: {key(answer): value(answer) for key, value in pairs}

    def _attribute(self, node: ast.Attribute) -> Term:
        if node.attr.startswith("_"):
            instead = f"A field of that name is read as ...[{node.attr!r}]."
            raise self._refusal(node, "an attribute that begins with '_'", instead)
        return lookups.attribute(self.term(node.value), node.attr, self._miss(node))

    def _subscript(self, node: ast.Subscript) -> Term:
        base, key = self.term(node.value), node.slice
        if not isinstance(key, ast.Slice):
            return lookups.subscript(base, self.term(key), self._miss(node))
        if key.step is not None:
            raise self._refusal(key.step, "the step of a slice", "Write [start:stop].")
        start = terms.constant(None) if key.lower is None else self.term(key.lower)
        stop = terms.constant(None) if key.upper is None else self.term(key.upper)
        return lookups.cut(base, start, stop, self._miss(node))

    def _call(self, node: ast.Call) -> Term:
        if node.keywords:
            raise self._refusal(node, "a call with keywords", "Pass the values by position.")
        if isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
            operation = FUNCTIONS[node.func.id]
            function, arguments = operation.function, self._arguments(node, operation)
            return lambda answer: function(*[argument(answer) for argument in arguments])
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            operation = METHODS[node.func.attr]
            base, arguments = self.term(node.func.value), self._arguments(node, operation)
            return lookups.method(base, operation, arguments, self._miss(node))
        functions, methods = ", ".join(FUNCTIONS), ", ".join(f".{name}" for name in METHODS)
        instead = f"Functions: {functions}. Methods: {methods}."
        raise self._refusal(node, "a call that is not on the list", instead)

    def _arguments(self, node: ast.Call, operation: Operation) -> list[Term]:
        arguments = [self.term(argument) for argument in node.args]
        if not operation.fewest <= len(arguments) <= operation.most:
            count = str(operation.fewest)
            if operation.most > operation.fewest:
                count += f" to {operation.most}"
            raise self._refusal(
                node, f"a call with {len(arguments)} arguments", f"It takes {count}."
            )
        return arguments

    def _miss(self, node: ast.expr) -> lookups.Miss:
        if lookups.is_in_json(node):
            return lookups.json_miss
        return lookups.other_miss(self._source.segment(node))

    def _refusal(self, node: ast.expr, what: str, instead: str | None = None) -> ExpressionError:
        return self._source.refusal(node, what, instead)


def _known_names() -> str:
    return f"The names are {', '.join(NAMES)}; the functions {', '.join(FUNCTIONS)}."


def _is_singleton(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))


def _is_no_number(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, int | float)
    return isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict)
