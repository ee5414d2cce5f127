"""The rule of LiteLLM's adaptive router: as published, and by LiteLLM's own functions.

Beta beliefs per (request type, model), a draw of each, and the highest of

    0.7 * draw + 0.3 * (1 - (price - lowest) / (highest - lowest))

Source: ``litellm/router_strategy/adaptive_router/{bandit,config}.py`` of LiteLLM 1.105 to 1.109,
whose comments call the constants unvalidated. LiteLLM reads success from regular expressions over
chat turns; here it is told the outcome itself, which is more than its users can tell it. It cannot
be told the caller's label, so all requests share a cell; a variant is given cells per label.
Prices are the list prices: it learns no costs, and knows no value of a success. A tier of quality
per model is declared by its users: the same for all says nothing, as nobody else here is told
anything of quality; a variant takes tiers by the order of the list prices.
"""

import random
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from armwise.adapters.loading import load_litellm
from armwise.offline.contenders.money import Bucketing, one_bucket, per_task
from armwise.offline.learner import Contender, Request, Setting

QUALITY_WEIGHT = 0.7
COST_WEIGHT = 0.3
PRIOR_MEANS = {1: 0.3, 2: 0.5, 3: 0.7}
PRIOR_MASS = 10.0
SAMPLE_CAP = 200

Tiers = Callable[[Setting], list[int]]
"""Returns the tier of quality of every path, 1 to 3."""


def same_tier(setting: Setting) -> list[int]:
    """Return the middle tier for all."""
    return [2] * len(setting.paths)


def tiers_by_price(setting: Setting) -> list[int]:
    """Return tier 1 for the cheaper third of the list prices, 3 for the dearer third."""
    count = len(setting.paths)
    order = sorted(range(count), key=setting.list_costs_usd.__getitem__)
    found = [0] * count
    for rank, path in enumerate(order):
        found[path] = 1 + 3 * rank // count
    return found


class PublishedRule:
    """Our implementation of the formula.

    Args:
        bucketing: Which requests share a cell.
        tiers: Tiers of quality.
        setting: What the contender is told.
    """

    def __init__(self, bucketing: Bucketing, tiers: Tiers, setting: Setting) -> None:
        self._bucketing = bucketing
        self._rng = random.Random(setting.seed)  # noqa: S311 - a simulation
        prices = setting.list_costs_usd
        spread = max(prices) - min(prices)
        self._bonuses = [
            COST_WEIGHT * (1 - (price - min(prices)) / spread if spread else 0.5)
            for price in prices
        ]
        self._prior = [
            (PRIOR_MEANS[tier] * PRIOR_MASS, (1 - PRIOR_MEANS[tier]) * PRIOR_MASS)
            for tier in tiers(setting)
        ]
        self._cells: dict[str, list[tuple[float, float]]] = {}

    def choose(self, request: Request) -> int:
        """Draw, and return the path with the highest score."""
        cells = self._cells.setdefault(self._bucketing(request), list(self._prior))
        scores = [
            QUALITY_WEIGHT * self._rng.betavariate(alpha, beta) + bonus
            for (alpha, beta), bonus in zip(cells, self._bonuses, strict=True)
        ]
        return scores.index(max(scores))

    def learn(self, request: Request, path: int, success: float, cost_usd: float) -> None:
        """Count the outcome, unless the cell is full: then it has learned what it ever will."""
        cells = self._cells[self._bucketing(request)]
        alpha, beta = cells[path]
        alpha, beta = alpha + success, beta + (1 - success)
        if alpha + beta <= SAMPLE_CAP:
            cells[path] = (alpha, beta)


class OwnCode:
    """LiteLLM's own functions: ``initial_cell``, ``pick_best`` and ``apply_delta``.

    Args:
        tiers: Tiers of quality.
        setting: What the contender is told.
    """

    def __init__(self, tiers: Tiers, setting: Setting) -> None:
        load_litellm()  # with its side effects turned off
        types = import_module("litellm.types.router")
        self._bandit = import_module("litellm.router_strategy.adaptive_router.bandit")
        self._rng = random.Random(setting.seed)  # noqa: S311 - a simulation
        self._paths = setting.paths
        self._prices = dict(zip(setting.paths, setting.list_costs_usd, strict=True))
        self._cells: dict[str, Any] = {
            name: self._bandit.initial_cell(
                types.AdaptiveRouterPreferences(quality_tier=tier, strengths=[]),
                types.RequestType.GENERAL,
            )
            for name, tier in zip(setting.paths, tiers(setting), strict=True)
        }

    def choose(self, request: Request) -> int:
        """Let ``pick_best`` choose."""
        return self._paths.index(self._bandit.pick_best(self._cells, self._prices, rng=self._rng))

    def learn(self, request: Request, path: int, success: float, cost_usd: float) -> None:
        """Let ``apply_delta`` count the outcome."""
        name = self._paths[path]
        self._cells[name] = self._bandit.apply_delta(self._cells[name], success, 1 - success)


CONTENDERS: tuple[Contender, ...] = (
    Contender(
        "LiteLLM's rule",
        "textbook",
        "Its adaptive router's formula, told the outcomes; one cell per path, equal tiers.",
        partial(PublishedRule, one_bucket, same_tier),
    ),
    Contender(
        "LiteLLM's rule, tiers by price",
        "textbook",
        "The same, with tiers of quality by the order of the list prices.",
        partial(PublishedRule, one_bucket, tiers_by_price),
    ),
    Contender(
        "LiteLLM's rule, per task",
        "textbook",
        "As the first, with a cell per label and path.",
        partial(PublishedRule, per_task, same_tier),
    ),
    Contender(
        "LiteLLM's own code",
        "peer",
        "Functions of litellm.router_strategy.adaptive_router.bandit; else as the first.",
        partial(OwnCode, same_tier),
        needs="litellm",
    ),
)
"""The first and the last play the same rule: that their figures agree says that ours is theirs."""
