"""Thompson sampling over one bucket: draw from every belief, then let the rule choose."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from armwise.bandit.arms import Arms
from armwise.bandit.belief import Belief
from armwise.bandit.objectives.objective import Objective
from armwise.bandit.posterior import Beta

if TYPE_CHECKING:
    from numpy.random import Generator

_GROWTH = 8
_LARGEST_BLOCK = 256
"""After a change of belief 1, 8, 64, then 256 draws are fetched at a time. A vector call costs
about as much as one scalar draw, so while an arm learns, when most draws would be thrown away,
little is fetched; once it is quiet, a draw costs almost nothing (benchmarks/decide.py)."""


class Sampler:
    """Draws from the beliefs of one bucket, prefetched but exact.

    Draws of an unchanged belief are independent and identically distributed, so they may be made
    ahead: each is used at most once, and an arm's block is thrown away when its belief changes.

    Safe to share among threads: taking the next value of an iterator over a list is atomic, and
    a thread that finds a block used up fetches another.

    Args:
        arms: The bucket's arms.
        rng: A numpy Generator; the caller seeds it.
    """

    __slots__ = ("_blocks", "_rng", "_rows", "_sizes", "arms")

    def __init__(self, arms: Arms, rng: "Generator") -> None:
        self.arms = arms
        self._rng = rng
        self._blocks: list[Iterator[float]] = [iter(()) for _ in arms.every]
        self._sizes = [1] * len(arms.every)
        self._rows: Iterator[tuple[float, ...]] = iter(())

    def draw(self) -> tuple[float, ...]:
        """Return one sampled success rate per arm, in the arms' order."""
        return next(self._rows, None) or self._refilled()

    def choose(self, objective: Objective) -> int:
        """Return the index of the arm that the rule chooses from fresh draws."""
        arms = self.arms
        return objective.choose(arms, self.draw(), arms.every)

    def observe(self, index: int, reward: float) -> None:
        """Learn one outcome in place: ``reward`` in [0, 1] is added to the arm's belief."""
        belief = self.arms.beliefs[index]
        if not isinstance(belief, Beta):
            raise TypeError(f"only a Beta learns in place, not {type(belief).__name__}")
        self.replace(index, Beta(belief.alpha + reward, belief.beta + (1.0 - reward)))

    def replace(self, index: int, belief: Belief) -> None:
        """Set one arm's belief and throw away the draws of the old one."""
        self.arms = self.arms.with_belief(index, belief)
        self._sizes[index] = 1
        self._blocks[index] = iter(())
        self._rows = iter(())

    def evolved(self, arms: Arms) -> "Sampler":
        """Return a sampler of new arms that keeps the draws of beliefs that did not change.

        This sampler stays usable by whoever still holds it; both take from the same blocks.
        """
        evolved = Sampler(arms, self._rng)
        held = {name: index for index, name in enumerate(self.arms.names)}
        for index, name in enumerate(arms.names):
            before = held.get(name)
            if before is not None and self.arms.beliefs[before] == arms.beliefs[index]:
                evolved._blocks[index] = self._blocks[before]
                evolved._sizes[index] = self._sizes[before]
        return evolved

    def _refilled(self) -> tuple[float, ...]:
        row: list[float] = []
        for index in self.arms.every:
            value = next(self._blocks[index], None)
            row.append(self._fetched(index) if value is None else value)
        # Until the shortest block ends, a row is one step of a C loop.
        self._rows = zip(*self._blocks, strict=False)
        return tuple(row)

    def _fetched(self, index: int) -> float:
        belief, size = self.arms.beliefs[index], self._sizes[index]
        self._sizes[index] = min(_LARGEST_BLOCK, size * _GROWTH)
        if size == 1:
            return belief.draw(self._rng)
        fetched = belief.draws(self._rng, size)
        value = fetched.pop()
        if self.arms.beliefs[index] is belief:  # else another thread has just replaced it
            self._blocks[index] = iter(fetched)
        return value
