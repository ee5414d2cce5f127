"""The text of a ``success_when`` expression: parsed within bounds, quoted in refusals."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Final

from armwise.errors import ExpressionError

# Guesses with room: the longest check in the documentation has 120 characters and 30 nodes.
MAX_LENGTH: Final = 2_000
MAX_NODES: Final = 200
# Evaluating one level takes up to three Python frames of the interpreter's usual 1,000.
MAX_NESTING: Final = 40

_QUOTED: Final = 60
_FORMS: Final = (
    "Write a comparison such as \"finish_reason == 'stop'\" or \"json['company'] != ''\", "
    "or pass a function of the response for anything longer."
)


@dataclass(frozen=True, slots=True)
class Source:
    """The text of an expression, which knows how to refuse a part of itself.

    Attributes:
        text: The expression as it was given, without surrounding blanks.
    """

    text: str

    def parse(self) -> ast.expr:
        """Return the expression's syntax tree.

        Raises:
            ExpressionError: If the text is empty, too long or too deep, or does not parse.
        """
        if not self.text:
            raise ExpressionError(f"success_when is an empty string. {_FORMS}")
        if len(self.text) > MAX_LENGTH:
            raise ExpressionError(
                f"success_when={self.quoted()} has {len(self.text):,} characters; an expression "
                f"may have {MAX_LENGTH:,}. Pass a function of the response instead."
            )
        tree = self._tree()
        self._measure(tree)
        return tree

    def segment(self, node: ast.expr) -> str:
        """Return the part of the text that a node came from, shortened."""
        return _shortened(ast.get_source_segment(self.text, node) or "")

    def title(self) -> str:
        """Return the whole text, shortened."""
        return _shortened(self.text)

    def quoted(self) -> str:
        """Return the whole text as a literal, shortened."""
        return repr(self.title())

    def refusal(self, node: ast.expr, what: str, instead: str | None = None) -> ExpressionError:
        """Return the error that names a refused node, where it stands, and what to write.

        Args:
            node: The node that is refused.
            what: What it is, as the subject of the error's sentence.
            instead: The sentence that says what may be written; None gives examples.
        """
        where = self._position(node.lineno, node.col_offset)
        return ExpressionError(
            f"success_when={self.quoted()}: {what} at {where}, {self.segment(node)!r}, "
            f"is refused. {instead or _FORMS}"
        )

    def _tree(self) -> ast.expr:
        try:
            return ast.parse(self.text, filename="success_when", mode="eval").body
        except SyntaxError as error:
            where = ""
            if error.lineno and error.offset:
                where = f" at {self._position(error.lineno, error.offset - 1, in_bytes=False)}"
            raise ExpressionError(
                f"success_when={self.quoted()} does not parse{where}: {error.msg}. {self._advice()}"
            ) from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise ExpressionError(
                f"success_when={self.quoted()} does not parse: {error or 'nested too deeply'}. "
                f"{_FORMS}"
            ) from None

    def _advice(self) -> str:
        if "&&" in self.text or "||" in self.text:
            return "Write 'and', 'or' and 'not'."
        if re.search(r"(?<![=!<>])=(?!=)", self.text):
            return "Write '==' to compare."
        return _FORMS

    def _measure(self, tree: ast.expr) -> None:
        nodes = 0
        level: list[ast.AST] = [tree]
        for _ in range(MAX_NESTING):
            nodes += sum(isinstance(node, ast.expr) for node in level)
            if nodes > MAX_NODES:
                raise ExpressionError(
                    f"success_when={self.quoted()} has more than {MAX_NODES} parts. "
                    "Pass a function of the response instead."
                )
            level = [child for node in level for child in ast.iter_child_nodes(node)]
            if not level:
                return
        raise ExpressionError(
            f"success_when={self.quoted()} is nested deeper than {MAX_NESTING} levels. "
            "Join conditions with one 'and' or 'or', or pass a function of the response instead."
        )

    def _position(self, line: int, column: int, *, in_bytes: bool = True) -> str:
        """Return a position in words, counted from 1."""
        lines = re.split(r"\r\n|\r|\n", self.text)
        if in_bytes and line <= len(lines):
            column = len(lines[line - 1].encode()[:column].decode(errors="replace"))
        character = f"character {column + 1}"
        return character if len(lines) == 1 else f"line {line}, {character}"


def _shortened(text: str) -> str:
    return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 3]}..."
