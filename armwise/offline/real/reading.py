"""Reads outcome sets from JSON lines; what cannot be used is refused by file, line and column.

The format is described in docs/reference/outcome-sets.md.
"""

import gzip
import json
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from armwise.bandit import FourSignals
from armwise.errors import ConfigurationError
from armwise.offline.learner import Request
from armwise.offline.real.outcome_set import FEWEST_PATHS, OutcomeSet

NO_LABEL = "general"
_GZIP_MAGIC = b"\x1f\x8b"


def read_outcome_set(
    file: Path, *, pool: Sequence[str] = (), threshold: float | None = None
) -> OutcomeSet:
    """Read a ``.jsonl`` or ``.jsonl.gz`` file.

    Args:
        file: Where it is. Compression is told by content, not by name.
        pool: Names of the models to use; empty: those of the header's ``pool``, else all.
        threshold: If given, a success is a ``score`` of at least this, and the column
            ``success`` is not read.

    Raises:
        ConfigurationError: If the file cannot be read or holds what cannot be used; the message
            names file, line and column.
    """
    if threshold is not None and not 0 <= threshold <= 1:
        raise ConfigurationError(f"threshold must be between 0 and 1, got {threshold!r}.")
    lines = _objects(file)
    number, header = next(lines, (1, None))
    if header is None:
        raise ConfigurationError(f"{file}: the file is empty; its first line must be a header.")
    models = _models(_Place(file, number), header)
    rows = _Rows(models, threshold)
    for number, row in lines:
        rows.add(_Place(file, number), row)
    _check_count(file, header, len(rows.requests))
    name = file.name.removesuffix(".gz").removesuffix(".jsonl")
    outcomes = OutcomeSet(
        name, models, tuple(rows.requests), tuple(rows.successes), tuple(rows.costs_usd)
    )
    wanted = pool or _pool(_Place(file, 1), header)
    return outcomes.pool(wanted) if wanted else outcomes


_DEAREST_USD = 1e6
"""More than a million dollars for one call is a mistake in the file."""


def request_of(prompt: str, label: str) -> Request:
    """Return what is known of a request: its label, and what its text says about complexity.

    Without a text the level is "simple" and the score 0, whatever the label.
    """
    if not prompt:
        return Request(task_type=label)
    seen = FourSignals().assess(prompt, label, demands_structure=False)
    return Request(label, seen.level, seen.score, len(prompt.split()))


class _Place:
    """A line of a file, for messages."""

    def __init__(self, file: Path, line: int) -> None:
        self.file = file
        self.line = line

    def refuse(self, column: str, problem: str) -> NoReturn:
        where = f"{self.file}, line {self.line}"
        if column:
            where += f", column {column!r}"
        raise ConfigurationError(f"{where}: {problem}")


