"""Mistakes that other routers make on the way of a request, each as a test that we do not.

- Kalibr takes any string as success, and a check that raises: ``test_a_check_that_raises_...``,
  ``test_a_word_is_no_success_...``
- Kalibr reports every ``stream=True`` as a success, RouteSmith does not see streams:
  ``test_a_stream_is_judged_by_its_answer``, ``test_a_stream_that_is_left_...``
- Kalibr's ``report()`` is about the last request, whichever thread made it:
  ``test_reports_of_threads_reach_their_own_requests``
- Kalibr caches decisions, so that explorations are correlated and leak between pipelines:
  ``test_equal_requests_are_decided_anew``, ``test_goals_and_namespaces_share_nothing``
- Kalibr knows one provider's finish reasons: ``test_every_providers_good_ending_is_stop``
- Kalibr's repair step drops the system prompt: ``test_the_system_prompt_reaches_every_path``
- RouteSmith and ParetoBandit count a report twice: ``test_a_report_counts_once``
- RouteSmith ignores its reward function: ``test_the_check_is_what_is_learned``
- RouteSmith does not pass the caller's tradeoff on: ``test_the_rule_that_was_given_chooses``
- vLLM's semantic router takes graded scores and ignores them: ``test_a_grade_is_learned_as_one``
- ParetoBandit counts late feedback as a cost of $0: ``test_feedback_without_a_cost_...``
- LiteLLM looks a fallback up under the wrong name: ``test_the_path_that_answered_learns``
- LiteLLM caps its counts and learns nothing from there on: ``test_evidence_is_not_capped``
- lean-ctx takes every status that is not 2xx as quality 0: ``test_an_error_is_no_bad_answer``, and
  tests/conformance for every provider and status

READMEs that do not run: tests/test_docs.py runs ours.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from armwise import BestQuality, CheapestWithin, ReportStatus, Router
from armwise.engine import ArmStats
from armwise.errors import ConfigurationError
from armwise.testing import (
    ChatRequest,
    LoopbackServer,
    Reply,
    Scripted,
    ScriptedAdapter,
    ScriptedError,
)

MESSAGES = [{"role": "user", "content": "Who makes it?"}]
SYSTEM = "Answer in one word."
PROVIDERS = [
    "openai/gpt-4o-mini",
    "azure/gpt-4o-mini",
    "anthropic/claude-sonnet-4-5",
    "gemini/gemini-2.5-flash",
    "bedrock/converse/anthropic.claude-3-5-sonnet-20240620-v1:0",
    "ollama_chat/llama3",
    "ollama/llama3",
]


class Provider:
    """A server that answers as it is told, and remembers what it was sent."""

    def __init__(self) -> None:
        self.reply = Reply(text="Apple")
        self.failing = ""
        self.server = LoopbackServer(self._play)

    def _play(self, request: ChatRequest) -> Reply:
        return Reply(status=503) if request.model == self.failing else self.reply


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Play a provider."""
    playing = Provider()
    with playing.server:
        yield playing


def scripted(scripts: dict[str, Any], goal_id: str = "goal", **settings: Any) -> Router:
    """Return a Router over scripted models."""
    settings.setdefault("half_life", None)
    return Router(list(scripts), goal_id, adapter=ScriptedAdapter(scripts), **settings)


def arms_of(router: Router) -> dict[str, ArmStats]:
    """Return what was counted per path, in the only bucket."""
    (bucket,) = router.stats().buckets.values()
    return dict(bucket)


def outcomes(arm: ArmStats) -> tuple[float, float]:
    """Return the successes and failures of a path."""
    return arm.successes, arm.failures


def test_a_check_that_raises_is_no_success() -> None:
    """Nor a failure: what it would have said is not known."""

    def check(response: Any) -> bool:
        raise KeyError("company")

    router = scripted({"m": "Apple"}, success_when=check)

    router.completion(MESSAGES)

    assert outcomes(arms_of(router)["m"]) == (0, 0)


def test_a_word_is_no_success_only_because_it_is_true_in_python() -> None:
    """A check that returns a text has said nothing; a text that is no expression is refused."""
    router = scripted({"m": "Apple"}, success_when=lambda response: "no")

    router.completion(MESSAGES)

    assert outcomes(arms_of(router)["m"]) == (0, 0)
    with pytest.raises(ConfigurationError):
        scripted({"m": "Apple"}, success_when="the answer is good")


