"""Deciding and learning, without any model."""

import logging
import math
import os
import random
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from armwise.adapters import ModelInfo, Price
from armwise.bandit import (
    Arms,
    Assessment,
    CheapestWithin,
    Evidence,
    FourSignals,
    Outcome,
)
from armwise.bandit.models import Independent
from armwise.engine import Engine, PathPrices, RolloutPlan, Signer, parse_paths
from armwise.errors import (
    ConfigurationError,
    ExpiredRequestIdError,
    ForeignRequestIdError,
    InvalidOutcomeError,
    UnknownKeyError,
)
from armwise.events import Decided, EpochOpened, Event, PriceUnknown, Reported
from armwise.storage import ArmKey, BucketEvidence, MemoryStore, ReportStatus

ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
MODELS = {"cheap": ModelInfo(Price(1e-6, 1e-6)), "dear": ModelInfo(Price(1e-5, 1e-5))}


def engine(*, goal_id: str = "goal", paths: Any = ("cheap", "dear"), **settings: Any) -> Engine:
    """Return an engine with two priced paths; settings override."""
    parsed = parse_paths(paths)
    defaults: dict[str, Any] = {
        "objective": CheapestWithin(),
        "model": Independent(),
        "store": MemoryStore(),
        "prices": PathPrices(parsed, lambda model: MODELS.get(model, ModelInfo())),
        "complexity": FourSignals(),
        "signer": Signer(),
    }
    return Engine(goal_id, parsed, **defaults | settings)


def test_a_decision_carries_all_that_it_was_made_of() -> None:
    """Bucket, beliefs, draws, costs, ranking and reasons are in the decision."""
    decision = engine().decide(ASK, "extraction")

    assert decision.bucket == "extraction/simple"
    assert decision.path == decision.model == decision.ranking[0]
    assert sorted(decision.ranking) == ["cheap", "dear"]
    assert decision.arms.names == ("cheap", "dear")
    assert all(0 < draw < 1 for draw in decision.draws)
    again = decision.objective.choose(decision.arms, decision.draws, decision.eligible)
    assert decision.arms.names[again] == decision.path
    for word in ("extraction/simple", "cheapest-within 0.02", "Beta(1.0, 1.0)", "cheap", "dear"):
        assert word in decision.why()


def test_a_seed_repeats_a_run() -> None:
    """Engines of one seed decide alike, whatever the order of their buckets."""
    first, again = engine(seed=3), engine(seed=3)
    again.decide(ASK, "label")

    paths = [first.decide(ASK).draws for _ in range(100)]

    assert paths == [again.decide(ASK).draws for _ in range(100)]
    assert paths[0] != engine(seed=4).decide(ASK).draws


def test_reported_outcomes_turn_the_choice() -> None:
    """A cheap path that fails loses the traffic of its bucket, and of no other."""
    learner = engine(seed=1)

    for _ in range(200):
        decision = learner.decide(ASK, "extraction")
        learner.report(decision.request_id, decision.path == "dear")

    chosen = [learner.decide(ASK, "extraction").path for _ in range(50)]
    assert chosen.count("dear") == 50
    assert {learner.decide(ASK, "label").path for _ in range(50)} == {"cheap", "dear"}


def test_a_report_counts_once_and_can_be_corrected() -> None:
    """Status and evidence agree over a whole life of reports."""
    store = MemoryStore()
    learner = engine(store=store)
    decision = learner.decide(ASK)
    outcomes: list[tuple[Any, int]] = [(True, 1), (True, 1), (0.5, 1), (0.5, 2), (True, 1)]

    answers = [
        learner.report(decision.request_id, outcome, revision=revision)
        for outcome, revision in outcomes
    ]

    assert answers == [
        ReportStatus.APPLIED,
        ReportStatus.DUPLICATE,
        ReportStatus.CONFLICT,
        ReportStatus.CORRECTED,
        ReportStatus.STALE,
    ]
    seen = store.evidence("goal")[ArmKey(decision.bucket, decision.path)]
    assert seen.successes == seen.failures
    assert seen.attempts == 1


