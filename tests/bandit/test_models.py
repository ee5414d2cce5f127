"""Models of beliefs: what is borrowed, and that it depends on the counts alone."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from armwise.bandit import Beta
from armwise.bandit.models import (
    BeliefModel,
    Cell,
    Hierarchical,
    HierarchicalBeta,
    Independent,
    LogisticThompson,
    Pooled,
    is_stale,
)
from armwise.bandit.models.hierarchical import MOST_BUCKETS
from armwise.bandit.models.laplace import Normal, fit_weights, observed
from armwise.errors import ConfigurationError

MODELS: tuple[BeliefModel, ...] = (
    Independent(),
    Pooled(),
    Hierarchical(),
    HierarchicalBeta(),
    LogisticThompson(),
)
COUNTS = {
    Cell("easy", "simple", "cheap"): (40.0, 10.0),
    Cell("easy", "simple", "dear"): (48.0, 2.0),
    Cell("hard", "simple", "cheap"): (10.0, 40.0),
    Cell("hard", "complex", "cheap"): (3.0, 30.0),
    Cell("hard", "simple", "dear"): (30.0, 20.0),
    Cell("hard", "simple", "dear", 1): (4.0, 16.0),
}


def mean(model: BeliefModel, cell: Cell, counts: dict[Cell, tuple[float, float]]) -> float:
    """Return the believed success rate of a cell."""
    return model.fit(counts, {}).belief(cell, *counts.get(cell, (0.0, 0.0))).mean


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_fit_does_not_depend_on_the_order_of_the_counts(model: BeliefModel) -> None:
    """The same counts in any order give the same belief, to the last bit."""
    cells = list(COUNTS)
    beliefs = set()
    for seed in range(5):
        Random(seed).shuffle(cells)
        fit = model.fit({cell: COUNTS[cell] for cell in cells}, {"dear": Beta(2, 1)})
        beliefs.add(tuple(str(fit.belief(cell, *COUNTS[cell]).mean) for cell in COUNTS))

    assert 1 == len(beliefs)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_an_earlier_fit_changes_the_time_and_not_the_result(model: BeliefModel) -> None:
    """Starting from another fit ends at the same beliefs."""
    before = model.fit({Cell("easy", "simple", "cheap"): (1.0, 9.0)}, {})

    for cell, count in COUNTS.items():
        fresh = model.fit(COUNTS, {}).belief(cell, *count).mean
        assert model.fit(COUNTS, {}, before).belief(cell, *count).mean == pytest.approx(
            fresh, abs=1e-6
        )


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_without_any_count_a_belief_is_wide(model: BeliefModel) -> None:
    """Nothing seen means that nearly everything is possible."""
    low, high = model.fit({}, {}).belief(Cell("any", "simple", "new"), 0.0, 0.0).interval(0.9)

    assert high - low > 0.45


def test_independent_beliefs_are_prior_plus_counts() -> None:
    """No other cell is looked at."""
    fit = Independent().fit(COUNTS, {"cheap": Beta(3, 1)})

    assert fit.belief(Cell("hard", "simple", "cheap"), 10, 40) == Beta(13, 41)
    assert fit.belief(Cell("new", "simple", "dear"), 0, 0) == Beta(1, 1)


def test_pooled_beliefs_borrow_from_the_other_levels_and_tasks() -> None:
    """By hand: 41/52 elsewhere, then (4 x 41/52 + 3) / 37 in the task, worth four outcomes."""
    belief = Pooled(4).fit(COUNTS, {}).belief(Cell("hard", "simple", "cheap"), 10, 40)
    in_task = (4 * 41 / 52 + 3) / (4 + 33)

    assert belief.alpha == pytest.approx(4 * in_task + 10)
    assert belief.alpha + belief.beta == pytest.approx(54)


def test_a_hard_task_does_not_speak_against_the_path_that_was_tried_on_it() -> None:
    """What pooling takes for a bad path, a hierarchical model knows for a hard task."""
    counts = {
        Cell("easy", "simple", "a"): (45.0, 5.0),
        Cell("hard", "simple", "a"): (10.0, 40.0),
        Cell("hard", "simple", "b"): (12.0, 38.0),
    }
    new = Cell("easy", "simple", "b")

    assert mean(Hierarchical(), new, counts) > 0.75
    assert mean(Pooled(), new, counts) < 0.3


def test_a_path_that_is_good_elsewhere_starts_high_on_a_new_task() -> None:
    """Quality is borrowed; on a task without outcomes the order is that of the other tasks."""
    for model in (Pooled(), Hierarchical(), LogisticThompson()):
        dear = mean(model, Cell("new", "simple", "dear"), COUNTS)
        assert dear > mean(model, Cell("new", "simple", "cheap"), COUNTS) + 0.1


def test_a_borrowed_beta_holds_a_cells_own_outcomes_once() -> None:
    """Own counts come on top of a prior worth at most the strength, and that of the others."""
    cell = Cell("hard", "simple", "cheap")
    belief = HierarchicalBeta(1.5).fit(COUNTS, {}).belief(cell, *COUNTS[cell])
    others = {key: count for key, count in COUNTS.items() if key != cell}
    without = Hierarchical().fit(others, {}).belief(cell, 0, 0).mean

    worth = belief.alpha + belief.beta - 50
    assert 1 <= worth <= 1.5
    assert (belief.alpha - 10) / worth == pytest.approx(without, abs=0.05)


def test_a_path_that_has_not_failed_is_soon_trusted() -> None:
    """Ten successes leave a Beta room above .98, and next to none to a logit-normal."""
    counts = {
        Cell("t", "simple", "dear"): (200.0, 0.0),
        Cell("u", "simple", "cheap"): (0.0, 5.0),
        Cell("t", "simple", "cheap"): (10.0, 0.0),
    }
    cheap = Cell("t", "simple", "cheap")
    above = [
        1 - model.fit(counts, {}).belief(cheap, 10, 0).tempered(0.5).below(np.array([0.98]))[0]
        for model in (HierarchicalBeta(), Hierarchical())
    ]

    assert above[0] > 20 * above[1]
    assert above[0] > 0.1


def test_a_task_of_its_own_kind_is_learned_by_pairs_alone() -> None:
    """Where the order of two paths turns on one task, the additive model cannot say so."""
    counts = {
        Cell(f"usual {number}", "simple", path): count
        for number in range(4)
        for path, count in (("a", (45.0, 5.0)), ("b", (25.0, 25.0)))
    }
    counts[Cell("odd", "simple", "a")] = (100.0, 100.0)
    counts[Cell("odd", "simple", "b")] = (180.0, 20.0)
    odd = Cell("odd", "simple", "a"), Cell("odd", "simple", "b")

    assert mean(Hierarchical(), odd[1], counts) > mean(Hierarchical(), odd[0], counts) + 0.2
    assert mean(LogisticThompson(), odd[1], counts) < mean(LogisticThompson(), odd[0], counts) + 0.2


def test_a_request_that_has_failed_is_believed_to_be_harder() -> None:
    """Before any outcome after a failure, and more so after two."""
    fit = Hierarchical().fit(COUNTS, {})
    rates = [fit.belief(Cell("easy", "simple", "cheap", k), 0, 0).mean for k in range(1, 4)]

    assert fit.belief(Cell("easy", "simple", "cheap"), 40, 10).mean > rates[0] > rates[1] > rates[2]


def test_a_weight_counts_as_outcomes_that_do_not_fade() -> None:
    """Beta(3, 1) is two successes of that path, on any task."""
    cell = Cell("any", "simple", "path")
    plain = Hierarchical().fit({}, {}).belief(cell, 0, 0).mean
    hopeful = Hierarchical().fit({}, {"path": Beta(3, 1)}).belief(cell, 0, 0).mean

    assert hopeful > plain + 0.05


def test_outcomes_since_the_fit_count_for_their_own_cell_at_once() -> None:
    """A stale fit plus new outcomes comes close to a fresh one."""
    stale = Hierarchical().fit(COUNTS, {})
    for cell, (won, lost) in COUNTS.items():
        now = (won + 6, lost + 2)
        fresh = Hierarchical().fit(COUNTS | {cell: now}, {}).belief(cell, *now)
        assert stale.belief(cell, *now).mean == pytest.approx(fresh.mean, abs=0.02)


def test_counts_that_faded_since_the_fit_are_no_negative_outcomes() -> None:
    """Fewer outcomes than were fitted leave the fit's belief as it is."""
    fit = Hierarchical().fit(COUNTS, {})
    cell = Cell("easy", "simple", "cheap")

    assert fit.belief(cell, 30.0, 8.0) == fit.belief(cell, 40.0, 10.0)


