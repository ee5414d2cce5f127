"""Off-policy evaluation: logs read, policies named, and estimates that cover the truth."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armwise.bandit import Arms, BestQuality, Beta, CheapestWithin, Objective, Sampler
from armwise.engine import LoggedDecision
from armwise.errors import ConfigurationError
from armwise.offline.evaluate import (
    Always,
    LoggedRequest,
    RequestLog,
    evaluate,
    policy_named,
    read_log,
)
from armwise.offline.evaluate.estimators import (
    doubly_robust_terms,
    effective_size,
    mean_of,
    saved_share,
    self_normalised,
)
from armwise.offline.evaluate.rules import Shares

NAMES = ("cheap", "mid", "dear")
COSTS_USD = (0.0006, 0.0024, 0.0096)
RATES = (0.70, 0.88, 0.90)
RULE = CheapestWithin(0.05)


def arms_of(*beliefs: Beta) -> Arms:
    """Return the arms cheap, mid, dear."""
    return Arms.of(zip(NAMES, beliefs, COSTS_USD, strict=True))


def request(number: int, arms: Arms, draws: Sequence[float], **known: Any) -> LoggedRequest:
    """Return a logged request that ``RULE`` decided."""
    chosen = RULE.choose(arms, draws, arms.every)
    decision = LoggedDecision(
        goal_id="goal",
        namespace="",
        nonce=f"{number:020x}",
        decided_at_ms=number,
        bucket=known.get("bucket", "general/simple"),
        rule=RULE.name,
        parameters={"eps": RULE.eps},
        mode="apply",
        arms=arms,
        models=tuple(f"models/{name}" for name in arms.names),
        epochs=(0,) * len(arms.names),
        draws=tuple(draws),
        eligible=arms.every,
        exclusions={},
        chosen=chosen,
        served=chosen,
    )
    return LoggedRequest(
        number + 1, decision, known.get("success"), known.get("cost_usd"), known.get("fault")
    )


def collected(seed: int, size: int, *, prior: Beta | None = None, every: int = 25) -> RequestLog:
    """Return the log of a rule that learns while it logs.

    Args:
        seed: Seeds draws and outcomes.
        size: How many requests.
        prior: Where beliefs begin and, if given, stay.
        every: Beliefs follow the outcomes after so many.
    """
    rng = np.random.default_rng(seed)
    sampler = Sampler(arms_of(*[prior or Beta(1, 1)] * 3), rng)
    requests: list[LoggedRequest] = []
    for number in range(size):
        made = request(number, sampler.arms, sampler.draw())
        served = made.decision.served
        success = float(rng.random() < RATES[served])
        cost_usd = COSTS_USD[served] * rng.uniform(0.7, 1.3)
        requests.append(replace(made, success=success, cost_usd=cost_usd))
        if prior is None and len(requests) % every == 0:
            for late in requests[-every:]:
                sampler.observe(late.decision.served, late.success or 0.0)
    return RequestLog("simulated", tuple(requests))


def true_mean(log: RequestLog, policy: str, values: Sequence[float]) -> float:
    """Return what a policy would truly have had on the beliefs of a log."""
    exact = Shares(np.random.default_rng(0))
    named = policy_named(policy, log)
    means = [float(np.dot(named.shares(each.decision, (), exact), values)) for each in log.requests]
    return sum(means) / len(means)


def coverage(logs: Sequence[RequestLog], policy: str) -> tuple[float, float]:
    """Return how often the intervals of success and cost hold the truth."""
    hits = np.zeros(2)
    for log in logs:
        value = evaluate(log, [policy_named(policy, log)]).values[0]
        assert value.cost_usd is not None
        for column, (estimate, values) in enumerate(
            [(value.success, RATES), (value.cost_usd, COSTS_USD)]
        ):
            hits[column] += estimate.low <= true_mean(log, policy, values) <= estimate.high
    return tuple(hits / len(logs))


@pytest.fixture(scope="module")
def logs() -> list[RequestLog]:
    """Return 200 logs of a rule that learns."""
    return [collected(seed, 500) for seed in range(200)]


@pytest.mark.parametrize("policy", ["always mid", "cheapest-within 0.1"])
def test_intervals_cover_the_truth_in_logs_of_a_rule_that_learns(
    logs: list[RequestLog], policy: str
) -> None:
    """Nominal 95 %; at least 85 % of 200 adaptively collected logs, for success and for cost."""
    success, cost_usd = coverage(logs, policy)

    assert success >= 0.85
    assert cost_usd >= 0.85


def test_wrong_propensities_are_noticed_and_break_the_coverage() -> None:
    """Where the beliefs cannot help, everything hangs on the propensities."""
    stubborn = [collected(seed, 500, prior=Beta(20, 20)) for seed in range(40)]

    def swapped(each: LoggedRequest) -> LoggedRequest:
        # What is true is about (.52, .25, .23): here the cheap and the dear path change places.
        return replace(each, decision=replace(each.decision, propensities=(0.23, 0.25, 0.52)))

    wrong = [replace(log, requests=tuple(map(swapped, log.requests))) for log in stubborn]

    assert coverage(stubborn, "always cheap")[0] >= 0.85
    assert coverage(wrong, "always cheap")[0] <= 0.1
    notes = evaluate(wrong[0], [Always("cheap")]).notes
    assert any("does not bear out its propensities: path 'cheap'" in note for note in notes)
    assert evaluate(stubborn[0], [Always("cheap")]).notes == ()


def test_the_logged_policy_is_what_happened() -> None:
    """Its value is the plain mean, its size the number of requests, and nothing is in doubt."""
    log = collected(1, 300)

    value = evaluate(log, [policy_named("logged", log)]).values[0]

    assert value.success.value == np.mean([each.success for each in log.requests])
    assert value.cost_usd is not None
    assert value.cost_usd.value == pytest.approx(np.mean([each.cost_usd for each in log.requests]))
    assert value.saving is not None
    assert value.saving.value == 0.0
    assert value.effective_size == 300
    assert value.warnings == ()


def test_the_rule_that_wrote_the_log_agrees_with_what_happened() -> None:
    """Evaluated as another policy, its estimate is close to the plain mean, with all weights 1."""
    log = collected(1, 300)

    named, logged = evaluate(
        log, [policy_named(RULE.name, log), policy_named("logged", log)]
    ).values

    assert named.effective_size == pytest.approx(300)
    assert named.success_snips is not None
    assert named.success_snips.value == pytest.approx(logged.success.value)
    assert abs(named.success.value - logged.success.value) < logged.success.standard_error


def test_estimators_by_hand() -> None:
    """Three requests, on paper."""
    weights, seen = np.array([2.0, 0.0, 1.0]), np.array([1.0, 1.0, 0.0])

    snips = self_normalised(weights, seen)
    terms = doubly_robust_terms(weights, seen, np.array([0.5, 0.5, 0.5]), np.array([0.6] * 3))

    assert snips is not None
    assert snips.value == pytest.approx(2 / 3)
    assert snips.standard_error == pytest.approx(math.sqrt((2 / 3) ** 2 + (2 / 3) ** 2) / 3)
    assert terms.tolist() == pytest.approx([1.6, 0.6, 0.1])
    assert mean_of(terms).value == pytest.approx(2.3 / 3)
    assert mean_of(terms).standard_error == pytest.approx(np.std(terms, ddof=1) / math.sqrt(3))
    assert effective_size(weights) == pytest.approx(9 / 5)
    assert self_normalised(np.zeros(3), seen) is None
    assert effective_size(np.zeros(3)) == 0.0
    assert math.isinf(mean_of(np.array([1.0])).standard_error)
    saved = saved_share(np.array([2.0, 2.0]), np.array([1.0, 1.0]))
    assert saved is not None
    assert (saved.value, saved.standard_error) == (0.5, 0.0)
    assert saved_share(np.zeros(2), np.zeros(2)) is None


def test_what_had_no_chance_is_warned_of() -> None:
    """A log of observe mode knows one path; of the others there is the belief, which is said."""
    log = collected(1, 200)
    observed = tuple(
        replace(each, decision=replace(each.decision, mode="observe", served=2))
        for each in log.requests
    )

    cheap, dear = evaluate(
        RequestLog("observed", observed), [Always("cheap"), Always("dear")]
    ).values

    assert (cheap.unsupported, dear.unsupported) == (1.0, 0.0)
    assert cheap.success_snips is None
    assert cheap.effective_size == 0.0
    assert "100.0% of its choices had no chance in the log" in cheap.warnings[0]
    assert dear.warnings == ()
    assert dear.effective_size == 200


def test_rare_and_few_are_warned_of() -> None:
    """Small propensities and small effective samples each have their warning."""
    sure = arms_of(Beta(200, 800), Beta(90, 10), Beta(103, 17))
    draws = (0.2, 0.9, 0.86)
    log = RequestLog("sure", tuple(request(n, sure, draws, success=1.0) for n in range(60)))
    mixed = RequestLog("mixed", collected(1, 40).requests)

    rare = evaluate(log, [Always("dear")]).values[0]
    few = evaluate(mixed, [Always("dear")]).values[0]

    assert rare.smallest_propensity < 1e-3
    assert any("with a probability of only" in doubt for doubt in rare.warnings)
    assert rare.unsupported == 0.0
    assert few.effective_size < 50
    assert any("too few for the interval" in doubt for doubt in few.warnings)


def test_missing_outcomes_and_faults_are_left_out_and_said() -> None:
    """With their shares, the assumption, and a word if it looks wrong."""
    log = collected(1, 400)
    partly = [
        replace(each, success=None)
        if each.decision.served == 1 and number % 5
        else replace(each, fault="server", success=None)
        if number % 50 == 0
        else each
        for number, each in enumerate(log.requests)
    ]

    found = evaluate(replace(log, requests=tuple(partly)), [policy_named("logged", log)])

    known = sum(each.success is not None for each in partly)
    assert (found.decisions, found.requests) == (400, known)
    said = " | ".join(found.notes)
    assert "the provider of the path failed" in said
    assert "have no outcome and are left out: the figures hold if" in said
    assert "probably they are not missing at random" in said
    with pytest.raises(ConfigurationError, match="none of the 400 decisions has an outcome"):
        evaluate(
            replace(log, requests=tuple(replace(each, success=None) for each in log.requests)), []
        )


def test_costs_that_were_not_measured_are_expected_ones() -> None:
    """Expected costs stand in, and it is said; a path whose cost nobody knows makes it unknown."""
    bare = tuple(replace(each, cost_usd=None) for each in collected(1, 200).requests)
    unpriced = tuple(
        replace(
            each,
            decision=replace(
                each.decision,
                arms=replace(each.decision.arms, costs_usd=(0.0006, 0.0024, math.inf)),
            ),
        )
        for each in bare
        if each.decision.served != 2
    )

    found = evaluate(RequestLog("bare", bare), [Always("dear"), Always("cheap")])
    unknown = evaluate(RequestLog("unpriced", unpriced), [Always("dear"), Always("cheap")])

    dear, cheap = (value.cost_usd for value in found.values)
    assert dear is not None
    assert cheap is not None
    assert (dear.value, cheap.value) == pytest.approx((0.0096, 0.0006))
    assert "costs were measured for 0 of 200 requests" in found.notes[0]
    assert unknown.values[0].cost_usd is unknown.values[0].saving is None
    assert "costs of paths that it wants are not known" in unknown.values[0].warnings
    assert unknown.values[1].cost_usd is not None


def test_a_budget_is_paced_over_the_log() -> None:
    """Its mean expected cost comes out near the budget that it was given."""
    log = collected(1, 500)

    value = evaluate(log, [policy_named("budget 0.003", log)]).values[0]

    assert value.cost_usd is not None
    assert value.cost_usd.value == pytest.approx(0.003, rel=0.2)


def test_buckets_are_evaluated_apart() -> None:
    """Each bucket has its own values, from its own requests."""
    log = collected(1, 200)
    split = tuple(
        replace(each, decision=replace(each.decision, bucket=f"general/{number % 2}"))
        for number, each in enumerate(log.requests)
    )

    found = evaluate(RequestLog("split", split), [policy_named("logged", log)], by_bucket=True)

    assert list(found.buckets) == ["general/0", "general/1"]
    assert found.buckets["general/1"][0].success.value == np.mean(
        [each.success for each in log.requests[1::2]]
    )


class Mine(BestQuality):
    """A user's own rule."""

    name = "mine"  # type: ignore[assignment]


