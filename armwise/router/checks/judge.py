"""A judge: another model that says how good an answer is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from armwise.adapters import Call
from armwise.engine import Path, check_timeout, parse_paths
from armwise.errors import ConfigurationError
from armwise.router.checks.answer import Answer
from armwise.router.checks.judge_prompt import judge_messages, read_grade


@dataclass(frozen=True, slots=True)
class Judge:
    """Asks a model how well an answer meets a criterion; of a list of checks it comes last.

    What it says is learned as a score from 0 to 1. Whatever goes wrong (a provider's error, no
    time left, a reply without a grade) makes the outcome unknown, with one warning. Its calls
    count neither as the path's cost nor as faults of any path; ``stats().judges`` and the events
    ``Judged`` tell how many there were and what they cost. Nothing it reads or writes is kept.

    Args:
        path: The model that judges, as in ``Router(paths=...)``: a name, a dict, or a ``Path``.
        criterion: What makes an answer good, in your words.
        graded: Ask for a number from 0 to 1; False asks for yes or no.
        max_tokens: The most tokens of its reply, unless the path's params say it. Models that
            reason before they speak need more.
        timeout_s: Longest wait for its reply in seconds; never more than what is left of the
            request's own deadline.
        max_characters: The most of the conversation and of the answer that it is shown, each.
            What is beyond is left out, of the conversation from its beginning and of the answer
            from its middle.

    Raises:
        ConfigurationError: If there is no path, or an argument is out of its range.
    """

    path: str | Mapping[str, Any] | Path | None = None
    criterion: str = "It is correct and complete, and does what was asked for."
    graded: bool = True
    max_tokens: int = 256
    """A guess: a grade takes about ten tokens, and some models explain themselves before it."""
    timeout_s: float = 30.0
    max_characters: int = 20_000
    """A guess, about 5,000 tokens: it bounds what a judgement costs."""

    asked: Path = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.path is None or self.path == "":
            raise ConfigurationError(
                "a judge needs a path of its own. Write Judge('openai/gpt-4o-mini', 'It answers "
                "the question.')."
            )
        object.__setattr__(self, "asked", parse_paths([self.path])[0])
        if not isinstance(self.criterion, str) or not self.criterion.strip():
            raise ConfigurationError(
                f"a judge's criterion must say what makes an answer good, got {self.criterion!r}."
            )
        if not isinstance(self.graded, bool):
            raise ConfigurationError(f"graded must be True or False, got {self.graded!r}.")
        _check_count("max_tokens", self.max_tokens)
        _check_count("max_characters", self.max_characters)
        _check_wait(self.timeout_s)

    @property
    def name(self) -> str:
        """What warnings and explanations call this check."""
        return f"judge {self.asked.name}"

    def call(self, answer: Answer, left_s: float | None = None) -> Call:
        """Return the call that asks for the grade.

        Args:
            answer: What is to be graded.
            left_s: Seconds that are left of the request's deadline; None: no deadline.

        Raises:
            TimeoutError: If none are left.
        """
        if left_s is not None and left_s <= 0:
            raise TimeoutError("no time was left for the judge.")
        params = dict(self.asked.params)
        if "max_completion_tokens" not in params:
            params.setdefault("max_tokens", self.max_tokens)
        limits = (self.timeout_s, self.asked.timeout_s, left_s)
        return Call(
            model=self.asked.model,
            messages=judge_messages(
                answer, self.criterion, graded=self.graded, max_characters=self.max_characters
            ),
            params=params,
            timeout_s=min(limit for limit in limits if limit is not None),
        )

    def grade(self, response: object) -> float:
        """Return the grade that its response holds, 0 to 1.

        Raises:
            UnreadableGradeError: If there is none.
        """
        return read_grade(Answer(response, None, 0.0).text)


def _check_wait(timeout_s: object) -> None:
    if timeout_s is None:
        raise ConfigurationError(
            "a judge's timeout_s must be seconds above 0, got None: a request would wait for its "
            "grade without end."
        )
    check_timeout(timeout_s)


def _check_count(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"{name} must be a whole number from 1, got {value!r}.")
