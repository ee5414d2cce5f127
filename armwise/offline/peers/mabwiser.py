"""MABWiser: ``MAB.predict`` and ``MAB.partial_fit``, one request at a time."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from armwise.offline.contenders.money import ScaledUtility
from armwise.offline.learner import Contender, Learner, Request, Setting
from armwise.offline.peers.features import Features

NEEDS = "mabwiser"


class MABWiser:
    """A ``MAB`` with one learning policy.

    It has to be fitted before it predicts, so every path is called once at the start.

    Args:
        policy: Makes the learning policy from ``LearningPolicy``.
        reward: Makes the function that turns success and cost into its reward.
        is_contextual: Whether the policy takes features.
        setting: What the contender is told.
    """

    def __init__(
        self,
        policy: Callable[[Any], Any],
        reward: Callable[[Setting], Callable[[float, float], float]],
        setting: Setting,
        *,
        is_contextual: bool,
    ) -> None:
        library = import_module("mabwiser.mab")
        paths = list(range(len(setting.paths)))
        self._mab: Any = library.MAB(paths, policy(library.LearningPolicy), seed=setting.seed)
        self._reward = reward(setting)
        self._features = Features() if is_contextual else None
        self._untried = paths[::-1]
        self._first: list[tuple[int, float, Any]] = []

    def choose(self, request: Request) -> int:
        """Predict the path; at the start, the next one that was never called."""
        if self._untried:
            return self._untried[-1]
        if self._features is None:
            return int(self._mab.predict())
        return int(self._mab.predict(self._features.vector(request).reshape(1, -1)))

    def learn(self, request: Request, path: int, success: float, cost_usd: float) -> None:
        """Fit the outcome."""
        reward = self._reward(success, cost_usd)
        row = None if self._features is None else self._features.vector(request)
        if not self._untried:
            self._mab.partial_fit([path], [reward], None if row is None else row.reshape(1, -1))
            return
        self._untried.pop()
        self._first.append((path, reward, row))
        if not self._untried:
            paths, rewards, rows = map(list, zip(*self._first, strict=True))
            self._mab.fit(paths, rewards, None if self._features is None else rows)


def success_only(_: Setting) -> Callable[[float, float], float]:
    """Return a reward that is the success and knows of no cost."""
    return lambda success, _: success


def _contender(
    name: str,
    about: str,
    policy: Callable[[Any], Any],
    *,
    reward: Callable[[Setting], Callable[[float, float], float]] = ScaledUtility,
    is_contextual: bool = False,
) -> Contender:
    build: Callable[[Setting], Learner] = partial(
        MABWiser, policy, reward, is_contextual=is_contextual
    )
    return Contender(f"MABWiser {name}", "peer", about, build, NEEDS)


CONTENDERS: tuple[Contender, ...] = (
    _contender(
        "ThompsonSampling",
        "Its rewards are binary: success alone, blind to cost.",
        lambda policies: policies.ThompsonSampling(),
        reward=success_only,
    ),
    _contender(
        "UCB1",
        "alpha=1 (its default), on utility scaled to 0..1.",
        lambda policies: policies.UCB1(alpha=1),
    ),
    _contender(
        "LinUCB",
        "alpha=1, l2_lambda=1 (its defaults), on scaled utility, with features.",
        lambda policies: policies.LinUCB(alpha=1.0, l2_lambda=1.0),
        is_contextual=True,
    ),
    _contender(
        "LinTS",
        "alpha=0.25 (its documented example), on scaled utility, with features.",
        lambda policies: policies.LinTS(alpha=0.25),
        is_contextual=True,
    ),
)
"""Non-contextual ones in one bucket, as the library has no other notion of context for them."""