def test_a_users_own_rule_is_sampled_if_it_is_passed() -> None:
    """With a warning; without the rule, the log cannot be evaluated."""
    log = collected(1, 60)
    own = []
    for each in log.requests:
        chosen = Mine().choose(each.decision.arms, each.decision.draws, (0, 1, 2))
        decision = replace(each.decision, rule="mine", parameters={}, chosen=chosen, served=chosen)
        own.append(replace(each, decision=decision))
    written = RequestLog("own", tuple(own))

    rules: dict[str, Objective] = {"mine": Mine()}
    value = evaluate(written, [Always("mid")], rules=rules).values[0]

    assert "were sampled, not computed" in " ".join(value.warnings)
    with pytest.raises(ConfigurationError, match="line 1: rule 'mine' is none of armwise's own"):
        evaluate(written, [Always("mid")])


def test_a_log_that_contradicts_its_rule_is_refused() -> None:
    """Propensities of a choice that the rule cannot have made would be worthless."""
    log = collected(1, 50)
    other = (log.requests[7].decision.chosen + 1) % 3
    forged = replace(log.requests[7].decision, chosen=other, served=other)
    requests = (*log.requests[:7], replace(log.requests[7], decision=forged), *log.requests[8:])

    with pytest.raises(ConfigurationError, match=r"simulated, line 8: path .* cannot have been"):
        evaluate(replace(log, requests=requests), [Always("mid")])