@pytest.mark.parametrize(("text", "expected"), [("Apple", (1, 0)), ("Pear", (0, 1))])
def test_a_stream_is_judged_by_its_answer(
    provider: Provider, text: str, expected: tuple[int, int]
) -> None:
    """What the chunks add up to is checked like any answer, and the stream is an attempt."""
    provider.reply = Reply(text=text)
    router = Router(
        [provider.server.path("openai/gpt-4o-mini")],
        "goal",
        success_when="text == 'Apple'",
        half_life=None,
    )

    list(router.completion(MESSAGES, stream=True))

    (arm,) = arms_of(router).values()
    assert outcomes(arm) == expected
    assert arm.attempts == 1


def test_a_stream_that_is_left_says_nothing() -> None:
    """Nobody read its end, so its outcome is not known; it is an attempt."""
    router = scripted({"m": "Apple makes it"}, success_when="text != ''")

    with router.completion(MESSAGES, stream=True) as stream:
        next(stream)

    assert outcomes(arms_of(router)["m"]) == (0, 0)
    assert arms_of(router)["m"].attempts == 1


def test_reports_of_threads_reach_their_own_requests() -> None:
    """An id names its request: whoever reports, in whatever order, it is about that one's path."""
    router = scripted({"good": "Apple", "bad": "Pear"}, seed=1)

    def ask(_: int) -> tuple[str, bool]:
        response, request_id = router.completion(MESSAGES, return_request_id=True)
        return request_id, response.choices[0].message.content == "Apple"

    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(ask, range(80)))
        list(pool.map(lambda each: router.report_outcome(*each), reversed(asked)))

    arms = arms_of(router)
    assert arms["good"].failures == arms["bad"].successes == 0
    assert arms["good"].successes + arms["bad"].failures == 80
    assert arms["bad"].failures > 0


def test_equal_requests_are_decided_anew() -> None:
    """The same prompt is drawn for again each time, under an id of its own."""
    router = scripted({"a": "Apple", "b": "Pear", "c": "Plum"}, seed=1)

    decisions = [router.decide(MESSAGES) for _ in range(50)]

    assert len({decision.request_id for decision in decisions}) == 50
    assert len({tuple(decision.draws) for decision in decisions}) == 50
    assert len({decision.path for decision in decisions}) == 3


def test_goals_and_namespaces_share_nothing() -> None:
    """Not beliefs, and not ids, though the store and the prompt are the same."""
    from armwise.errors import ForeignRequestIdError
    from armwise.storage import MemoryStore

    store: Any = MemoryStore()
    first = scripted({"m": "Apple"}, "first", store=store)
    second = scripted({"m": "Apple"}, "second", store=store)
    tenant = scripted({"m": "Apple"}, "first", store=store, namespace="tenant")
    _, request_id = first.completion(MESSAGES, return_request_id=True)

    first.report_outcome(request_id, True)

    for other in (second, tenant):
        assert other.stats().buckets == {}
        with pytest.raises(ForeignRequestIdError):
            other.report_outcome(request_id, True)


@pytest.mark.parametrize("model", PROVIDERS)
def test_every_providers_good_ending_is_stop(provider: Provider, model: str) -> None:
    """A good ending is "stop" and one for want of tokens "length", whoever says it how."""
    router = Router(
        [provider.server.path(model)],
        "goal",
        success_when="finish_reason == 'stop'",
        half_life=None,
    )

    router.completion(MESSAGES)
    list(router.completion(MESSAGES, stream=True))
    (arm,) = arms_of(router).values()
    assert outcomes(arm) == (2, 0)
    if model.startswith("ollama/"):
        return  # LiteLLM itself calls every ending of /api/generate "stop": see the reference
    provider.reply = Reply(text="App", finish_reason="length")
    router.completion(MESSAGES)
    list(router.completion(MESSAGES, stream=True))

    (arm,) = arms_of(router).values()
    assert outcomes(arm) == (2, 2)


@pytest.mark.parametrize("model", PROVIDERS)
def test_the_system_prompt_reaches_every_path(provider: Provider, model: str) -> None:
    """The first path and the one that is fallen back to are sent the same system prompt."""
    provider.failing = "first"
    router = Router([provider.server.path("openai/first"), provider.server.path(model)], "goal")
    router.pin("openai/first")

    router.completion([{"role": "system", "content": SYSTEM}, *MESSAGES])

    assert len(provider.server.requests) == 2
    for request in provider.server.requests:
        assert SYSTEM in str(request.body)


