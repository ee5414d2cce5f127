"""The four signals, their thresholds, and the bound on their cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armwise.bandit import FourSignals
from armwise.bandit.complexity import level_of

ALL_CUES = (
    "compare contrast tradeoffs explain why analyze evaluate what are the implications "
    "step by step pros and cons synthesize"
)


def score(prompt: str, task_type: str = "general", *, structured: bool = False) -> float:
    """Return the score alone."""
    return FourSignals().assess(prompt, task_type, demands_structure=structured).score


@pytest.mark.parametrize(
    ("words", "points"),
    [(1, 0), (49, 0), (50, 1), (199, 1), (200, 2), (499, 2), (500, 3), (9000, 3)],
)
def test_length_counts_words_in_four_steps(words: int, points: int) -> None:
    """Below 50, 200 and 500 words are 0, 1 and 2 points, from 500 on 3."""
    assert points == score("word " * words, "classification")


@pytest.mark.parametrize(
    "task", ["classification", "extraction", "label", "yes_no", "entity_extraction"]
)
def test_tasks_that_small_models_do_add_nothing(task: str) -> None:
    """Five task types count 0 points."""
    assert score("hello", task) == 0


@pytest.mark.parametrize("task", ["synthesis", "analysis", "generation", "reasoning", "comparison"])
def test_demanding_tasks_add_three(task: str) -> None:
    """Five task types count 3 points."""
    assert score("hello", task) == 3


def test_any_other_task_adds_one() -> None:
    """An unknown label is neither simple nor demanding."""
    assert (score("hello"), score("hello", "translation")) == (1, 1)


@pytest.mark.parametrize("word", ["JSON", "a schema", "nested", "an array of", "list of objects"])
def test_structure_words_add_two(word: str) -> None:
    """Asking for structured output in words counts 2, in any case."""
    assert score(f"Give me {word} please", "label") == 2


def test_structure_is_counted_once() -> None:
    """A request that demands structure and also says so is not twice as demanding."""
    assert score("json with a nested schema", "label", structured=True) == 2
    assert score("hello", "label", structured=True) == 2


@pytest.mark.parametrize(
    ("cues", "points"), [("compare", 1), ("Compare pros and cons", 2), (ALL_CUES, 2)]
)
def test_reasoning_cues_count_up_to_two(cues: str, points: int) -> None:
    """One cue counts 1, more count 2."""
    assert points == score(cues, "label")


def test_the_score_is_capped_at_ten() -> None:
    """Length 3, task 3, structure 2 and cues 2 make the most demanding request."""
    assert score(f"{ALL_CUES} json " + "word " * 600, "synthesis", structured=True) == 10


@pytest.mark.parametrize(
    ("points", "level"),
    [(0, "simple"), (3, "simple"), (4, "medium"), (5, "medium"), (6, "complex"), (10, "complex")],
)
def test_levels_have_inclusive_thresholds(points: int, level: str) -> None:
    """Up to 3 is simple, from 6 is complex."""
    assert level == level_of(points)


def test_a_long_prompt_is_read_only_at_its_ends() -> None:
    """Cues are sought in the first and last 32 KB: the work does not grow with the prompt."""
    filler = "x" * 200_000

    assert score(f"compare {filler}", "label") == 1
    assert score(f"{filler} compare", "label") == 1
    assert score(f"{filler} compare {filler}", "label") == 0


@given(prompt=st.text(max_size=300), task=st.text(min_size=1, max_size=20))
def test_any_text_has_a_score_and_a_level(prompt: str, task: str) -> None:
    """No text breaks the scorer, and its parts always make its score."""
    assessment = FourSignals().assess(prompt, task, demands_structure=False)

    assert 0 <= assessment.score <= 10
    assert assessment.level == level_of(assessment.score)
    assert assessment.score == min(10, sum(points for _, points in assessment.signals))
