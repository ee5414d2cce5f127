"""A check written as a string: ``"finish_reason == 'stop' and json['company'] != ''"``."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any, ClassVar

from armwise.errors import ExpressionError
from armwise.router.checks.answer import Answer, NotJsonError
from armwise.router.checks.check import unit_score
from armwise.router.checks.grammar import Grammar
from armwise.router.checks.lookups import JsonMissError
from armwise.router.checks.source import Source
from armwise.router.checks.terms import Term


@dataclass(frozen=True, slots=True)
class ExpressionCheck:
    """Scores an answer by an expression over its plain data.

    None is unknown, a float a graded score, anything else counts by its truth. Text that is not
    JSON, or lacks what the expression reads from ``json``, scores 0.0 whatever the rest says.

    Attributes:
        name: The expression, shortened.
    """

    name: str
    is_async: ClassVar[bool] = False
    _term: Term = field(repr=False)

    def __call__(self, answer: Answer, /) -> float | None:
        """Return the answer's score.

        Raises:
            LookupError: If the response lacks what the expression reads.
            TypeError: If an operation meets a value it does not take.
            ValueError: If the result is a float outside [0, 1].
        """
        try:
            value: Any = self._term(answer)
        except (NotJsonError, JsonMissError):
            return 0.0
        if value is None:
            return None
        if type(value) is float:
            return unit_score(value, repr(self.name))
        return 1.0 if value else 0.0


def expression_check(text: str) -> ExpressionCheck:
    """Return the check that an expression describes, compiled once.

    Args:
        text: The expression: at most 2,000 characters and 200 parts.

    Raises:
        ExpressionError: If it does not parse, or uses what is not in the grammar.
    """
    source = Source(text.strip())
    tree = source.parse()
    if isinstance(tree, ast.Dict):
        raise ExpressionError(
            f"success_when={source.quoted()} is a dict in a string, which would always succeed. "
            "Pass a JSON schema as a dict: success_when=json.loads(...)."
        )
    return ExpressionCheck(source.title(), Grammar(source).result(tree))
