"""Whatever string is passed, building refuses it or evaluation stays within plain data."""

import ast
import inspect
import sys
from types import ModuleType
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from armwise.errors import ExpressionError
from armwise.router.checks import (
    Answer,
    build_check,
    grammar,
    lookups,
    operations,
    run_check,
    source,
    terms,
)
from armwise.router.checks.expression import ExpressionCheck
from armwise.router.checks.source import MAX_NODES


class Spy:
    """An object that notes every access to it, once it is armed."""

    seen: list[str]

    def __init__(self) -> None:
        object.__setattr__(self, "seen", [])

    def __getattribute__(self, name: str) -> Any:
        object.__getattribute__(self, "seen").append(name)
        return object.__getattribute__(self, name)

    def __eq__(self, other: object) -> bool:
        object.__getattribute__(self, "seen").append("__eq__")
        return True

    __hash__ = object.__hash__

    def __len__(self) -> int:
        object.__getattribute__(self, "seen").append("__len__")
        return 1


class SpyDict(dict[str, Any]):
    """A dict that notes every lookup, once it is armed."""

    seen: list[str]

    def __getitem__(self, key: str) -> Any:
        self.seen.append(f"[{key}]")
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Note the lookup."""
        self.seen.append(f"get({key})")
        return super().get(key, default)


def _spied_answer() -> tuple[Answer, list[str]]:
    """Return an answer whose views have been read, and the list of what is touched after."""
    spy = Spy()
    seen: list[str] = object.__getattribute__(spy, "seen")
    response = SpyDict(
        spy=spy,
        choices=[{"finish_reason": "stop", "message": {"content": '{"a": [1, "x", null]}'}}],
        usage={"completion_tokens": 5},
        __class__="a field",
    )
    response.seen = seen
    answer = Answer(response, 0.1, 0.2)
    for view in ("plain", "text", "finish_reason", "usage", "json"):
        getattr(answer, view)
    seen.clear()
    return answer, seen


ATTACKS = [
    "().__class__.__bases__[0].__subclasses__()",
    "''.__class__.__mro__[1]",
    "response.__class__",
    "response.spy.__class__.__init__.__globals__",
    "response.choices.__len__()",
    "response.spy",
    "response['spy']",
    "response.get('spy')",
    "response.spy == 1",
    "response['__class__']",
    "response['__class__'].lower()",
    "text.__class__.__name__",
    "text.format.__globals__",
    "'{0.__class__}'.format(text)",
    "f'{text.__class__}'",
    "text._\uff3fclass\uff3f_",
    "text.\uff3f\uff3fclass\uff3f\uff3f",
    "text._\u2017class",
    "text.\ufe4f_class__",
    "\uff4c\uff45\uff4e(\uff54\uff45\uff58\uff54)",
    "_\uff49mport('os')",
    "__builtins__",
    "__builtins__['eval']('1')",
    "getattr(text, 'upper')()",
    "globals()",
    "open('/etc/passwd')",
    "type(text)",
    "(lambda: 1)()",
    "[[[x for x in text] for y in text] for z in text]",
    "{a: {b for b in text} for a in text}",
    "sum(x for x in (y for y in text))",
    "9**9**9**9",
    "9 ** 99999999",
    "2 << 99999999999",
    "10**10 * 'a'",
    "'a' * 9999999999",
    "[0] * 9999999999",
    "text * 9999999999",
    "9999999999 * json.a",
    "(9223372036854775807 * 9223372036854775807) * 9223372036854775807",
    "round(9223372036854775807, -9999999999)",
    "int('9' + '9' + '9')",
    "'%9999999999d' % 1",
    "str(response)",
    "max(*response)",
    "(x := 1)",
    "yield text",
    "await text",
    "import os",
    "text if text else text.__class__",
    "not text.__class__",
    "text[text.__class__]",
    "text[:text.__class__]",
    "[text, text.__class__]",
    "{text: text.__class__}",
    "{text.__class__}",
    "len(text.__class__)",
    "text.get(text.__class__)",
    "text.lower(text.__class__)",
    "1 < text.__class__ < 2",
    "(" * 1_000,
    "(" * 100 + ")" * 100,
    "[" * 150 + "]" * 150,
    "-" * 1_999 + "1",
    "not " * 499 + "1",
    "1" + " + 1" * 400,
    "text" + ".lower()" * 240,
    "text" + "[0]" * 600,
    "1 if " * 300,
    "a" * 2_001,
    "text\x00",
    "\ud800",
    "\u202etext",
    "\\",
    "'\\",
    "'''",
    "#",
    "text # comment",
    "text \\\n == 'a'",
    "\x0ctext",
    "\r",
    "\ufefftext",
    "0x" + "f" * 1_000,
    "1" * 1_990,
    "1e" + "9" * 1_000,
    "'\\N{LATIN SMALL LETTER A}' in text",
]

# Pieces that fit together often enough for the grammar's inner parts to be reached.
# fmt: off
_ATOMS = st.sampled_from([
    "response", "text", "json", "usage", "finish_reason", "cost_usd", "latency_s", "None",
    "True", "1", "0.5", "-1", "'a'", "'spy'", "[]", "{}", "9223372036854775807", "'__class__'",
    "'completion_tokens'", "()", "...", "_", "__builtins__", "eval", "len", "\uff54ext", "b''",
    "1j",
])
# fmt: on


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = ["+", "-", "*", "/", "//", "%", "**", "<<", "@", "and", "or", "==", "<", "in", "is"]
    names = [
        "spy",
        "choices",
        "a",
        "get",
        "__class__",
        "_x",
        "lower",
        "\uff3f\uff3fdict__",
        "format",
    ]
    calls = [*FUNCTION_NAMES, "eval", "getattr", "type", "vars", "pow", "range"]
    methods = ["get", "lower", "split", "strip", "count", "startswith", "format", "join", "__len__"]
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(operators), inner),
        st.builds("{}.{}".format, inner, st.sampled_from(names)),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("{}[{}:{}]".format, inner, inner, inner),
        st.builds("{}({})".format, st.sampled_from(calls), inner),
        st.builds("{}({}, {})".format, st.sampled_from(calls), inner, inner),
        st.builds("{}.{}({})".format, inner, st.sampled_from(methods), inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{{}: {}}}".format, inner, inner),
        st.builds("{{{}}}".format, inner),
        st.builds("not {}".format, inner),
        st.builds("-{}".format, inner),
        st.builds("[x for x in {}]".format, inner),
        st.builds("(lambda: {})()".format, inner),
        st.builds("f'{{{}}}'".format, inner),
    )


FUNCTION_NAMES = ["len", "min", "max", "abs", "round", "int", "float", "str", "sum", "any", "all"]
EXPRESSIONS = st.recursive(_ATOMS, _grown, max_leaves=12)


def _grown_lawfully(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operators = ["+", "-", "*", "/", "//", "%", "and", "or", "==", "!=", "<", ">=", "in", "not in"]
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(operators), inner),
        st.builds("{}.{}".format, inner, st.sampled_from(["spy", "choices", "a", "lower"])),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("{}[{}:]".format, inner, inner),
        st.builds("{}({})".format, st.sampled_from(FUNCTION_NAMES), inner),
        st.builds("{}.{}({})".format, inner, st.sampled_from(["get", "count", "split"]), inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("({{{}}})".format, inner),
        st.builds("(not {})".format, inner),
        st.builds("(-{})".format, inner),
    )


# Most of these are built, so that their evaluation is what is tried.
LAWFUL = st.recursive(
    st.sampled_from(
        [
            "response",
            "text",
            "json",
            "usage",
            "cost_usd",
            "json.a",
            "json.a[1]",
            "response.choices",
            "'a'",
            "'spy'",
            "None",
            "(1)",
            "(0)",
            "0.5",
            "[]",
            "9223372036854775807",
        ]
    ),
    _grown_lawfully,
    max_leaves=8,
)


def _is_harmless(expression: str) -> None:
    """Fail unless the expression is refused, or its evaluation ends within plain data."""
    answer, seen = _spied_answer()
    try:
        check = build_check(expression)
    except ExpressionError:
        return
    assert check is not None

    verdict = run_check(check, answer)

    assert [] == seen
    assert verdict.score is None or (type(verdict.score) is float and 0 <= verdict.score <= 1)
    assert not isinstance(verdict.error, AttributeError)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
@pytest.mark.parametrize("expression", ATTACKS)
def test_known_attacks_end_in_a_refusal_or_within_plain_data(expression: str) -> None:
    """Attribute walks, huge powers, nesting, and look-alike letters lead nowhere."""
    _is_harmless(expression)


@settings(max_examples=400, deadline=None)
@given(EXPRESSIONS | LAWFUL)
@example("response.spy.get('a')")
def test_no_composed_expression_reaches_an_object(expression: str) -> None:
    """Neither the spy in the response nor the response itself is ever touched."""
    _is_harmless(expression)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=2_100))
def test_no_text_does_anything_but_be_refused_or_judged(expression: str) -> None:
    """Arbitrary characters, controls and surrogates included, raise nothing else."""
    _is_harmless(expression)


@settings(max_examples=200, deadline=None)
@given(st.text("()[]{}.,:'\"_=<>+-*/% \\\n\r#tex1\uff3f", max_size=120))
def test_no_heap_of_punctuation_does_either(expression: str) -> None:
    """Texts that parse more often than arbitrary ones are refused or judged just so."""
    _is_harmless(expression)


@pytest.mark.parametrize(
    "name", ["__class__", "__dict__", "__globals__", "_private", "\uff3f_x", "_\uff3fclass__"]
)
@pytest.mark.parametrize("root", ["response", "text", "json", "usage", "()", "''", "response.spy"])
def test_no_attribute_that_begins_with_an_underscore_is_built(root: str, name: str) -> None:
    """Not even one that only looks like it: letters are compared in their normal form."""
    with pytest.raises(ExpressionError):
        build_check(f"{root}.{name}")


@settings(max_examples=200, deadline=None)
@given(LAWFUL)
def test_an_evaluation_calls_each_part_at_most_once(expression: str) -> None:
    """Work is bounded by the expression's size: nothing in it repeats."""
    answer, _ = _spied_answer()
    try:
        check = build_check(expression)
    except ExpressionError:
        return
    assert isinstance(check, ExpressionCheck)
    calls = 0

    def count(frame: Any, event: str, _: Any) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        run_check(check, answer)
    finally:
        sys.setprofile(before)
    parts = sum(isinstance(node, ast.expr) for node in ast.walk(ast.parse(expression, mode="eval")))
    assert parts <= MAX_NODES
    # A part costs at most its closure, a comprehension's frame and two functions of an operation;
    # judging adds a handful, and a list that an operation goes through has four items at most.
    assert calls <= 8 * parts + 12


@pytest.mark.parametrize("module", [grammar, lookups, operations, source, terms])
def test_the_evaluator_never_mentions_a_dynamic_builtin(module: ModuleType) -> None:
    """Attributes are dict keys there, and nothing is compiled into Python code."""
    tree = ast.parse(inspect.getsource(module))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}

    dynamic = {"getattr", "setattr", "eval", "exec", "compile", "vars", "globals", "__import__"}
    assert set() == names & dynamic
