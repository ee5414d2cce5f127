"""Expressions score answers, and refuse what is not on their list."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from armwise.errors import ConfigurationError, ExpressionError
from armwise.router.checks import Answer, Verdict, build_check, run_check
from armwise.router.checks.operations import FUNCTIONS, METHODS

AnswerOf = Callable[..., Answer]
JSON = '{"company": "Apple", "items": [3, 1, 2], "score": 0.7, "none": null, "big": 4e300}'


def _judged(expression: str, answer: Answer) -> Verdict:
    check = build_check(expression)
    assert check is not None
    return run_check(check, answer)


@pytest.mark.parametrize(
    "expression",
    [
        "response.choices[0].finish_reason == 'stop'",
        "response['choices'][-1]['message'].content == text",
        "json['company'] != '' and usage.completion_tokens < 500",
        "finish_reason == 'stop' and 'sorry' not in text.lower()",
        "len(json['items']) > 0",
        "json.get('company')",
        "json.company.startswith(('App', 'Ban'))",
        "cost_usd is not None and cost_usd < 0.01",
        "latency_s <= 0.25",
        "0 < usage.completion_tokens < usage.prompt_tokens <= 12",
        "not (finish_reason in ['length', 'content_filter'])",
        "finish_reason in {'stop', 'length'}",
        "json['items'][1:] == (1, 2) and json['items'][:-1] == [3, 1]",
        "json['company'][0] == 'A' and json['company'][:3] == 'App'",
        "json.none is None and (json.none is not True)",
        "True if json.company == 'Apple' else False",
        "{'Apple': 1, 'Pear': 0}[json.company]",
        "1 + 2 * 3 - 4 == 3 and 7 // 2 == 3 and 7 % 4 == 3 and 1 / 2 == .5 and -1 < +1",
        "'App' + 'le' == json.company",
        "min(json['items']) == 1 and max(3, 2) == 3 and abs(-2) == 2 and sum(json['items']) == 6",
        "round(2.567, 1) == 2.6 and int('42') == 42 and float('.5') == .5 and str(4) == '4'",
        "any(json['items']) and all(json['items']) and bool(text)",
        "json.company.upper().endswith('LE') and ' a '.strip() == 'a' and 'xax'.strip('x') == 'a'",
        "json.company.count('p') == 2 and 'a,b'.split(',') == ['a', 'b']",
        "\n  finish_reason == 'stop'\n",
    ],
)
def test_an_expression_that_holds_succeeds(answer_of: AnswerOf, expression: str) -> None:
    """Each name and operation of the grammar reads the answer as Python would."""
    verdict = _judged(expression, answer_of(JSON))

    assert (1.0, None) == (verdict.score, verdict.error)


@pytest.mark.parametrize(
    "expression",
    [
        "finish_reason == 'length'",
        "json['company'] == 'Pear' or usage.completion_tokens > 500",
        "3 < usage.completion_tokens < 4",
        "not text",
        "json.get('nothing')",
        "json.none",
        "''",
        "0",
        "[]",
    ],
)
def test_an_expression_that_does_not_hold_fails(answer_of: AnswerOf, expression: str) -> None:
    """Everything counts by its truth, and null in the answer's JSON is no unknown."""
    verdict = _judged(expression, answer_of(JSON))

    assert (0.0, None) == (verdict.score, verdict.error)


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("Apple", "json['company'] != ''"),
        ("Apple", "json.get('company')"),
        ("Apple", "json is not None"),
        ("Apple", "'error' not in json"),
        ("Apple", "finish_reason == 'stop' or json"),
        ("{}", "json['company'] != ''"),
        ("{}", "not json['error']"),
        ("{}", "json.company.lower() == 'apple' or True"),
        ("{}", "len(json.items) == 0"),
        ('{"key": [1]}', "json[json.key] != 1"),
        ("[]", "json[0] != 1"),
        ("[]", "json.get('a', 1)"),
        ("[]", "json['a'] != 1"),
        ('{"a": 1}', "json.a.b != 2"),
        ('{"a": 1}', "json['a'][:2] != 2"),
        ('{"a": null}', "json['a'].lower() != 'x'"),
        ('{"a": "x,y"}', "json.a.split(',')[2] != 'x'"),
        ('{"a": 1}', "usage[json['key']] != 3"),
    ],
)
def test_json_that_lacks_what_is_read_fails_the_whole_check(
    answer_of: AnswerOf, text: str, expression: str
) -> None:
    """Bad JSON is punished, even where the rest of the expression would hold."""
    verdict = _judged(expression, answer_of(text))

    if "finish_reason" in expression:
        assert 1.0 == verdict.score, "what is not needed is not read"
    else:
        assert (0.0, None) == (verdict.score, verdict.error)


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        ("response.nothing", LookupError),
        ("response.choices[1].message", LookupError),
        ("response.choices['0']", LookupError),
        ("response.choices.message", LookupError),
        ("response['choices'][0:1][True]", LookupError),
        ("response.model[0:'a']", TypeError),
        ("usage[0:1]", LookupError),
        ("usage.total_tokens < 3", LookupError),
        ("usage.get([1])", TypeError),
        ("usage[text:]", TypeError),
        ("usage.prompt_tokens.lower()", LookupError),
        ("cost_usd.nothing", LookupError),
        ("json['items'] > 3", TypeError),
        ("json['company'] < 3", TypeError),
        ("{'Pear': 1.0}[json.company]", LookupError),
        ("text - 1", TypeError),
        ("-text", TypeError),
        ("text + 1", TypeError),
        ("json['items'] + json['items']", TypeError),
        ("text % 3", TypeError),
        ("text * 3", TypeError),
        ("3 * json['items']", TypeError),
        ("len(3)", TypeError),
        ("abs(text)", TypeError),
        ("sum(json['company'])", TypeError),
        ("sum(3)", TypeError),
        ("str(response)", TypeError),
        ("int(json['items'])", TypeError),
        ("text.count(3)", TypeError),
        ("text.startswith([3])", TypeError),
        ("text.split(3)", TypeError),
        ("int(text)", ValueError),
        ("int(json.company)", ValueError),
        ("text.strip(text + text)", ValueError),
        ("round(5, -21)", ValueError),
        ("round(5, text)", ValueError),
        ("1 // 0", ZeroDivisionError),
        ("9223372036854775807 * 9", OverflowError),
        ("sum([9223372036854775807, 9223372036854775807])", OverflowError),
        ("{json['items']}", TypeError),
    ],
)
def test_any_other_error_is_unknown(
    answer_of: AnswerOf, expression: str, error: type[Exception]
) -> None:
    """What the expression itself does wrong is not the answer's fault."""
    verdict = _judged(expression, answer_of(JSON))

    assert verdict.score is None
    assert isinstance(verdict.error, error)