def test_an_id_for_another_path_of_the_ranking_is_another_attempt() -> None:
    """A caller that goes on to the second path reports it under its own id."""
    store = MemoryStore()
    learner = engine(store=store)
    decision = learner.decide(ASK)
    second = decision.ranking[1]

    learner.report(decision.request_id, Outcome.FAILURE)
    learner.report(decision.request_id_for(second), Outcome.SUCCESS)

    evidence = store.evidence("goal")
    assert evidence[ArmKey(decision.bucket, decision.path)].failures
    assert evidence[ArmKey(decision.bucket, second)].successes
    assert decision.request_id_for(decision.path) == decision.request_id
    with pytest.raises(ConfigurationError, match="not in this decision's ranking"):
        decision.request_id_for("other")


@pytest.mark.parametrize(
    ("outcome", "revision", "error"),
    [
        ("won", 1, InvalidOutcomeError),
        (2.0, 1, InvalidOutcomeError),
        (None, 1, InvalidOutcomeError),
        (True, -1, ConfigurationError),
        (True, 1.5, ConfigurationError),
        (True, True, ConfigurationError),
    ],
)
def test_a_bad_report_leaves_nothing_behind(outcome: Any, revision: Any, error: type) -> None:
    """What is refused is refused whole."""
    store = MemoryStore()
    learner = engine(store=store)
    decision = learner.decide(ASK)

    with pytest.raises(error):
        learner.report(decision.request_id, outcome, revision=revision)

    assert store.evidence("goal") == {}


def test_ids_of_another_goal_process_or_month_are_told_apart() -> None:
    """Foreign, unknown and expired each have their own error."""
    clock = [1_800_000_000.0]
    signer = Signer("a secret of the fleet")
    learner = engine(signer=signer, clock=lambda: clock[0])
    request_id = learner.decide(ASK).request_id

    with pytest.raises(ForeignRequestIdError, match=r"'goal'.*'other'"):
        engine(goal_id="other", signer=signer).report(request_id, True)
    with pytest.raises(UnknownKeyError):
        engine().report(request_id, True)
    with pytest.raises(ForeignRequestIdError, match=r"namespace ''.*'tenant'"):
        engine(signer=signer, namespace="tenant").report(request_id, True)
    clock[0] += 31 * 86_400
    with pytest.raises(ExpiredRequestIdError, match="31 days ago"):
        learner.report(request_id, True)


def test_a_namespace_keeps_evidence_apart() -> None:
    """Two tenants of one store and goal see nothing of each other."""
    store = MemoryStore()
    first, second = (engine(store=store, namespace=name) for name in ("a", "b"))

    first.report(first.decide(ASK).request_id, True)

    assert first.stats().buckets
    assert second.stats().buckets == {}


def test_corrected_checks_are_not_seen_as_a_break() -> None:
    """Automatic successes that are corrected in batches, at a steady rate, open no epoch."""
    events: list[Event] = []
    learner = engine(paths=["cheap"], on_event=events.append)
    world = random.Random(1)

    for _ in range(20):
        decisions = [learner.decide(ASK) for _ in range(50)]
        for decision in decisions:
            learner.report(decision.request_id, True, revision=0)
        for decision in decisions:
            learner.report(decision.request_id, world.random() < 0.7)

    assert [event for event in events if isinstance(event, EpochOpened)] == []
    cheap = learner.stats().buckets["general/simple"]["cheap"]
    assert cheap.successes + cheap.failures == 1_000


def test_a_request_is_retold_with_its_draws_and_reports() -> None:
    """Explain knows the decision and every report; of a forgotten one, what the id says."""
    signer = Signer("a secret of the fleet")
    learner = engine(signer=signer)
    decision = learner.decide(ASK, "label")
    learner.report(decision.request_id, False, category="wrong_company")

    here = learner.explain(decision.request_id)
    elsewhere = engine(signer=signer).explain(decision.request_id)

    assert here.decision == decision
    assert [type(step) for step in here.steps] == [Reported]
    assert "wrong_company" in str(here)
    assert elsewhere.decision is None
    assert "label/simple" in str(elsewhere)


