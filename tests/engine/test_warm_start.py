"""Offline evaluations: read strictly, counted as few outcomes, outweighed by real ones."""

import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armwise.adapters import ModelInfo, Price
from armwise.bandit import CheapestWithin, FourSignals
from armwise.bandit.decay import Outcomes
from armwise.bandit.models import Independent
from armwise.engine import Engine, PathPrices, Signer, WarmStart, parse_paths
from armwise.engine.warm_start import effective, representatives
from armwise.errors import ConfigurationError
from armwise.storage import ArmKey, MemoryStore

ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
MODELS = {"cheap": ModelInfo(Price(1e-6, 1e-6)), "dear": ModelInfo(Price(1e-5, 1e-5))}
PATHS = ("cheap", {"model": "dear", "name": "best"})

Write = Callable[..., FilePath]


def engine(**settings: Any) -> Engine:
    """Return an engine with a cheap path and a dear one; settings override."""
    paths = parse_paths(settings.pop("paths", PATHS))
    defaults: dict[str, Any] = {
        "objective": CheapestWithin(),
        "model": Independent(),
        "store": MemoryStore(),
        "prices": PathPrices(paths, lambda model: MODELS.get(model, ModelInfo())),
        "complexity": FourSignals(),
        "signer": Signer(),
    }
    return Engine("goal", paths, **defaults | settings)


def seed(learner: Engine, file: FilePath, trust: float = 0.2, most: int = 50) -> WarmStart:
    """Return what a warm start did."""
    return learner.handles.warm_start(file, trust, most)


@pytest.fixture
def write(tmp_path: FilePath) -> Write:
    """Return a function that writes lines, objects or text, to a file."""

    def written(*lines: dict[str, Any] | str, name: str = "evals.jsonl") -> FilePath:
        file = tmp_path / name
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        file.write_text("\n".join(texts) + "\n", encoding="utf-8")
        return file

    return written


def evals(path: str, successes: int, failures: int, **more: Any) -> list[dict[str, Any]]:
    """Return lines of one path."""
    line = {"task_type": "label", "path": path, **more}
    return [line | {"outcome": number < successes} for number in range(successes + failures)]


def test_five_evaluations_count_as_one_outcome(write: Write) -> None:
    """In the evidence, by path and bucket; no attempt, no report, no money spent."""
    store = MemoryStore()
    learner = engine(store=store)

    told = seed(learner, write(*evals("cheap", 60, 40), *evals("best", 9, 1, cost_usd=0.5)))

    assert told.lines == 110
    assert [(arm.path, arm.evals, arm.mean, arm.effective) for arm in told.arms] == [
        ("best", 10, 0.9, 2),
        ("cheap", 100, 0.6, 20),
    ]
    seen = store.evidence("goal")[ArmKey("label/simple", "cheap")]
    assert (seen.outcomes, seen.attempts, seen.reported) == (20, 0, 0)
    assert seen.successes / (seen.successes + seen.failures) == pytest.approx(0.6)
    assert store.bucket("goal", "label/simple").count == 0
    arms = learner.decide(ASK, "label").arms
    assert arms.means[arms.names.index("cheap")] == pytest.approx(13 / 22)
    report = learner.cost_report(learner.paths[1])
    assert (report.spent_usd, report.attempts, report.unpriced) == (0.0, 0, 0)
    assert "label/simple cheap: 100 evaluations, mean 0.600, count as 20 outcomes" in str(told)


def test_the_same_file_counts_once(write: Write) -> None:
    """In one process, and in two that share a store; another file adds up to the cap only."""
    store = MemoryStore()
    learner, other = engine(store=store), engine(store=store)
    file = write(*evals("cheap", 30, 20))

    first = seed(learner, file)
    before = store.evidence("goal")
    again, elsewhere = seed(learner, file), seed(other, file)

    assert (first.effective, again.effective, elsewhere.effective) == (10, 0, 0)
    assert (first.is_repeated, again.is_repeated) == (False, True)
    assert store.evidence("goal") == before
    more = seed(learner, write(*evals("cheap", 500, 0), name="more.jsonl"))
    assert more.effective == 40


def test_evaluations_teach_what_a_path_costs(write: Write) -> None:
    """In their bucket, as so many measured requests; a repeated file elsewhere teaches it too."""
    store = MemoryStore()
    learner, other = engine(store=store), engine(store=store)
    before = learner.decide(ASK, "label").arms.costs_usd
    file = write(*evals("best", 100, 0, cost_usd=0.5))

    seed(learner, file)
    seed(other, file)

    for taught in (learner, other):
        cost_usd = dict(zip(*_columns(taught.decide(ASK, "label").arms), strict=True))
        assert cost_usd["best"] == pytest.approx((20 * 0.5 + 3 * before[1]) / 23)
        assert cost_usd["cheap"] == before[0]
    assert learner.decide(ASK, "general").arms.costs_usd == before


