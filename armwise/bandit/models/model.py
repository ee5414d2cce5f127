"""What a model of beliefs is: from counts to a belief about every arm, borrowing or not."""

from collections.abc import Mapping
from typing import Protocol

from armwise.bandit.belief import Belief
from armwise.bandit.models.cells import Cell, Counts
from armwise.bandit.posterior import Beta


class Fit(Protocol):
    """A model fitted to the counts of one moment. Pure; it stays as it is."""

    def belief(self, cell: Cell, successes: float, failures: float) -> Belief:
        """Return the belief about one cell.

        Args:
            cell: The cell; it may be one that the fit has never seen.
            successes: The cell's successes now. What exceeds those of the fit is added to this
                cell alone, at once; what other cells learn from it waits for the next fit.
            failures: Its failures now.
        """
        ...


class BeliefModel(Protocol):
    """Makes beliefs of counts. Pure: the same counts give the same beliefs."""

    @property
    def name(self) -> str:
        """How the model is written, such as "hierarchical 0.5"."""
        ...

    @property
    def noise(self) -> float:
        """Share of a belief's standard deviation that a young bucket samples, in (0, 1]."""
        ...

    @property
    def borrows(self) -> bool:
        """Whether a cell's belief depends on other cells, so that a fit goes stale."""
        ...

    def fit(self, counts: Counts, priors: Mapping[str, Beta], before: Fit | None = None) -> Fit:
        """Return the model fitted to counts.

        Args:
            counts: Successes and failures per cell.
            priors: Prior per path; a path that is missing has Beta(1, 1). What a prior holds
                beyond Beta(1, 1) enters as data about the path that never fades.
            before: An earlier fit of the same model, to start from; it changes the time that
                fitting takes, not the result.
        """
        ...
