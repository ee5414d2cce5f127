"""Contenders that learn nothing, or next to nothing: what people run before they measure."""

from collections.abc import Callable
from functools import partial

from armwise.baselines import TaskComplexityRouter
from armwise.offline.learner import Contender, Learner, Request, Setting
from armwise.testing import ScriptedAdapter

MIXED_SHARES = (0.25, 0.5, 0.75)


def cheapest(setting: Setting) -> int:
    """Return the number of the path with the lowest list price."""
    return min(range(len(setting.paths)), key=setting.list_costs_usd.__getitem__)


def dearest(setting: Setting) -> int:
    """Return the number of the path with the highest list price."""
    return max(range(len(setting.paths)), key=setting.list_costs_usd.__getitem__)


class OnePath:
    """Always the same path.

    Args:
        pick: Names it.
        setting: What the contender is told.
    """

    def __init__(self, pick: Callable[[Setting], int], setting: Setting) -> None:
        self._path = pick(setting)

    def choose(self, request: Request) -> int:
        """Return the path."""
        return self._path

    def learn(self, request: Request, path: int, success: float, cost_usd: float) -> None:
        """Take nothing from the outcome."""


class RandomMix:
    """A die with fixed weights.

    Args:
        weights: Returns the chance of every path.
        setting: What the contender is told.
    """

    def __init__(self, weights: Callable[[Setting], list[float]], setting: Setting) -> None:
        import numpy as np

        rng = np.random.default_rng(setting.seed)
        paths = len(setting.paths)
        self._rolls = iter(rng.choice(paths, size=setting.requests, p=weights(setting)).tolist())

    def choose(self, request: Request) -> int:
        """Roll the die."""
        return int(next(self._rolls))

    def learn(self, request: Request, path: int, success: float, cost_usd: float) -> None:
        """Take nothing from the outcome."""


class ByComplexity:
    """The shipped ``TaskComplexityRouter``, between the cheapest and the dearest list price.

    Its own ``select_model`` and ``report_outcome`` play; the score is the request's, which is
    counted by the same four signals as its own.

    Args:
        setting: What the contender is told.
    """

    def __init__(self, setting: Setting) -> None:
        self._names = {"cheap": cheapest(setting), "strong": dearest(setting)}
        self._router = TaskComplexityRouter(tuple(self._names), adapter=ScriptedAdapter({}))
        self._name = "cheap"

    def choose(self, request: Request) -> int:
        """Return the path of the request's score."""
        self._name = self._router.select_model(request.score)
        return self._names[self._name]

    def learn(self, request: Request, path: int, success: float, cost_usd: float) -> None:
        """Report the outcome: the middle of the scale trusts a cheap model that did well."""
        self._router.report_outcome(self._name, success > 0)


def two_paths(share: float, setting: Setting) -> list[float]:
    """Return weights that send a share to the dearest list price and the rest to the cheapest."""
    weights = [0.0] * len(setting.paths)
    weights[cheapest(setting)] += 1 - share
    weights[dearest(setting)] += share
    return weights


def equal_weights(setting: Setting) -> list[float]:
    """Return the weights of a fair die."""
    return [1 / len(setting.paths)] * len(setting.paths)


def _contender(name: str, about: str, build: Callable[[Setting], Learner]) -> Contender:
    return Contender(name, "static", about, build)


CONTENDERS: tuple[Contender, ...] = (
    _contender(
        "TaskComplexityRouter",
        "Score up to 3: cheapest list price; from 6: dearest; between: by success rate.",
        ByComplexity,
    ),
    _contender("cheapest list price", "Always the same path.", partial(OnePath, cheapest)),
    _contender("dearest list price", "Always the same path.", partial(OnePath, dearest)),
    _contender("uniform random", "A fair die over all paths.", partial(RandomMix, equal_weights)),
    *(
        _contender(
            f"random mix, {share:.0%} dearest",
            "A die over the cheapest and the dearest list price.",
            partial(RandomMix, partial(two_paths, share)),
        )
        for share in MIXED_SHARES
    ),
)
"""Every static contender, by list prices: they are told no others."""
