"""The arms of one bucket as a rule sees them: names, beliefs and expected costs."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from armwise.bandit.belief import Belief


@dataclass(frozen=True, slots=True)
class Arms:
    """A snapshot of one bucket's arms, cheapest first.

    Args:
        names: Path names.
        beliefs: Belief per arm.
        costs_usd: Expected cost of one request per arm in US dollars; infinite where no price
            is known, so that an unpriced arm ranks as the dearest.
        means: Posterior mean per arm, kept because a rule reads it at every choice.
    """

    names: tuple[str, ...]
    beliefs: tuple[Belief, ...]
    costs_usd: tuple[float, ...]
    means: tuple[float, ...]
    every: tuple[int, ...] = field(repr=False)

    @classmethod
    def of(cls, arms: Iterable[tuple[str, Belief, float | None]]) -> "Arms":
        """Sort (name, belief, expected cost or None) by cost, then higher mean, then name."""
        priced = [
            (math.inf if cost is None else cost, -belief.mean, name, belief)
            for name, belief, cost in arms
        ]
        priced.sort(key=lambda arm: arm[:3])
        return cls(
            names=tuple(arm[2] for arm in priced),
            beliefs=tuple(arm[3] for arm in priced),
            costs_usd=tuple(arm[0] for arm in priced),
            means=tuple(-arm[1] for arm in priced),
            every=tuple(range(len(priced))),
        )

    def with_belief(self, index: int, belief: Belief) -> "Arms":
        """Return the arms with one belief replaced, the order by cost unchanged."""
        beliefs = (*self.beliefs[:index], belief, *self.beliefs[index + 1 :])
        means = (*self.means[:index], belief.mean, *self.means[index + 1 :])
        return Arms(self.names, beliefs, self.costs_usd, means, self.every)
