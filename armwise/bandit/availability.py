"""Whether a path answers at all: a belief of its own, apart from how good its answers are.

Calls are *answered* or *faulted* (an outage: 5xx, time-out, lost connection, rate limit), and both
counts fade within minutes, for what a provider did an hour ago says nothing about now. From the
belief follow how long a path is left alone after a fault, and how long a call to it is waited for.
Pure: the time is handed in.
"""

from dataclasses import dataclass

HALF_LIFE_S = 60.0
"""After how many seconds a call weighs half. A guess: outages of providers last minutes, and a
path that came back must not be distrusted for longer than it was away. From 15 to 300 s it makes no
difference to what an outage costs (``benchmarks/availability``)."""

PROVEN_ANSWERS = 20.0
PROVEN_RATE = 0.9
"""A path with so many recent answers, and such a share of them, is forgiven one fault between two
answers. Without that, a path that is called ten times a second and fails once in a hundred calls
would lose 17 % of them instead of 1 % (``benchmarks/availability``). Guesses: a path that is down
reaches two faults in a row within two calls whatever they are."""

FIRST_COOLDOWN_S = 1.0
LONGEST_COOLDOWN_S = 60.0
"""Cooldowns double from the first to the longest. Guesses: half of all server errors are over
within a second, and a path that is back must not wait for more than a minute to be noticed."""

FIRST_REPAIR_S = 30.0
LONGEST_REPAIR_S = 900.0
"""The same for a path that is misconfigured: people take minutes to repair it, and a wrong key is
often one for hours. Guesses."""

PATIENCE = 3.0
"""How many times the mean latency a call is waited for after a fault, and twice as long after each
further one, so that a path that has merely become slow comes back too. A guess: of log-normal
latencies whose standard deviation is their mean, 4 % are above three times the mean."""

LEAST_PATIENCE_S = 1.0
"""A call is given so long in any case, as a new connection may have to be made. A guess."""


@dataclass(frozen=True, slots=True)
class Availability:
    """Belief that the next call is answered: Beta(1 + answered, 1 + faulted) of faded counts.

    Args:
        answered: Calls that were answered, as they weighed at ``at_s``.
        faulted: Calls that were not.
        at_s: When the last one ended, in seconds of any clock.
    """

    answered: float = 0.0
    faulted: float = 0.0
    at_s: float = 0.0

    def after(
        self, now_s: float, *, is_answered: bool, half_life_s: float = HALF_LIFE_S
    ) -> "Availability":
        """Return the belief after one more call."""
        weight = self._weight(now_s, half_life_s)
        return Availability(
            self.answered * weight + is_answered,
            self.faulted * weight + (not is_answered),
            max(now_s, self.at_s),
        )

    def mean(self, now_s: float, half_life_s: float = HALF_LIFE_S) -> float:
        """Return the probability that a call is answered, 0..1; .5 if nothing is known."""
        weight = self._weight(now_s, half_life_s)
        answered, faulted = self.answered * weight, self.faulted * weight
        return (1.0 + answered) / (2.0 + answered + faulted)

    def is_proven(self, now_s: float, half_life_s: float = HALF_LIFE_S) -> bool:
        """Return whether one fault more or less says nothing about the path."""
        answers = self.answered * self._weight(now_s, half_life_s)
        return answers >= PROVEN_ANSWERS and self.mean(now_s, half_life_s) >= PROVEN_RATE

    def _weight(self, now_s: float, half_life_s: float) -> float:
        # A clock that was set back ages nothing.
        weight: float = 0.5 ** (max(0.0, now_s - self.at_s) / half_life_s)
        return weight


def cooldown_s(step: int, mean: float) -> float:
    """Return how long a path is left alone after a fault, in seconds.

    Args:
        step: Number of the cooldown, from 1, since the path last answered.
        mean: Probability that it answers: the less likely, the longer.
    """
    grown_s = FIRST_COOLDOWN_S * 2.0 ** min(step - 1, 30)
    return min(LONGEST_COOLDOWN_S, grown_s / max(mean, 1e-6))


def repair_s(step: int) -> float:
    """Return how long a misconfigured path is left alone, in seconds; ``step`` from 1."""
    return min(LONGEST_REPAIR_S, FIRST_REPAIR_S * 2.0 ** min(step - 1, 30))


def patience_s(mean_latency_s: float, step: int) -> float:
    """Return how long a call is waited for while it is not known whether the path answers.

    Args:
        mean_latency_s: Mean latency of answers, in seconds.
        step: Number of the cooldown, from 1, since the path last answered.
    """
    usual_s = max(LEAST_PATIENCE_S, PATIENCE * mean_latency_s)
    return usual_s * 2.0 ** min(max(0, step - 1), 30)