def test_what_is_remembered_is_bounded() -> None:
    """However many requests there were, the last 10,000 are kept, in some 20 MB."""
    learner = engine()
    first = learner.decide(ASK)
    tracemalloc.start()

    for _ in range(10_000):
        decision = learner.decide(ASK)
        learner.report(decision.request_id, True)
    full, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert learner.explain(first.request_id).decision is None
    assert learner.explain(decision.request_id).decision == decision
    assert full < 30e6


def test_observing_decides_but_serves_the_default() -> None:
    """The preferred path is recorded beside the served one; the id names the served one."""
    observer = engine(plan=RolloutPlan("observe", "dear"), objective=CheapestWithin(0.99))

    decision = observer.decide(ASK)

    assert (decision.path, decision.preferred) == ("dear", "cheap")
    assert decision.ranking == ("dear", "cheap")
    assert "dear is served, cheap was chosen" in decision.why()
    observer.report(decision.request_id, True)
    assert observer.stats().buckets["general/simple"]["dear"].successes == 1


def play(learner: Engine, rates: dict[str, float], requests: int) -> list[str]:
    """Send requests whose outcomes follow these success rates; return the paths served."""
    world = random.Random(requests)
    served = []
    for _ in range(requests):
        decision = learner.decide(ASK)
        learner.report(decision.request_id, world.random() < rates[decision.path])
        served.append(decision.path)
    return served


def test_a_path_that_breaks_begins_anew() -> None:
    """Its belief is forgotten, its costs are not; an event tells; traffic turns within few."""
    events: list[Event] = []
    learner = engine(seed=1, on_event=events.append)
    play(learner, {"cheap": 0.95, "dear": 0.95}, 300)
    before = learner.stats().buckets["general/simple"]["cheap"]

    served = play(learner, {"cheap": 0.2, "dear": 0.95}, 100)

    opened = [event for event in events if isinstance(event, EpochOpened)]
    after = learner.stats().buckets["general/simple"]["cheap"]
    assert [(event.path, event.epoch, event.direction) for event in opened] == [
        ("cheap", 1, "fell")
    ]
    assert opened[0].rate_before == pytest.approx(0.95, abs=0.05)
    assert before.successes > 100
    assert (after.epoch, after.successes + after.failures < 60) == (1, True)
    assert after.attempts > before.attempts
    assert served[-50:].count("dear") >= 45


def test_without_detection_nothing_is_forgotten() -> None:
    """The same break, and all evidence stays."""
    learner = engine(seed=1, detect_changes=False)

    play(learner, {"cheap": 0.95, "dear": 0.95}, 300)
    play(learner, {"cheap": 0.2, "dear": 0.95}, 100)

    arms = learner.stats().buckets["general/simple"].values()
    assert sum(arm.successes + arm.failures for arm in arms) == 400
    assert {arm.epoch for arm in arms} == {0}


def test_late_news_of_an_old_epoch_stays_in_it() -> None:
    """An outcome counts in the epoch in which its request was decided."""
    store = MemoryStore()
    learner = engine(store=store)
    decision = learner.decide(ASK)

    store.open_epoch("goal", decision.bucket, decision.path, 1)
    learner.report(decision.request_id, True)

    assert list(store.evidence("goal")) == [ArmKey(decision.bucket, decision.path, 0, 0)]
    assert learner.token(learner.decide(ASK).request_id_for(decision.path)).epoch == 1
    assert learner.stats().buckets[decision.bucket][decision.path].successes == 0


def test_a_path_without_a_price_is_announced_and_never_cheap() -> None:
    """One warning event; the path ranks last."""
    events: list[Event] = []

    decision = engine(paths=["mystery", "dear"], on_event=events.append).decide(ASK)

    assert events[0] == PriceUnknown("goal", "mystery", "mystery")
    assert decision.arms.names == ("dear", "mystery")
    assert decision.arms.costs_usd[1] == math.inf


