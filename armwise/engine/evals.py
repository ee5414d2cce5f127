"""Reads offline evaluations: JSON lines that say how a model did on a task."""

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path as FilePath
from typing import Any, NoReturn

from armwise.bandit import stored_score
from armwise.bandit.outcome import FULL_SCORE
from armwise.engine.context import check_label
from armwise.engine.path import Path
from armwise.errors import ConfigurationError, InvalidOutcomeError

_LARGEST_COST_USD = 1e9
_KEYS = ("task_type", "path", "model", "outcome", "prompt", "level", "bucket", "cost_usd")
_FIELDS = {"path": "name", "model": "model"}
_SHAPE = (
    'one JSON object per line: {"task_type": "label", "model": "openai/gpt-4o", "outcome": true}'
)

BucketOf = Callable[[str, str, str | None], str]
"""Finds the bucket of an evaluation from its task type, its prompt, and its level if given."""

ArmName = tuple[str, str]
"""Bucket and path."""


@dataclass(slots=True)
class ArmEvals:
    """The evaluations of one arm: how often each score 0..10000 occurred, and their costs."""

    scores: Counter[int] = field(default_factory=Counter[int])
    costs_usd: float = 0.0
    costed: int = 0

    @property
    def number(self) -> int:
        """How many evaluations have an outcome."""
        return self.scores.total()

    @property
    def mean(self) -> float:
        """Mean outcome, 0..1; 0 without any."""
        return sum(s * n for s, n in self.scores.items()) / FULL_SCORE / max(1, self.number)

    @property
    def mean_cost_usd(self) -> float | None:
        """Mean cost, None if none was given."""
        return self.costs_usd / self.costed if self.costed else None


@dataclass(frozen=True, slots=True)
class Evals:
    """A file of evaluations.

    Args:
        digest: SHA-256 of the file.
        lines: Lines in it.
        arms: Evaluations per arm, sorted.
        without_outcome: Lines whose outcome is null or "unknown".
        ignored_keys: Keys that mean nothing here.
    """

    digest: bytes
    lines: int
    arms: Mapping[ArmName, ArmEvals]
    without_outcome: int
    ignored_keys: tuple[str, ...]


def read_evals(file: str | os.PathLike[str], paths: Sequence[Path], bucket_of: BucketOf) -> Evals:
    """Read a file of evaluations, one JSON object per line.

    Args:
        file: The file. Empty lines are passed over.
        paths: The paths that a line may name.
        bucket_of: Finds the bucket of a line that does not name it.

    Raises:
        ConfigurationError: If it cannot be read or a line cannot be used; with file, line, column.
    """
    if not isinstance(file, str | os.PathLike):
        raise ConfigurationError(
            f"evaluations are read from a file: give its path, got {file!r}. It holds {_SHAPE}."
        )
    digest, arms, ignored = sha256(), dict[ArmName, ArmEvals](), dict[str, None]()
    lines = without_outcome = 0
    try:
        with FilePath(file).open("rb") as opened:
            for number, raw in enumerate(opened, start=1):
                digest.update(raw)
                lines = number
                if not raw.strip():
                    continue
                line = _Line(str(file), number, raw)
                ignored |= dict.fromkeys(key for key in line.values if key not in _KEYS)
                without_outcome += line.count(arms, paths, bucket_of)
    except OSError as error:
        raise ConfigurationError(
            f"evaluations cannot be read from {str(file)!r}: {error.strerror}. It "
            f"should hold {_SHAPE}."
        ) from None
    ordered = {name: arms[name] for name in sorted(arms)}
    return Evals(digest.digest(), lines, ordered, without_outcome, tuple(sorted(ignored)))


