"""Rules from the literature on the utility of a request: value of a success minus its cost."""

from functools import partial
from typing import TYPE_CHECKING

from armwise.offline import rules
from armwise.offline.contenders.money import (
    Bucketing,
    LearnedCosts,
    ScaledUtility,
    one_bucket,
    per_level,
    per_task,
    success_value_usd,
)
from armwise.offline.learner import Contender, Request, Setting

if TYPE_CHECKING:
    from armwise.offline.contenders.money import Vector
    from armwise.offline.rules import Index

EPSILON = 0.05


class SuccessCounts:
    """A uniform Beta prior and the outcomes per bucket and path; costs learned beside them.

    Args:
        bucketing: Which requests share what is learned.
        setting: What the contender is told.
    """

    def __init__(self, bucketing: Bucketing, setting: Setting) -> None:
        import numpy as np

        self._bucketing = bucketing
        self._value_usd = success_value_usd(setting)
        self._costs = LearnedCosts(setting.list_costs_usd)
        self._rng = np.random.default_rng(setting.seed)
        self._ones = np.ones(len(setting.paths))
        self._counts: dict[str, tuple[Vector, Vector]] = {}

    def learn(self, request: Request, path: int, success: float, cost_usd: float) -> None:
        """Count the outcome and the cost."""
        bucket = self._bucketing(request)
        alphas, betas = self._cells(bucket)
        alphas[path] += success
        betas[path] += 1 - success
        self._costs.learn(bucket, path, cost_usd)

    def _cells(self, bucket: str) -> "tuple[Vector, Vector]":
        if bucket not in self._counts:
            self._counts[bucket] = (self._ones.copy(), self._ones.copy())
        return self._counts[bucket]


class BetaThompson(SuccessCounts):
    """Thompson sampling: one draw per path from its Beta posterior, then the best utility."""

    def choose(self, request: Request) -> int:
        """Draw, and return the path with the highest utility."""
        bucket = self._bucketing(request)
        draws = self._rng.beta(*self._cells(bucket))
        return int((self._value_usd * draws - self._costs.expected(bucket)).argmax())


class EpsilonGreedy(SuccessCounts):
    """The path with the best mean utility, but one choice in twenty is a fair die's."""

    def choose(self, request: Request) -> int:
        """Return the best path so far, or any."""
        if self._rng.random() < EPSILON:
            return int(self._rng.integers(len(self._ones)))
        bucket = self._bucketing(request)
        alphas, betas = self._cells(bucket)
        means = alphas / (alphas + betas)
        return int((self._value_usd * means - self._costs.expected(bucket)).argmax())


class IndexOnUtility:
    """An index rule as published, for which the reward of a call is its utility.

    The utility is scaled to 0..1, as these rules want their rewards; all requests share a bucket.

    Args:
        index: The rule.
        setting: What the contender is told.
    """

    def __init__(self, index: "Index", setting: Setting) -> None:
        import numpy as np

        self._index = index
        self._scale = ScaledUtility(setting)
        self._rng = np.random.default_rng(setting.seed)
        self._rewards = np.zeros(len(setting.paths))
        self._pulls = np.zeros(len(setting.paths))
        self._decisions = 0

    def choose(self, request: Request) -> int:
        """Return the path with the highest index."""
        self._decisions += 1
        index = self._index(self._rewards, self._pulls, self._decisions, self._rng)
        return int(rules.choose(index, self._rng))

    def learn(self, request: Request, path: int, success: float, cost_usd: float) -> None:
        """Add the reward."""
        self._rewards[path] += self._scale(success, cost_usd)
        self._pulls[path] += 1


class BoundOnSuccess(SuccessCounts):
    """An upper confidence bound of the success rate, at its value, minus the learned cost.

    The same rules without the detour over a scale: only what is uncertain is looked at with
    optimism. A path that was never called has a bound of 1.

    Args:
        index: A rule whose index is such a bound.
        bucketing: Which requests share what is learned.
        setting: What the contender is told.
    """

    def __init__(self, index: "Index", bucketing: Bucketing, setting: Setting) -> None:
        super().__init__(bucketing, setting)
        self._index = index
        self._decisions: dict[str, int] = {}

    def choose(self, request: Request) -> int:
        """Return the path with the highest optimistic utility."""
        bucket = self._bucketing(request)
        decisions = self._decisions[bucket] = self._decisions.get(bucket, 0) + 1
        alphas, betas = self._cells(bucket)
        successes, pulls = alphas - 1, alphas + betas - 2
        bounds = self._index(successes, pulls, decisions, self._rng).clip(max=1.0)
        return int((self._value_usd * bounds - self._costs.expected(bucket)).argmax())


CONTENDERS: tuple[Contender, ...] = (
    Contender(
        "Beta TS, one bucket",
        "textbook",
        "Thompson sampling from Beta(1, 1), on utility with learned costs.",
        partial(BetaThompson, one_bucket),
    ),
    Contender(
        "Beta TS, per task",
        "textbook",
        "The same, with a bucket per label.",
        partial(BetaThompson, per_task),
    ),
    Contender(
        "Beta TS, per level",
        "textbook",
        "The same, with a bucket per level of complexity.",
        partial(BetaThompson, per_level),
    ),
    Contender(
        "epsilon-greedy",
        "textbook",
        "epsilon=0.05, on utility with learned costs, one bucket.",
        partial(EpsilonGreedy, one_bucket),
    ),
    Contender(
        "epsilon-greedy, per task",
        "textbook",
        "The same, with a bucket per label.",
        partial(EpsilonGreedy, per_task),
    ),
    Contender(
        "UCB1",
        "textbook",
        "As published, on utility scaled to 0..1, one bucket.",
        partial(IndexOnUtility, rules.Ucb().index),
    ),
    Contender(
        "KL-UCB+",
        "textbook",
        "As published, on utility scaled to 0..1, one bucket.",
        partial(IndexOnUtility, rules.KlUcbPlus().index),
    ),
    Contender(
        "IMED",
        "textbook",
        "As published, on utility scaled to 0..1, one bucket.",
        partial(IndexOnUtility, rules.Imed().index),
    ),
    Contender(
        "UCB1, costs apart",
        "textbook",
        "Its bound of the success rate, at its value, minus learned costs; one bucket.",
        partial(BoundOnSuccess, rules.Ucb().index, one_bucket),
    ),
    Contender(
        "KL-UCB+, costs apart",
        "textbook",
        "Its bound of the success rate, at its value, minus learned costs; one bucket.",
        partial(BoundOnSuccess, rules.KlUcbPlus().index, one_bucket),
    ),
)
"""Each with the costs learned in its own buckets."""