@pytest.mark.parametrize(
    "expression",
    [
        "int(text)",
        "float(text)",
        "text < 3",
        "text * 3",
        "usage[text]",
        "response[text:3]",
        "-text",
    ],
)
def test_errors_do_not_quote_the_answer(answer_of: AnswerOf, expression: str) -> None:
    """They end in logs, where no text of an answer belongs."""
    verdict = _judged(expression, answer_of("confidential"))

    assert verdict.error is not None
    assert "confidential" not in str(verdict.error)


def test_a_lookup_error_says_what_is_there(answer_of: AnswerOf) -> None:
    """It quotes the expression's part and lists the fields."""
    verdict = _judged("response.chioces[0] == 1", answer_of())

    assert (
        "'response.chioces' finds nothing in a dict with the keys 'model', 'choices', 'usage'"
        == str(verdict.error)
    )


@pytest.mark.parametrize(
    ("expression", "score"),
    [
        ("json.score", 0.7),
        ("0.0", 0.0),
        ("1.0", 1.0),
        ("1", 1.0),
        ("True", 1.0),
        ("None", None),
        ("usage.get('nothing')", None),
        ("cost_usd if text == '' else None", None),
        ("0.25 if json.company else json.score", 0.25),
        ("{'Apple': 0.5}.get(json.company)", 0.5),
        ("text and json.get('score')", 0.7),
        ("json.get('nothing') if text else 1", 0.0),
    ],
)
def test_floats_grade_and_none_is_unknown(
    answer_of: AnswerOf, expression: str, score: float | None
) -> None:
    """None is unknown wherever it comes from, except from a gap in the answer's JSON."""
    verdict = _judged(expression, answer_of(JSON))

    assert (score, None) == (verdict.score, verdict.error)