class _Line:
    """One line of a file: its values, and errors that say where they stand."""

    def __init__(self, file: str, number: int, raw: bytes) -> None:
        self._file, self._number = file, number
        try:
            self._text = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            self._fail(error.start, "is not UTF-8 text")
        try:
            values = json.loads(self._text, parse_constant=self._no_constant)
        except json.JSONDecodeError as error:
            self._fail(error.pos, f"is not JSON: {error.msg}")
        except ConfigurationError:
            raise
        except ValueError:
            self._fail(0, "holds a number of too many digits")
        except RecursionError:
            self._fail(0, "is nested too deeply")
        if not isinstance(values, dict):
            self._fail(0, f"must be a JSON object, got {type(values).__name__}")
        self.values: dict[str, Any] = values

    def count(
        self, arms: dict[ArmName, ArmEvals], paths: Sequence[Path], bucket_of: BucketOf
    ) -> bool:
        """Count the line's evaluation; return whether it is one without an outcome."""
        arm = (self._bucket(bucket_of), self._path(paths))
        score, cost_usd = self._score(), self._cost_usd()
        if score is None and cost_usd is None:
            return True
        evals = arms.setdefault(arm, ArmEvals())
        if score is not None:
            evals.scores[score] += 1
        if cost_usd is not None:
            evals.costs_usd += cost_usd
            evals.costed += 1
        return score is None

    def _path(self, paths: Sequence[Path]) -> str:
        name, model = self.values.get("path"), self.values.get("model")
        if name is None and model is None:
            self._fail(0, "names neither 'path' nor 'model'")
        key, wanted = ("path", name) if name is not None else ("model", model)
        found = [path.name for path in paths if wanted == getattr(path, _FIELDS[key])]
        if len(found) == 1:
            return found[0]
        if found:
            self._fail_at(
                "model",
                f"{wanted!r} is the model of several paths: write 'path' with one of "
                f"{', '.join(map(repr, found))}",
            )
        known = ", ".join(repr(getattr(path, _FIELDS[key])) for path in paths)
        return self._fail_at(key, f"{wanted!r} is not known. Known: {known}")

    def _bucket(self, bucket_of: BucketOf) -> str:
        task_type, bucket = self.values.get("task_type"), self.values.get("bucket")
        prompt, level = self.values.get("prompt"), self.values.get("level")
        if bucket is not None:
            return self._named_bucket(bucket, task_type, bucket_of)
        if task_type is None:
            self._fail(0, "names neither 'task_type' nor 'bucket'")
        if not isinstance(prompt, str | None):
            self._fail_at("prompt", f"must be text, got {type(prompt).__name__}")
        self._check_label("task_type", task_type, "extraction")
        if level is not None:
            self._check_label("level", level, "simple")
        return bucket_of(task_type, prompt or "", level)

    def _named_bucket(self, bucket: object, task_type: object, bucket_of: BucketOf) -> str:
        task, slash, level = bucket.rpartition("/") if isinstance(bucket, str) else ("", "", "")
        if not slash:
            self._fail_at("bucket", f"must be like 'extraction/simple', got {bucket!r}")
        if task_type not in (None, task):
            self._fail_at("bucket", f"{bucket!r} is not of task type {task_type!r}")
        self._check_label("bucket", task, "extraction/simple")
        self._check_label("bucket", level, "extraction/simple")
        return bucket_of(task, "", level)

    def _check_label(self, key: str, label: object, example: str) -> None:
        try:
            check_label(label, "it", example)
        except ConfigurationError as error:
            self._fail_at(key, f"cannot be used: {str(error).rstrip('.')}")

    def _score(self) -> int | None:
        if "outcome" not in self.values:
            self._fail(0, "has no 'outcome'. Write true, false, a score from 0 to 1, or null")
        outcome = self.values["outcome"]
        try:
            return None if outcome is None else stored_score(outcome)
        except InvalidOutcomeError:
            return self._fail_at(
                "outcome", f"must be true, false, a score from 0 to 1, or null, got {outcome!r}"
            )

    def _cost_usd(self) -> float | None:
        cost_usd = self.values.get("cost_usd")
        if cost_usd is None:
            return None
        is_number = isinstance(cost_usd, int | float) and not isinstance(cost_usd, bool)
        if not is_number or not 0 <= cost_usd < _LARGEST_COST_USD:
            self._fail_at("cost_usd", f"must be US dollars, 0 or more, got {cost_usd!r}")
        return float(cost_usd)

    def _no_constant(self, name: str) -> NoReturn:
        self._fail(self._text.find(name), f"holds {name}, which is no number")

    def _fail_at(self, key: str, what: str) -> NoReturn:
        self._fail(max(0, self._text.find(json.dumps(key))), f"{key} {what}")

    def _fail(self, position: int, what: str) -> NoReturn:
        where = f"{self._file}, line {self._number}, column {position + 1}"
        raise ConfigurationError(f"{where}: {what}.")
