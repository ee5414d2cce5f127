"""Beliefs that borrow nothing: one Beta per cell."""

from collections.abc import Mapping
from dataclasses import dataclass

from armwise.bandit.models.cells import Cell, Counts
from armwise.bandit.models.model import Fit
from armwise.bandit.models.noise import check_noise
from armwise.bandit.posterior import Beta

_UNIFORM = Beta(1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Independent:
    """One Beta belief per cell, from that cell's outcomes and its path's prior alone.

    The textbook's choice, and the one that never carries an error from one bucket to another. It
    explores every path in every bucket anew, which is what costs most where buckets are thin.

    Args:
        noise: Share of the standard deviation that is sampled, in (0, 1]. 1 is Thompson sampling.

    Raises:
        ConfigurationError: If the noise is not in (0, 1].
    """

    noise: float = 1.0

    def __post_init__(self) -> None:
        check_noise(self.noise)

    @property
    def name(self) -> str:
        """How the model is written."""
        return f"independent {self.noise:g}"

    @property
    def borrows(self) -> bool:
        """No cell learns from another."""
        return False

    def fit(
        self, counts: Counts, priors: Mapping[str, Beta], before: Fit | None = None
    ) -> "IndependentFit":
        """Return a fit that holds the priors; see ``BeliefModel.fit``."""
        return IndependentFit(priors)


@dataclass(frozen=True, slots=True)
class IndependentFit:
    """Priors, to which a cell's own counts are added.

    Args:
        priors: Prior per path.
    """

    priors: Mapping[str, Beta]

    def belief(self, cell: Cell, successes: float, failures: float) -> Beta:
        """Return prior plus counts; see ``Fit.belief``."""
        return self.priors.get(cell.path, _UNIFORM).observe(successes, failures)
