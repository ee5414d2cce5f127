"""Two arms under many schemes in many runs, which all advance together.

The arithmetic is that of the shipped classes (``decay.Eras``, ``ChangeDetector``,
``CheapestWithin``) on arrays: tests/offline/test_change.py plays both on one stream and compares
them step by step.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from armwise.bandit import UNIT, change
from armwise.bandit.decay import ERA_TICKS, TICKS, weight
from armwise.offline.change.scenarios import EPS, Scheme

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

_LEAST_RISE, _HIGHEST_RATE = 0.05, 0.995
"""A rise that a detector for rises would look for: .15 of what is missing to 1, plus .05."""


class Lockstep:
    """Two arms, the cheap one first, under every scheme in every run.

    Args:
        schemes: How changes are met.
        runs: Runs per scheme.
    """

    def __init__(self, schemes: Sequence[Scheme], runs: int) -> None:
        import numpy as np

        self._schemes = schemes
        shape = (len(schemes), runs)
        self._sums: Array = np.zeros((2, *shape, 2), np.int64)  # successes, failures; per arm
        self._sums_before: Array = np.zeros((2, *shape, 2), np.int64)
        self._eras = [0] * len(schemes)
        self._weights: Array = np.ones((len(schemes), 1, 1), np.int64)
        # fell, rose, successes and outcomes of the baseline
        self.detectors: Array = np.zeros((4, *shape, 2))
        self._falls: Array = np.array([[scheme.falls] for scheme in schemes])
        self._rises: Array = np.array([[scheme.rises] for scheme in schemes])
        self._every_scheme: Array = np.arange(shape[0])[:, None]
        self._every_run: Array = np.arange(shape[1])[None, :]

    def beliefs(self, number: int) -> "tuple[Array, Array]":
        """Return alpha and beta as they are when request ``number`` is decided.

        Arrays of shape (schemes, runs, 2). Every earlier request has had its outcome.
        """
        import numpy as np

        ticks = [number * TICKS // one.half_life if one.half_life else 0 for one in self._schemes]
        for index, tick in enumerate(ticks):
            if tick // ERA_TICKS > self._eras[index]:
                self._eras[index] = tick // ERA_TICKS
                self._sums_before[:, index] = self._sums[:, index]
                self._sums[:, index] = 0
        self._weights = np.array([weight(tick) for tick in ticks], np.int64)[:, None, None]
        seen = _divided(self._sums, UNIT, self._weights)
        seen += _divided(self._sums_before, UNIT >> ERA_TICKS // TICKS, self._weights)
        return 1.0 + seen[0] / UNIT, 1.0 + seen[1] / UNIT

    def learn(self, arm: "Array", reward: "Array") -> "Array":
        """Take an outcome per scheme and run; return where the arm was begun anew.

        Args:
            arm: The arm that was played, 0 or 1, of shape (schemes, runs).
            reward: 0 or 1, of the same shape.
        """
        schemes, runs = self._every_scheme, self._every_run
        weights = self._weights[:, :, 0]
        self._sums[0, schemes, runs, arm] += weights * reward
        self._sums[1, schemes, runs, arm] += weights * (1 - reward)
        detectors = _observed(self.detectors[:, schemes, runs, arm], reward)
        alarms: Array = (detectors[0] > self._falls) | (detectors[1] > self._rises)
        detectors[:, alarms] = 0.0
        self.detectors[:, schemes, runs, arm] = detectors
        scheme, run = alarms.nonzero()
        self._sums[:, scheme, run, arm[alarms]] = 0
        self._sums_before[:, scheme, run, arm[alarms]] = 0
        return alarms


def choose(draws: "Array", alpha: "Array", beta: "Array") -> "Array":
    """Return the arm that ``CheapestWithin`` chooses, 0 being the cheap one."""
    import numpy as np

    mean = alpha[..., 0] / (alpha[..., 0] + beta[..., 0])
    enough = (1.0 - EPS) * np.maximum(draws[..., 0], draws[..., 1])
    chosen: Array = (np.maximum(draws[..., 0], mean) < enough).astype(np.int64)
    return chosen


def _divided(sums: "Array", unit: int, by: "Array") -> "Array":
    """Return sums * unit / by, rounded to the nearest integer, within 64 bits."""
    whole, rest = sums // by, sums % by
    quotient: Array = whole * unit + (rest * unit + by // 2) // by
    return quotient


def _observed(detectors: "Array", reward: "Array") -> "Array":
    """Return the detectors after one more outcome each; see ``ChangeDetector.observe``."""
    import numpy as np

    fell, rose, successes, outcomes = detectors
    is_ready = outcomes >= change.BASELINE_OUTCOMES
    seen = successes / np.maximum(outcomes, 1.0)
    rate = np.clip(seen, change.LOWEST_BASELINE, change.HIGHEST_BASELINE)
    worse = np.maximum(change.LOWEST_RATE, rate - change.LEAST_FALL)
    better = np.minimum(_HIGHEST_RATE, rate + change.LEAST_FALL * (1.0 - rate) + _LEAST_RISE)
    fallen = np.maximum(0.0, fell + _log_ratio(reward, worse, rate))
    risen = np.maximum(0.0, rose + _log_ratio(reward, better, rate))
    return np.array(
        [
            np.where(is_ready & (seen - worse >= change.LEAST_SHIFT), fallen, fell),
            np.where(is_ready & (better - seen >= change.LEAST_SHIFT), risen, rose),
            successes * change.BASELINE_DECAY + reward,
            outcomes * change.BASELINE_DECAY + 1.0,
        ]
    )


def _log_ratio(reward: "Array", rate: "Array", baseline: "Array") -> "Array":
    import numpy as np

    success = np.log(rate / baseline)
    failure = np.log((1.0 - rate) / (1.0 - baseline))
    return np.where(reward > 0, success, failure)
