"""The operator's handles, and what silence means, on a Router that serves."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from armwise import Path, Router
from armwise.bandit.models import Independent
from armwise.errors import ConfigurationError
from armwise.events import Event, PriceUnknown, Reported, ReportRatesDiffer
from armwise.storage import ArmKey, MemoryStore, ReportStatus
from armwise.testing import ScriptedError

ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
SIMPLE = "general/simple"
SCRIPTS = {"cheap": "a", "small": "b", "dear": "c"}

RouterOf = Callable[..., Router]


def test_a_pin_serves_all_and_falls_back_on_errors(router_of: RouterOf) -> None:
    """The next decision follows it and says so; the provider's error still moves on."""
    router = router_of({"cheap": "a", "small": "b", "dear": ScriptedError(503)})
    router.pin("dear")

    decision = router.decide(ASK)
    served = router.completion(ASK)

    assert decision.path == "dear"
    assert decision.ranking == ("dear", "cheap", "small")
    assert decision.exclusions == {"cheap": "pinned to dear", "small": "pinned to dear"}
    assert "excluded cheap: pinned to dear" in decision.why()
    assert served.model == "cheap"
    assert router.unpin()
    assert not router.unpin()
    assert router.decide(ASK).path == "cheap"


def test_a_ban_keeps_a_path_from_every_attempt(router_of: RouterOf) -> None:
    """Not even an error of another path brings it back, until it is lifted."""
    router = router_of({"cheap": "a", "small": ScriptedError(503), "dear": "c"})
    router.ban("cheap", until=timedelta(hours=2))

    decision = router.decide(ASK)

    assert decision.ranking == ("small", "dear")
    assert decision.exclusions["cheap"].startswith("banned until 2")
    assert "excluded cheap: banned until" in decision.why()
    assert router.completion(ASK).model == "dear"
    with pytest.raises(ConfigurationError, match="not in this decision's ranking"):
        decision.request_id_for("cheap")
    assert [str(held) for held in router.restrictions()] == [
        f"cheap {decision.exclusions['cheap']}"
    ]
    assert router.unban("cheap")
    assert not router.unban("cheap")
    assert router.decide(ASK).path == "cheap"


def test_scopes_are_buckets_and_task_types(router_of: RouterOf) -> None:
    """A task type may be named before its first request, a bucket from then on."""
    router = router_of(SCRIPTS)
    router.ban("cheap", task_type="label")
    with pytest.raises(ConfigurationError, match=r"'label/simple' is not known. None is known yet"):
        router.pin("dear", bucket="label/simple")

    assert router.decide(ASK, task_type="label").path == "small"
    assert router.decide(ASK).path == "cheap"
    router.pin("dear", bucket="label/simple")
    assert router.decide(ASK, task_type="label").path == "dear"
    with pytest.raises(ConfigurationError, match=r"Known: 'general/simple', 'label/simple'"):
        router.ban("dear", bucket="label/simpel")


@pytest.mark.parametrize("handle", ["pin", "ban", "unpin", "unban", "remove_path"])
def test_an_unknown_path_is_refused_with_the_known_ones(router_of: RouterOf, handle: str) -> None:
    """The message lists them."""
    with pytest.raises(ConfigurationError, match=r"'deer'.*Known: 'cheap', 'small', 'dear'"):
        getattr(router_of(SCRIPTS), handle)("deer")


def test_a_bare_number_is_no_end(router_of: RouterOf) -> None:
    """Nobody could tell seconds from hours."""
    router = router_of(SCRIPTS)

    with pytest.raises(ConfigurationError, match=r"timedelta\(seconds=60\)"):
        router.ban("cheap", until=60)  # type: ignore[arg-type]
    router.ban("cheap", until=datetime(2999, 1, 1, tzinfo=UTC))

    assert router.decide(ASK).exclusions == {"cheap": "banned until 2999-01-01 00:00:00 UTC"}


def test_the_last_path_cannot_be_banned_but_the_others_removed(
    router_of: RouterOf, caplog: pytest.LogCaptureFixture
) -> None:
    """A ban that leaves none is refused; one that comes to leave none is ignored, and says so."""
    router = router_of({"cheap": "a", "dear": "c"})
    router.ban("cheap")
    with pytest.raises(ConfigurationError, match="would leave no path in every bucket"):
        router.ban("dear")
    router.remove_path("dear")

    decision = router.decide(ASK)

    assert decision.path == "cheap"
    assert "every path is banned here, so the bans are ignored" in decision.why()
    assert router.completion(ASK).model == "cheap"
    assert caplog.text.count("the bans are ignored") == 1