def test_policies_are_found_by_name_and_model() -> None:
    """A path by its name, or by its model where only one path has it."""
    log = collected(1, 5)

    assert policy_named("always mid", log) == policy_named("always models/mid", log)
    assert policy_named(" cheapest-within 0.1 ", log).name == "cheapest-within 0.1"
    assert policy_named("best-quality", log).name == "best-quality"
    assert policy_named("target-rate 0.9", log).name == "target-rate 0.9"
    assert policy_named("utility 0.02", log).name == "utility 0.02"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("cheapest", r"unknown policy 'cheapest'. Known: cheapest-within 0.1, best-quality, "),
        ("best-quality 3", "unknown policy"),
        ("always", "unknown policy"),
        ("cheapest-within", "needs one number, as in 'cheapest-within 0.1'"),
        ("utility much", "needs one number, as in 'utility 0.02'"),
        ("cheapest-within 2", "in \\[0, 1\\), got 2.0"),
        ("target-rate 1.5", "between 0 and 1, got 1.5"),
        ("always gpt", "path 'gpt' is not in the log. Paths: cheap, dear, mid"),
    ],
)
def test_an_unknown_policy_is_answered_with_the_known_ones(text: str, hint: str) -> None:
    """The error lists what there is, with examples."""
    with pytest.raises(ConfigurationError, match=hint):
        policy_named(text, collected(1, 5))


