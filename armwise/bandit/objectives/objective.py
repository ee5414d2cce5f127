"""What a rule is that chooses among sampled arms, and the order in which it would try them."""

from collections.abc import Sequence
from typing import Protocol

from armwise.bandit.arms import Arms


class Objective(Protocol):
    """Chooses an arm from one sampled success rate per arm. Pure and stateless."""

    @property
    def name(self) -> str:
        """How the rule is written, such as "cheapest-within 0.02"."""
        ...

    def choose(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> int:
        """Return the index of the arm to play.

        Args:
            arms: The bucket's arms, cheapest first.
            draws: One sampled success rate per arm, in the arms' order.
            among: Indices that may be chosen, ascending, at least one.
        """
        ...

    def reason(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> str:
        """Say in one sentence why ``choose`` chose what it chose."""
        ...


def ranking(
    objective: Objective, arms: Arms, draws: Sequence[float], among: Sequence[int]
) -> list[int]:
    """Return the arms in the order in which to try them.

    The next arm is always the one that the rule would choose if those before it did not exist,
    so a fallback is as deliberate as the first choice.
    """
    left = list(among)
    ranked: list[int] = []
    while left:
        chosen = objective.choose(arms, draws, left)
        ranked.append(chosen)
        left.remove(chosen)
    return ranked
