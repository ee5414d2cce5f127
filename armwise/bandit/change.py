"""Notices that an arm's success rate has broken, from its own outcomes."""

import math
from dataclasses import dataclass

THRESHOLD = 7.0
"""Log-likelihood ratio at which a change is believed. 7 gives half a false alarm in 10,000
requests and turns within a median of 10 after a fall from .92 to .55 (benchmarks/change.py)."""

BASELINE_OUTCOMES = 30.0
"""Outcomes that the baseline needs before it is compared with."""

_BASELINE_DECAY = 0.998
"""Per outcome: the baseline follows slow drift over some 500 outcomes, which is no break."""

_LEAST_FALL = 0.15
_LEAST_SHIFT = 0.02
"""A shift that is smaller, at the ends of the scale, is not watched for: the clipped baseline
would count an arm that always succeeds as rising, outcome by outcome."""

_LOWEST_BASELINE, _HIGHEST_BASELINE = 0.02, 0.98
_LOWEST_RATE, _HIGHEST_RATE = 0.005, 0.995


@dataclass(frozen=True, slots=True)
class ChangeDetector:
    """A two-sided CUSUM of log-likelihood ratios over one arm's outcomes (Page 1954).

    Each outcome is weighed under the baseline rate u, and under a rate that is worse by at least
    .15 or better by .15 (1 - u) + .05. The ratio form adapts to the rate: near .5, where outcomes
    scatter most, one of them says less.

    Args:
        fell: Evidence for a fall, 0 and up.
        rose: Evidence for a rise, 0 and up.
        successes: Decayed sum of rewards behind the baseline.
        outcomes: Decayed number of outcomes behind it.
    """

    fell: float = 0.0
    rose: float = 0.0
    successes: float = 0.0
    outcomes: float = 0.0

    @property
    def has_changed(self) -> bool:
        """The rate is no longer that of the baseline; begin anew with a fresh detector."""
        return self.fell > THRESHOLD or self.rose > THRESHOLD

    def observe(self, reward: float) -> "ChangeDetector":
        """Return the detector after one more outcome, ``reward`` in [0, 1]."""
        fell, rose = self.fell, self.rose
        if self.outcomes >= BASELINE_OUTCOMES:
            seen = self.successes / self.outcomes
            rate = min(max(seen, _LOWEST_BASELINE), _HIGHEST_BASELINE)
            worse = max(_LOWEST_RATE, rate - _LEAST_FALL)
            better = min(_HIGHEST_RATE, rate + _LEAST_FALL * (1.0 - rate) + 0.05)
            if seen - worse >= _LEAST_SHIFT:
                fell = max(0.0, fell + _log_ratio(reward, worse, rate))
            if better - seen >= _LEAST_SHIFT:
                rose = max(0.0, rose + _log_ratio(reward, better, rate))
        return ChangeDetector(
            fell,
            rose,
            self.successes * _BASELINE_DECAY + reward,
            self.outcomes * _BASELINE_DECAY + 1.0,
        )


def _log_ratio(reward: float, rate: float, baseline: float) -> float:
    """Return the log-likelihood of the reward at ``rate`` minus that at ``baseline``."""
    success = math.log(rate / baseline)
    failure = math.log((1.0 - rate) / (1.0 - baseline))
    return reward * success + (1.0 - reward) * failure