def test_levels_are_told_apart_only_while_there_are_few_buckets() -> None:
    """Above the limit two levels of a task share their belief."""
    few = {Cell("t", level, "a"): (9.0, 1.0) for level in ("simple", "complex")}
    many = few | {
        Cell(f"t{number}", level, "a"): (5.0, 5.0)
        for number in range(MOST_BUCKETS)
        for level in ("simple", "complex")
    }
    uneven = {Cell("t", "simple", "a"): (18.0, 2.0), Cell("t", "complex", "a"): (2.0, 18.0)}
    pair = Cell("t", "simple", "a"), Cell("t", "complex", "a")

    told, lumped = Hierarchical().fit(uneven, {}), Hierarchical().fit(many | uneven, {})
    assert told.belief(pair[0], 18, 2).mean > told.belief(pair[1], 2, 18).mean + 0.2
    assert lumped.belief(pair[0], 18, 2) == lumped.belief(pair[1], 2, 18)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_the_fit_is_the_mode_and_the_curvature_there(seed: int) -> None:
    """An independent optimiser finds the same mode, differences the same covariance."""
    rng = np.random.default_rng(seed)
    weights, rows = 4, [[0], [0, 1], [1, 2], [0, 2, 3], [3]]
    counts = [(float(won), float(lost)) for won, lost in rng.integers(0, 20, (len(rows), 2))]
    prior, variances = rng.normal(0, 1, weights), rng.uniform(0.1, 2, weights)
    normals = [Normal(*pair) for pair in zip(prior.tolist(), variances.tolist(), strict=True)]
    design = np.zeros((len(rows), weights))
    for number, row in enumerate(rows):
        design[number, row] = 1
    won, lost = np.array(counts).T

    def loss(value: np.ndarray) -> float:
        logits = design @ value
        likelihood = won * np.logaddexp(0, -logits) + lost * np.logaddexp(0, logits)
        return float(likelihood.sum() + ((value - prior) ** 2 / variances).sum() / 2)

    found = fit_weights(rows, counts, normals)
    best = minimize(loss, prior, method="BFGS", options={"gtol": 1e-9})
    assert np.allclose(best.x, found.mode, atol=1e-4)

    rates = 1 / (1 + np.exp(-design @ found.mode))
    curvature = design.T @ np.diag((won + lost) * rates * (1 - rates)) @ design + np.diag(
        1 / variances
    )
    row = design[3]
    assert found.logit([0, 2, 3]) == pytest.approx(
        (row @ found.mode, row @ np.linalg.inv(curvature) @ row), rel=1e-4
    )


