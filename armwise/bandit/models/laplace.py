"""Binomial regression with a normal prior, by Laplace's approximation.

The posterior of the weights is taken as normal around its mode, with the inverse curvature there
as its covariance (Spiegelhalter and Lauritzen 1990; Bishop, Pattern Recognition and Machine
Learning, section 4.5). All features here are indicators, so a row is the list of features that
are switched on, and counts per distinct row are all that the data can say.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse.linalg import SuperLU

_TOLERANCE = 1e-5
_MOST_STEPS = 50
_LONGEST_STEP = 4.0
"""Newton's method may overshoot far from the mode; a step of 4 logits is cut to that length."""


class Normal(NamedTuple):
    """Prior of one weight: its mean and its variance, above 0."""

    mean: float
    variance: float


class Weights:
    """The normal approximation of the weights' posterior.

    Args:
        mode: Mode per weight, shape (weights,).
        factor: Factorised curvature at the mode, the inverse of the covariance.
    """

    __slots__ = ("_factor", "mode")

    def __init__(self, mode: "NDArray[Any]", factor: "SuperLU") -> None:
        self.mode = mode
        self._factor = factor

    def logit(self, row: Sequence[int]) -> tuple[float, float]:
        """Return mean and variance of the sum of the weights that a row switches on."""
        import numpy as np

        chosen = list(row)
        switched = np.zeros(len(self.mode))
        switched[chosen] = 1.0
        spread = self._factor.solve(switched)
        return float(self.mode[chosen].sum()), float(spread[chosen].sum())


def fit_weights(
    rows: Sequence[Sequence[int]],
    counts: Sequence[tuple[float, float]],
    priors: Sequence[Normal],
    start: "NDArray[Any] | None" = None,
) -> Weights:
    """Return the posterior of the weights, given counts.

    Most weights meet only a few others in a row, so the curvature is sparse: its time grows with
    the number of rows, not with the cube of the number of weights.

    Args:
        rows: Per distinct kind of observation, the numbers of the weights it switches on.
        counts: Successes and failures per row, fractions allowed.
        priors: Prior per weight.
        start: Where to begin the search for the mode; default the prior means.
    """
    import numpy as np
    from scipy.sparse import csr_array

    prior = np.array([normal.mean for normal in priors])
    precision = 1.0 / np.array([normal.variance for normal in priors])
    lengths = [len(row) for row in rows]
    columns = np.concatenate([np.asarray(row) for row in rows])
    starts = np.concatenate([[0], np.cumsum(lengths)])
    ones = np.ones(len(columns))
    design = csr_array((ones, columns, starts), shape=(len(rows), len(prior)))
    table = np.asarray(counts, float)
    won, seen = table[:, 0], table.sum(axis=1)
    weights = prior.copy() if start is None else start
    steps = 0
    while True:
        steps += 1
        rates = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -36.0, 36.0)))
        factor = _factorised(design, seen * rates * (1.0 - rates), precision)
        slope = design.T @ (won - seen * rates) - precision * (weights - prior)
        step = factor.solve(slope)
        longest = float(np.abs(step).max())
        if longest < _TOLERANCE or steps == _MOST_STEPS:
            return Weights(weights, factor)
        weights = weights + step * min(1.0, _LONGEST_STEP / longest)


def _factorised(design: Any, curvatures: "NDArray[Any]", precision: "NDArray[Any]") -> "SuperLU":
    """Return the factorised curvature of the log posterior: rows' curvatures and the prior's."""
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import splu

    curvature = (design.T * curvatures) @ design + diags_array(precision)
    return splu(
        curvature.tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )


def observed(
    mean: float, variance: float, successes: float, failures: float
) -> tuple[float, float]:
    """Return mean and variance of one normal logit after more outcomes of its own.

    The same approximation in one dimension: the mode by Newton's method, the curvature there.
    """
    from math import exp

    logit, precision = mean, 1.0 / variance
    outcomes = successes + failures
    curvature = precision
    for _ in range(_MOST_STEPS):
        rate = 1.0 / (1.0 + exp(-min(max(logit, -36.0), 36.0)))
        curvature = outcomes * rate * (1.0 - rate) + precision
        step = (successes - outcomes * rate - precision * (logit - mean)) / curvature
        logit += min(max(step, -_LONGEST_STEP), _LONGEST_STEP)
        if abs(step) < _TOLERANCE:
            break
    return logit, 1.0 / curvature
