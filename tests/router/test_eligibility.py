"""Paths that cannot take a request are not called, and the decision says why."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from armwise import Path, Router, Utility
from armwise.adapters import ModelInfo, Price
from armwise.errors import ConfigurationError, NoEligiblePathError
from armwise.testing import Scripted, ScriptedAdapter

ASK = [{"role": "user", "content": "Which company makes the iPhone?"}]
IMAGE = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}]
TOOLS = [{"type": "function", "function": {"name": "look"}}]
SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}

Build = Callable[..., Router]


def info(usd: float, **known: Any) -> ModelInfo:
    """Return what is known of a model at such a price per token."""
    return ModelInfo(Price(usd, usd), **known)


BLIND = info(1e-6, max_input_tokens=1_000, max_output_tokens=500, capabilities={"vision": False})
SEEING = info(1e-5, max_input_tokens=100_000, max_output_tokens=8_000)


@pytest.fixture
def build() -> Build:
    """Return a function that builds a router over a blind, cheap path and a seeing, dear one."""

    def build(models: Mapping[str, ModelInfo] | None = None, **settings: Any) -> Router:
        adapter = ScriptedAdapter({"blind": "blind", "seeing": "seeing"}, models or MODELS)
        return Router(
            settings.pop("paths", ["blind", "seeing"]), "goal", adapter=adapter, seed=1, **settings
        )

    return build


MODELS = {"blind": BLIND, "seeing": SEEING}


def test_an_image_goes_to_a_path_that_sees(build: Build) -> None:
    """Always, and the reason is in the exclusions and in ``why()``."""
    router = build()

    served = {router.completion(IMAGE).model for _ in range(20)}
    decision = router.decide(IMAGE)

    assert served == {"seeing"}
    assert decision.exclusions == {"blind": "lacks vision (so the model list says)"}
    assert "excluded blind: lacks vision" in decision.why()


def test_what_nobody_knows_is_allowed(build: Build) -> None:
    """Silence of the list about tools excludes nothing."""
    assert build().decide(IMAGE, tools=TOOLS, exclude={"blind"}).exclusions.keys() == {"blind"}
    assert build().decide(ASK, tools=TOOLS, response_format=SCHEMA).exclusions == {}


@pytest.mark.parametrize(
    ("lacking", "params"),
    [
        ("tools", {"tools": TOOLS}),
        ("parallel_tools", {"tools": TOOLS, "parallel_tool_calls": True}),
        ("json_schema", {"response_format": SCHEMA}),
        ("audio_output", {"modalities": ["text", "audio"]}),
        ("web_search", {"require": {"web_search"}}),
    ],
)
def test_a_path_that_lacks_what_a_call_needs_is_excluded(
    build: Build, lacking: str, params: dict[str, Any]
) -> None:
    """Whatever a parameter needs, or the caller requires."""
    models = {"blind": info(1e-6, capabilities={lacking: False}), "seeing": SEEING}

    decision = build(models).decide(ASK, **params)

    assert decision.exclusions == {"blind": f"lacks {lacking} (so the model list says)"}


def test_a_declaration_beats_the_list(build: Build) -> None:
    """In both directions: what the list denies, and what it does not know."""
    paths = [
        Path("blind", capabilities={"vision": True}),
        {"model": "seeing", "capabilities": {"vision": False}},
    ]

    decision = build(paths=paths).decide(IMAGE)

    assert decision.exclusions == {"seeing": "lacks vision (so its declaration says)"}


def test_a_prompt_goes_to_a_window_that_holds_it(build: Build) -> None:
    """Clearly longer ones are not tried; near the limit the path has the benefit of the doubt."""
    router = build()

    long = router.decide([{"role": "user", "content": "word " * 2_000}])
    near = router.decide([{"role": "user", "content": "word " * 800}])

    assert "takes 1,000 input tokens, and this prompt has about 2,861" in long.exclusions["blind"]
    assert near.exclusions == {}


def test_a_declared_window_beats_the_list(build: Build) -> None:
    """Smaller or larger."""
    paths = [Path("blind", max_input_tokens=50_000), Path("seeing", max_output_tokens=10)]
    router = build(paths=paths)

    decision = router.decide([{"role": "user", "content": "word " * 2_000}], max_tokens=11)

    assert decision.exclusions == {"seeing": "gives 10 output tokens at most, asked for 11"}


def test_the_longest_answer_is_asked_of_who_can_give_it(build: Build) -> None:
    """``max_tokens`` above a model's own limit is refused by providers."""
    decision = build().decide(ASK, max_tokens=600)

    assert decision.exclusions == {"blind": "gives 500 output tokens at most, asked for 600"}


