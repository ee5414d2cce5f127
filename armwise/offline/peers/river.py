"""river: its bandit policies, by ``pull`` and ``update``."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from armwise.offline.contenders.money import ScaledUtility
from armwise.offline.learner import Contender, Learner, Request, Setting
from armwise.offline.peers.features import Features

NEEDS = "river"


class River:
    """A policy without context.

    Args:
        policy: Makes it from a seed.
        is_cost_blind: Whether its reward is the success alone, else the scaled utility.
        setting: What the contender is told.
    """

    def __init__(
        self, policy: Callable[[int], Any], setting: Setting, *, is_cost_blind: bool
    ) -> None:
        self._policy = policy(setting.seed)
        self._paths = list(range(len(setting.paths)))
        self._scale = ScaledUtility(setting)
        self._is_cost_blind = is_cost_blind

    def choose(self, request: Request) -> int:
        """Let the policy pull."""
        return int(self._policy.pull(self._paths))

    def learn(self, request: Request, path: int, success: float, cost_usd: float) -> None:
        """Update the policy; its Beta distribution takes booleans."""
        if self._is_cost_blind:
            self._policy.update(path, success > 0)
        else:
            self._policy.update(path, self._scale(success, cost_usd))


class RiverContextual:
    """A policy with context, on scaled utility.

    Args:
        policy: Makes it from a seed.
        setting: What the contender is told.
    """

    def __init__(self, policy: Callable[[int], Any], setting: Setting) -> None:
        self._policy = policy(setting.seed)
        self._paths = list(range(len(setting.paths)))
        self._scale = ScaledUtility(setting)
        self._features = Features()

    def choose(self, request: Request) -> int:
        """Let the policy pull."""
        return int(self._policy.pull(self._paths, context=self._context(request)))

    def learn(self, request: Request, path: int, success: float, cost_usd: float) -> None:
        """Update the policy."""
        self._policy.update(path, self._context(request), self._scale(success, cost_usd))

    def _context(self, request: Request) -> dict[str, float]:
        score, length = self._features.numbers(request)
        label = f"task{self._features.slot(request)}"
        return {label: 1.0, "score": score, "length": length, "constant": 1.0}


def _thompson(seed: int) -> Any:
    rates = import_module("river.proba").Beta()
    return import_module("river.bandit").ThompsonSampling(reward_obj=rates, seed=seed)


def _ucb(seed: int) -> Any:
    return import_module("river.bandit").UCB(delta=1.0, burn_in=1, seed=seed)


def _lin_ucb(seed: int) -> Any:
    return import_module("river.bandit").LinUCBDisjoint(alpha=1.0, beta=1.0, seed=seed)


def _contender(name: str, about: str, build: Callable[[Setting], Learner]) -> Contender:
    return Contender(f"river {name}", "peer", about, build, NEEDS)


CONTENDERS: tuple[Contender, ...] = (
    _contender(
        "ThompsonSampling",
        "With proba.Beta(), whose rewards are binary: success alone, blind to cost.",
        partial(River, _thompson, is_cost_blind=True),
    ),
    _contender(
        "UCB",
        "delta=1, which makes it UCB1, on utility scaled to 0..1.",
        partial(River, _ucb, is_cost_blind=False),
    ),
    _contender(
        "LinUCBDisjoint",
        "alpha=1, beta=1 (its defaults), on scaled utility, with features.",
        partial(RiverContextual, _lin_ucb),
    ),
)
"""The non-contextual ones in one bucket."""