def test_a_model_behind_two_paths_is_ambiguous() -> None:
    """The paths are listed."""
    log = collected(1, 1)
    decision = replace(log.requests[0].decision, models=("m", "m", "other"))

    with pytest.raises(ConfigurationError, match="several paths: cheap, mid"):
        policy_named("always m", RequestLog("two", (replace(log.requests[0], decision=decision),)))


def test_where_a_path_cannot_be_chosen_the_logged_choice_stands() -> None:
    """A ban binds whatever policy is evaluated."""
    decision = replace(collected(1, 1).requests[0].decision, eligible=(0, 2))

    assert Always("mid").shares(decision, (0.3, 0.0, 0.7), Shares(np.random.default_rng(0))) == (
        0.3,
        0.0,
        0.7,
    )


Line = dict[str, Any]


def decision_line(number: int, **changes: Any) -> Line:
    """Return the line of a decision between two paths."""
    return {
        "v": 2,
        "kind": "decision",
        "request": f"{number:02}",
        "goal": "goal",
        "namespace": "",
        "time_ms": number,
        "bucket": "general/simple",
        "rule": "best-quality",
        "parameters": {},
        "mode": "apply",
        "chosen": "b",
        "served": "b",
        "eligible": ["a", "b"],
        "excluded": {},
        "draws": [0.2, 0.9],
        "paths": [
            {"name": name, "belief": {"alpha": 1, "beta": 1}, "cost_usd": cost, "epoch": 0}
            for name, cost in (("a", 1), ("b", 2))
        ],
        **changes,
    }


