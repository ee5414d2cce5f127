"""Whether an answer was brought to its end, in every provider's words."""

from collections.abc import Callable
from typing import Any

import pytest

from armwise.router.checks import Answer, Finished, Verdict

AnswerOf = Callable[..., Answer]
Weigh = Callable[..., Verdict]

ENDED = ["stop", "end_turn", "stop_sequence", "STOP", "COMPLETE", "eos", "tool_calls", "tool_use"]
ENDED += ["TOOL_CALL", "function_call"]
BROKEN = ["length", "max_tokens", "MAX_TOKENS", "content_filter", "SAFETY", "refusal", "error"]
BROKEN += ["MALFORMED_FUNCTION_CALL", "guardrail_intervened"]


@pytest.mark.parametrize(
    ("reason", "score"),
    [(reason, 1.0) for reason in ENDED] + [(reason, 0.0) for reason in BROKEN] + [(None, None)],
)
def test_every_providers_word_counts_for_what_it_means(
    answer_of: AnswerOf, weighed: Weigh, reason: str | None, score: float | None
) -> None:
    """Ending by oneself or by calling tools is the end; a limit, a filter or an error is not."""
    assert weighed(Finished(), answer_of(finish_reason=reason)).score == score


def test_a_word_that_nobody_knows_is_unknown(answer_of: AnswerOf, weighed: Weigh) -> None:
    """A new word of a provider is no failure of the model."""
    assert weighed(Finished(), answer_of(finish_reason="brand_new")).score is None


@pytest.mark.parametrize("reason", ["end_turn", "STOP", "stop_sequence", "stop"])
def test_expressions_see_openais_word(answer_of: AnswerOf, weighed: Weigh, reason: str) -> None:
    """``finish_reason == 'stop'`` holds whichever provider answered."""
    assert weighed("finish_reason == 'stop'", answer_of(finish_reason=reason)).score == 1.0


def test_an_error_that_litellm_calls_stop_is_seen_as_one(
    answer_of: AnswerOf, weighed: Weigh
) -> None:
    """The provider's own word, which LiteLLM keeps beside it, says that nothing was finished."""
    from litellm import Choices, ModelResponse

    for native, score in (("MALFORMED_FUNCTION_CALL", 0.0), ("STOP", 1.0)):
        response: Any = ModelResponse(choices=[Choices(finish_reason=native)])

        assert response.choices[0].finish_reason == "stop"
        assert weighed(Finished(), Answer(response, None, 0.1)).score == score
