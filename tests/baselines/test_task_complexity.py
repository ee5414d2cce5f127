"""The hand-written router, its behaviour intact."""

from typing import Any

import pytest

from armwise.adapters import ModelInfo, Price
from armwise.baselines import TaskComplexityRouter
from armwise.errors import ConfigurationError, InvalidMessagesError
from armwise.testing import Scripted, ScriptedAdapter

MODELS = {"cheap": ModelInfo(Price(1e-6, 1e-6)), "strong": ModelInfo(Price(1e-5, 1e-5))}


def router(*names: str) -> TaskComplexityRouter:
    """Return a router over scripted models that say their own name."""
    scripts: dict[str, Any] = {
        name: lambda call: Scripted(call.model, input_tokens=60, output_tokens=40)
        for name in ("cheap", "middle", "strong")
    }
    return TaskComplexityRouter(
        names or ("cheap", "strong"), adapter=ScriptedAdapter(scripts, MODELS)
    )


@pytest.mark.parametrize(
    ("prompt", "task_type", "score"),
    [
        ("hi", "general", 1),
        ("hi", "classification", 0),
        ("compare a and b as json", "synthesis", 6),
        ("word " * 500 + "step by step pros and cons json", "reasoning", 10),
        ("x" * 300_000 + " compare " + "x" * 300_000, "label", 1),
    ],
)
def test_the_whole_prompt_is_scored(prompt: str, task_type: str, score: int) -> None:
    """The same four signals as the router's, read over all of the text."""
    assert score == router().score_complexity(prompt, task_type)


@pytest.mark.parametrize(
    ("score", "model"),
    [(0, "cheap"), (3, "cheap"), (4, "strong"), (5, "strong"), (6, "strong"), (10, "strong")],
)
def test_before_data_the_middle_goes_to_the_strong_model(score: int, model: str) -> None:
    """The neutral rate of 0.5 is below what is trusted."""
    assert model == router().select_model(score)


@pytest.mark.parametrize(
    ("successes", "failures", "model"),
    [(9, 0, "strong"), (10, 0, "cheap"), (17, 3, "cheap"), (16, 3, "strong"), (100, 18, "strong")],
)
def test_the_middle_trusts_a_rate_of_85_percent_over_ten_successes(
    successes: int, failures: int, model: str
) -> None:
    """Both the rate and the number of successes have to be reached."""
    static = router()

    for success in [True] * successes + [False] * failures:
        static.report_outcome("cheap", success)

    assert model == static.select_model(5)
    assert (static.select_model(3), static.select_model(6)) == ("cheap", "strong")


def test_more_models_are_trusted_from_the_cheapest_up() -> None:
    """In the middle the first trusted one answers, whatever lies before it."""
    static = router("cheap", "middle", "strong")

    for _ in range(10):
        static.report_outcome("middle", True)

    assert [static.select_model(score) for score in (3, 5, 6)] == ["cheap", "middle", "strong"]


def test_complete_returns_text_and_metadata() -> None:
    """The keys are those of the documented form, the cost is price times usage."""
    done = router().complete("as json", "synthesis", system_prompt="compare", temperature=0)

    metadata = done["metadata"]
    assert done["response"] == metadata["model"] == "strong"
    assert metadata["complexity_score"] == 5
    assert metadata["cost_usd"] == pytest.approx(100e-5)
    assert (metadata["input_tokens"], metadata["output_tokens"]) == (60, 40)
    assert metadata["latency_ms"] > 0
    assert metadata["task_type"] == "synthesis"


def test_the_cost_report_estimates_always_strong() -> None:
    """Totals per model, and what the strongest alone would have cost."""
    static = router()

    for _ in range(3):
        static.complete("hi")
    static.complete("compare, step by step, as json", "reasoning")
    static.report_outcome("cheap", True)
    report = static.cost_report()

    assert report["calls"] == 4
    assert report["total_cost_usd"] == pytest.approx(3 * 100e-6 + 100e-5)
    assert report["always_strongest_usd"] == pytest.approx(4 * 100e-5)
    assert report["models"]["cheap"]["success_rate"] == 1


def test_an_unknown_price_is_not_zero() -> None:
    """The call has cost None and is counted as unpriced."""
    static = router("middle", "strong")

    done = static.complete("hi")

    assert done["metadata"]["cost_usd"] is None
    assert static.cost_report()["models"]["middle"]["unpriced_calls"] == 1


def test_bad_input_is_refused() -> None:
    """An unknown model, an empty prompt and foreign parameters are named."""
    with pytest.raises(ConfigurationError, match=r"unknown model 'x'\. Known: 'cheap', 'strong'"):
        router().report_outcome("x", True)
    with pytest.raises(InvalidMessagesError, match="non-empty text"):
        router().complete(" ")
    with pytest.raises(ConfigurationError, match="num_retries"):
        router().complete("hi", num_retries=2)
