"""Static contenders, rules from the literature, and what they share."""

from dataclasses import replace
from functools import partial

import pytest

from armwise.offline.contenders import litellm_rule, roster, static, textbook
from armwise.offline.contenders.money import (
    LearnedCosts,
    ScaledUtility,
    one_bucket,
    per_level,
    per_task,
    success_value_usd,
)
from armwise.offline.learner import Contender, Learner, Request, Setting
from armwise.offline.real.outcome_set import OutcomeSet
from armwise.offline.real.replay import replay

SETTING = Setting(("dear", "cheap", "middle"), (9.0, 1.0, 4.0), 10.0, seed=5, requests=4000)
OURS = [one for one in roster.everybody(peers=False) if one.family in {"static", "textbook"}]


def outcomes_of(rates: tuple[float, ...], count: int = 600) -> OutcomeSet:
    """Return a set with two labels, whose paths succeed at evenly spread requests."""
    return OutcomeSet(
        name="made",
        paths=("a", "b", "c")[: len(rates)],
        requests=tuple(
            Request("sums" if n % 2 else "chat", "simple", float(n % 11), n % 300)
            for n in range(count)
        ),
        successes=tuple(
            tuple(float(int((n + 1) * rate) > int(n * rate)) for rate in rates)
            for n in range(count)
        ),
        costs_usd=((0.001, 0.002, 0.004)[: len(rates)],) * count,
    )


def shares(learner: Learner, rates: tuple[float, ...], requests: int) -> list[float]:
    """Return how often each path is chosen, its outcomes being evenly spread successes."""
    counts = [0] * len(rates)
    for _ in range(requests):
        path = learner.choose(Request())
        counts[path] += 1
        success = float(int(counts[path] * rates[path]) > int((counts[path] - 1) * rates[path]))
        learner.learn(Request(), path, success, SETTING.list_costs_usd[path])
    return [count / requests for count in counts]


def test_costs_are_learned_per_path_and_bucket() -> None:
    """(3 x list + sum) / (3 + n) for the path, and the same again for the bucket around it."""
    costs = LearnedCosts((3.0, 5.0))

    costs.learn("a", 0, 7.0)
    costs.learn("b", 0, 11.0)

    over_all = (3 * 3 + 7 + 11) / 5
    assert costs.expected("new").tolist() == pytest.approx([over_all, 5])
    assert costs.expected("a").tolist() == pytest.approx([(3 * over_all + 7) / 4, 5])
    assert costs.expected("b").tolist() == pytest.approx([(3 * over_all + 11) / 4, 5])


def test_an_unstated_value_is_thirty_of_the_dearest_requests() -> None:
    """A stated one is itself."""
    assert success_value_usd(SETTING) == 10
    assert success_value_usd(replace(SETTING, success_value_usd=None)) == 270


def test_scaled_utility_lies_between_0_and_1() -> None:
    """A free success is 1, a failure at the dearest list price 0, what is dearer is clipped."""
    reward = ScaledUtility(SETTING)

    assert reward(1, 0) == 1
    assert reward(0, 9) == 0
    assert reward(0, 90) == 0
    assert reward(1, 9) == pytest.approx(10 / 19)


def test_buckets_are_named_by_label_or_level() -> None:
    """Or there is one for all."""
    request = Request("sums", "complex")

    assert (one_bucket(request), per_task(request), per_level(request)) == ("", "sums", "complex")


def test_static_paths_go_by_list_price() -> None:
    """The contender is told no other."""
    assert (static.cheapest(SETTING), static.dearest(SETTING)) == (1, 0)


def test_a_mix_rolls_its_die() -> None:
    """A quarter to the dearest, none to the path between."""
    mix = static.RandomMix(partial(static.two_paths, 0.25), SETTING)

    assert shares(mix, (1, 1, 1), 4000) == pytest.approx([0.25, 0.75, 0], abs=0.02)


def test_a_fair_die_takes_every_path() -> None:
    """A third each."""
    mix = static.RandomMix(static.equal_weights, SETTING)

    assert shares(mix, (1, 1, 1), 4000) == pytest.approx([1 / 3] * 3, abs=0.03)


def test_the_complexity_router_goes_by_score_and_trusts_what_did_well() -> None:
    """Up to 3 the cheapest, from 6 the dearest; between, the cheapest once it has proved itself."""
    learner = static.ByComplexity(SETTING)

    assert [learner.choose(Request(score=score)) for score in (0, 3, 4, 5, 6, 10)] == [
        *(1, 1),
        *(0, 0),
        *(0, 0),
    ]
    for _ in range(10):
        learner.learn(Request(score=1), learner.choose(Request(score=1)), 1, 1)
    assert [learner.choose(Request(score=score)) for score in (3, 5, 6)] == [1, 1, 0]


LEARNERS = [one for one in textbook.CONTENDERS if "level" not in one.name]


@pytest.mark.parametrize("contender", LEARNERS, ids=lambda contender: contender.name)
@pytest.mark.parametrize(
    ("value_usd", "rates", "best"),
    [(10, (0.9, 0.5, 0.9), 2), (10, (0.9, 0.8, 0.9), 1), (100, (0.9, 0.5, 0.5), 0)],
)
def test_the_textbook_finds_the_best_utility(
    contender: Contender, value_usd: float, rates: tuple[float, ...], best: int
) -> None:
    """Costs are 9, 1 and 4: the best path is another one at another value or at other rates."""
    learner = contender.build(replace(SETTING, success_value_usd=value_usd))

    assert shares(learner, rates, 2000)[best] > 0.6


