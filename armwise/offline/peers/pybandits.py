"""PyBandits: its Bernoulli bandit with cost control, the nearest rule to ``CheapestWithin``."""

from functools import partial
from importlib import import_module
from typing import Any

from armwise.offline.learner import Contender, Request, Setting

NEEDS = "pybandits"


class CostControl:
    """``SmabBernoulliCC``: the cheapest action within a factor of the best draw.

    Its costs are set once, so it plays by the list prices, and it knows no value of a success.

    Args:
        subsidy_factor: Share of the best draw that may be given up.
        setting: What the contender is told.
    """

    def __init__(self, subsidy_factor: float, setting: Setting) -> None:
        arm = import_module("pybandits.model").BetaCC
        self._mab: Any = import_module("pybandits.smab").SmabBernoulliCC.cold_start(
            actions={
                str(path): arm(cost=cost_usd)
                for path, cost_usd in enumerate(setting.list_costs_usd)
            },
            subsidy_factor=subsidy_factor,
            random_seed=setting.seed,
        )

    def choose(self, request: Request) -> int:
        """Let ``predict`` choose for one sample."""
        actions, *_ = self._mab.predict(n_samples=1)
        return int(actions[0])

    def learn(self, request: Request, path: int, success: float, cost_usd: float) -> None:
        """Pass the outcome to ``update``."""
        self._mab.update(actions=[str(path)], rewards=[int(success)])


CONTENDERS: tuple[Contender, ...] = (
    Contender(
        "PyBandits SmabBernoulliCC",
        "peer",
        "subsidy_factor=0.5 (its default), costs by list price.",
        partial(CostControl, 0.5),
        NEEDS,
    ),
    Contender(
        "PyBandits SmabBernoulliCC .05",
        "peer",
        "subsidy_factor=0.05: gives up at most a twentieth of the best draw, costs by list price.",
        partial(CostControl, 0.05),
        NEEDS,
    ),
)
"""With its default, and with a factor that fits success rates which are close together."""