def _columns(arms: Any) -> tuple[tuple[str, ...], tuple[float, ...]]:
    return arms.names, arms.costs_usd


def test_prompt_level_or_bucket_say_where_a_line_belongs(write: Write) -> None:
    """The bucket is that which a request would have; without any, that of an empty prompt."""
    long = "compare, step by step, " * 100
    lines = [
        {"bucket": "label/odd", "outcome": 0.5},
        {"task_type": "label", "level": "complex", "prompt": "short", "outcome": 1},
        {"task_type": "reasoning", "prompt": long, "outcome": False},
        {"task_type": "reasoning", "outcome": "success"},
    ]

    told = seed(engine(), write(*[{"model": "dear"} | line for line in lines]), trust=1.0)

    assert [(arm.bucket, arm.path, arm.mean) for arm in told.arms] == [
        ("label/complex", "best", 1.0),
        ("label/odd", "best", 0.5),
        ("reasoning/complex", "best", 0.0),
        ("reasoning/simple", "best", 1.0),
    ]


def test_what_teaches_nothing_is_told(write: Write) -> None:
    """Lines without an outcome, arms with too few, keys that mean nothing, empty lines."""
    lines = [*evals("cheap", 1, 1, id=7), *evals("best", 4, 0, note="x"), "", "  "]
    unknown = [
        {"task_type": "label", "path": "best", "outcome": value} for value in (None, "unknown")
    ]

    told = seed(engine(), write(*lines, *unknown))

    assert told.skipped == {"without an outcome": 2, "too few for one outcome": 2}
    assert told.ignored_keys == ("id", "note")
    assert (told.lines, told.effective) == (10, 1)
    assert "skipped 2 too few for one outcome" in str(told)


LINE = '{"task_type": "label", "path": "cheap", "outcome": true}'


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        ('{"task_type": "label"', 22, "is not JSON"),
        ("[1]", 1, "must be a JSON object, got list"),
        ('{"outcome": NaN}', 13, "NaN"),
        ('{"task_type": "x", "path": "chaep", "outcome": 1}', 20, "Known: 'cheap', 'best'"),
        ('{"task_type": "x", "model": "best", "outcome": 1}', 20, "Known: 'cheap', 'dear'"),
        ('{"task_type": "x", "outcome": 1}', 1, "neither 'path' nor 'model'"),
        ('{"path": "cheap", "outcome": 1}', 1, "neither 'task_type' nor 'bucket'"),
        ('{"task_type": "x", "path": "cheap"}', 1, "has no 'outcome'"),
        ('{"task_type": "x", "path": "cheap", "outcome": 2}', 37, "from 0 to 1, or null, got 2"),
        ('{"task_type": "x", "path": "cheap", "outcome": []}', 37, "outcome must be"),
        ('{"task_type": "x", "path": "cheap", "outcome": 1, "cost_usd": -1}', 51, "got -1"),
        ('{"task_type": "x", "path": "cheap", "outcome": 1, "cost_usd": 1e999}', 51, "got inf"),
        ('{"task_type": "x", "path": "cheap", "outcome": 1, "cost_usd": "1"}', 51, "got '1'"),
        ('{"task_type": 7, "path": "cheap", "outcome": 1}', 2, "got 7"),
        ('{"task_type": "x", "level": "", "path": "cheap", "outcome": 1}', 20, "label such as"),
        ('{"task_type": "x", "prompt": 7, "path": "cheap", "outcome": 1}', 20, "must be text"),
        ('{"bucket": "label", "path": "cheap", "outcome": 1}', 2, "'extraction/simple'"),
        ('{"bucket": "a/b", "task_type": "x", "path": "cheap", "outcome": 1}', 2, "task type 'x'"),
        ('{"outcome": ' + "1" * 5_000 + "}", 1, "too many digits"),
        ("[" * 100_000, 1, "nested too deeply"),
    ],
    ids=range(20),
)
def test_a_bad_line_is_refused_with_its_place(
    write: Write, line: str, column: int, message: str
) -> None:
    """File, line and column; and nothing of the good lines is counted."""
    store = MemoryStore()
    learner = engine(store=store)
    file = write(*[LINE] * 10, line)

    with pytest.raises(ConfigurationError) as refused:
        seed(learner, file)

    assert str(refused.value).startswith(f"{file}, line 11, column {column}: ")
    assert message in str(refused.value)
    assert store.evidence("goal") == {}