def test_a_hook_that_raises_fails_nothing_and_is_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The request goes on; the error is logged once."""

    def hook(event: Event) -> None:
        raise RuntimeError("mine")

    hooked = engine(on_event=hook)
    with caplog.at_level(logging.ERROR):
        paths = [hooked.decide(ASK).path for _ in range(3)]

    assert len(paths) == 3
    assert hooked.stats().counters.hooks_raised == 3
    assert len([record for record in caplog.records if record.exc_info]) == 1


@pytest.mark.parametrize(
    "answer",
    [
        RuntimeError("mine"),
        None,
        "simple",
        Assessment("x" * 300, 1),
        Assessment("", 1),
        Assessment("a\nb", 1),
        Assessment("simple", float("nan")),
        Assessment("simple", None),  # type: ignore[arg-type]
    ],
    ids=repr,
)
def test_a_users_scorer_may_answer_anything(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    """What is no assessment becomes the level "unknown", with one warning."""

    class Scorer:
        def assess(self, prompt: str, task_type: str, *, demands_structure: bool) -> Assessment:
            if isinstance(answer, Exception):
                raise answer
            return answer  # type: ignore[no-any-return]

    decider = engine(complexity=Scorer())
    decisions = [decider.decide(ASK) for _ in range(2)]

    assert [decision.bucket for decision in decisions] == ["general/unknown"] * 2
    assert decisions[0].request_id
    assert decisions[0].why()
    if not isinstance(answer, Exception):
        assert "such as" in caplog.text or "Assessment(level, score)" in caplog.text
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1


@pytest.mark.parametrize("answer", [RuntimeError("mine"), 99, -1, None, "0", 0.5], ids=repr)
def test_a_users_rule_may_answer_anything(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be chosen is replaced by the best draw, in the ranking too, with one warning."""

    class Rule:
        def choose(self, arms: Arms, draws: Any, among: Any) -> int:
            if isinstance(answer, Exception):
                raise answer
            return answer  # type: ignore[no-any-return]

    decider = engine(objective=Rule())
    decisions = [decider.decide(ASK) for _ in range(2)]

    for decision in decisions:
        best = max(zip(decision.draws, decision.arms.names, strict=True))[1]
        assert decision.path == decision.ranking[0] == best
        assert "Rule" in decision.why()
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1


def test_a_store_that_cannot_be_read_costs_learning_only(caplog: pytest.LogCaptureFixture) -> None:
    """Decisions go on by the prior, or by what was known when it could still be read."""

    class FailingStore(MemoryStore):
        is_down = True

        def version(self, goal_id: str, bucket: str) -> int:
            if self.is_down:
                raise OSError("gone")
            return super().version(goal_id, bucket)

        def bucket(self, goal_id: str, bucket: str) -> BucketEvidence:
            self.version(goal_id, bucket)
            return super().bucket(goal_id, bucket)

    store = FailingStore()
    decider = engine(store=store)

    assert decider.decide(ASK).arms.means == (0.5, 0.5)
    store.is_down = False
    for _ in range(20):
        decider.report(decider.decide(ASK).request_id, True)
    known = decider.decide(ASK).arms.means
    store.is_down = True

    assert max(known) > 0.8
    assert decider.decide(ASK).arms.means == known
    assert "could not be read" in caplog.text


def test_task_types_are_bounded_in_number() -> None:
    """The 65th label shares the task type "other"; the known ones keep their own."""
    decider = engine()

    buckets = [decider.decide(ASK, f"task {number}").bucket for number in range(70)]

    assert len(set(buckets)) == 65
    assert buckets[-1] == "other/simple"
    assert decider.decide(ASK, "task 0").bucket == "task 0/simple"
    assert decider.decide(ASK, "general").bucket == "general/simple"
    late = decider.decide([{"role": "user", "content": "compare, as json"}], "reasoning")
    assert late.bucket == "other/complex"  # the label still counts in the score


@pytest.mark.parametrize("task_type", ["", " ", 7, "a\nb", "x" * 101, ["label"]])
def test_a_task_type_that_is_no_label_is_refused(task_type: Any) -> None:
    """The error names the value."""
    with pytest.raises(ConfigurationError, match="task_type"):
        engine().decide(ASK, task_type)


