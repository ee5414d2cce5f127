"""Beliefs that borrow a prior mean: each level from its task, each task from the other tasks."""

from collections.abc import Mapping
from dataclasses import dataclass

from armwise.bandit.models.cells import Cell, Counts
from armwise.bandit.models.model import Fit
from armwise.bandit.models.noise import check_noise
from armwise.bandit.posterior import Beta
from armwise.errors import ConfigurationError

_UNIFORM = Beta(1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Pooled:
    """One Beta belief per cell, whose prior mean is what the path did elsewhere.

    The prior of (task, level, path) is worth ``strength`` outcomes at the mean of the same path
    on the task's other levels, whose own prior is worth ``strength`` outcomes at the path's mean
    on other tasks. Auditable, and exact for any number of buckets. It takes a bucket's difficulty
    for a property of the path, which a hierarchical model does not.

    Args:
        strength: What a borrowed mean is worth, in outcomes, above 0. The part
            "real" of the regret benchmark plays 4 beside 10.
        noise: Share of the standard deviation that is sampled, in (0, 1].

    Raises:
        ConfigurationError: If an argument is out of its range.
    """

    strength: float = 4.0
    noise: float = 0.5

    def __post_init__(self) -> None:
        check_noise(self.noise)
        if isinstance(self.strength, bool) or not 0.0 < self.strength < float("inf"):
            raise ConfigurationError(
                f"strength must be a number of outcomes above 0, got {self.strength!r}. "
                "Pooled(strength=4) lets a borrowed mean weigh as much as four outcomes."
            )

    @property
    def name(self) -> str:
        """How the model is written."""
        return f"pooled {self.strength:g} {self.noise:g}"

    @property
    def borrows(self) -> bool:
        """A cell's prior mean comes from other cells."""
        return True

    def fit(
        self, counts: Counts, priors: Mapping[str, Beta], before: Fit | None = None
    ) -> "PooledFit":
        """Return sums per path, and per path and task; see ``BeliefModel.fit``."""
        paths: dict[tuple[str, int], list[float]] = {}
        tasks: dict[tuple[str, str, int], list[float]] = {}
        for cell, (successes, failures) in counts.items():
            for total in (
                paths.setdefault((cell.path, cell.earlier_failures), [0.0, 0.0]),
                tasks.setdefault((cell.path, cell.task, cell.earlier_failures), [0.0, 0.0]),
            ):
                total[0] += successes
                total[1] += failures
        return PooledFit(self.strength, dict(counts), priors, paths, tasks)


@dataclass(frozen=True, slots=True)
class PooledFit:
    """Sums of counts, from which a cell's prior mean is taken.

    Args:
        strength: What a borrowed mean is worth, in outcomes.
        counts: Counts per cell that the sums are over.
        priors: Prior per path.
        paths: Successes and failures per path and number of earlier failures.
        tasks: The same per path, task and number of earlier failures.
    """

    strength: float
    counts: Counts
    priors: Mapping[str, Beta]
    paths: Mapping[tuple[str, int], list[float]]
    tasks: Mapping[tuple[str, str, int], list[float]]

    def belief(self, cell: Cell, successes: float, failures: float) -> Beta:
        """Return borrowed prior plus the cell's own counts; see ``Fit.belief``."""
        own = self.counts.get(cell, (0.0, 0.0))
        path = self.paths.get((cell.path, cell.earlier_failures), (0.0, 0.0))
        task = self.tasks.get((cell.path, cell.task, cell.earlier_failures), (0.0, 0.0))
        prior = self.priors.get(cell.path, _UNIFORM)
        # Sums of others: what the cell itself has seen is added once, below.
        elsewhere = prior.observe(max(path[0] - task[0], 0.0), max(path[1] - task[1], 0.0))
        in_task = self._around(elsewhere.mean).observe(
            max(task[0] - own[0], 0.0), max(task[1] - own[1], 0.0)
        )
        return self._around(in_task.mean).observe(successes, failures)

    def _around(self, mean: float) -> Beta:
        return Beta(self.strength * mean, self.strength * (1.0 - mean))