@pytest.mark.parametrize("expression", ["1.5", "-0.1", "json.big", "json.big * json.big * 0"])
def test_a_float_outside_of_the_unit_interval_is_unknown(
    answer_of: AnswerOf, expression: str
) -> None:
    """A wrong scale, and what is not a number, is an error and never a success."""
    verdict = _judged(expression, answer_of(JSON))

    assert verdict.score is None
    assert "between 0 and 1" in str(verdict.error)


@pytest.mark.parametrize(
    ("expression", "named", "instead"),
    [
        ("", "empty string", "Write a comparison"),
        ("   ", "empty string", "Write a comparison"),
        ("finish_reason = 'stop'", "character 15", "=="),
        ("text && json", "character 7", "'and'"),
        ("text ==", "does not parse", "Write a comparison"),
        ("\ud800", "does not parse", "Write a comparison"),
        ("text\x00", "null byte", "Write a comparison"),
        ("import os", "does not parse", "Write a comparison"),
        ("text; json", "does not parse", "Write a comparison"),
        ("text == 'a' and txt", "unknown name 'txt' at character 17", "Did you mean 'text'"),
        ("something_else", "unknown name", "finish_reason, json, latency_s"),
        ("true", "unknown name", "Did you mean 'True'"),
        ("'ü' in txt", "'txt' at character 8", "'text'"),
        ("(text and\n  _x)", "begins with '_' at line 2, character 3", "finish_reason"),
        ("text.__class__", "attribute that begins with '_'", "['__class__']"),
        ("response._hidden_params", "attribute that begins with '_'", "['_hidden_params']"),
        ("text.__class__()", "call that is not on the list", ".lower"),
        ("text._\uff43lass", "attribute that begins with '_'", "['_class']"),
        ("__import__('os')", "call that is not on the list", "len"),
        ("eval('1')", "call that is not on the list", "len"),
        ("text.format(1)", "call that is not on the list", ".lower"),
        ("text.replace('', text)", "call that is not on the list", ".lower"),
        ("(text or json)(1)", "call that is not on the list", "len"),
        ("len", "function without its call", "len(...)"),
        ("len()", "call with 0 arguments", "It takes 1."),
        ("round(1, 2, 3)", "call with 3 arguments", "It takes 1 to 2."),
        ("text.get()", "call with 0 arguments", "It takes 1 to 2."),
        ("max(*json)", "unpacking with '*'", "Write a comparison"),
        ("max(json, key=len)", "call with keywords", "by position"),
        ("dict(**json)", "call with keywords", "by position"),
        ("[{**json}]", "unpacking with '**'", "Write a comparison"),
        ("lambda: 1", "a lambda at character 1", "Write a comparison"),
        ("[x for x in text]", "a comprehension", "a function of the response"),
        ("{x for x in text}", "a comprehension", "a function of the response"),
        ("{x: x for x in text}", "a comprehension", "a function of the response"),
        ("any(x for x in text)", "a generator", "a function of the response"),
        ("f'{text}'", "an f-string", "Write a comparison"),
        ("(x := text)", "an assignment", "Write a comparison"),
        ("await text", "'await'", "Write a comparison"),
        ("(yield)", "Yield", "Write a comparison"),
        ("2 ** 9", "the operator Pow", "+ - * / // and %"),
        ("1 << 9", "the operator LShift", "+ - * / // and %"),
        ("text @ text", "the operator MatMult", "+ - * / // and %"),
        ("~1", "the operator '~'", "'not'"),
        ("'a' * 3", "something other than a number", "Only + takes strings"),
        ("3 * [1]", "something other than a number", "Only + takes strings"),
        ("'%s' % text", "something other than a number", "Only + takes strings"),
        ("text is json", "'is' between two values", "'=='"),
        ("b'a'", "literal of type bytes", "Write a comparison"),
        ("1j", "literal of type complex", "Write a comparison"),
        ("...", "literal of type ellipsis", "Write a comparison"),
        ("9" * 30, "integer beyond 64 bits", "smaller"),
        ("1e999", "beyond the range", "smaller"),
        ("text[::2]", "step of a slice", "[start:stop]"),
        ("text[1:2, 3]", "Slice", "Write a comparison"),
        ("{'type': 'object'}", "dict in a string", "json.loads"),
        ("'" + "a" * 2_000 + "'", "2,002 characters", "Pass a function"),
        ("[" + "1," * 200 + "]", "more than 200 parts", "Pass a function"),
        ("-" * 100 + "1", "deeper than 40 levels", "pass a function"),
        ("(" * 900 + "1" + ")" * 900, "does not parse", "Write a comparison"),
    ],
)
def test_what_is_not_in_the_grammar_is_refused_when_built(
    expression: str, named: str, instead: str
) -> None:
    """The error names what was refused and where, and says what may be written."""
    with pytest.raises(ExpressionError) as caught:
        build_check(expression)

    assert isinstance(caught.value, ConfigurationError)
    assert named in str(caught.value)
    assert instead in str(caught.value)