def test_one_logit_after_outcomes_of_its_own() -> None:
    """The same as a regression with that one weight."""
    alone = fit_weights([[0]], [(7.0, 3.0)], [Normal(0.5, 0.8)])

    assert observed(0.5, 0.8, 7.0, 3.0) == pytest.approx(alone.logit([0]), abs=1e-5)


def test_a_fit_is_renewed_often_at_first_and_every_fifty_outcomes_later() -> None:
    """One more, then a twentieth more, then 50 more."""
    assert is_stale(0, 1)
    assert not is_stale(0, 0)
    assert not is_stale(200, 9)
    assert is_stale(200, 10)
    assert not is_stale(1e6, 49)
    assert is_stale(1e6, 50)


@pytest.mark.parametrize("noise", [0, -1, 1.5, True, "0.5", None, float("nan")])
def test_a_noise_outside_its_range_is_refused(noise: object) -> None:
    """The error names the value."""
    for model in (Independent, Hierarchical, LogisticThompson):
        with pytest.raises(ConfigurationError, match="noise must be"):
            model(noise)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="noise must be"):
        Pooled(4, noise)  # type: ignore[arg-type]


@pytest.mark.parametrize("strength", [0, -4, float("inf"), True])
def test_a_strength_outside_its_range_is_refused(strength: float) -> None:
    """The error names the value."""
    for model in (Pooled, HierarchicalBeta):
        with pytest.raises(ConfigurationError, match="strength must be"):
            model(strength)
