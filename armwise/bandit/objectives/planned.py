"""The rule of a request that may be tried again: what is best first, knowing what comes after."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from armwise.bandit.arms import Arms
from armwise.bandit.belief import Belief
from armwise.bandit.escalation import Plan, plan


@dataclass(frozen=True, slots=True)
class Planned:
    """The first step of the best plan over several attempts; made anew for each request.

    A path that is cheap and often wrong may be the right one to begin with where a failure shows
    at once and another path can be tried, and the wrong one where it cannot.

    Args:
        rates: Per number of earlier failures, one sampled success rate per arm.
        success_value_usd: What a success is worth, in US dollars.
        attempts: Most attempts in the request.
        beliefs: What the rates were drawn from, in the same order: by moving the beliefs of one arm
            by the same standard normal number. Only ``propensities`` needs them.
    """

    rates: tuple[tuple[float, ...], ...]
    success_value_usd: float
    attempts: int
    beliefs: tuple[tuple[Belief, ...], ...] = ()

    @property
    def name(self) -> str:
        """How the rule is written."""
        return f"escalate {self.attempts} {self.success_value_usd:g}"

    def plan(self, arms: Arms, among: Sequence[int], tried: Sequence[int] = ()) -> Plan:
        """Return the best plan over the arms in ``among``, after those in ``tried`` have failed."""
        allowed = set(among)
        costs_usd = [
            cost_usd if index in allowed else inf for index, cost_usd in enumerate(arms.costs_usd)
        ]
        return plan(self.rates, costs_usd, self.success_value_usd, self.attempts, tried)

    def choose(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> int:
        """Return what the plan begins with; see ``Objective.choose``.

        Where no attempt is worth its cost, a request has to be answered all the same: by the arm
        that loses least, an unpriced one only where there is no other.
        """
        order = self.plan(arms, among).order
        if order:
            return order[0]
        worth = {
            index: draws[index] * self.success_value_usd - arms.costs_usd[index] for index in among
        }
        return max(among, key=lambda index: (worth[index], draws[index]))

    def reason(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> str:
        """Say why; see ``Objective.reason``."""
        planned = self.plan(arms, among)
        if not planned.order:
            chosen = arms.names[self.choose(arms, draws, among)]
            return f"no attempt is worth its cost; {chosen} loses least"
        order = ", then ".join(arms.names[index] for index in planned.order)
        return f"the plan is {order}: worth ${planned.value_usd:.6f} after its cost"
