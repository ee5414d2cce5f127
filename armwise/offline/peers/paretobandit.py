"""ParetoBandit: ``BanditRouter.route`` and ``process_feedback``, on our features.

Its own features come from a sentence encoder that needs torch and a download; its router also takes
vectors, and is given the same as every contextual library here. Its best published settings for a
cold start are read from its own configuration.
"""

from functools import partial
from importlib import import_module
from typing import Any

from armwise.offline.contenders.money import ScaledUtility
from armwise.offline.learner import Contender, Request, Setting
from armwise.offline.peers.features import WIDTH, Features

NEEDS = "paretobandit"
REQUEST_TOKENS = 1000
"""Its prices are per token, ours per request: a request is taken to have a thousand tokens. Only
the place of a price between its anchors counts, on a log scale."""


class ParetoBandit:
    """A ``BanditRouter`` without warm-up priors.

    Args:
        is_on_utility: Whether its reward is the scaled utility and its own penalty of cost is off;
            else the reward is the success, and the penalty the default one.
        is_balanced: Whether it explores by ``ExplorationRate.BALANCED``, else as published.
        setting: What the contender is told.
    """

    def __init__(self, setting: Setting, *, is_on_utility: bool, is_balanced: bool) -> None:
        library = import_module("pareto_bandit")
        best = import_module("pareto_bandit.config").BEST_K3_TABULA_RASA_HPARAMS
        options: dict[str, Any] = {"cost_penalty": 0.0} if is_on_utility else {}
        self._router: Any = library.BanditRouter.create(
            **_registry(setting),
            **options,
            priors="none",
            feature_service=library.FeatureService.for_precomputed(WIDTH),
            alpha=library.ExplorationRate.BALANCED if is_balanced else best["alpha"],
            forgetting_factor=best["forgetting_factor"],
            bandit_seed=setting.seed,
        )
        self._features = Features()
        self._scale = ScaledUtility(setting) if is_on_utility else None
        self._request_id = ""

    def choose(self, request: Request) -> int:
        """Let the router route a vector."""
        name, log = self._router.route(self._features.vector(request))
        self._request_id = log.request_id
        return int(name)

    def learn(self, request: Request, path: int, success: float, cost_usd: float) -> None:
        """Feed the reward back by the id of the request."""
        reward = success if self._scale is None else self._scale(success, cost_usd)
        self._router.process_feedback(self._request_id, reward)


def _registry(setting: Setting) -> dict[str, Any]:
    """Return the models with prices per million tokens, and anchors wide enough for them."""
    config = import_module("pareto_bandit").RouterConfig
    anchors = config()
    per_thousand = [cost_usd * 1000 / REQUEST_TOKENS for cost_usd in setting.list_costs_usd]
    return {
        "model_registry": {
            str(path): {"input_cost_per_m": 1000 * price, "output_cost_per_m": 1000 * price}
            for path, price in enumerate(per_thousand)
        },
        "config": config(
            market_cost_floor=min(anchors.market_cost_floor, *per_thousand),
            market_cost_ceiling=max(anchors.market_cost_ceiling, *per_thousand),
        ),
    }


CONTENDERS: tuple[Contender, ...] = (
    Contender(
        "ParetoBandit",
        "peer",
        "priors='none', its best published cold-start alpha=0.05 and forgetting, its default "
        "cost_penalty=0.3 by list price, our features.",
        partial(ParetoBandit, is_on_utility=False, is_balanced=False),
        NEEDS,
    ),
    Contender(
        "ParetoBandit on utility",
        "peer",
        "As the first, but cost_penalty=0 and the reward is the scaled utility.",
        partial(ParetoBandit, is_on_utility=True, is_balanced=False),
        NEEDS,
    ),
    Contender(
        "ParetoBandit balanced",
        "peer",
        "As the second, with alpha=1, which its documentation calls right for a cold start.",
        partial(ParetoBandit, is_on_utility=True, is_balanced=True),
        NEEDS,
    ),
)
"""As it comes; told the value of a success in the only way it has; and exploring enough."""
