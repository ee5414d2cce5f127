"""Vowpal Wabbit: ``--cb_explore_adf`` on lines of text, as its tutorials feed it."""

from functools import partial
from importlib import import_module
from typing import Any

from armwise.offline.contenders.money import ScaledUtility
from armwise.offline.learner import Contender, Request, Setting
from armwise.offline.peers.features import Features

NEEDS = "vowpalwabbit"


class VowpalWabbit:
    """A ``Workspace`` that explores; the choice is drawn from the chances that it predicts.

    Costs to be learned are 1 minus the scaled utility. The context is crossed with the path.

    Args:
        explore: Its option of exploration.
        setting: What the contender is told.
    """

    def __init__(self, explore: str, setting: Setting) -> None:
        import numpy as np

        options = "--cb_explore_adf --cb_type mtr --interactions ca --quiet"
        self._workspace: Any = import_module("vowpalwabbit").Workspace(
            f"{options} {explore} --random_seed {setting.seed}"
        )
        self._rng = np.random.default_rng(setting.seed)
        self._scale = ScaledUtility(setting)
        self._paths = len(setting.paths)
        self._features = Features()
        self._chance = 1.0

    def choose(self, request: Request) -> int:
        """Predict the chances, and draw."""
        chances = self._workspace.predict(self._lines(request))
        path = int(self._rng.choice(self._paths, p=[chance / sum(chances) for chance in chances]))
        self._chance = chances[path]
        return path

    def learn(self, request: Request, path: int, success: float, cost_usd: float) -> None:
        """Learn from the labelled lines."""
        cost = 1 - self._scale(success, cost_usd)
        lines = self._lines(request)
        lines[path + 1] = f"0:{cost:.6f}:{self._chance:.6f} {lines[path + 1]}"
        self._workspace.learn(lines)

    def _lines(self, request: Request) -> list[str]:
        score, length = self._features.numbers(request)
        label = f"task{self._features.slot(request)}"
        context = f"shared |c {label} score:{score:.4f} length:{length:.4f} constant"
        return [context, *(f"|a path{path}" for path in range(self._paths))]


CONTENDERS: tuple[Contender, ...] = (
    Contender(
        "Vowpal Wabbit epsilon",
        "peer",
        "--cb_explore_adf --epsilon 0.05 (its default), on scaled utility, with features.",
        partial(VowpalWabbit, "--epsilon 0.05"),
        NEEDS,
    ),
    Contender(
        "Vowpal Wabbit SquareCB",
        "peer",
        "--cb_explore_adf --squarecb (its defaults), on scaled utility, with features.",
        partial(VowpalWabbit, "--squarecb"),
        NEEDS,
    ),
)
"""Its default exploration, and the one that its documentation recommends by theory."""