def test_observe_mode_keeps_its_default_path(router_of: RouterOf) -> None:
    """It is served whatever is chosen, so it can be neither banned nor removed."""
    router = router_of(SCRIPTS, mode="observe", default_path="small")

    for handle in (router.ban, router.remove_path):
        with pytest.raises(ConfigurationError, match=r"'small' cannot be .*default_path"):
            handle("small")
    router.pin("dear")

    assert (router.decide(ASK).path, router.decide(ASK).preferred) == ("small", "dear")


def test_a_path_is_added_while_requests_run(router_of: RouterOf, events: list[Event]) -> None:
    """From its prior, with its price; without one, that is announced."""
    router = router_of(SCRIPTS, paths=["dear"], beliefs=Independent())
    router.decide(ASK)

    added = router.add_path({"model": "cheap", "weight": 0.8})
    router.add_path(
        Path(model="small", name="nameless", input_usd_per_mtok=9, output_usd_per_mtok=9)
    )
    router.add_path("mystery")
    decision = router.decide(ASK)

    assert added == Path(model="cheap", weight=0.8)
    assert decision.arms.names == ("cheap", "nameless", "dear", "mystery")
    assert decision.arms.means[0] == pytest.approx(2.6 / 4)
    assert router.completion(ASK).model == "cheap"
    assert events.count(PriceUnknown("goal", "mystery", "mystery")) == 1
    assert set(router.stats().buckets[SIMPLE]) == {"cheap", "nameless", "dear", "mystery"}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("cheap", "there already is a path 'cheap'"),
        ({"name": "x"}, "no 'model'"),
        (7, "must be a model name"),
    ],
)
def test_a_path_that_cannot_be_added_changes_nothing(
    router_of: RouterOf, path: Any, message: str
) -> None:
    """The message says why."""
    router = router_of(SCRIPTS)

    with pytest.raises(ConfigurationError, match=message):
        router.add_path(path)

    assert router.decide(ASK).arms.names == ("cheap", "small", "dear")


def test_a_removed_path_keeps_its_evidence_and_its_ids(router_of: RouterOf) -> None:
    """Late reports count; added again, it goes on from what is known."""
    router = router_of(SCRIPTS)
    router.ban("small")
    decision = router.decide(ASK)
    router.report_outcome(decision.request_id, True)
    late = router.decide(ASK)
    router.pin("cheap")

    router.remove_path("cheap")
    assert router.restrictions()[0].path == "small"
    assert router.decide(ASK).arms.names == ("small", "dear")
    assert router.report_outcome(late.request_id, True) is ReportStatus.APPLIED
    assert router.stats().buckets[SIMPLE]["cheap"].successes == pytest.approx(2, rel=0.02)
    router.remove_path("small")
    with pytest.raises(ConfigurationError, match="'dear' is the last one"):
        router.remove_path("dear")

    router.add_path("cheap")
    decision = router.decide(ASK)
    assert decision.path == "cheap"
    assert decision.arms.means[0] > 0.55


def test_a_request_under_way_is_served_by_the_path_that_was_removed(router_of: RouterOf) -> None:
    """What was decided before goes on."""
    remove: list[Callable[[], None]] = []

    def failing(call: Any) -> Exception:
        remove.pop()()
        return ScriptedError(503)

    router = router_of({"cheap": failing, "small": "b", "dear": "c"})
    remove.append(lambda: router.remove_path("small"))

    assert router.completion(ASK).model == "small"
    assert router.decide(ASK).arms.names == ("cheap", "dear")


def test_a_reset_begins_anew_and_late_outcomes_stay_behind(router_of: RouterOf) -> None:
    """Only what is in scope; the old epoch keeps its outcomes to the last integer."""
    store = MemoryStore()
    router = router_of(SCRIPTS, store=store, half_life=None)
    decisions = [router.decide(ASK, task_type=task) for task in ("label", "label", "general")]
    for decision in decisions[1:]:
        router.report_outcome(decision.request_id, True)

    assert router.reset(task_type="label", path="cheap") == 1
    router.report_outcome(decisions[0].request_id, True)

    arms = router.stats().buckets
    assert (arms["label/simple"]["cheap"].epoch, arms["label/simple"]["cheap"].successes) == (1, 0)
    assert (arms[SIMPLE]["cheap"].epoch, arms[SIMPLE]["cheap"].successes) == (0, 1)
    old = store.evidence("goal")[ArmKey("label/simple", "cheap")]
    assert (old.outcomes, old.attempts) == (2, 2)
    assert router.decide(ASK, task_type="label").epochs == {"cheap": 1}