def test_damaged_evidence_is_set_aside(caplog: pytest.LogCaptureFixture) -> None:
    """One impossible cell costs its own learning, not anybody's request."""

    class DamagedStore(MemoryStore):
        def bucket(self, goal_id: str, bucket: str) -> BucketEvidence:
            impossible = Evidence(successes=-(2**40))
            return BucketEvidence(0, {ArmKey(bucket, "cheap"): impossible}, {})

    decision = engine(store=DamagedStore()).decide(ASK)

    assert decision.path in ("cheap", "dear")
    assert "cannot be right" in caplog.text


def test_decisions_are_announced_only_to_those_who_listen() -> None:
    """Each decision is one event, with names and no text of the prompt."""
    events: list[Event] = []

    decision = engine(on_event=events.append).decide(ASK)

    assert events == [
        Decided("goal", decision.nonce.hex(), decision.bucket, decision.path, decision.preferred)
    ]
    assert "iPhone" not in repr(decision) + decision.why()


def test_threads_never_share_an_id_or_lose_an_outcome() -> None:
    """64 threads decide and report 50 times each: 3,200 ids, 3,200 outcomes."""
    store = MemoryStore()
    shared = engine(store=store, seed=2)
    ids: list[str] = []

    def work() -> None:
        for _ in range(50):
            decision = shared.decide(ASK)
            assert shared.token(decision.request_id).path == decision.path
            assert shared.report(decision.request_id, True) is ReportStatus.APPLIED
            ids.append(decision.request_id)

    _in_threads(64, work)

    assert len(set(ids)) == 3_200
    evidence = store.evidence("goal").values()
    assert sum(seen.outcomes for seen in evidence) == 3_200
    assert shared.stats().counters.decisions == 3_200


def test_a_forked_child_decides_and_reports_with_draws_of_its_own() -> None:
    """After fork both sides work, and neither repeats the other's draws or ids."""
    shared = engine(seed=5)
    shared.decide(ASK)
    reader, writer = os.pipe()

    child = os.fork()
    if child == 0:
        decision = shared.decide(ASK)
        status = shared.report(decision.request_id, True)
        os.write(writer, f"{decision.draws[0]!r} {decision.nonce.hex()} {status}".encode())
        os._exit(0)
    mine = shared.decide(ASK)
    _, code = os.waitpid(child, 0)
    draw, nonce, status = os.read(reader, 1_000).decode().split()
    os.close(reader)
    os.close(writer)

    assert code == 0
    assert status == "applied"
    assert float(draw) != mine.draws[0]
    assert nonce != mine.nonce.hex()


def test_forks_in_the_middle_of_reports_leave_no_locked_child() -> None:
    """20 forks under 4 busy threads: every child can decide and report."""
    shared = engine()
    is_done = threading.Event()

    def work() -> None:
        while not is_done.is_set():
            shared.report(shared.decide(ASK).request_id, True)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    codes: list[int] = []
    for _ in range(20):
        child = os.fork()
        if child == 0:
            shared.report(shared.decide(ASK).request_id, True)
            os._exit(0)
        codes.append(os.waitpid(child, 0)[1])
    is_done.set()
    for worker in workers:
        worker.join()

    assert codes == [0] * 20


def test_forks_while_routers_are_built_and_dropped() -> None:
    """What a fork locks is what it lets go, whoever comes and goes meanwhile."""
    is_done = threading.Event()

    def work() -> None:
        while not is_done.is_set():
            engine().decide(ASK)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    codes: list[int] = []
    for _ in range(30):
        child = os.fork()
        if child == 0:
            engine().decide(ASK, "new label")
            os._exit(0)
        codes.append(os.waitpid(child, 0)[1])
    is_done.set()
    for worker in workers:
        worker.join()

    assert codes == [0] * 30
    assert engine().decide(ASK).path


def _in_threads(number: int, work: Callable[[], None]) -> None:
    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)
            raise

    threads = [threading.Thread(target=guarded) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
