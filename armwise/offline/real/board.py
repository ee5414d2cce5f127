"""What came of all replays of one outcome set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from armwise.offline.contenders.roster import BLIND_TO_VALUE, SHIPPED
from armwise.offline.learner import Contender
from armwise.offline.real.outcome_set import OutcomeSet
from armwise.offline.real.references import MixLine
from armwise.offline.real.replay import Replayed
from armwise.offline.result import Measured

VALUES_USD = (0.01, 0.03, 0.1)
"""Values of a success that are told, in US dollars: a cent, three, ten."""

UNSTATED_VALUE = 30
"""Where no value is told, a result is judged at this many times the dearest path's mean cost."""


@dataclass(frozen=True, slots=True)
class Series:
    """All passes of one contender that was told one value.

    Args:
        contender: Who played.
        replays: One per shuffle.
    """

    contender: Contender
    replays: tuple[Replayed, ...]

    def utility(self, success_value_usd: float) -> Measured:
        """Return accuracy minus cost in successes, at any value, told or not."""
        return Measured.of([one.point.utility(success_value_usd) for one in self.replays])

    def lead(self, other: "Series", success_value_usd: float) -> Measured:
        """Return the utility above another's, shuffle by shuffle, over those that both played."""
        pairs = zip(self.replays, other.replays, strict=False)  # all begin with the same shuffle
        return Measured.of(
            [
                own.point.utility(success_value_usd) - rival.point.utility(success_value_usd)
                for own, rival in pairs
            ]
        )

    def accuracy(self) -> Measured:
        """Return the share of successes."""
        return Measured.of([one.point.accuracy for one in self.replays])

    def cost_musd(self) -> Measured:
        """Return the mean cost of a request in thousandths of a US dollar."""
        return Measured.of([1000 * one.point.cost_usd for one in self.replays])

    def above(self, mix: MixLine) -> Measured:
        """Return the accuracy above the best random mix of the paths at equal cost."""
        points = [one.point for one in self.replays]
        return Measured.of([point.accuracy - mix.accuracy_at(point.cost_usd) for point in points])

    def ms_per_thousand(self, requests: int) -> Measured:
        """Return milliseconds for a thousand requests: to choose and to learn."""
        return Measured.of([1e6 * one.seconds / requests for one in self.replays], digits=1)


def values_told(contender: Contender, unstated_value_usd: float) -> tuple[float | None, ...]:
    """Return the values with which a contender plays.

    Args:
        contender: Who plays; those to whom no value can be told play once, without.
        unstated_value_usd: What armwise as shipped is told beside being told nothing.
    """
    if contender.name in BLIND_TO_VALUE:
        return (None,)
    if contender.name == SHIPPED:
        return (*VALUES_USD, unstated_value_usd, None)
    return VALUES_USD


@dataclass(frozen=True, slots=True)
class Board:
    """All series on one outcome set.

    Args:
        outcomes: The set.
        contenders: Who played, in the order of the tables.
        found: Series by the contender's name and the value that it was told.
        missing: Distributions of contenders that could not play.
    """

    outcomes: OutcomeSet
    contenders: Sequence[Contender]
    found: Mapping[tuple[str, float | None], Series]
    missing: tuple[str, ...] = ()

    @property
    def unstated_value_usd(self) -> float:
        """Value at which results without a stated value are judged, in US dollars."""
        return unstated_value_usd(self.outcomes)

    def series(self, contender: Contender, success_value_usd: float | None) -> Series:
        """Return what a contender did when told this value, or without, if it is blind to it."""
        is_blind = contender.name in BLIND_TO_VALUE
        return self.found[contender.name, None if is_blind else success_value_usd]

    def family(self, name: str) -> tuple[Contender, ...]:
        """Return the contenders of a family, in order."""
        return tuple(one for one in self.contenders if one.family == name)


def unstated_value_usd(outcomes: OutcomeSet) -> float:
    """Return the value at which results without a stated value are judged, in US dollars."""
    return UNSTATED_VALUE * max(outcomes.mean_costs_usd())
