"""The way that a user's request really goes: ``Router.completion`` over scripted answers.

The same planner on the same beliefs as "armwise, planned", but through the request path: checks,
counting, evidence in a store, ids. Answers come from an outcome set instead of a provider.
"""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from armwise.adapters import Call, ModelInfo, Price
from armwise.bandit import Assessment
from armwise.engine import Escalate
from armwise.offline.escalation.playing import Check, Climbed, Game, Passes, luck_of
from armwise.offline.real.outcome_set import OutcomeSet
from armwise.offline.real.references import Point
from armwise.offline.real.replay import order_of, setting_of
from armwise.router import Router

_TYPICAL_TOKENS = 300
"""Output tokens that the expected cost of a path starts from, so that its list price of one request
is what the setting says."""


def climb_routed(outcomes: OutcomeSet, game: Game, seed: int) -> Climbed:
    """Play one pass through ``Router.completion``; see ``playing.climb``."""
    setting = setting_of(outcomes, game.success_value_usd, seed)
    world = _World(outcomes, setting.list_costs_usd, luck_of(outcomes, seed), game.check)
    router = Router(
        paths=[{"model": name} for name in outcomes.paths],
        goal_id="replay",
        success_when=_has_passed,
        escalate=Escalate(game.attempts, game.success_value_usd),
        store="memory://",
        adapter=world,
        complexity=world,
        half_life=None,
        detect_changes=False,
        seed=seed,
    )
    accuracy = 0.0
    for number in order_of(outcomes, seed):
        world.number = number
        request = outcomes.requests[number]
        response = router.completion(_ASK, task_type=request.task_type)
        path = outcomes.paths.index(response.model)
        accuracy += outcomes.successes[number][path]
    requests = len(outcomes)
    return Climbed(Point(accuracy / requests, world.spent_usd / requests), world.calls / requests)


_ASK = [{"role": "user", "content": "as in the outcome set"}]


def _has_passed(response: Any) -> bool:
    return bool(response.choices[0].message.content == "pass")


class _World:
    """Adapter and complexity of a replay.

    Args:
        outcomes: What every path answers to every request.
        list_costs_usd: What a request costs on each path by its list price.
        luck: Per request and path, a number that decides whether the check errs.
        check: How good the check is.
    """

    def __init__(
        self,
        outcomes: OutcomeSet,
        list_costs_usd: Sequence[float],
        luck: Sequence[Sequence[float]],
        check: Check,
    ) -> None:
        self._outcomes = outcomes
        self._position = {name: at for at, name in enumerate(outcomes.paths)}
        self._prices = [cost_usd / _TYPICAL_TOKENS for cost_usd in list_costs_usd]
        self._passes = Passes(outcomes, luck, check)
        self.number = 0
        self.spent_usd = 0.0
        self.calls = 0

    def complete(self, call: Call) -> Any:
        """Return whether the path's answer passes, with tokens that cost what it did cost."""
        path = self._position[call.model]
        cost_usd = self._outcomes.costs_usd[self.number][path]
        self.spent_usd += cost_usd
        self.calls += 1
        message = SimpleNamespace(content="pass" if self._passes.of(self.number)[path] else "fail")
        choice = SimpleNamespace(message=message, finish_reason="stop")
        tokens = round(cost_usd / self._prices[path])
        usage = SimpleNamespace(prompt_tokens=0, completion_tokens=tokens)
        return SimpleNamespace(model=call.model, choices=[choice], usage=usage)

    async def acomplete(self, call: Call) -> Any:
        """Do as ``complete``."""
        return self.complete(call)

    def assemble(self, chunks: Sequence[Any], call: Call) -> Any:
        """Return the last chunk: nothing is streamed here."""
        return chunks[-1]

    def has_finished(self, stream: Any) -> bool:
        """Every answer is whole."""
        return True

    def info(self, model: str) -> ModelInfo:
        """Return the path's list price."""
        return ModelInfo(Price(0.0, self._prices[self._position[model]]))

    def warmup(self) -> None:
        """Load nothing."""

    def assess(self, prompt: str, task_type: str, *, demands_structure: bool = False) -> Assessment:
        """Return the level that the outcome set gives the request."""
        return Assessment(self._outcomes.requests[self.number].level, 0.0)
