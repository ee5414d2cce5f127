"""Beliefs from a regression on indicator features: what the hierarchical and additive share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from armwise.bandit.logit import LogitNormal
from armwise.bandit.models.cells import Cell, Counts
from armwise.bandit.models.laplace import Normal, Weights, fit_weights, observed
from armwise.bandit.posterior import Beta

if TYPE_CHECKING:
    from numpy.typing import NDArray

Feature = tuple[str, ...]
"""Name of an indicator, such as ("path", "openai/gpt-4o") or ("task", "extraction")."""


Features = Callable[[Cell], Sequence[tuple[Feature, Normal]]]
"""Which features a cell switches on, each with the prior of its weight."""


@dataclass(frozen=True, slots=True)
class RegressionFit:
    """A fitted regression.

    Args:
        features: The features of any cell.
        counts: Counts that it was fitted to.
        numbers: Number of each weight that the data speak of.
        weights: Their posterior; None where there are no data.
    """

    features: Features
    counts: Counts
    numbers: Mapping[Feature, int]
    weights: Weights | None
    _fitted: dict[Cell, tuple[float, float]] = field(default_factory=dict, compare=False)

    def belief(self, cell: Cell, successes: float, failures: float) -> LogitNormal:
        """Return the belief about one cell; see ``Fit.belief``."""
        mean, variance = self.logit(cell)
        had = self.counts.get(cell, (0.0, 0.0))
        more = max(successes - had[0], 0.0), max(failures - had[1], 0.0)
        if more != (0.0, 0.0):
            mean, variance = observed(mean, variance, *more)
        return LogitNormal(mean, variance**0.5)

    def logit(self, cell: Cell) -> tuple[float, float]:
        """Return mean and variance of a cell's logit, by the counts of the fit."""
        held = self._fitted.get(cell)
        if held is not None:
            return held
        mean = variance = 0.0
        known: list[int] = []
        for feature, prior in self.features(cell):
            number = self.numbers.get(feature)
            if number is None:  # no outcome speaks of it yet: its prior stands
                mean += prior.mean
                variance += prior.variance
            else:
                known.append(number)
        if self.weights is not None and known:
            fitted = self.weights.logit(known)
            mean += fitted[0]
            variance += fitted[1]
        self._fitted[cell] = mean, variance
        return mean, variance


def fit_regression(
    features: Features,
    counts: Counts,
    priors: Mapping[str, Beta],
    before: RegressionFit | None = None,
) -> RegressionFit:
    """Return the regression fitted to counts, and to what the priors hold beyond Beta(1, 1)."""
    numbers: dict[Feature, int] = {}
    normals: list[Normal] = []
    rows: list[list[int]] = []
    seen: list[tuple[float, float]] = []

    def observe(switched: Sequence[tuple[Feature, Normal]], count: tuple[float, float]) -> None:
        for feature, normal in switched:
            if feature not in numbers:
                numbers[feature] = len(normals)
                normals.append(normal)
        rows.append([numbers[feature] for feature, _ in switched])
        seen.append((max(count[0], 0.0), max(count[1], 0.0)))

    # Sorted, so that the sums, and with them the last bits, do not depend on who came first.
    for cell in sorted(counts):
        observe(features(cell), counts[cell])
    for path in sorted(priors):
        opinion = (priors[path].alpha - 1.0, priors[path].beta - 1.0)
        if opinion != (0.0, 0.0):
            observe(features(Cell("", "", path))[:1], opinion)
    if not rows:
        return RegressionFit(features, {}, {}, None)
    start = None if before is None else _start(numbers, normals, before)
    return RegressionFit(features, dict(counts), numbers, fit_weights(rows, seen, normals, start))


def _start(
    numbers: Mapping[Feature, int], normals: Sequence[Normal], before: RegressionFit
) -> "NDArray[Any]":
    """Return the weights of an earlier fit where it has them, else the prior means."""
    import numpy as np

    start = np.array([normal.mean for normal in normals])
    if before.weights is not None:
        for feature, number in numbers.items():
            held = before.numbers.get(feature)
            if held is not None:
                start[number] = before.weights.mode[held]
    return start