def test_a_file_that_cannot_be_read_is_named(tmp_path: FilePath) -> None:
    """Missing, a directory, no text, no path at all."""
    binary = tmp_path / "binary"
    binary.write_bytes(b'{"outcome": "\xff"}\n')

    for file, message in (
        (tmp_path / "none", "No such file"),
        (tmp_path, "Is a directory"),
        (binary, "line 1, column 14: is not UTF-8"),
        (7, "give its path, got 7"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            seed(engine(), file)  # type: ignore[arg-type]


def test_a_model_of_several_paths_has_to_be_told_apart(write: Write) -> None:
    """By the path's name."""
    learner = engine(paths=[{"model": "dear", "name": "a"}, {"model": "dear", "name": "b"}])

    with pytest.raises(ConfigurationError, match="write 'path' with one of 'a', 'b'"):
        seed(learner, write({"task_type": "x", "model": "dear", "outcome": 1}))


@pytest.mark.parametrize(
    ("trust", "most"),
    [(0, 50), (1.5, 50), (True, 50), ("1", 50), (0.2, 0), (0.2, 5000), (0.2, 1.5)],
)
def test_a_worth_that_cannot_be_meant_is_refused(write: Write, trust: Any, most: Any) -> None:
    """The message names the value."""
    with pytest.raises(ConfigurationError, match=r"trust must|most must"):
        seed(engine(), write(LINE), trust, most)


@given(
    scores=st.lists(st.integers(0, 10_000), min_size=1, max_size=300),
    number=st.integers(1, 60),
)
def test_representatives_have_the_mean_of_all(scores: list[int], number: int) -> None:
    """And as many as asked for, ascending, no further out than the scores themselves."""
    few = representatives(Counter(scores), number)

    assert len(few) == number
    assert few == sorted(few)
    assert sum(few) / number == pytest.approx(sum(scores) / len(scores), abs=0.51)
    assert min(scores) <= few[0]
    assert few[-1] <= max(scores)


def test_binary_evaluations_stay_binary() -> None:
    """Their spread is kept: at most one representative lies between."""
    few = representatives(Counter({0: 37, 10_000: 63}), 20)

    assert len([score for score in few if score not in (0, 10_000)]) <= 1


@pytest.mark.parametrize(
    ("number", "worth"), [(0, 0), (2, 0), (3, 1), (100, 20), (249, 50), (10_000, 50)]
)
def test_what_evaluations_are_worth(number: int, worth: int) -> None:
    """A fifth of them, at most 50."""
    assert effective(number, 0.2, 50) == worth


def regret(learner: Engine, rates: dict[str, float], requests: int, world: random.Random) -> float:
    """Return what choosing cost in successes, against the best path, over so many requests."""
    lost = 0.0
    for _ in range(requests):
        decision = learner.decide(ASK, "label")
        lost += max(rates.values()) - rates[decision.path]
        learner.report(decision.request_id, world.random() < rates[decision.path])
    return lost


def test_wrong_evaluations_cost_little_because_of_the_cap(write: Write) -> None:
    """Two thousand evaluations that swear by the wrong path: capped they wash out, whole they rule.

    The cheap path succeeds in 40 % of real requests and the dear one in 90 %; the evaluations say
    the contrary. Mean of three runs of 600 requests.
    """
    rates = {"cheap": 0.4, "best": 0.9}
    file = write(*evals("cheap", 950, 50), *evals("best", 400, 600))
    costs = {}
    for name, trust, most in (("capped", 0.2, 50), ("whole", 1.0, 1000), ("none", 0.0, 0)):
        total = 0.0
        for run in range(3):
            learner = engine(
                store=MemoryStore(), half_life=Outcomes(1100), seed=run, detect_changes=False
            )
            if trust:
                seed(learner, file, trust, most)
            total += regret(learner, rates, 600, random.Random(run))
        costs[name] = total / 3

    assert costs["none"] < costs["capped"] < costs["whole"] / 3


def test_right_evaluations_save_the_exploration(write: Write) -> None:
    """The same simulation with evaluations that are right: less is lost than from nothing."""
    rates = {"cheap": 0.4, "best": 0.9}
    file = write(*evals("cheap", 400, 600), *evals("best", 900, 100))
    lost = {}
    for is_warm in (False, True):
        total = 0.0
        for run in range(5):
            learner = engine(store=MemoryStore(), seed=run, detect_changes=False)
            if is_warm:
                seed(learner, file)
            total += regret(learner, rates, 100, random.Random(run))
        lost[is_warm] = total / 5

    assert lost[True] < lost[False] / 2
