"""Text that should satisfy a schema or a model scores 1.0 or 0.0, never unknown."""

import json
import socket
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from pydantic import BaseModel, field_validator

from armwise.errors import ConfigurationError
from armwise.router.checks import Answer, Verdict, build_check, run_check

AnswerOf = Callable[..., Answer]
SCHEMA: dict[str, Any] = {
    "title": "Company",
    "type": "object",
    "required": ["company"],
    "properties": {"company": {"$ref": "#/$defs/name"}, "size": {"multipleOf": 0.5}},
    "$defs": {"name": {"type": "string", "minLength": 1}},
}


class Company(BaseModel):
    """What an extraction should give."""

    company: str
    size: int = 0

    @field_validator("company")
    @classmethod
    def is_named(cls, value: str) -> str:
        """Refuse an empty name."""
        if not value:
            raise ValueError("empty")
        return value


def _judged(success_when: object, answer: Answer) -> Verdict:
    check = build_check(success_when)
    assert check is not None
    return run_check(check, answer)


@pytest.mark.parametrize("success_when", [SCHEMA, Company], ids=["schema", "model"])
@pytest.mark.parametrize("text", ['{"company": "A"}', '```json\n{"company": "A", "size": 3}\n```'])
def test_a_valid_text_succeeds(answer_of: AnswerOf, success_when: object, text: str) -> None:
    """A fenced block around the JSON is taken off."""
    verdict = _judged(success_when, answer_of(text))

    assert (1.0, None) == (verdict.score, verdict.error)


@pytest.mark.parametrize("success_when", [SCHEMA, Company], ids=["schema", "model"])
@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "Apple",
        "{}",
        "[]",
        "null",
        '{"company": ""}',
        '{"company": 3}',
        '{"company": "A", "size": "x"',
        '{"company": "A\ud800", "size": "x"}x',
        "[" * 100_000,
    ],
)
def test_an_invalid_text_fails(answer_of: AnswerOf, success_when: object, text: str | None) -> None:
    """What does not parse, or does not fit, is a failure and never unknown."""
    verdict = _judged(success_when, answer_of(text))

    assert (0.0, None) == (verdict.score, verdict.error)


def test_half_a_surrogate_pair_fails_a_model(answer_of: AnswerOf) -> None:
    """Text that has no UTF-8 form is invalid, not an error."""
    verdict = _judged(Company, answer_of('{"company": "\ud800"}'))

    assert (0.0, None) == (verdict.score, verdict.error)


def test_numbers_that_no_float_can_hold_fail_a_schema(answer_of: AnswerOf) -> None:
    """An integer of 400 digits overflows multipleOf, which is the answer's fault."""
    verdict = _judged(SCHEMA, answer_of('{"company": "A", "size": 1' + "0" * 400 + "}"))

    assert (0.0, None) == (verdict.score, verdict.error)


def test_nesting_too_deep_for_a_recursive_schema_fails(answer_of: AnswerOf) -> None:
    """A hostile answer cannot turn its failure into unknown."""
    schema = {"type": "array", "items": {"$ref": "#"}}

    assert 1.0 == _judged(schema, answer_of("[" * 5 + "]" * 5)).score
    assert 0.0 == _judged(schema, answer_of("[" * 800 + "]" * 800)).score


def test_a_schema_is_copied_when_built(answer_of: AnswerOf) -> None:
    """Changing the dict later does not change the check."""
    schema: dict[str, Any] = {"type": "object", "required": ["a"]}
    check = build_check(schema)
    assert check is not None

    schema["required"].append("b")

    assert 1.0 == run_check(check, answer_of('{"a": 1}')).score


def test_checks_are_named_by_title_or_model() -> None:
    """Warnings can say which check they mean."""
    names = [getattr(build_check(form), "name", "") for form in (SCHEMA, {}, Company)]

    assert ["schema 'Company'", "a JSON schema", f"{__name__}.Company"] == names


