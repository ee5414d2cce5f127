"""Beta beliefs whose prior means come from the hierarchical model: the default of most rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import pi, sqrt

from armwise.bandit.logit import sigmoid
from armwise.bandit.models.cells import Cell, Counts
from armwise.bandit.models.hierarchical import Hierarchical
from armwise.bandit.models.model import Fit
from armwise.bandit.models.noise import check_noise
from armwise.bandit.models.regression import RegressionFit
from armwise.bandit.posterior import Beta
from armwise.errors import ConfigurationError

_UNIFORM = Beta(1.0, 1.0)
_LEAST_STRENGTH = 1.0
"""One outcome: less would leave a new arm without any opinion to draw from."""

_NEAREST_TO_SURE = 0.05
"""A borrowed mean is kept this far from 0 and 1, so that no prior excludes anything, and no
tempered belief puts so much weight next to 0 or 1 that its propensity could not be worked out."""


@dataclass(frozen=True, slots=True)
class HierarchicalBeta:
    """One Beta belief per cell, with the mean that the rest of the goal foretells as its prior.

    The hierarchical regression says what it would believe of a cell without that cell's own
    outcomes; that counts as a few outcomes, and the cell's own are added to it. Near certainty a
    Beta is much wider than the regression's own belief, whose tails are normal in logits: a cheap
    path that has not failed yet is soon trusted to be as good as a dear one that never fails,
    where the regression would stay with the dear one for thousands of requests.

    Args:
        strength: The most that a borrowed mean is worth, in outcomes, at least 1. Larger values
            explore less in new buckets and leave a dear path later where the cheap one would do.
        noise: Share of the standard deviation that is sampled, in (0, 1].

    Raises:
        ConfigurationError: If an argument is out of its range.
    """

    strength: float = 1.25
    noise: float = 0.4

    def __post_init__(self) -> None:
        check_noise(self.noise)
        if isinstance(self.strength, bool) or not _LEAST_STRENGTH <= self.strength < float("inf"):
            raise ConfigurationError(
                f"strength must be a number of outcomes from 1, got {self.strength!r}. "
                "HierarchicalBeta(strength=1.25) lets a borrowed mean weigh up to 1.25 outcomes."
            )

    @property
    def name(self) -> str:
        """How the model is written."""
        return f"hierarchical-beta {self.strength:g} {self.noise:g}"

    @property
    def borrows(self) -> bool:
        """Every cell learns from all others."""
        return True

    def fit(
        self, counts: Counts, priors: Mapping[str, Beta], before: Fit | None = None
    ) -> "BorrowedFit":
        """Return the regression fitted to counts; see ``BeliefModel.fit``."""
        start = before.regression if isinstance(before, BorrowedFit) else None
        # A path's own prior is added to its arms as what it is, outcomes; it foretells nothing.
        return BorrowedFit(self.strength, Hierarchical().fit(counts, {}, start), priors)


@dataclass(frozen=True, slots=True)
class BorrowedFit:
    """A regression, of which a cell takes what it says apart from the cell's own outcomes.

    Args:
        strength: The most that a borrowed mean is worth, in outcomes.
        regression: The regression.
        priors: Prior per path; what it holds beyond Beta(1, 1) counts as outcomes of every arm.
    """

    strength: float
    regression: RegressionFit
    priors: Mapping[str, Beta]

    def belief(self, cell: Cell, successes: float, failures: float) -> Beta:
        """Return borrowed prior plus the cell's own counts; see ``Fit.belief``."""
        mean, variance = self.regression.logit(cell)
        won, lost = self.regression.counts.get(cell, (0.0, 0.0))
        rate = sigmoid(mean)
        # Dividing the cell's own likelihood, as normal as the regression took it, out of the
        # posterior leaves what the others say (the cavity of Minka 2001).
        precision = max(1.0 / variance - (won + lost) * rate * (1.0 - rate), 1e-3)
        left = mean - (won - (won + lost) * rate) / precision
        borrowed = sigmoid(left / sqrt(1.0 + pi / (8.0 * precision)))
        borrowed = min(max(borrowed, _NEAREST_TO_SURE), 1.0 - _NEAREST_TO_SURE)
        # The strength at which a Beta's logit has that variance, by the delta method.
        worth = precision / (borrowed * (1.0 - borrowed))
        worth = min(max(worth, _LEAST_STRENGTH), self.strength)
        opinion = self.priors.get(cell.path, _UNIFORM)
        return Beta(
            worth * borrowed + opinion.alpha - 1.0 + successes,
            worth * (1.0 - borrowed) + opinion.beta - 1.0 + failures,
        )
