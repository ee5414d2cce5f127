"""The belief about one arm: a Beta distribution over its success rate."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from armwise.errors import ConfigurationError, InvalidBeliefError

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

PRIOR_OBSERVATIONS = 2.0
"""What a path's ``weight`` is worth, in observations.

Two let a few outcomes overrule a wrong opinion. The number comes from simulations that are not
repeated here; a regret benchmark over prior strengths would settle it.
"""


@dataclass(frozen=True, slots=True)
class Beta:
    """Belief about one arm's success rate, a Beta(alpha, beta) distribution over [0, 1].

    Under the uniform prior Beta(1, 1), ``alpha - 1`` and ``beta - 1`` are the successes and
    failures seen so far.

    Args:
        alpha: Finite and above zero.
        beta: Finite and above zero.

    Raises:
        InvalidBeliefError: If a parameter is not finite or not above zero. Such a belief cannot
            be sampled, so it cannot be built.

    >>> Beta(1, 1).mean
    0.5
    >>> Beta(3, 1).mean
    0.75
    """

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        # One chained comparison refuses zero, negatives, infinities and NaN alike.
        if not (0.0 < self.alpha < math.inf and 0.0 < self.beta < math.inf):
            raise InvalidBeliefError(
                f"Beta needs alpha and beta finite and above 0, got alpha={self.alpha!r}, "
                f"beta={self.beta!r}. Evidence is added to a prior such as Beta(1, 1), "
                "so a belief without successes is Beta(1, 1 + failures)."
            )

    @classmethod
    def from_weight(cls, weight: float | None) -> "Beta":
        """Return the prior that a path's ``weight`` stands for.

        Args:
            weight: Expected success rate in [0, 1], worth two observations beyond the uniform
                prior: Beta(1 + 2w, 1 + 2(1 - w)). None is the uniform prior Beta(1, 1).

        Raises:
            ConfigurationError: If the weight is not a number in [0, 1].
        """
        if weight is None:
            return cls(1.0, 1.0)
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1:
            raise ConfigurationError(
                f"weight must be a number from 0 to 1, got {weight!r}. It is a prior belief "
                "about the path's success rate, not a share of the traffic."
            )
        return cls(1.0 + PRIOR_OBSERVATIONS * weight, 1.0 + PRIOR_OBSERVATIONS * (1.0 - weight))

    def __str__(self) -> str:
        return f"Beta({self.alpha:.1f}, {self.beta:.1f})"

    @property
    def mean(self) -> float:
        """Expected success rate, in (0, 1)."""
        return self.alpha / (self.alpha + self.beta)

    @property
    def variance(self) -> float:
        """Variance of the success rate."""
        total = self.alpha + self.beta
        return self.alpha * self.beta / (total * total * (total + 1.0))

    def observe(self, successes: float, failures: float) -> "Beta":
        """Return the belief after so many more successes and failures, fractions allowed."""
        return Beta(self.alpha + successes, self.beta + failures)

    def interval(self, level: float = 0.9) -> tuple[float, float]:
        """Return the central credible interval that holds the rate with probability ``level``."""
        from scipy.special import betaincinv

        tail = (1.0 - level) / 2.0
        low = betaincinv(self.alpha, self.beta, tail)
        high = betaincinv(self.alpha, self.beta, 1.0 - tail)
        return float(low), float(high)

    def draw(self, rng: "Generator") -> float:
        """Return one sampled success rate."""
        return rng.beta(self.alpha, self.beta)

    def draws(self, rng: "Generator", size: int) -> list[float]:
        """Return ``size`` independent sampled success rates."""
        drawn: list[float] = rng.beta(self.alpha, self.beta, size).tolist()
        return drawn

    def at(self, deviation: float) -> float:
        """Return the quantile at a standard normal number; see ``Belief.at``."""
        from scipy.special import betaincinv, ndtr

        return float(betaincinv(self.alpha, self.beta, ndtr(deviation)))

    def tempered(self, noise: float) -> "Beta":
        """Return Beta(alpha, beta) with both divided by ``noise`` squared: the same mean.

        The standard deviation is scaled by about ``noise``: half the noise is worth four times
        the observations.
        """
        if noise == 1.0:
            return self
        return Beta(self.alpha / (noise * noise), self.beta / (noise * noise))

    def density(self, rates: "NDArray[Any]") -> "NDArray[Any]":
        """Return the probability density of the rate."""
        from numpy import exp, log, log1p, maximum, minimum, where
        from scipy.special import betaln

        inside = minimum(maximum(rates, 1e-300), 1.0 - 1e-16)
        height = exp(
            (self.alpha - 1.0) * log(inside)
            + (self.beta - 1.0) * log1p(-inside)
            - betaln(self.alpha, self.beta)
        )
        return where((rates < 0.0) | (rates > 1.0), 0.0, height)

    def below(self, rates: "NDArray[Any]") -> "NDArray[Any]":
        """Return the probability that the rate is at most each of ``rates``."""
        from numpy import clip
        from scipy.special import betainc

        reached: NDArray[Any] = betainc(self.alpha, self.beta, clip(rates, 0.0, 1.0))
        return reached
