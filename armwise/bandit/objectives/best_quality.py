"""The rule for whom nothing is too dear."""

from collections.abc import Sequence
from dataclasses import dataclass

from armwise.bandit.arms import Arms


@dataclass(frozen=True, slots=True)
class BestQuality:
    """The arm with the highest sample: plain Thompson sampling, whatever it costs."""

    @property
    def name(self) -> str:
        """How the rule is written."""
        return "best-quality"

    def choose(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> int:
        """Return the arm with the highest sample; see ``Objective.choose``."""
        return max(among, key=draws.__getitem__)

    def reason(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> str:
        """Say why; see ``Objective.reason``."""
        chosen = self.choose(arms, draws, among)
        return f"{arms.names[chosen]} has the highest sample ({draws[chosen]:.3f})"