def test_a_reset_without_scope_begins_everything_anew(router_of: RouterOf) -> None:
    """Arms without evidence too, so that what is under way cannot count in the new epoch."""
    store = MemoryStore()
    router = router_of(SCRIPTS, store=store)
    before = router.decide(ASK)

    assert router.reset() == 3
    router.report_outcome(before.request_id, True)

    assert router.decide(ASK).epochs == {"cheap": 1, "small": 1, "dear": 1}
    assert list(store.evidence("goal")) == [ArmKey(SIMPLE, "cheap", epoch=0)]
    with pytest.raises(ConfigurationError, match=r"'labl' is not known. Known: 'general'"):
        router.reset(task_type="labl")
    with pytest.raises(ConfigurationError, match=r"'x/y' is not known. Known: 'general/simple'"):
        router.reset(bucket="x/y")
    with pytest.raises(ConfigurationError, match=r"'deer'.*Known: 'cheap', 'small', 'dear'"):
        router.reset(path="deer")


def test_resets_of_two_workers_commute(router_of: RouterOf) -> None:
    """Outcomes around them are in the epoch in which they were decided, in any order."""
    orders = []
    for order in ((0, 1), (1, 0)):
        store = MemoryStore()
        routers = [router_of(SCRIPTS, store=store) for _ in range(2)]
        decisions = [router.decide(ASK) for router in routers]
        routers[0].reset()
        for index in order:
            routers[index].report_outcome(decisions[index].request_id, index == 0)
        orders.append(store.evidence("goal"))

    assert orders[0] == orders[1]


def test_paths_come_and_go_while_threads_decide(router_of: RouterOf) -> None:
    """No request fails, none is served by what was gone before it began, and all are counted."""
    router = router_of(SCRIPTS, paths=["dear"], success_when="finish_reason == 'stop'")
    is_done = threading.Event()
    served: list[str] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            while not is_done.is_set():
                served.append(router.completion(ASK).model)
        except BaseException as error:
            errors.append(error)
            raise

    workers = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    seen: list[list[set[str]]] = []
    for worker in workers:
        worker.start()
    try:
        for _ in range(20):
            router.add_path("cheap")
            added = router.decide(ASK)
            router.ban("cheap", until=timedelta(days=1))
            banned = router.decide(ASK)
            router.remove_path("cheap")
            removed = router.decide(ASK)
            seen.append([set(decision.ranking) for decision in (added, banned, removed)])
    finally:
        is_done.set()
    for worker in workers:
        worker.join()

    assert seen == [[{"cheap", "dear"}, {"dear"}, {"dear"}]] * 20
    assert errors == []
    assert set(served) <= {"cheap", "dear"}
    arms = router.stats().buckets[SIMPLE].values()
    assert sum(arm.attempts for arm in arms) == len(served)


def test_the_report_rate_is_known_per_path(router_of: RouterOf) -> None:
    """Answers with an outcome, over answers; faults and unknowns are no outcomes."""
    router = router_of({"cheap": ScriptedError(503), "small": "b", "dear": "c"})
    ids = [router.completion(ASK, return_request_id=True)[1] for _ in range(4)]
    router.report_outcome(ids[0], True)
    router.report_outcome(ids[1], 0.5)
    router.report_outcome(ids[1], "unknown", revision=2)

    stats = router.stats()

    assert stats.report_rates["small"].answered == 4
    assert stats.report_rates["small"].reported == 1
    assert stats.buckets[SIMPLE]["small"].report_rate == 0.25
    assert stats.report_rates["cheap"].share is None
    assert "answers with an outcome: small 25% of 4" in str(stats)


