"""armwise itself: the very engine that a Router decides and learns with, without the calls."""

from collections.abc import Callable
from itertools import count

from armwise.adapters import ModelInfo
from armwise.bandit import Assessment, CheapestWithin, Objective, TargetRate, Utility
from armwise.bandit.decay import DEFAULT_HALF_LIFE
from armwise.bandit.models import (
    BeliefModel,
    Hierarchical,
    HierarchicalBeta,
    Independent,
    LogisticThompson,
    Pooled,
    default_model,
)
from armwise.bandit.outcome import FULL_SCORE
from armwise.engine import Decision, Engine, Path, PathPrices, Signer
from armwise.engine.costs import TYPICAL_USAGE
from armwise.events import Attempted
from armwise.offline.learner import Contender, Learner, Request, Setting
from armwise.storage import CallFacts, MemoryStore

_ASK = ({"role": "user", "content": "replayed"},)


class EngineLearner:
    """An ``Engine`` as a contender: decides by it, and records what came of the call.

    Half-lives, change detection and everything else are the Router's defaults.

    Args:
        setting: What is told before the first request.
        objective: The rule; None takes the utility of the stated value, else the default rule.
        model: Makes beliefs of evidence; None takes the rule's default.
        has_buckets: False puts every request into one bucket.
    """

    def __init__(
        self,
        setting: Setting,
        objective: Objective | None,
        model: BeliefModel | None,
        *,
        has_buckets: bool = True,
    ) -> None:
        value_usd = setting.success_value_usd
        stated = CheapestWithin() if value_usd is None else Utility(value_usd)
        rule = objective or stated
        self._names = setting.paths
        self._numbers = {name: number for number, name in enumerate(setting.paths)}
        paths = [
            _priced(name, cost_usd)
            for name, cost_usd in zip(setting.paths, setting.list_costs_usd, strict=True)
        ]
        self._request = Request()
        self._has_buckets = has_buckets
        ticks = count(1)
        self._engine = Engine(
            "replay",
            paths,
            objective=rule,
            model=model or default_model(rule),
            store=MemoryStore(clock=lambda: 1.7e9),
            prices=PathPrices(paths, lambda _: ModelInfo()),
            complexity=self,
            signer=Signer(),
            half_life=DEFAULT_HALF_LIFE,
            seed=setting.seed,
            clock=lambda: 1.7e9 + next(ticks) * 1e-6,
        )
        self._decision: Decision | None = None

    def assess(self, prompt: str, task_type: str, *, demands_structure: bool) -> Assessment:
        """Return the level that the request comes with; see ``Complexity.assess``."""
        if not self._has_buckets:
            return Assessment("all", 0.0)
        return Assessment(self._request.level, self._request.score)

    def choose(self, request: Request) -> int:
        """Return the number of the path to call; see ``Learner.choose``."""
        self._request = request
        task_type = request.task_type if self._has_buckets else None
        self._decision = self._engine.decide(_ASK, task_type)
        return self._numbers[self._decision.path]

    def learn(self, request: Request, path: int, success: float, cost_usd: float) -> None:
        """Record what came of the call; see ``Learner.learn``."""
        decision = self._decision
        if decision is None or self._names[path] != decision.path:
            decision = self._engine.decide(_ASK, request.task_type if self._has_buckets else None)
        name = self._names[path]
        attempted = Attempted(
            "replay", decision.nonce.hex(), decision.bucket, name, 0, None, success, cost_usd
        )
        facts = CallFacts(cost_nanousd=round(cost_usd * 1e9))
        self._engine.record(decision, attempted, facts, round(success * FULL_SCORE))
        self._decision = None


def _priced(name: str, cost_usd: float) -> Path:
    """Return a path whose list price makes a typical request cost this much."""
    tokens = TYPICAL_USAGE.input_tokens + TYPICAL_USAGE.output_tokens
    per_mtok = cost_usd / tokens * 1e6
    return Path(model=name, name=name, input_usd_per_mtok=per_mtok, output_usd_per_mtok=per_mtok)


def _with(
    model: Callable[[], BeliefModel | None] = lambda: None,
    objective: Objective | None = None,
    *,
    has_buckets: bool = True,
) -> Callable[[Setting], Learner]:
    def build(setting: Setting) -> Learner:
        return EngineLearner(setting, objective, model(), has_buckets=has_buckets)

    return build


CONTENDERS: tuple[Contender, ...] = (
    Contender(
        "armwise",
        "armwise",
        "as shipped: Hierarchical(0.5) where a value is stated, else CheapestWithin(0.02) on "
        "HierarchicalBeta(1.25, 0.4)",
        _with(),
    ),
    Contender(
        "armwise, full noise",
        "armwise",
        "Hierarchical(1.0): plain Thompson sampling from the same beliefs",
        _with(lambda: Hierarchical(1.0)),
    ),
    Contender(
        "armwise, hierarchical",
        "armwise",
        "Hierarchical(0.5), whether a value is stated or not",
        _with(Hierarchical),
    ),
    Contender(
        "armwise, hierarchical Beta",
        "armwise",
        "HierarchicalBeta(1.25, 0.4), whether a value is stated or not",
        _with(HierarchicalBeta),
    ),
    Contender(
        "armwise, pooled",
        "armwise",
        "Pooled(4, 0.5): tempered Beta beliefs around the path's mean elsewhere",
        _with(Pooled),
    ),
    Contender(
        "armwise, pooled 10",
        "armwise",
        "Pooled(10, 0.5): the mean elsewhere weighs as much as ten outcomes",
        _with(lambda: Pooled(10.0)),
    ),
    Contender(
        "armwise, additive",
        "armwise",
        "LogisticThompson(0.5): path, task and level add up, nothing is special to a pair",
        _with(lambda: LogisticThompson(0.5)),
    ),
    Contender(
        "armwise, independent",
        "armwise",
        "Independent(1.0): plain Beta Thompson sampling per bucket",
        _with(Independent),
    ),
    Contender(
        "armwise, independent, half noise",
        "armwise",
        "Independent(0.5): tempered Beta beliefs per bucket",
        _with(lambda: Independent(0.5)),
    ),
    Contender(
        "armwise, one bucket",
        "armwise",
        "as shipped, without any label or level",
        _with(has_buckets=False),
    ),
    Contender(
        "armwise, target .8",
        "armwise",
        "TargetRate(0.8): where no path reaches it, the cheapest within 5 % of the best",
        _with(objective=TargetRate(0.8)),
    ),
    Contender(
        "armwise, target .8, else best",
        "armwise",
        "TargetRate(0.8, slack=0): where no path reaches it, the best one",
        _with(objective=TargetRate(0.8, slack=0)),
    ),
)
"""How armwise plays: as shipped first, then with one thing changed at a time."""
