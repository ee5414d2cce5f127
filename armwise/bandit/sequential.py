"""Is one success rate below another? A test that may be looked at after every single outcome.

Two streams of outcomes come in, in any order: those of what is tried, and those of a control. The
evidence that the tried rate is below the control's by more than a margin is a likelihood ratio:
what a mixture over all pairs of rates makes of the outcomes, over what the likeliest pair does of
which the tried rate is not that much below.

At the true pair of rates the mixture over the likelihood is a martingale that starts at 1 (Robbins,
Annals of Mathematical Statistics 1970), and the ratio never exceeds it. So, by Ville's inequality,
it ever reaches 1 / alpha with a probability of at most alpha, whenever and however often somebody
looks (Wasserman, Ramdas and Balakrishnan, PNAS 2020; Howard, Ramdas, McAuliffe and Sekhon, Annals
of Statistics 2021). Graded outcomes in [0, 1] count as fractions of a success: the ratio is convex
in each outcome, so they give it less evidence than coins of the same rate would (the betting form
of Waudby-Smith and Ramdas, JRSS-B 2024).

What it assumes: outcomes have one rate per stream whatever came before. Slow drift that hits both
streams alike does little harm, for both are sampled over the same time in the same proportion.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

_PRIOR = 0.5
"""The mixture is Beta(1/2, 1/2) over each rate (Krichevsky and Trofimov 1981): its price against
the best single rate is about half a logarithm of the number of outcomes, whatever the rate."""

_HALVINGS = 60
"""Bisection steps: the interval of rates is then narrower than a float can tell."""


class Total(NamedTuple):
    """What one stream has come to.

    Attributes:
        successes: Sum of its outcomes.
        failures: Sum of what they lack of 1.
    """

    successes: float = 0.0
    failures: float = 0.0

    @property
    def outcomes(self) -> float:
        """How many outcomes there are."""
        return self.successes + self.failures

    @property
    def rate(self) -> float | None:
        """Mean outcome, None without any."""
        return self.successes / self.outcomes if self.outcomes > 0.0 else None

    def and_one_more(self, reward: float) -> "Total":
        """Return the total with an outcome in [0, 1] added."""
        return Total(self.successes + reward, self.failures + (1.0 - reward))

    def without(self, reward: float) -> "Total":
        """Return the total with an outcome taken back that was added before."""
        return Total(max(0.0, self.successes - reward), max(0.0, self.failures - (1.0 - reward)))


_NONE = Total()


@dataclass(frozen=True, slots=True)
class RateTest:
    """Compares a tried stream with its control.

    Args:
        tried: Outcomes of what is tried.
        control: Outcomes of the control.

    >>> RateTest(Total(40, 60), Total(900, 100)).is_below(margin=0.02, alpha=0.05)
    True
    >>> RateTest(Total(4, 2), Total(90, 10)).is_below(margin=0.02, alpha=0.05)
    False
    """

    tried: Total = _NONE
    control: Total = _NONE

    def log_evidence(self, margin: float = 0.0) -> float:
        """Return the natural logarithm of the evidence that the tried rate is too far below.

        It starts at 0 and is at most 0 while the seen rates do not say so.

        Args:
            margin: How far below the control the tried rate may be, 0 to below 1.
        """
        tried, control = self.tried.rate or 0.0, self.control.rate or 0.0
        if self.tried.outcomes <= 0.0 or self.control.outcomes <= 0.0:
            return 0.0
        if tried >= control - margin:
            return min(0.0, self._mixture() - self._likeliest())
        return self._mixture() - self._likeliest_at(-margin)

    def is_below(self, *, margin: float, alpha: float) -> bool:
        """Return whether the tried rate is below the control's by more than ``margin``.

        If it is not, this is ever true with a probability of at most ``alpha``, however often it
        is asked.
        """
        needed = -math.log(alpha)
        return self._at_most(margin) >= needed and self.log_evidence(margin) >= needed

    def interval(self, alpha: float = 0.05) -> tuple[float, float]:
        """Return where the difference, tried minus control, lies at all times at once.

        The chance that the true difference is ever outside is at most ``alpha``.
        """
        tried, control = self.tried.rate, self.control.rate
        if tried is None or control is None:
            return -1.0, 1.0
        seen, most = tried - control, self._mixture() + math.log(alpha)

        def edge(far: float) -> float:
            inside, outside = seen, far
            if self._likeliest_at(far) > most:
                return far
            for _ in range(_HALVINGS):
                middle = (inside + outside) / 2.0
                if self._likeliest_at(middle) > most:
                    inside = middle
                else:
                    outside = middle
            return outside

        return edge(-1.0), edge(1.0)

    def _at_most(self, margin: float) -> float:
        """Return a bound of the evidence that takes no search: any pair of rates gives one."""
        outcomes = self.tried.outcomes + self.control.outcomes
        if self.tried.outcomes <= 0.0 or self.control.outcomes <= 0.0:
            return 0.0
        seen = self.tried.successes + self.control.successes - margin * self.control.outcomes
        rate = min(max(seen / outcomes, 0.0), 1.0 - margin)
        return self._mixture() - (
            _likelihood(self.tried, rate) + _likelihood(self.control, rate + margin)
        )

    def _mixture(self) -> float:
        return _mixed(self.tried) + _mixed(self.control)

    def _likeliest(self) -> float:
        return sum(_likelihood(each, each.rate or 0.0) for each in (self.tried, self.control))

    def _likeliest_at(self, difference: float) -> float:
        """Return the highest log-likelihood of two rates whose difference is given.

        Along that line the log-likelihood is concave, so its slope has one zero.
        """
        low, high = max(0.0, difference), min(1.0, 1.0 + difference)  # of the tried rate
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            if _slope(self.tried, middle) + _slope(self.control, middle - difference) > 0.0:
                low = middle
            else:
                high = middle
        rate = (low + high) / 2.0
        return _likelihood(self.tried, rate) + _likelihood(self.control, rate - difference)


def _mixed(total: Total) -> float:
    """Return the logarithm of the mixture of likelihoods over all rates."""
    successes, failures = total.successes + _PRIOR, total.failures + _PRIOR
    return _log_beta(successes, failures) - _log_beta(_PRIOR, _PRIOR)


def _log_beta(alpha: float, beta: float) -> float:
    return math.lgamma(alpha) + math.lgamma(beta) - math.lgamma(alpha + beta)


def _likelihood(total: Total, rate: float) -> float:
    return _times_log(total.successes, rate) + _times_log(total.failures, 1.0 - rate)


def _times_log(count: float, rate: float) -> float:
    """Return ``count x log(rate)``; what was never seen may be impossible."""
    if count <= 0.0:
        return 0.0
    return count * math.log(rate) if rate > 0.0 else -math.inf


def _slope(total: Total, rate: float) -> float:
    """Return the slope of the log-likelihood at a rate strictly between 0 and 1."""
    inside = min(max(rate, 1e-300), 1.0 - 1e-16)
    return total.successes / inside - total.failures / (1.0 - inside)