class _Rows:
    """The rows read so far, checked one by one."""

    def __init__(self, models: tuple[str, ...], threshold: float | None) -> None:
        self.models = models
        self.threshold = threshold
        self.requests: list[Request] = []
        self.successes: list[tuple[float, ...]] = []
        self.costs_usd: list[tuple[float, ...]] = []

    def add(self, place: _Place, row: Mapping[str, Any]) -> None:
        successes = self._successes(place, row)
        costs_usd = self._column(place, row, "cost_usd")
        for model, cost_usd in zip(self.models, costs_usd, strict=True):
            if not 0 <= cost_usd <= _DEAREST_USD:
                place.refuse(
                    "cost_usd",
                    f"{model} costs {cost_usd!r}; a cost is from 0 to {_DEAREST_USD:g} US dollars.",
                )
        self.requests.append(request_of(_text(place, row, "prompt"), _label(place, row)))
        self.successes.append(successes)
        self.costs_usd.append(costs_usd)

    def _successes(self, place: _Place, row: Mapping[str, Any]) -> tuple[float, ...]:
        if self.threshold is not None:
            least = self.threshold
            return tuple(float(score >= least) for score in self._scores(place, row))
        if "score" in row:
            self._scores(place, row)
        hint = " Or give a threshold above which a score is a success." if "score" in row else ""
        values = self._column(place, row, "success", hint)
        for model, value in zip(self.models, values, strict=True):
            if value not in (0, 1):
                place.refuse(
                    "success",
                    f"{model} has {value!r}; a success is 0 or 1. Graded results belong in the "
                    "column 'score', with a threshold.",
                )
        return values

    def _scores(self, place: _Place, row: Mapping[str, Any]) -> tuple[float, ...]:
        scores = self._column(place, row, "score")
        for model, score in zip(self.models, scores, strict=True):
            if not 0 <= score <= 1:
                place.refuse("score", f"{model} has {score!r}; a score is between 0 and 1.")
        return scores

    def _column(
        self, place: _Place, row: Mapping[str, Any], column: str, hint: str = ""
    ) -> tuple[float, ...]:
        if column not in row:
            place.refuse(column, f"it is missing; write one number per model.{hint}")
        values = row[column]
        if not isinstance(values, list):
            place.refuse(column, f"it must be an array of numbers, got {_shown(values)}.")
        if len(values) != len(self.models):
            place.refuse(
                column, f"it has {len(values)} values, the header has {len(self.models)} models."
            )
        found: list[float] = []
        for model, value in zip(self.models, values, strict=True):
            is_number = isinstance(value, int | float)
            if not is_number or (isinstance(value, bool) and column != "success"):
                place.refuse(column, f"{model} has {_shown(value)}; write a number.")
            try:
                found.append(float(value))
            except OverflowError:
                place.refuse(column, f"{model} has {_shown(value)}, which is too large.")
            if not math.isfinite(found[-1]):
                place.refuse(column, f"{model} has {value!r}; every result must be known.")
        return tuple(found)


def _label(place: _Place, row: Mapping[str, Any]) -> str:
    for column in ("task", "task_type"):
        if column in row:
            return _text(place, row, column) or NO_LABEL
    return NO_LABEL


def _text(place: _Place, row: Mapping[str, Any], column: str) -> str:
    text = row.get(column)
    if text is None:
        return ""
    if not isinstance(text, str):
        place.refuse(column, f"it must be text, got {_shown(text)}.")
    return text


def _models(place: _Place, header: Mapping[str, Any]) -> tuple[str, ...]:
    if "models" not in header:
        place.refuse(
            "models",
            'it is missing; the first line must be a header such as {"models": ["a", "b"]}.',
        )
    models = _names(place, "models", header["models"])
    if len(models) < FEWEST_PATHS:
        place.refuse("models", f"a choice needs at least two models, got {_shown(list(models))}.")
    for number, model in enumerate(models):
        if model in models[:number]:
            place.refuse("models", f"{model!r} stands there twice; give every model its own name.")
    return models


def _pool(place: _Place, header: Mapping[str, Any]) -> tuple[str, ...]:
    return _names(place, "pool", header["pool"]) if header.get("pool") else ()


def _names(place: _Place, column: str, names: Any) -> tuple[str, ...]:
    if not isinstance(names, list) or not all(isinstance(one, str) and one for one in names):
        place.refuse(column, f"it must be an array of names, got {_shown(names)}.")
    return tuple(names)


def _check_count(file: Path, header: Mapping[str, Any], rows: int) -> None:
    if rows == 0:
        raise ConfigurationError(f"{file}: no rows follow the header; every request is a line.")
    said = header.get("n", rows)
    if said != rows:
        raise ConfigurationError(
            f"{file}, line 1, column 'n': the header says {said!r} rows, the file has {rows}. "
            "It was cut short, or the header is wrong."
        )


def _objects(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the number and the object of every line that is not blank."""
    try:
        with file.open("rb") as start:
            is_compressed = start.read(2) == _GZIP_MAGIC
        with gzip.open(file) if is_compressed else file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _object(_Place(file, number), line)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigurationError(f"{file} cannot be read: {reason}.") from error


def _object(place: _Place, line: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:  # a wrong encoding is the former as well
        place.refuse("", f"it is not JSON ({error}).")
    if not isinstance(found, dict):
        place.refuse("", f"it must be an object such as {{...}}, got {_shown(found)}.")
    return found


def _shown(value: object) -> str:
    """Return a value as JSON, cut to what a message can hold."""
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - a line's worth