def outcome_line(number: int, score: float | None = 1.0, **changes: Any) -> Line:
    """Return the line of an outcome."""
    return {
        "v": 2,
        "kind": "outcome",
        "request": f"{number:02}",
        "goal": "goal",
        "source": "report",
        "attempt": 0,
        "path": "b",
        "revision": 1,
        "score": score,
        "status": "applied",
        "cost_usd": None,
        "latency_s": None,
        "fault": None,
        **changes,
    }


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes lines to a file."""

    def write(*lines: Line | str, end: str = "\n") -> Path:
        file = tmp_path / "log.jsonl"
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        file.write_text("\n".join(texts) + end)
        return file

    return write


@pytest.mark.parametrize(
    ("outcomes", "success"),
    [
        ([], None),
        ([outcome_line(0, 1.0)], 1.0),
        ([outcome_line(0, 1.0, revision=0), outcome_line(0, 0.0, status="corrected")], 0.0),
        ([outcome_line(0, 0.0, status="corrected"), outcome_line(0, 1.0, revision=0)], 0.0),
        ([outcome_line(0, 1.0), outcome_line(0, 0.0, status="conflict")], 1.0),
        ([outcome_line(0, 1.0), outcome_line(0, 0.0)], 1.0),
        ([outcome_line(0, 1.0), outcome_line(0, None, revision=2, status="corrected")], None),
        ([outcome_line(0, 0.0, status="stale", revision=0)], None),
        ([outcome_line(0, 1.0, status=None)], 1.0),
        ([outcome_line(0, 1.0, attempt=1, path="a")], None),
        ([outcome_line(0, None, revision=None, cost_usd=3.0)], None),
    ],
)
def test_the_outcome_that_holds_is_the_one_of_the_store(
    written: Callable[..., Path], outcomes: list[Line], success: float | None
) -> None:
    """Highest revision, first of it, of the attempt on the served path; the rest is no outcome."""
    log = read_log(written(decision_line(0), *outcomes))

    assert log.requests[0].success == success


def test_the_first_measured_cost_holds(written: Callable[..., Path]) -> None:
    """As in every store: measured once, never revised."""
    log = read_log(
        written(
            outcome_line(0, None, revision=None, cost_usd=3.0),
            decision_line(0),
            outcome_line(0, 1.0, cost_usd=9.0),
        )
    )

    assert (log.requests[0].cost_usd, log.requests[0].success) == (3.0, 1.0)


def test_orphans_and_repetitions_are_counted(written: Callable[..., Path]) -> None:
    """They are passed over, and the notes say how many."""
    log = read_log(
        written(decision_line(0), decision_line(0), outcome_line(5), outcome_line(5), "")
    )

    assert len(log.requests) == 1
    assert log.notes == (
        "1 decisions are in the file twice and count once",
        "2 outcomes belong to no decision in the file and are left out",
    )


def test_a_torn_last_line_is_tolerated(written: Callable[..., Path]) -> None:
    """A crash in the middle of a line costs that line."""
    log = read_log(written(decision_line(0), '{"v":2,"kind":"outc', end=""))

    assert log.notes == ("the last line, 2, was cut short and is left out",)


@pytest.mark.parametrize(
    ("lines", "hint"),
    [
        (["{nonsense", decision_line(0)], "log.jsonl, line 1: it is not JSON"),
        ([decision_line(0), "{", "{", "{"], "line 2: it is not JSON"),
        ([decision_line(0, v=3)], "line 1: it is of version 3 of the format"),
        ([decision_line(0), outcome_line(0, 2.0)], "line 2: 'score' must be"),
        ([outcome_line(0)], "holds no decision"),
        ([], "holds no decision"),
    ],
)
def test_a_damaged_log_is_refused_with_its_line(
    written: Callable[..., Path], lines: list[Any], hint: str
) -> None:
    """Not one figure is made of a log that cannot be right."""
    with pytest.raises(ConfigurationError, match=hint):
        read_log(written(*lines))


def test_goals_and_tenants_can_be_read_apart(written: Callable[..., Path]) -> None:
    """One file may hold several; what is not there is answered with what is."""
    file = written(decision_line(0), decision_line(1, goal="other", namespace="tenant"))

    assert [each.decision.nonce for each in read_log(file, goal_id="other").requests] == ["01"]
    assert [each.decision.nonce for each in read_log(file, namespace="").requests] == ["00"]
    with pytest.raises(ConfigurationError, match="Goals: 'goal', 'other'"):
        read_log(file, goal_id="neither")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """With what should have been named."""
    with pytest.raises(ConfigurationError, match=r"cannot be read: No such file.*decision_log"):
        read_log(tmp_path / "none.jsonl")
