"""Outcome sets from files, and every way in which a file can be wrong."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from armwise.errors import ConfigurationError
from armwise.offline.learner import Request
from armwise.offline.real.reading import read_outcome_set

HEADER: dict[str, Any] = {"header": True, "models": ["a", "b"], "arrays": ["success"], "n": 2}
GOOD: dict[str, Any] = {"task": "sums", "prompt": "1 + 1?", "success": [0, 1], "cost_usd": [0.1, 2]}


def written(folder: Path, *lines: Any) -> Path:
    """Write lines, as they are or as JSON, and return the file."""
    file = folder / "set.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    file.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return file


def test_a_file_gives_paths_requests_and_matrix(tmp_path: Path) -> None:
    """The order of the models and of the rows is kept."""
    outcomes = read_outcome_set(written(tmp_path, HEADER, GOOD, GOOD | {"success": [1, 1]}))

    assert outcomes.name == "set"
    assert outcomes.paths == ("a", "b")
    assert len(outcomes) == 2
    assert outcomes.successes == ((0.0, 1.0), (1.0, 1.0))
    assert outcomes.costs_usd == ((0.1, 2.0), (0.1, 2.0))
    assert outcomes.success_rates() == (0.5, 1.0)
    assert outcomes.mean_costs_usd() == (0.1, 2.0)


def test_compression_is_told_by_content(tmp_path: Path) -> None:
    """A gzip file is read whatever its name."""
    plain = written(tmp_path, HEADER, GOOD, GOOD)
    packed = tmp_path / "other.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    assert read_outcome_set(packed).successes == read_outcome_set(plain).successes
    assert read_outcome_set(packed).name == "other"


@pytest.mark.parametrize(
    ("columns", "request_"),
    [
        ({"task": "sums"}, Request("sums")),
        ({"task_type": "reasoning"}, Request("reasoning")),
        ({"task": "sums", "task_type": "reasoning"}, Request("sums")),
        ({}, Request("general")),
        ({"task": None}, Request("general")),
        ({"prompt": "compare as json"}, Request("general", "medium", 4, 3)),
        ({"task": "reasoning", "prompt": "compare as json"}, Request("reasoning", "complex", 6, 3)),
    ],
)
def test_the_label_is_task_else_task_type_and_the_prompt_gives_the_level(
    tmp_path: Path, columns: dict[str, Any], request_: Request
) -> None:
    """Without a prompt the level is simple, whatever the label."""
    row = {"success": [0, 1], "cost_usd": [0, 0]} | columns

    outcomes = read_outcome_set(written(tmp_path, {"models": ["a", "b"]}, row))

    assert outcomes.requests == (request_,)


def test_a_pool_selects_paths_in_its_own_order(tmp_path: Path) -> None:
    """The header may name one; the caller's goes before it."""
    header = {"models": ["a", "b", "c"], "pool": ["c", "a"]}
    row = {"success": [0, 1, 1], "cost_usd": [1, 2, 3]}
    file = written(tmp_path, header, row)

    assert read_outcome_set(file).paths == ("c", "a")
    assert read_outcome_set(file).costs_usd == ((3.0, 1.0),)
    assert read_outcome_set(file, pool=["b", "c"]).successes == ((1.0, 1.0),)


def test_a_threshold_makes_successes_of_scores(tmp_path: Path) -> None:
    """The threshold itself is a success, and the column success is not needed."""
    row = {"score": [0.75, 0.74], "cost_usd": [1, 2]}

    outcomes = read_outcome_set(written(tmp_path, {"models": ["a", "b"]}, row), threshold=0.75)

    assert outcomes.successes == ((1.0, 0.0),)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"success": None}, "column 'success': it must be an array of numbers, got null"),
        ({"success": [0]}, "column 'success': it has 1 values, the header has 2 models"),
        ({"success": [0, 2]}, "column 'success': b has 2.0; a success is 0 or 1"),
        ({"success": [0, 0.5]}, "column 'success': b has 0.5; a success is 0 or 1"),
        ({"success": [0, "yes"]}, "column 'success': b has \"yes\"; write a number"),
        ({"success": [0, None]}, "column 'success': b has null; write a number"),
        ({"cost_usd": [0.1, True]}, "column 'cost_usd': b has true; write a number"),
        ({"cost_usd": [0.1, 10**400]}, "column 'cost_usd': b has 1000000"),
        ({"cost_usd": [0.1, -2]}, "column 'cost_usd': b costs -2.0; a cost is from 0"),
        ({"cost_usd": [0.1, 1e308]}, "column 'cost_usd': b costs 1e+308; a cost is from 0"),
        ({"cost_usd": [0.1, 2, 3]}, "column 'cost_usd': it has 3 values"),
        ({"score": [0.5, 1.5]}, "column 'score': b has 1.5; a score is between 0 and 1"),
        ({"task": 7}, "column 'task': it must be text, got 7"),
        ({"prompt": ["hi"]}, "column 'prompt': it must be text"),
    ],
)
def test_a_bad_value_is_refused_by_file_line_and_column(
    tmp_path: Path, change: dict[str, Any], problem: str
) -> None:
    """The third line of the file is the second row."""
    file = written(tmp_path, HEADER, GOOD, GOOD | change)

    with pytest.raises(ConfigurationError) as refused:
        read_outcome_set(file)

    assert f"{file}, line 3, {problem}" in str(refused.value)


