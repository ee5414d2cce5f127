"""The default model: a path's quality, a bucket's difficulty, and what is special to the pair."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from armwise.bandit.models.cells import Cell, Counts
from armwise.bandit.models.laplace import Normal
from armwise.bandit.models.model import Fit
from armwise.bandit.models.noise import check_noise
from armwise.bandit.models.regression import (
    Feature,
    Features,
    RegressionFit,
    fit_regression,
)
from armwise.bandit.posterior import Beta

PATH = Normal(1.0, 0.7)
TASK = Normal(0.0, 1.0)
PATH_IN_TASK = Normal(0.0, 0.1)
LEVEL = Normal(0.0, 0.2)
PATH_IN_LEVEL = Normal(0.0, 0.05)
"""Priors in logits. Paths differ by somewhat less than a logit around a success rate of .73, tasks
by a logit; that a path does better on one task than the two would say is worth a third of one. A
level says little where the task is known, so it is held close to its task. The first three were
chosen on replays of five real outcome sets, on which halving or doubling them moves the utility
by .003 at most; the levels' are guesses in the same spirit."""

FAILED = (Normal(-1.0, 0.5), Normal(-0.4, 0.5), Normal(-0.3, 0.5))
FAILED_IN_TASK = Normal(0.0, 0.15)
FAILED_ON_PATH = Normal(0.0, 0.1)
"""A request that has failed once, twice, three times is a harder one. From the same replays."""

MOST_BUCKETS = 64
"""Above this many buckets the joint fit stops at the task: its time grows with the cube of the
number of weights, and thin levels say least."""


@dataclass(frozen=True, slots=True)
class Hierarchical:
    """A logistic regression over paths, tasks, levels and their pairs, fitted to counts.

    What is learned of a path on one task is borrowed on every other, as far as the outcomes say
    that tasks agree, and a difficult task does not speak against the paths that were tried on
    it. The fit is a pure function of the counts: the same in any order, on any worker.

    Args:
        noise: Share of the standard deviation that is sampled, in (0, 1]. .5 explores less than
            Thompson sampling and gained on every real set that was replayed; on some synthetic
            instances it locks in more often (docs/explanation/beliefs.md has both).

    Raises:
        ConfigurationError: If the noise is not in (0, 1].
    """

    noise: float = 0.5

    def __post_init__(self) -> None:
        check_noise(self.noise)

    @property
    def name(self) -> str:
        """How the model is written."""
        return f"hierarchical {self.noise:g}"

    @property
    def borrows(self) -> bool:
        """Every cell learns from all others."""
        return True

    def fit(
        self, counts: Counts, priors: Mapping[str, Beta], before: Fit | None = None
    ) -> RegressionFit:
        """Return the regression fitted to counts; see ``BeliefModel.fit``."""
        start = before if isinstance(before, RegressionFit) else None
        return fit_regression(_features(counts), counts, priors, start)


def _features(counts: Counts) -> Features:
    """Return the features of any cell, with levels only where a task has several."""
    buckets = {(cell.task, cell.level) for cell in counts}
    levels: dict[str, int] = {}
    for task, _ in buckets:
        levels[task] = levels.get(task, 0) + 1
    are_few = len(buckets) <= MOST_BUCKETS
    split = frozenset(task for task, number in levels.items() if number > 1 and are_few)
    return _Features(split)


@dataclass(frozen=True, slots=True)
class _Features:
    """Features of a cell; a class, so that a fit can travel to another process.

    Args:
        split: Tasks whose levels are told apart.
    """

    split: frozenset[str]

    def __call__(self, cell: Cell) -> Sequence[tuple[Feature, Normal]]:
        task, level, path, failures = cell
        found: list[tuple[Feature, Normal]] = [
            (("path", path), PATH),
            (("task", task), TASK),
            (("path in task", path, task), PATH_IN_TASK),
        ]
        if task in self.split:
            found.append((("level", task, level), LEVEL))
            found.append((("path in level", path, task, level), PATH_IN_LEVEL))
        if failures:
            found += [(("failed", str(k)), FAILED[k]) for k in range(failures)]
            found.append((("failed in task", task), FAILED_IN_TASK))
            found.append((("failed on path", path), FAILED_ON_PATH))
        return found