def test_buckets_learn_apart() -> None:
    """Per task each label gets its own path, in one bucket both share one."""
    counts = {}
    for name, bucketing in (("task", per_task), ("one", one_bucket)):
        learner = textbook.BetaThompson(bucketing, replace(SETTING, list_costs_usd=(1, 1, 1)))
        found: dict[str, list[int]] = {"sums": [0, 0, 0], "chat": [0, 0, 0]}
        for n in range(1000):
            request = Request("sums" if n % 2 else "chat")
            path = learner.choose(request)
            found[request.task_type][path] += 1
            learner.learn(request, path, float(path == (0 if n % 2 else 2)), 1)
        counts[name] = (found["sums"][0], found["chat"][2])

    assert min(counts["task"]) > 450
    assert min(counts["one"]) < 400


def test_litellms_rule_weighs_price_from_the_cheapest_to_the_dearest() -> None:
    """0.3 for the cheapest, nothing for the dearest, whatever they cost: 9 and 1 here."""
    rule = litellm_rule.PublishedRule(one_bucket, litellm_rule.same_tier, SETTING)

    assert shares(rule, (0.9, 0.6, 0.0), 1500)[1] > 0.9
    rule = litellm_rule.PublishedRule(one_bucket, litellm_rule.same_tier, SETTING)
    assert shares(rule, (0.9, 0.3, 0.0), 1500)[0] > 0.9


def test_litellms_rule_stops_learning_at_its_cap() -> None:
    """A best path that breaks after two hundred outcomes keeps all requests for ever."""
    rule = litellm_rule.PublishedRule(one_bucket, litellm_rule.same_tier, SETTING)
    shares(rule, (0.1, 0.9, 0.1), 600)

    assert shares(rule, (0.9, 0.0, 0.9), 600)[1] == 1


def test_tiers_follow_the_order_of_the_list_prices() -> None:
    """Thirds, the cheapest first."""
    prices = (5.0, 1.0, 4.0, 2.0, 6.0, 3.0)
    setting = replace(SETTING, paths=tuple("abcdef"), list_costs_usd=prices)

    assert litellm_rule.tiers_by_price(setting) == [3, 1, 2, 1, 3, 2]
    assert litellm_rule.same_tier(setting) == [2] * 6


@pytest.mark.parametrize("tiers", [litellm_rule.same_tier, litellm_rule.tiers_by_price])
def test_our_litellm_rule_is_litellms_own(tiers: litellm_rule.Tiers) -> None:
    """Choice by choice, beyond the cap."""
    ours = litellm_rule.PublishedRule(one_bucket, tiers, SETTING)
    theirs = litellm_rule.OwnCode(tiers, SETTING)

    for number in range(900):
        request = Request("sums", score=float(number % 7))
        path = ours.choose(request)
        assert theirs.choose(request) == path
        success = float(number * 37 % 100 < (90, 60, 75)[path])
        ours.learn(request, path, success, 1.0)
        theirs.learn(request, path, success, 1.0)


@pytest.mark.parametrize("contender", OURS, ids=lambda contender: contender.name)
@pytest.mark.parametrize("value_usd", [None, 0.01])
def test_contenders_repeat_themselves_for_a_seed(
    contender: Contender, value_usd: float | None
) -> None:
    """With and without a stated value; names are unique and everybody says what they are."""
    outcomes = outcomes_of((0.5, 0.8, 0.9))

    first, second = (replay(outcomes, contender, value_usd, seed=4).point for _ in range(2))

    assert first == second
    assert contender.about.endswith(".")


def test_names_are_unique_and_the_lists_name_contenders() -> None:
    """A misspelt name would quietly play with another value, or not be compared."""
    names = [one.name for one in roster.everybody()]
    needs = {one.needs for one in roster.everybody()} | set(names)

    assert len(names) == len(set(names))
    assert set(names) >= roster.BLIND_TO_VALUE
    assert needs >= set(roster.FEWER_SHUFFLES)


@pytest.mark.parametrize(
    "contender",
    [one for one in OURS if one.name in roster.BLIND_TO_VALUE],
    ids=lambda contender: contender.name,
)
def test_those_listed_as_blind_to_value_are(contender: Contender) -> None:
    """They play the same whatever they are told."""
    outcomes = outcomes_of((0.5, 0.8, 0.9))

    points = {replay(outcomes, contender, value, seed=4).point for value in (None, 1e-4, 100.0)}

    assert len(points) == 1


def test_contenders_are_looked_up_by_what_they_need() -> None:
    """What is missing is listed once and sorted; slow ones play fewer shuffles."""
    build = OURS[0].build
    here = Contender("here", "peer", "", build, "numpy")
    gone = [Contender(name, "peer", "", build, name) for name in ("zzz-2", "zzz-1", "zzz-1")]

    assert roster.missing([here, *gone]) == ("zzz-1", "zzz-2")
    assert roster.is_installed(here)
    assert not roster.is_installed(gone[0])
    assert roster.named("here", [*gone, here]) is here
    assert roster.shuffles(Contender("slow", "peer", "", build, "bayesianbandits"), 60) == 4
    assert roster.shuffles(Contender("slow", "peer", "", build, "bayesianbandits"), 2) == 2
    assert roster.shuffles(here, 60) == 60
    assert roster.shuffles(Contender(roster.SHIPPED, "armwise", "", build), 60) == 60
    assert roster.shuffles(Contender("armwise, a variant", "armwise", "", build), 60) == 10
