"""bayesianbandits: Thompson sampling by its agents, with reward functions that know the costs."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from armwise.offline.contenders.money import LearnedCosts, success_value_usd
from armwise.offline.learner import Contender, Request, Setting
from armwise.offline.peers.features import Features

if TYPE_CHECKING:
    from armwise.offline.contenders.money import Vector

NEEDS = "bayesianbandits"


class ThompsonAgent:
    """A ``ContextualAgent`` with Thompson sampling, one learner per path.

    An arm of this library has a reward function of what its learner draws: here the draw is a
    success rate, and the reward its value minus the path's learned cost, as every rule of ours
    is told.

    Args:
        learner: Makes the learner of an arm.
        success_rate: Returns the success rates within what the learner draws.
        context: Returns the row that the learner takes of a request.
        setting: What the contender is told.
    """

    def __init__(
        self,
        learner: Callable[[], Any],
        success_rate: Callable[[Any], Any],
        context: Callable[[Features, Request], "Vector"],
        setting: Setting,
    ) -> None:
        library = _library()
        self._features = Features()
        self._context = context
        self._costs = LearnedCosts(setting.list_costs_usd)
        self._expected = self._costs.expected("")
        value_usd = success_value_usd(setting)

        def reward(path: int, drawn: Any) -> Any:
            return value_usd * success_rate(drawn) - self._expected[path]

        self._agent: Any = library.ContextualAgent(
            [
                library.Arm(path, partial(reward, path), learner=learner())
                for path in range(len(setting.paths))
            ],
            library.ThompsonSampling(),
            random_seed=setting.seed,
        )

    def choose(self, request: Request) -> int:
        """Let the agent pull."""
        self._expected = self._costs.expected(request.task_type)
        return int(self._agent.pull(self._context(self._features, request))[0])

    def learn(self, request: Request, path: int, success: float, cost_usd: float) -> None:
        """Update the arm, and the costs that its reward function reads."""
        import numpy as np

        self._costs.learn(request.task_type, path, cost_usd)
        row = self._context(self._features, request)
        self._agent.select_for_update(path).update(row, np.array([int(success)]))


def _library() -> Any:
    return import_module("bayesianbandits")


def _dirichlet() -> Any:
    return _library().DirichletClassifier({0: 1, 1: 1})


def _logistic() -> Any:
    step = _library().LaplaceApproximator(n_iter=1)
    return _library().BayesianGLM(alpha=1.0, link="logit", approximator=step)


def _last_class(drawn: Any) -> Any:
    return drawn[..., 1]


def _itself(drawn: Any) -> Any:
    return drawn


def _task(features: Features, request: Request) -> "Vector":
    import numpy as np

    return np.array([[float(features.slot(request))]])


def _vector(features: Features, request: Request) -> "Vector":
    return features.vector(request).reshape(1, -1)


CONTENDERS: tuple[Contender, ...] = (
    Contender(
        "bayesianbandits Dirichlet",
        "peer",
        "ThompsonSampling over DirichletClassifier({0: 1, 1: 1}) per label and path, on utility.",
        partial(ThompsonAgent, _dirichlet, _last_class, _task),
        NEEDS,
    ),
    Contender(
        "bayesianbandits BayesianGLM",
        "peer",
        "ThompsonSampling over a logistic BayesianGLM(alpha=1) per path with features, on utility; "
        "one Laplace step per outcome, as its documentation advises for online updates.",
        partial(ThompsonAgent, _logistic, _itself, _vector),
        NEEDS,
    ),
)
"""The conjugate learner in the buckets that it knows, and its logistic regression."""
