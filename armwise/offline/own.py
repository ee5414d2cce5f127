"""armwise's own code on arms with fixed success rates: ``Sampler``, objectives, belief models."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from armwise.bandit import Arms, Beta, Budget, Objective, Sampler
from armwise.bandit.models import BeliefModel, Cell, is_stale
from armwise.offline.bernoulli import World

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def with_shipped_code(
    objective: Objective, world: World, model: BeliefModel | None = None
) -> "Array":
    """Play armwise's ``Sampler`` with an objective, one run after another.

    Args:
        objective: The rule. The price of a ``Budget`` is paced as a Router paces it.
        world: What it is played on; its arms are sorted by cost.
        model: Makes the beliefs; None is Beta(1, 1) plus the arm's own outcomes.

    Returns:
        Pulls per mark, run and arm.
    """
    import numpy as np

    runs = [_one_run(objective, world, run, model) for run in world.runs]
    return np.stack(runs, axis=1)


def _one_run(objective: Objective, world: World, run: int, model: BeliefModel | None) -> "Array":
    rates = world.rates
    costs = world.costs or (0.0,) * len(rates)
    # Names in order: arms of equal cost and belief are sorted by name.
    names = [f"{arm:03}" for arm in range(len(rates))]
    priors = [(name, Beta(1, 1), cost) for name, cost in zip(names, costs, strict=True)]
    sampler = Sampler(Arms.of(priors), world.player(run))
    learn = sampler.observe if model is None else _Modelled(sampler, model, names).observe
    plays: list[int] = []
    for block in replace(world, runs=range(run, run + 1)).outcomes():
        for outcome in block[:, 0].tolist():
            arm = sampler.choose(objective)
            plays.append(arm)
            learn(arm, outcome[arm])
            if isinstance(objective, Budget):
                objective = objective.paced(costs[arm])
    return _pulls_at(world.marks(), plays, len(rates))


class _Modelled:
    """Keeps a sampler's beliefs in step with a model: refitted when the engine would refit."""

    def __init__(self, sampler: Sampler, model: BeliefModel, names: Sequence[str]) -> None:
        self._sampler = sampler
        self._model = model
        self._counts = {Cell("general", "simple", name): (0.0, 0.0) for name in names}
        self._cells = tuple(self._counts)
        self._fitted = self._unseen = 0
        self._fit = model.fit({}, {})
        self._renew()

    def observe(self, arm: int, success: float) -> None:
        """Learn one outcome."""
        cell = self._cells[arm]
        won, lost = self._counts[cell]
        self._counts[cell] = (won + success, lost + (1.0 - success))
        self._unseen += 1
        if self._model.borrows and is_stale(self._fitted, self._unseen):
            seen = {one: counts for one, counts in self._counts.items() if counts != (0.0, 0.0)}
            self._fit = self._model.fit(seen, {}, self._fit)
            self._fitted, self._unseen = self._fitted + self._unseen, 0
            self._renew()
        else:
            self._set(arm)

    def _renew(self) -> None:
        for arm in range(len(self._cells)):
            self._set(arm)

    def _set(self, arm: int) -> None:
        belief = self._fit.belief(self._cells[arm], *self._counts[self._cells[arm]])
        self._sampler.replace(arm, belief.tempered(self._model.noise))


def _pulls_at(marks: Sequence[int], plays: Sequence[int], arms: int) -> "Array":
    import numpy as np

    per_mark = [
        np.bincount(plays[begun:ended], minlength=arms)
        for begun, ended in zip((0, *marks[:-1]), marks, strict=True)
    ]
    return np.cumsum(per_mark, axis=0).astype(np.int32)