@pytest.mark.parametrize(("every", "is_told"), [(1, False), (2, True), (8, True)])
def test_report_rates_that_differ_are_told_once(
    router_of: RouterOf,
    events: list[Event],
    caplog: pytest.LogCaptureFixture,
    every: int,
    is_told: bool,
) -> None:
    """One event and one warning, where one path's outcomes come half as often as another's."""
    router = router_of(SCRIPTS, detect_changes=False)
    for path in ("cheap", "dear"):
        router.pin(path)
        for number in range(100):
            _, request_id = router.completion(ASK, return_request_id=True)
            if path == "cheap" or number % every == 0:
                router.report_outcome(request_id, True)
    for _ in range(3):
        router.stats()

    told = [event for event in events if isinstance(event, ReportRatesDiffer)]
    expected = [ReportRatesDiffer("goal", "dear", told[0].rate, "cheap", 1.0)] if is_told else []
    assert told == expected
    assert caplog.text.count("have an outcome, but 100% of those of 'cheap'") == is_told


def test_few_answers_or_chance_are_no_reason_to_warn(
    router_of: RouterOf, events: list[Event]
) -> None:
    """49 answers of a path say too little; so do 2 reports against 1."""
    router = router_of(SCRIPTS)
    for path, answers, reports in (("cheap", 60, 2), ("small", 60, 1), ("dear", 49, 49)):
        router.pin(path)
        for number in range(answers):
            _, request_id = router.completion(ASK, return_request_id=True)
            if number < reports:
                router.report_outcome(request_id, True)
    router.stats()

    assert [event for event in events if isinstance(event, ReportRatesDiffer)] == []


def test_an_answer_without_an_outcome_fails_after_its_time(
    router_of: RouterOf, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one that was checked, faulted, or reported; and a late report replaces it."""
    now_s = [1_800_000_000.0]
    monkeypatch.setattr("armwise.router.router.time.time", lambda: now_s[0])
    router = router_of(
        {"cheap": ScriptedError(503), "small": "b", "dear": "c"},
        on_timeout="failure",
        outcome_timeout=timedelta(hours=1),
        half_life=None,
    )
    ids = [router.completion(ASK, return_request_id=True)[1] for _ in range(3)]
    router.report_outcome(ids[0], True)
    now_s[0] += 3_600

    small = router.stats().buckets[SIMPLE]["small"]
    assert (small.successes, small.failures, small.report_rate) == (1, 2, 1.0)
    assert router.stats().buckets[SIMPLE]["cheap"].failures == 0
    assert router.report_outcome(ids[1], True) is ReportStatus.CORRECTED
    assert len([event for event in events if isinstance(event, Reported)]) == 4
    assert router.stats().counters.timeouts == 2


def test_closing_counts_what_is_overdue(
    router_of: RouterOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not what may still be reported; a decision waits as an answer does."""
    now_s = [1_800_000_000.0]
    monkeypatch.setattr("armwise.router.router.time.time", lambda: now_s[0])
    store = MemoryStore(clock=lambda: now_s[0])
    router = router_of(
        SCRIPTS, store=store, on_timeout=0.5, outcome_timeout=timedelta(hours=1), half_life=None
    )
    router.decide(ASK)
    now_s[0] += 1_800
    router.decide(ASK)
    now_s[0] += 1_800
    router.close()

    (seen,) = store.evidence("goal").values()
    assert (seen.outcomes, seen.successes == seen.failures) == (1, True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"on_timeout": "fail"}, "'ignore', 'failure' or a score"),
        ({"on_timeout": True}, "'ignore', 'failure' or a score"),
        ({"on_timeout": 1.5}, "'ignore', 'failure' or a score"),
        ({"on_timeout": float("nan")}, "'ignore', 'failure' or a score"),
        ({"on_timeout": "failure"}, r"timedelta\(hours=24\)"),
        ({"on_timeout": 0.5, "outcome_timeout": 60}, r"timedelta\(hours=24\)"),
        ({"outcome_timeout": timedelta(hours=1)}, "no meaning with on_timeout='ignore'"),
        ({"on_timeout": 0, "outcome_timeout": timedelta(0)}, "above 0 and below 30 days"),
        ({"on_timeout": 0, "outcome_timeout": timedelta(days=30)}, "above 0 and below 30 days"),
    ],
)
def test_a_timeout_that_cannot_be_meant_is_refused(
    router_of: RouterOf, settings: dict[str, Any], message: str
) -> None:
    """The message says what to write."""
    with pytest.raises(ConfigurationError, match=message):
        router_of(SCRIPTS, **settings)