def test_none_left_lists_every_path_and_calls_none(build: Build) -> None:
    """Each with its own reason, and what to do."""
    router = build()

    with pytest.raises(NoEligiblePathError) as error:
        router.completion(IMAGE, max_tokens=9_000)

    assert error.value.exclusions.keys() == {"blind", "seeing"}
    assert "seeing: gives 8,000 output tokens at most, asked for 9,000" in str(error.value)
    assert "capabilities={'vision': True}" in str(error.value)


def test_a_path_added_later_is_looked_up(build: Build) -> None:
    """The next decision knows what it can do."""
    router = build(paths=["seeing"])

    router.add_path("blind")

    assert router.decide(IMAGE).exclusions.keys() == {"blind"}


def test_escalation_does_not_climb_to_a_path_that_cannot(build: Build) -> None:
    """After a failed check the plan leaves out what was excluded for the request."""
    router = build(escalate=3, success_when=lambda response: False)

    router.completion(IMAGE)

    adapter: Any = router._adapter
    assert [call.model for call in adapter.calls] == ["seeing"]


def test_a_path_that_is_too_slow_is_excluded_once_that_is_known(build: Build) -> None:
    """After five timed calls in the bucket; before that nobody knows."""
    router = build(models={})
    adapter: Any = router._adapter
    adapter._scripts["blind"] = Scripted("blind", latency_s=0.02)
    before = router.decide(ASK, max_latency_s=0.01)

    for _ in range(5):
        router.completion(ASK, exclude={"seeing"})
    after = router.decide(ASK, max_latency_s=0.01)

    assert before.exclusions == {}
    assert after.exclusions["blind"].endswith("s on average here, above max_latency_s 0.01")
    assert router.decide(ASK, max_latency_s=60).exclusions == {}


def test_a_path_that_is_too_dear_for_this_request_is_excluded(build: Build) -> None:
    """The expected cost is this prompt's: a longer one costs more."""
    router = build()
    short, long = ASK, [{"role": "user", "content": "word " * 500}]

    assert router.decide(short, max_cost_usd=0.004).exclusions == {}
    assert router.decide(long, max_cost_usd=0.004).exclusions == {
        "seeing": "expected to cost $0.010183, above max_cost_usd $0.004"
    }


def test_a_path_of_unknown_cost_keeps_no_promise_about_cost(build: Build) -> None:
    """Unknown is never zero: with a limit, it is excluded."""
    router = build({"blind": ModelInfo(), "seeing": SEEING})

    assert "cost is not known" in router.decide(ASK, max_cost_usd=1.0).exclusions["blind"]


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({"capabilities": {"sight": True}}, "capabilities cannot hold 'sight': True"),
        ({"capabilities": {"vision": "yes"}}, "capabilities cannot hold 'vision': 'yes'"),
        ({"capabilities": ["vision"]}, "capabilities must be a dict such as {'vision': True}"),
        ({"max_input_tokens": 0}, "max_input_tokens must be a whole number of tokens above 0"),
        ({"max_output_tokens": 1.5}, "max_output_tokens must be a whole number of tokens"),
    ],
)
def test_a_declaration_that_cannot_be_used_is_named(declared: dict[str, Any], said: str) -> None:
    """The error shows the value and the names that are known."""
    with pytest.raises(ConfigurationError) as error:
        Path("blind", **declared)

    assert said in str(error.value)


def test_a_long_prompt_is_weighed_at_its_own_cost(build: Build) -> None:
    """A success that is worth the dear path for usual prompts is not for one of 50 times that."""
    router = build(
        {"blind": ModelInfo(), "seeing": ModelInfo()},
        paths=[
            Path("blind", weight=0.7, input_usd_per_mtok=1.0, output_usd_per_mtok=1.0),
            Path("seeing", weight=1.0, input_usd_per_mtok=10.0, output_usd_per_mtok=10.0),
        ],
        objective=Utility(0.02),
    )
    usual = [{"role": "user", "content": "word " * 20}]
    long = [{"role": "system", "content": "word " * 10_000}, *usual]
    for _ in range(100):
        router.report_outcome(router.decide(usual).request_id, True)

    decisions = [router.decide(long) for _ in range(50)]

    assert {decision.path for decision in decisions} == {"blind"}
    assert {router.decide(usual).path for _ in range(50)} == {"blind", "seeing"}
    assert decisions[0].expected_usd("seeing") > 0.05
