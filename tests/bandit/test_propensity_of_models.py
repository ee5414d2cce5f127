"""The beliefs that models make have propensities, near certainty too."""

import pytest

from armwise.bandit import Arms, CheapestWithin
from armwise.bandit.models import BeliefModel, Cell, Hierarchical, HierarchicalBeta, Pooled, matured
from armwise.bandit.propensity import propensities


@pytest.mark.parametrize(
    "model", [HierarchicalBeta(), Hierarchical(), Pooled()], ids=lambda model: model.name
)
@pytest.mark.parametrize("successes", [0.0, 30.0, 3_000.0])
def test_an_arm_that_never_failed_has_a_propensity(model: BeliefModel, successes: float) -> None:
    """Whatever was seen, the probabilities of all arms add up to 1."""
    cells = [Cell("t", "simple", path) for path in "abc"]
    counts = {cells[0]: (successes, 0.0), cells[1]: (2.0, 1.0), cells[2]: (0.0, successes)}
    fit = model.fit(counts, {})
    arms = Arms.of(
        (cell.path, fit.belief(cell, *counts[cell]).tempered(model.noise), cost)
        for cell, cost in zip(cells, (0.1, 1.0, 10.0), strict=True)
    )

    found = propensities(CheapestWithin(), arms)

    assert sum(found.shares) == pytest.approx(1.0, abs=1e-6)


def test_noise_grows_to_the_full_one_as_a_bucket_fills() -> None:
    """Between 500 and 2,000 outcomes, and never beyond 1."""
    assert matured(0.4, 0) == matured(0.4, 500) == 0.4
    assert matured(0.4, 1_250) == pytest.approx(0.7)
    assert matured(0.4, 2_000) == matured(0.4, 1e9) == 1.0
