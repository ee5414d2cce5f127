"""Binomial regression with a normal prior, by Laplace's approximation.

The posterior of the weights is taken as normal around its mode, with the inverse curvature there
as its covariance (Spiegelhalter and Lauritzen 1990; Bishop, Pattern Recognition and Machine
Learning, section 4.5). All features here are indicators, so a row is the list of features that
are switched on, and counts per distinct row are all that the data can say.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from armwise.bandit.logit import sigmoid

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse.linalg import SuperLU

_TOLERANCE = 1e-5
_MOST_STEPS = 50


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

    posterior = _Posterior(rows, counts, priors)
    weights = posterior.prior.copy() if start is None else start
    reached = posterior.loss(weights)
    steps = 0
    while True:
        steps += 1
        slope, factor = posterior.slopes(weights)
        step = factor.solve(slope)
        if float(np.abs(step).max()) < _TOLERANCE or steps == _MOST_STEPS:
            return Weights(weights + step, factor)  # off the mode by the step's square
        # Far from the mode a whole step may overshoot; the loss is convex, so a part of it helps.
        share = 1.0
        while (lower := posterior.loss(weights + share * step)) > reached and share > _TOLERANCE:
            share /= 2.0
        weights, reached = weights + share * step, lower


class _Posterior:
    """The posterior of the weights, up to a constant: its negative logarithm and derivatives."""

    def __init__(
        self,
        rows: Sequence[Sequence[int]],
        counts: Sequence[tuple[float, float]],
        priors: Sequence[Normal],
    ) -> None:
        import numpy as np
        from scipy.sparse import csr_array

        self.prior = np.array([normal.mean for normal in priors])
        self._precision = 1.0 / np.array([normal.variance for normal in priors])
        columns = np.concatenate([np.asarray(row) for row in rows])
        starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
        shape = (len(rows), len(priors))
        self._design = csr_array((np.ones(len(columns)), columns, starts), shape=shape)
        table = np.asarray(counts, float)
        self._won, self._seen = table[:, 0], table.sum(axis=1)

    def loss(self, weights: "NDArray[Any]") -> float:
        """Return the negative logarithm at some weights."""
        import numpy as np

        logits = self._design @ weights
        surprise = self._seen * np.logaddexp(0.0, logits) - self._won * logits
        distance = self._precision * (weights - self.prior) ** 2
        return float(surprise.sum() + 0.5 * distance.sum())

    def slopes(self, weights: "NDArray[Any]") -> tuple["NDArray[Any]", "SuperLU"]:
        """Return the direction of ascent, and the factorised curvature."""
        import numpy as np
        from scipy.sparse import diags_array
        from scipy.sparse.linalg import splu

        design, precision = self._design, self._precision
        rates = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -36.0, 36.0)))
        slope = design.T @ (self._won - self._seen * rates) - precision * (weights - self.prior)
        heights = self._seen * rates * (1.0 - rates)
        curvature = (design.T * heights) @ design + diags_array(precision)
        factor = splu(
            curvature.tocsc(),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
        return slope, factor


def observed(
    mean: float, variance: float, successes: float, failures: float
) -> tuple[float, float]:
    """Return mean and variance of one normal logit after more outcomes of its own.

    The same approximation in one dimension. The mode is where the slope, which falls all the way,
    is zero: by Newton's method, and by halving the bracket where a step would leave it.
    """
    outcomes = successes + failures
    precision = 1.0 / variance
    # The slope is above 0 at the one and below 0 at the other.
    low, high = mean - variance * failures, mean + variance * successes
    logit = mean
    while True:
        rate = sigmoid(logit)
        curvature = outcomes * rate * (1.0 - rate) + precision
        slope = successes - outcomes * rate - precision * (logit - mean)
        if slope > 0.0:
            low = logit
        else:
            high = logit
        if abs(slope) < _TOLERANCE * curvature or high - low < _TOLERANCE:
            return logit, 1.0 / curvature
        logit += slope / curvature
        if not low < logit < high:
            logit = (low + high) / 2.0
