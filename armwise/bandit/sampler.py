"""Thompson sampling over one bucket: draw from every belief, then let the rule choose."""

from typing import TYPE_CHECKING

from armwise.bandit.arms import Arms
from armwise.bandit.objective import Objective
from armwise.bandit.posterior import Beta

if TYPE_CHECKING:
    from numpy.random import Generator

_POOL = 32
"""Draws fetched at once. A vector call costs about as much as one scalar draw plus 0.1 us per
value, so larger pools gain little and waste more when the belief changes."""


class Sampler:
    """Draws from the beliefs of one bucket, prefetched but exact.

    Draws of an unchanged belief are independent and identically distributed, so they may be made
    ahead: each is used at most once, and an arm's pool is emptied when its belief changes. The
    first draw after a change is a single one, because during learning it is often the only one.

    Safe to share among threads: taking a value from a list is atomic, and a thread that finds a
    pool empty fills it anew.

    Args:
        arms: The bucket's arms.
        rng: A numpy Generator; the caller seeds it.
    """

    __slots__ = ("_pools", "_rng", "_settled", "arms")

    def __init__(self, arms: Arms, rng: "Generator") -> None:
        self.arms = arms
        self._rng = rng
        self._pools: list[list[float]] = [[] for _ in arms.every]
        self._settled = [True] * len(arms.every)

    def draw(self) -> list[float]:
        """Return one sampled success rate per arm, in the arms' order."""
        try:
            return [pool.pop() for pool in self._pools]
        except IndexError:
            return [self._draw_one(index) for index in self.arms.every]

    def choose(self, objective: Objective) -> int:
        """Return the index of the arm that the rule chooses from fresh draws."""
        arms = self.arms
        return objective.choose(arms, self.draw(), arms.every)

    def observe(self, index: int, reward: float) -> None:
        """Learn one outcome in place: ``reward`` in [0, 1] is added to the arm's belief."""
        belief = self.arms.beliefs[index]
        self.replace(index, Beta(belief.alpha + reward, belief.beta + (1.0 - reward)))

    def replace(self, index: int, belief: Beta) -> None:
        """Set one arm's belief and forget the draws of the old one."""
        self.arms = self.arms.with_belief(index, belief)
        self._pools[index].clear()
        self._settled[index] = False

    def evolved(self, arms: Arms) -> "Sampler":
        """Return a sampler of new arms that keeps the draws of beliefs that did not change.

        This sampler stays usable by whoever still holds it; both take from the same pools.
        """
        evolved = Sampler(arms, self._rng)
        held = {name: index for index, name in enumerate(self.arms.names)}
        for index, name in enumerate(arms.names):
            before = held.get(name)
            if before is None:
                continue
            if self.arms.beliefs[before] == arms.beliefs[index]:
                evolved._pools[index] = self._pools[before]
                evolved._settled[index] = self._settled[before]
            else:
                evolved._settled[index] = False
        return evolved

    def _draw_one(self, index: int) -> float:
        pool = self._pools[index]
        try:
            return pool.pop()
        except IndexError:
            pass
        belief = self.arms.beliefs[index]
        if not self._settled[index]:
            self._settled[index] = True
            return self._rng.beta(belief.alpha, belief.beta)
        fetched: list[float] = self._rng.beta(belief.alpha, belief.beta, _POOL).tolist()
        value = fetched.pop()
        if self.arms.beliefs[index] is belief:  # else another thread has just replaced it
            self._pools[index] = fetched
        return value
