"""Plays a scenario and adds up what the runs came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from armwise.offline.change.lockstep import Lockstep, choose
from armwise.offline.change.scenarios import COSTS, EPS, Scenario, Scheme

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

WINDOW, RIGHT = 50, 40
"""A change is answered when 40 of 50 choices in a row are right; the delay is to the first."""


@dataclass(frozen=True, slots=True)
class Played:
    """What the runs came to, arrays of shape (schemes, runs).

    Args:
        quality_regret: Success rate given up beyond what the rule allows, summed.
        cost_regret: Paid above the cheapest arm that is good enough, in prices of the dear arm.
        delay: Requests from the change until 40 of 50 choices in a row are right; the length of
            the second half where that never comes, 0 where nothing breaks.
        alarm: Outcomes of the arm that broke until the detector began it anew; all it had in the
            second half where it never did, 0 where nothing breaks.
        false_alarms: Arms begun anew although nothing had changed.
    """

    quality_regret: "Array"
    cost_regret: "Array"
    delay: "Array"
    alarm: "Array"
    false_alarms: "Array"


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of the work: a scenario under some schemes.

    Args:
        scenario: What the arms do.
        schemes: How it is met.
        runs: Runs per scheme; run r meets the same outcomes under every scheme.
        requests: Requests per run.
        seed: Seeds outcomes and draws.
    """

    scenario: Scenario
    schemes: tuple[Scheme, ...]
    runs: int
    requests: int
    seed: int


def play(piece: Piece) -> Played:
    """Play a piece."""
    import numpy as np

    scenario, runs, requests = piece.scenario, piece.runs, piece.requests
    name = [ord(letter) for letter in scenario.name]
    world = np.random.default_rng([piece.seed, 1, *name])
    sampling = np.random.default_rng([piece.seed, 2, *name])
    bandits = Lockstep(piece.schemes, runs)
    tally = Tally(piece)
    every_run = np.arange(runs)[None, :]
    for number in range(requests):
        rates = np.array(scenario.rates(number, requests))
        alpha, beta = bandits.beliefs(number)
        arm = choose(sampling.beta(alpha, beta), alpha, beta)
        luck = world.random((runs, 2)) < rates
        alarms = bandits.learn(arm, luck[every_run, arm].astype(np.int64))
        tally.add(number, rates, arm, alarms)
    return tally.played()


class Tally:
    """Adds up regret, and finds the moment from which choices are right again."""

    def __init__(self, piece: Piece) -> None:
        import numpy as np

        scenario, shape = piece.scenario, (len(piece.schemes), piece.runs)
        self._half = piece.requests // 2
        self._breaks = scenario.breaks
        self._broken = int(scenario.before[1] != scenario.after[1])
        self._costs = np.array(COSTS)
        self._quality_regret, self._cost_regret = np.zeros(shape), np.zeros(shape)
        self._latest = np.zeros((WINDOW, *shape), np.int64)
        self._right = np.zeros(shape, np.int64)
        self._outcomes = np.zeros(shape, np.int64)
        self._delay = np.full(shape, -1)
        self._alarm = np.full(shape, -1)
        self._false_alarms = np.zeros(shape, np.int64)

    def add(self, number: int, rates: "Array", arm: "Array", alarms: "Array") -> None:
        """Count one request of every run.

        Args:
            number: Number of the request, the first being 0.
            rates: Success rates of the two arms at that moment.
            arm: The arms that were played.
            alarms: Where they were begun anew after it.
        """
        import numpy as np

        enough = (1.0 - EPS) * rates.max()
        wanted = 0 if rates[0] >= enough else 1
        self._quality_regret += np.maximum(0.0, enough - rates)[arm]
        self._cost_regret += np.maximum(0.0, self._costs - self._costs[wanted])[arm]
        if not self._breaks or number < self._half:
            self._false_alarms += alarms
            return
        is_broken = arm == self._broken
        self._outcomes += is_broken
        is_found = alarms & is_broken & (self._alarm < 0)
        self._alarm = np.where(is_found, self._outcomes, self._alarm)
        self._false_alarms += alarms & ~is_found
        self._look_back(number, (arm == wanted).astype(np.int64))

    def _look_back(self, number: int, right: "Array") -> None:
        import numpy as np

        slot = number % WINDOW
        self._right += right - self._latest[slot]
        self._latest[slot] = right
        since = number - self._half + 1
        if since >= WINDOW:
            is_answered = (self._right >= RIGHT) & (self._delay < 0)
            self._delay = np.where(is_answered, since - WINDOW, self._delay)

    def played(self) -> Played:
        """Return the sums; what was never found took the whole second half."""
        import numpy as np

        never = self._half if self._breaks else 0
        return Played(
            self._quality_regret,
            self._cost_regret,
            np.where(self._delay < 0, never, self._delay),
            np.where(self._alarm < 0, self._outcomes, self._alarm),
            self._false_alarms,
        )


def pieces(
    scenarios: Sequence[Scenario], schemes: tuple[Scheme, ...], runs: int, requests: int, seed: int
) -> list[Piece]:
    """Return one piece per scenario."""
    return [Piece(scenario, schemes, runs, requests, seed) for scenario in scenarios]
