"""How often a plan over several attempts begins with each arm: sampled, many plans at a time.

Which arm a plan begins with depends on all success rates at once, after any number of failures, so
there is no integral in one dimension. Beliefs about one arm are moved by one number however many
failures came before, so a plan takes one standard normal number per arm.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from armwise.bandit.arms import Arms
from armwise.bandit.belief import Belief
from armwise.bandit.escalation import MOST_STEPS, states, steps
from armwise.bandit.evidence import MOST_FAILURES
from armwise.bandit.objectives import Planned

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

_WIDEST = 5.0
"""Beyond it lies one standard normal number in two millions."""

_NODES = 201
"""Quantiles that a belief is interpolated between: steps of .05 deviations move a rate's error
below 1e-4, a hundredth of the sampling error; a test compares with the plans themselves."""


def first_choices(
    rule: Planned, arms: Arms, among: Sequence[int], rng: "Generator", choices: int
) -> "NDArray[Any]":
    """Return how often each arm is chosen in ``choices`` requests, one count per arm.

    Args:
        rule: The rule with its beliefs; its rates are not read.
        arms: The arms.
        among: Indices of those that may be chosen, ascending.
        rng: Draws the normal numbers.
        choices: How often to plan.
    """
    import numpy as np

    moves = rng.standard_normal((len(arms.names), choices))
    rates = [_moved(row, moves) for row in rule.beliefs[: MOST_FAILURES + 1]]
    left = [index for index in among if isfinite(arms.costs_usd[index])]
    depth = min(rule.attempts, len(left))
    if depth > 0 and steps(len(left), depth) > MOST_STEPS:
        chosen = _one_by_one(rule, arms, among, rates)
    else:
        chosen = _together(rule, arms, left, rates, depth)
        stopped = chosen < 0
        chosen[stopped] = _least_loss(rule, arms, among, rates[0][:, stopped])
    counts: NDArray[Any] = np.bincount(chosen, minlength=len(arms.names))
    return counts


def _moved(row: Sequence[Belief], moves: "NDArray[Any]") -> "NDArray[Any]":
    """Return the rate of each arm at each of its moves."""
    import numpy as np

    nodes = np.linspace(-_WIDEST, _WIDEST, _NODES)
    quantiles = [[belief.at(float(node)) for node in nodes] for belief in row]
    return np.array([np.interp(m, nodes, at) for m, at in zip(moves, quantiles, strict=True)])


def _together(
    rule: Planned, arms: Arms, left: Sequence[int], rates: "list[NDArray[Any]]", depth: int
) -> "NDArray[Any]":
    """Return the first step of the best plan per column of the rates, -1 where none is worth it.

    The same dynamic programme as ``plan``, on arrays.
    """
    import numpy as np

    chosen: NDArray[Any] = np.full(rates[0].shape[1], -1)
    values: dict[int, Any] = {}
    for used, size, unused in states(len(left), depth) if depth > 0 else ():
        row = rates[min(size, len(rates) - 1)][left]
        worths = np.array(
            [
                row[arm] * rule.success_value_usd
                - arms.costs_usd[left[arm]]
                + (1.0 - row[arm]) * values.get(used | 1 << arm, 0.0)
                for arm in unused
            ]
        )
        best = worths.max(axis=0)
        values[used] = np.maximum(best, 0.0)
        if not used:
            chosen = np.where(best > 0.0, np.array(left)[worths.argmax(axis=0)], -1)
    return chosen


def _least_loss(
    rule: Planned, arms: Arms, among: Sequence[int], rates: "NDArray[Any]"
) -> "NDArray[Any]":
    """Return what is chosen where no attempt is worth its cost; see ``Planned.choose``."""
    import numpy as np

    members = np.array(among)
    costs_usd = np.array([arms.costs_usd[index] for index in among])
    own = rates[members]
    worths = own
    if np.isfinite(costs_usd).any():
        worths = own * rule.success_value_usd - costs_usd[:, None]
    chosen: NDArray[Any] = members[worths.argmax(axis=0)]
    return chosen


def _one_by_one(
    rule: Planned, arms: Arms, among: Sequence[int], rates: "list[NDArray[Any]]"
) -> "NDArray[Any]":
    """Return what the rule itself chooses: with very many arms it leaves some out of its plans."""
    import numpy as np

    drawn = zip(*(row.T.tolist() for row in rates), strict=True)
    rules = (replace(rule, rates=tuple(map(tuple, rows))) for rows in drawn)
    return np.array([each.choose(arms, each.rates[0], among) for each in rules])