def test_two_hundred_parts_and_forty_levels_are_allowed(answer_of: AnswerOf) -> None:
    """The bounds leave room, and the deepest expression still runs."""
    wide = "sum([" + ",".join(["1"] * 195) + "]) == 195"
    deep = "-" * 39 + "1"

    assert 1.0 == _judged(wide, answer_of()).score
    assert 1.0 == _judged(deep, answer_of()).score


def test_only_harmless_functions_are_on_the_list() -> None:
    """A new one has to be thought about here: bounded time, bounded size, plain data."""
    assert [
        "abs",
        "all",
        "any",
        "bool",
        "float",
        "int",
        "len",
        "max",
        "min",
        "round",
        "str",
        "sum",
    ] == (list(FUNCTIONS))
    assert ["count", "endswith", "get", "lower", "split", "startswith", "strip", "upper"] == (
        list(METHODS)
    )


def test_joined_strings_are_bounded(answer_of: AnswerOf) -> None:
    """Doubling a long text again and again ends in an error, not in memory."""
    half = answer_of("x" * 500_000)

    assert 1.0 == _judged("text + text != ''", half).score
    assert isinstance(_judged("text + text + 'x' != ''", half).error, ValueError)


def test_and_and_or_read_no_more_than_they_need(answer_of: AnswerOf) -> None:
    """They stop early, so a guard can stand before what it guards."""
    answer = answer_of(cost_usd=None)

    assert 0.0 == _judged("cost_usd is not None and cost_usd < 1", answer).score
    assert 1.0 == _judged("cost_usd is None or cost_usd < 1", answer).score


def test_names_beside_the_response_do_not_convert_it(answer_of: AnswerOf) -> None:
    """A check of the text works where the whole response has no plain form."""
    cycle: dict[str, Any] = {}
    cycle["again"] = cycle
    answer = answer_of("Apple", cycle=cycle)

    assert 1.0 == _judged("text == 'Apple' and usage.prompt_tokens == 12", answer).score
    assert isinstance(_judged("response.model == 'small'", answer).error, ValueError)


def test_an_expression_is_compiled_once_and_shared_by_threads(answer_of: AnswerOf) -> None:
    """A check holds no state between answers."""
    check = build_check("json.n % 2 == 0")
    assert check is not None
    wrong: list[int] = []

    def run(first: int) -> None:
        for number in range(first, first + 200):
            score = run_check(check, answer_of(f'{{"n": {number}}}')).score
            if score != float(number % 2 == 0):
                wrong.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == wrong
