"""The belief about one arm."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from armwise.bandit import Beta
from armwise.errors import ConfigurationError, InvalidBeliefError

positive = st.floats(min_value=1e-3, max_value=1e6)


@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf, -math.inf])
def test_a_belief_that_cannot_be_sampled_cannot_be_built(bad: float) -> None:
    """Zero, negative and non-finite parameters are refused on either side, with the value."""
    for alpha, beta in ((bad, 1), (1, bad)):
        with pytest.raises(InvalidBeliefError, match=str(float(bad)).lstrip("-").split(".")[0]):
            Beta(alpha, beta)


@given(alpha=positive, beta=positive)
def test_moments_and_interval_agree_with_scipy(alpha: float, beta: float) -> None:
    """Mean, variance and interval are those of the Beta distribution."""
    belief = Beta(alpha, beta)

    expected = stats.beta(alpha, beta)

    assert belief.mean == pytest.approx(expected.mean())
    assert belief.variance == pytest.approx(expected.var())
    assert belief.interval(0.9) == pytest.approx(expected.interval(0.9), abs=1e-9)


@pytest.mark.parametrize(
    ("weight", "alpha", "beta"), [(None, 1, 1), (0, 1, 3), (1, 3, 1), (0.7, 2.4, 1.6)]
)
def test_a_weight_is_a_prior_worth_two_observations(
    weight: float | None, alpha: float, beta: float
) -> None:
    """Weight w is Beta(1 + 2w, 1 + 2(1 - w)); none is uniform."""
    belief = Beta.from_weight(weight)

    assert (belief.alpha, belief.beta) == pytest.approx((alpha, beta))


@pytest.mark.parametrize("weight", [-0.1, 1.1, math.nan, "0.5", True])
def test_a_weight_outside_zero_to_one_is_refused(weight: object) -> None:
    """The error names the value and says what a weight is."""
    with pytest.raises(ConfigurationError, match="not a share of the traffic"):
        Beta.from_weight(weight)  # type: ignore[arg-type]