def test_a_report_counts_once() -> None:
    """The same report again, and another one under the same number, change nothing."""
    router = scripted({"m": "Apple"})
    _, request_id = router.completion(MESSAGES, return_request_id=True)

    statuses = [router.report_outcome(request_id, outcome) for outcome in (True, True, False)]

    assert statuses == [ReportStatus.APPLIED, ReportStatus.DUPLICATE, ReportStatus.CONFLICT]
    assert outcomes(arms_of(router)["m"]) == (1, 0)


def test_the_check_is_what_is_learned() -> None:
    """With the check turned round, the other path is the one that is chosen in the end."""
    chosen = {}
    for wanted in ("Apple", "Pear"):
        router = scripted({"a": "Apple", "b": "Pear"}, success_when=f"text == {wanted!r}", seed=1)
        for _ in range(60):
            router.completion(MESSAGES)
        arms = arms_of(router)
        chosen[wanted] = max(arms, key=lambda name: arms[name].attempts)

    assert chosen == {"Apple": "a", "Pear": "b"}


def test_the_rule_that_was_given_chooses() -> None:
    """A path that is a little better and much dearer is chosen for quality, not for money."""
    chosen = {}
    for rule in (BestQuality(), CheapestWithin(0.2)):
        router = Router(
            [
                {"model": "cheap", "input_usd_per_mtok": 0.1, "output_usd_per_mtok": 0.1},
                {"model": "dear", "input_usd_per_mtok": 10, "output_usd_per_mtok": 10},
            ],
            "goal",
            adapter=ScriptedAdapter({"cheap": "Apple", "dear": "Apple"}),
            objective=rule,
            half_life=None,
            seed=1,
        )
        for path, fails_every in (("cheap", 10), ("dear", 50)):
            router.pin(path)
            for number in range(100):
                _, request_id = router.completion(MESSAGES, return_request_id=True)
                router.report_outcome(request_id, number % fails_every > 0)
            router.unpin()
        decided = [router.decide(MESSAGES).path for _ in range(40)]
        chosen[rule.name] = max(set(decided), key=decided.count)

    assert list(chosen.values()) == ["dear", "cheap"]


def test_a_grade_is_learned_as_one() -> None:
    """A score of a quarter is a quarter of a success."""
    router = scripted({"m": "Apple"})
    _, request_id = router.completion(MESSAGES, return_request_id=True)

    router.report_outcome(request_id, 0.25)

    assert outcomes(arms_of(router)["m"]) == (0.25, 0.75)


def test_feedback_without_a_cost_has_no_cost() -> None:
    """A call that somebody else made and reported late cost something unknown, not nothing."""
    router = scripted({"m": "Apple"})
    decision = router.decide(MESSAGES)

    router.report_outcome(decision.request_id, True)

    assert arms_of(router)["m"].mean_cost_usd is None
    assert router.cost_report().unpriced == 1


def test_the_path_that_answered_learns(provider: Provider) -> None:
    """Two paths share a model: outcome and id belong to the one that answered, by its name."""
    server = provider.server
    router = Router(
        [
            server.path("openai/first", name="calm", params={"temperature": 0}),
            server.path("openai/gpt-4o-mini", name="lively", params={"temperature": 1}),
        ],
        "goal",
        success_when="text == 'Apple'",
        half_life=None,
    )
    provider.failing = "first"
    router.pin("calm")

    _, request_id = router.completion(MESSAGES, return_request_id=True)

    arms = arms_of(router)
    assert (outcomes(arms["calm"]), arms["calm"].faults) == ((0, 0), 1)
    assert (outcomes(arms["lively"]), arms["lively"].faults) == ((1, 0), 0)
    assert router.report_outcome(request_id, False) is ReportStatus.CORRECTED
    assert outcomes(arms_of(router)["lively"]) == (0, 1)


def test_evidence_is_not_capped() -> None:
    """The thousandth outcome counts as the first did, and beliefs narrow on."""
    router = scripted({"m": Scripted("Apple")}, success_when="text == 'Apple'")

    widths = []
    for _ in range(4):
        for _ in range(250):
            router.completion(MESSAGES)
        arm = arms_of(router)["m"]
        widths.append(arm.high - arm.low)

    assert arms_of(router)["m"].successes == 1000
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 429, 500, 503, 529])
def test_an_error_is_no_bad_answer(status: int) -> None:
    """Whatever the status, no failure is counted: there was no answer that could be bad."""
    router = scripted({"m": lambda call: ScriptedError(status)}, success_when="text != ''")

    with pytest.raises((RuntimeError, ScriptedError)):
        router.completion(MESSAGES)

    counted = [outcomes(arm) for arms in router.stats().buckets.values() for arm in arms.values()]
    assert set(counted) <= {(0, 0)}
