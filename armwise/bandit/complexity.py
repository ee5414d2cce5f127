"""How demanding a request looks before it is sent: a score from 0 to 10 and a bucket.

Four signals of the text add up: its length, the kind of task, whether structured output is
wanted, and cues that ask for reasoning. No model is called; the time is bounded, because at most
500 words are counted and cues are sought in the first and last 32 KB.

On outcome data that is not redistributed the caller's task type told far more about success than
this score, so a bucket is a pair of both: docs/explanation/buckets.md.
"""

from dataclasses import dataclass
from typing import Protocol

SIMPLE_TASKS = frozenset({"classification", "extraction", "label", "yes_no", "entity_extraction"})
DEMANDING_TASKS = frozenset({"synthesis", "analysis", "generation", "reasoning", "comparison"})
STRUCTURE_WORDS = ("json", "schema", "nested", "array of", "list of objects")
REASONING_CUES = (
    "compare",
    "contrast",
    "tradeoffs",
    "explain why",
    "analyze",
    "evaluate",
    "what are the implications",
    "step by step",
    "pros and cons",
    "synthesize",
)
SIMPLE_UP_TO = 3
COMPLEX_FROM = 6
HIGHEST_SCORE = 10

_COUNTED_WORDS = 500
_WINDOW_CHARS = 32 * 1024


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a request looks like.

    Args:
        level: The bucket's name, such as "simple".
        score: 0 (trivial) to 10 (demanding).
        signals: The parts of the score by name, for ``why()``.
    """

    level: str
    score: float
    signals: tuple[tuple[str, float], ...] = ()


class Complexity(Protocol):
    """Sorts requests into levels. Pure: the same request always gets the same level."""

    def assess(self, prompt: str, task_type: str, *, demands_structure: bool) -> Assessment:
        """Return the level of one request.

        Args:
            prompt: Text of the last user message; may be empty, and megabytes long.
            task_type: The caller's label, "general" if none was given.
            demands_structure: The call has tools or a response format.
        """
        ...


class FourSignals:
    """The default: length, task type, structure and reasoning cues, added and capped at 10."""

    def assess(self, prompt: str, task_type: str, *, demands_structure: bool) -> Assessment:
        """Return the level of one request; see ``Complexity.assess``."""
        text = prompt if len(prompt) <= 2 * _WINDOW_CHARS else _ends(prompt)
        text = text.lower()
        # One more split than counted words: the rest of a long prompt stays in one piece.
        length = length_points(len(prompt.split(None, _COUNTED_WORDS)))
        task = task_points(task_type)
        structure = 2 if demands_structure else structure_points(text)
        reasoning = reasoning_points(text)
        score = min(HIGHEST_SCORE, length + task + structure + reasoning)
        signals = (
            ("length", length),
            ("task", task),
            ("structure", structure),
            ("reasoning", reasoning),
        )
        return Assessment(level_of(score), score, signals)


def _ends(prompt: str) -> str:
    return prompt[:_WINDOW_CHARS] + "\n" + prompt[-_WINDOW_CHARS:]


def length_points(words: int) -> int:
    """Return 0 below 50 words, 1 below 200, 2 below 500, else 3."""
    if words < 50:  # noqa: PLR2004 - the thresholds of the rule stand in its one-line summary
        return 0
    if words < 200:  # noqa: PLR2004
        return 1
    return 2 if words < 500 else 3  # noqa: PLR2004


def task_points(task_type: str) -> int:
    """Return 0 for tasks that small models do well, 3 for demanding ones, 1 for the rest."""
    if task_type in SIMPLE_TASKS:
        return 0
    return 3 if task_type in DEMANDING_TASKS else 1


def structure_points(lowered: str) -> int:
    """Return 2 if the lower-cased text asks for structured output, else 0."""
    for word in STRUCTURE_WORDS:
        if word in lowered:
            return 2
    return 0


def reasoning_points(lowered: str) -> int:
    """Return the number of reasoning cues in the lower-cased text, at most 2."""
    points = 0
    for cue in REASONING_CUES:
        if cue in lowered:
            points += 1
            if points == 2:  # noqa: PLR2004 - the cap that the summary states
                break
    return points


def level_of(score: float) -> str:
    """Return "simple" up to 3, "complex" from 6, "medium" between."""
    if score <= SIMPLE_UP_TO:
        return "simple"
    return "complex" if score >= COMPLEX_FROM else "medium"