@pytest.mark.parametrize(
    ("schema", "named"),
    [
        ({"type": "objekt"}, r"success_when\['type'\] is not valid.*'objekt'"),
        ({"properties": {"a": {"minLength": "x"}}}, r"\['properties'\]\['a'\]\['minLength'\]"),
        ({"type": "json_schema", "json_schema": {}}, r"response_format\['json_schema'\]"),
        ({"$schema": "http://unknown.invalid/"}, "unknown dialect"),
        ({"$ref": "#/$defs/nothing"}, r"'#/\$defs/nothing', but there is no schema"),
        ({"$ref": "#/title", "title": "a"}, "'#/title', but there is no schema"),
        ({"$ref": "#/allOf/x", "allOf": [{}]}, "'#/allOf/x', but there is no schema"),
        ({"$ref": "#/own/a", "own": {"a": {"$ref": "elsewhere"}}}, "'elsewhere', but"),
        ({"properties": {"a": {"$ref": "other.json"}}}, "'other.json'"),
        ({"$ref": "#"}, "leads back to itself"),
    ],
)
def test_what_is_not_a_usable_schema_is_refused_when_built(
    schema: dict[str, Any], named: str
) -> None:
    """The error says where the schema is wrong."""
    with pytest.raises(ConfigurationError, match=named):
        build_check(schema)


@pytest.mark.parametrize(
    "dialect",
    ["http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2020-12/schema"],
)
def test_the_dialect_of_a_schema_is_heeded(answer_of: AnswerOf, dialect: str) -> None:
    """An array under "items" is a tuple in draft 7, and an error in 2020-12."""
    schema = {"$schema": dialect, "items": [{"type": "integer"}]}

    if "draft-07" in dialect:
        assert 0.0 == _judged(schema, answer_of('["x"]')).score
    else:
        with pytest.raises(ConfigurationError):
            build_check(schema)


def test_properties_and_constants_named_ref_are_no_references(answer_of: AnswerOf) -> None:
    """Only a $ref in the place of a schema is one."""
    schema = {"properties": {"$ref": {"type": "string"}}, "const": {"$ref": "elsewhere"}}

    assert 1.0 == _judged(schema, answer_of('{"$ref": "elsewhere"}')).score


@pytest.fixture
def schema_server() -> Iterator[tuple[str, list[str]]]:
    """Serve a schema that accepts everything, and note who asks for it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({}).encode())

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/schema.json", asked
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("keyword", ["$ref", "$dynamicRef"])
def test_a_remote_reference_is_refused_and_never_fetched(
    schema_server: tuple[str, list[str]], keyword: str
) -> None:
    """No schema, at no depth, makes armwise ask a server for another one."""
    url, asked = schema_server

    with pytest.raises(ConfigurationError, match="nothing is fetched"):
        build_check({"items": {"anyOf": [{keyword: url}]}})

    assert [] == asked


def test_validating_cannot_fetch_either(
    schema_server: tuple[str, list[str]], answer_of: AnswerOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were a reference overlooked when the check is built, its lookup would still stay offline."""
    url, asked = schema_server
    monkeypatch.setattr("armwise.router.checks.schema._resolve_references", lambda *_: None)

    verdict = _judged({"items": {"$ref": url}}, answer_of("[1]"))

    assert verdict.score is None
    assert [] == asked


def test_building_and_judging_opens_no_connection(
    answer_of: AnswerOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain schema needs no network at all."""

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", forbidden)
    monkeypatch.setattr(urllib.request, "urlopen", forbidden)

    assert 1.0 == _judged(SCHEMA, answer_of('{"company": "A"}')).score


def test_a_model_that_names_an_undefined_type_is_refused() -> None:
    """It would otherwise raise at each answer."""

    class Unfinished(BaseModel):
        part: "NotYetDefined"  # type: ignore[name-defined]  # noqa: F821  # the point of it

    with pytest.raises(ConfigurationError, match="not defined yet"):
        build_check(Unfinished)


def test_a_validator_with_a_bug_is_unknown(answer_of: AnswerOf) -> None:
    """An error of the user's own code is not the answer's fault."""

    class Buggy(BaseModel):
        company: str

        @field_validator("company")
        @classmethod
        def crash(cls, value: str) -> str:
            raise KeyError(value)

    verdict = _judged(Buggy, answer_of('{"company": "A"}'))

    assert verdict.score is None
    assert isinstance(verdict.error, KeyError)
