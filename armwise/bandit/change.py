"""Notices that an arm's success rate has fallen, from its own outcomes."""

import math
from dataclasses import dataclass

THRESHOLD = 8.0
"""Log-likelihood ratio at which a fall is believed. 8 finds one from .92 to .55 within a median of
20 outcomes, and cries wolf once in some 80,000 requests (the ``change`` part of
``armwise bench``)."""

BASELINE_OUTCOMES = 30.0
"""Outcomes that the baseline needs before it is compared with."""

BASELINE_DECAY = 0.998
"""Per outcome: the baseline follows slow drift over some 500 outcomes, which is no break."""

LEAST_FALL = 0.15
LEAST_SHIFT = 0.02
"""A shift that is smaller, at the lower end of the scale, is not watched for: the clipped baseline
would count an arm that always fails as falling, outcome by outcome."""

LOWEST_BASELINE, HIGHEST_BASELINE = 0.02, 0.98
LOWEST_RATE = 0.005


@dataclass(frozen=True, slots=True)
class ChangeDetector:
    """A CUSUM of log-likelihood ratios over one arm's outcomes (Page 1954), for falls.

    Each outcome is weighed under the baseline rate u, and under a rate that is worse by .15. The
    ratio form adapts to the rate: near .5, where outcomes scatter most, one of them says less.

    Rises are not watched for. An arm that has become better is found by playing it, and its new
    outcomes then say what a new beginning would have to learn again; the ``change`` part of
    ``armwise bench`` shows what watching for both would cost.

    Args:
        fell: Evidence for a fall, 0 and up.
        successes: Decayed sum of rewards behind the baseline.
        outcomes: Decayed number of outcomes behind it.
    """

    fell: float = 0.0
    successes: float = 0.0
    outcomes: float = 0.0

    @property
    def has_changed(self) -> bool:
        """The rate is below that of the baseline; begin anew with a fresh detector."""
        return self.fell > THRESHOLD

    def observe(self, reward: float) -> "ChangeDetector":
        """Return the detector after one more outcome, ``reward`` in [0, 1]."""
        fell = self.fell
        if self.outcomes >= BASELINE_OUTCOMES:
            seen = self.successes / self.outcomes
            rate = min(max(seen, LOWEST_BASELINE), HIGHEST_BASELINE)
            worse = max(LOWEST_RATE, rate - LEAST_FALL)
            if seen - worse >= LEAST_SHIFT:
                fell = max(0.0, fell + _log_ratio(reward, worse, rate))
        return ChangeDetector(
            fell, self.successes * BASELINE_DECAY + reward, self.outcomes * BASELINE_DECAY + 1.0
        )


def _log_ratio(reward: float, rate: float, baseline: float) -> float:
    """Return the log-likelihood of the reward at ``rate`` minus that at ``baseline``."""
    success = math.log(rate / baseline)
    failure = math.log((1.0 - rate) / (1.0 - baseline))
    return reward * success + (1.0 - reward) * failure
