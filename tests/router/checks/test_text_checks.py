"""Checks of an answer's text: JSON, length, a regular expression, a refusal."""

import time
from collections.abc import Callable

import pytest

from armwise.errors import ConfigurationError
from armwise.router.checks import Answer, IsJson, Length, Matches, NotRefused, Verdict
from armwise.router.checks.matches import MAX_CHARACTERS

AnswerOf = Callable[..., Answer]
Weigh = Callable[..., Verdict]


@pytest.mark.parametrize(
    ("text", "score"),
    [('{"a": 1}', 1), ("```json\n[1]\n```", 1), ("3", 1), ("Apple", 0), ("", 0), ('{"a": NaN}', 0)],
)
def test_text_is_json_or_a_failure(
    answer_of: AnswerOf, weighed: Weigh, text: str, score: float
) -> None:
    """What does not parse is a failure, never unknown."""
    assert weighed(IsJson(), answer_of(text)).score == score


@pytest.mark.parametrize(
    ("limits", "score"),
    [
        ({"max_characters": 11}, 1),
        ({"max_characters": 10}, 0),
        ({"min_characters": 11}, 1),
        ({"min_characters": 12}, 0),
        ({"min_words": 2, "max_words": 2}, 1),
        ({"max_words": 1}, 0),
        ({"min_words": 3}, 0),
        ({"max_words": 2, "max_characters": 3}, 0),
    ],
)
def test_both_ends_of_a_length_are_included(
    answer_of: AnswerOf, weighed: Weigh, limits: dict[str, int], score: float
) -> None:
    """The text has eleven characters and two words."""
    assert weighed(Length(**limits), answer_of("Hello world")).score == score


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({}, "no limit"),
        ({"max_words": -1}, "got -1"),
        ({"max_words": 2.5}, "got 2.5"),
        ({"max_words": True}, "got True"),
        ({"min_words": 3, "max_words": 2}, "min_words=3 is above max_words=2"),
    ],
)
def test_limits_that_cannot_be_used_are_refused(limits: dict[str, int], says: str) -> None:
    """With the name and the value."""
    with pytest.raises(ConfigurationError, match=says):
        Length(**limits)


@pytest.mark.parametrize(
    ("check", "score"),
    [
        (Matches(r"\bApple\b"), 1),
        (Matches(r"^Pear"), 0),
        (Matches(r"(?i)apple"), 1),
        (Matches("Pear", found=False), 1),
        (Matches("Apple", found=False), 0),
    ],
)
def test_a_pattern_is_found_or_not(
    answer_of: AnswerOf, weighed: Weigh, check: Matches, score: float
) -> None:
    """Anywhere in the text."""
    assert weighed(check, answer_of("By Apple, of course.")).score == score


@pytest.mark.parametrize(
    ("pattern", "says"), [("(", "does not compile"), ("", "got ''"), (3, "got 3")]
)
def test_a_pattern_that_is_none_is_refused(pattern: str, says: str) -> None:
    """When it is written, not at the first answer."""
    with pytest.raises(ConfigurationError, match=says):
        Matches(pattern)


def test_a_search_that_takes_too_long_is_given_up(answer_of: AnswerOf, weighed: Weigh) -> None:
    """A pattern that would run for ages makes the outcome unknown within a second."""
    begun_s = time.perf_counter()

    verdict = weighed(Matches("(a|a)+$"), answer_of("a" * 100 + "b"))

    assert time.perf_counter() - begun_s < 2.0
    assert verdict.score is None
    assert isinstance(verdict.error, TimeoutError)


@pytest.mark.parametrize("found", [True, False])
def test_beyond_what_is_searched_nothing_is_known(
    answer_of: AnswerOf, weighed: Weigh, found: bool
) -> None:
    """A match behind the first 100,000 characters is not seen, and not denied either."""
    text = "a" * MAX_CHARACTERS + "Apple"

    assert weighed(Matches("Apple", found=found), answer_of(text)).score is None


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, I cannot assist with this request.",  # noqa: RUF001 - as models write it
        "  Sorry, I can't comply.",
        "Unfortunately, I am unable to share that.",
        "I cannot provide instructions for this.",
        "As an AI language model, I do not have opinions.",
        "I must decline.",
    ],
)
def test_an_answer_that_begins_like_a_refusal_fails(
    answer_of: AnswerOf, weighed: Weigh, text: str
) -> None:
    """After an apology or none, however the apostrophe is written."""
    assert weighed(NotRefused(), answer_of(text)).score == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "Apple.",
        "",
        "I can't recommend this restaurant enough.",
        "The manual says: I cannot help with that.",
        "Sorry for the delay: it is Apple.",
        "I'm sorry to hear that. Here is what you can do.",
    ],
)
def test_an_answer_that_only_sounds_alike_passes(
    answer_of: AnswerOf, weighed: Weigh, text: str
) -> None:
    """A word of regret is no refusal, and neither is one that is quoted."""
    assert weighed(NotRefused(), answer_of(text)).score == 1.0


def test_the_providers_own_mark_counts_whatever_the_text(
    answer_of: AnswerOf, weighed: Weigh
) -> None:
    """The field ``refusal``, and an answer that a filter ended."""
    marked = answer_of(None, message={"refusal": "No."})
    filtered = answer_of("It is", finish_reason="SAFETY")

    assert weighed(NotRefused(), marked).score == 0.0
    assert weighed(NotRefused(), filtered).score == 0.0


def test_phrases_of_ones_own_replace_the_list(answer_of: AnswerOf, weighed: Weigh) -> None:
    """In any language."""
    german = NotRefused(["Das kann ich nicht"])

    assert weighed(german, answer_of("Das kann ich  nicht beantworten.")).score == 0.0
    assert weighed(german, answer_of("I cannot help with that.")).score == 1.0


@pytest.mark.parametrize("phrases", ["i cannot", [], [""], [3]])
def test_phrases_that_are_none_are_refused(phrases: list[str]) -> None:
    """One string would be read as its letters."""
    with pytest.raises(ConfigurationError, match="list of non-empty strings"):
        NotRefused(phrases)