@pytest.mark.parametrize("column", ["success", "cost_usd"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    """So is what to write."""
    row = {key: value for key, value in GOOD.items() if key != column}

    with pytest.raises(ConfigurationError, match=f"line 2, column '{column}': it is missing"):
        read_outcome_set(written(tmp_path, HEADER, row))


def test_graded_rows_without_successes_ask_for_a_threshold(tmp_path: Path) -> None:
    """The message says what turns scores into successes."""
    row = {"score": [0.5, 1], "cost_usd": [1, 2]}

    with pytest.raises(ConfigurationError, match="Or give a threshold"):
        read_outcome_set(written(tmp_path, {"models": ["a", "b"]}, row))


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("column", ["success", "cost_usd"])
def test_values_that_are_not_finite_are_refused(tmp_path: Path, column: str, value: str) -> None:
    """Python's JSON reads them, so they have to be looked for."""
    text = json.dumps(GOOD).replace('"cost_usd": [0.1', f'"cost_usd": [{value}')
    if column == "success":
        text = json.dumps(GOOD).replace('"success": [0', f'"success": [{value}')

    with pytest.raises(ConfigurationError, match=f"line 2, column '{column}': a has -?(nan|inf)"):
        read_outcome_set(written(tmp_path, {"models": ["a", "b"]}, text))


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ((), "the file is empty"),
        ((HEADER,), "no rows follow the header"),
        ((GOOD,), r"line 1, column 'models': it is missing; .* a header such as"),
        (({"models": "a,b"}, GOOD), "line 1, column 'models': it must be an array of names"),
        (({"models": ["a", 2]}, GOOD), "line 1, column 'models': it must be an array of names"),
        (({"models": ["a"]}, GOOD), "line 1, column 'models': a choice needs at least two"),
        (({"models": ["a", "a"]}, GOOD), "line 1, column 'models': 'a' stands there twice"),
        ((HEADER, "{"), r"line 2: it is not JSON \(.*\)"),
        ((HEADER, "[" * 100_000), "line 2: it is not JSON"),
        ((HEADER, "[1]"), r"line 2: it must be an object such as .*, got \[1\]"),
        ((HEADER, GOOD), "line 1, column 'n': the header says 2 rows, the file has 1"),
        (({**HEADER, "pool": ["a", "x"], "n": 1}, GOOD), "no path 'x' for its pool. It has: 'a'"),
        (({**HEADER, "pool": ["a", "a"], "n": 1}, GOOD), "'a' stands twice in the pool"),
        (({**HEADER, "pool": ["a"], "n": 1}, GOOD), "a pool needs at least two paths"),
    ],
    ids=range(14),
)
def test_a_bad_file_is_refused(tmp_path: Path, lines: tuple[Any, ...], problem: str) -> None:
    """What is wrong with the whole, or with the header."""
    file = tmp_path / "set.jsonl"
    file.write_text("".join(x if isinstance(x, str) else json.dumps(x) + "\n" for x in lines))

    with pytest.raises(ConfigurationError, match=problem):
        read_outcome_set(file)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """No file, a folder, a cut or damaged gzip stream, bytes that are no text."""
    good = gzip.compress(json.dumps(HEADER).encode() * 100)
    (tmp_path / "damaged.jsonl.gz").write_bytes(good[:12] + b"\xff" * 20 + good[32:])
    (tmp_path / "cut.jsonl.gz").write_bytes(good[: len(good) // 2])
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe{}\n")

    with pytest.raises(ConfigurationError, match=r"none\.jsonl cannot be read: No such file"):
        read_outcome_set(tmp_path / "none.jsonl")
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        read_outcome_set(tmp_path)
    with pytest.raises(ConfigurationError, match=r"cut\.jsonl\.gz cannot be read"):
        read_outcome_set(tmp_path / "cut.jsonl.gz")
    with pytest.raises(ConfigurationError, match=r"damaged\.jsonl\.gz cannot be read"):
        read_outcome_set(tmp_path / "damaged.jsonl.gz")
    with pytest.raises(ConfigurationError, match=r"bytes\.jsonl, line 1: it is not JSON"):
        read_outcome_set(tmp_path / "bytes.jsonl")


def test_a_threshold_outside_0_to_1_is_refused(tmp_path: Path) -> None:
    """Percent are a likely slip."""
    with pytest.raises(ConfigurationError, match="threshold must be between 0 and 1, got 75"):
        read_outcome_set(tmp_path / "any.jsonl", threshold=75)
