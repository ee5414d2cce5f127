"""An additive model: a path's quality, a task's difficulty, and a path's slope over complexity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from armwise.bandit.models.cells import Cell, Counts
from armwise.bandit.models.hierarchical import FAILED, PATH, TASK
from armwise.bandit.models.laplace import Normal
from armwise.bandit.models.model import Fit
from armwise.bandit.models.noise import check_noise
from armwise.bandit.models.regression import Feature, RegressionFit, fit_regression
from armwise.bandit.posterior import Beta

LEVEL = Normal(0.0, 1.0)
PATH_AT_LEVEL = Normal(0.0, 0.5)
"""Priors in logits; wide, for without pairs of path and task they have to say all."""


@dataclass(frozen=True, slots=True)
class LogisticThompson:
    """Logistic Thompson sampling on one-hot features: path, task, level, and path at a level.

    Sharing is complete: a path has one quality on all tasks, and a level one effect per path on
    all tasks. That is best where it is true and costly where it is not, which is why this is an
    option. The evidence keeps levels, not scores, so the complexity score enters as its level.

    Args:
        noise: Share of the standard deviation that is sampled, in (0, 1]; 1 is Thompson sampling.

    Raises:
        ConfigurationError: If the noise is not in (0, 1].
    """

    noise: float = 1.0

    def __post_init__(self) -> None:
        check_noise(self.noise)

    @property
    def name(self) -> str:
        """How the model is written."""
        return f"logistic-thompson {self.noise:g}"

    @property
    def borrows(self) -> bool:
        """Every cell learns from all others."""
        return True

    def fit(
        self, counts: Counts, priors: Mapping[str, Beta], before: Fit | None = None
    ) -> RegressionFit:
        """Return the regression fitted to counts; see ``BeliefModel.fit``."""
        start = before if isinstance(before, RegressionFit) else None
        return fit_regression(_features, counts, priors, start)


def _features(cell: Cell) -> Sequence[tuple[Feature, Normal]]:
    found: list[tuple[Feature, Normal]] = [
        (("path", cell.path), PATH),
        (("task", cell.task), TASK),
        (("level", cell.level), LEVEL),
        (("path at level", cell.path, cell.level), PATH_AT_LEVEL),
    ]
    return found + [(("failed", str(k)), FAILED[k]) for k in range(cell.earlier_failures)]
