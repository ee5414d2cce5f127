"""A belief from a fitted model: a success rate whose logit is normally distributed."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from armwise.errors import InvalidBeliefError

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

_WIDEST_LOGIT = 36.0
"""Beyond it a success rate is 0 or 1 to the last bit of a float."""


@dataclass(frozen=True, slots=True)
class LogitNormal:
    """Belief that the logit of a success rate is N(location, scale squared).

    Args:
        location: Mean of the logit, finite.
        scale: Standard deviation of the logit, finite and above zero.

    Raises:
        InvalidBeliefError: If a parameter is not finite, or the scale not above zero.

    >>> LogitNormal(0.0, 1.0).mean
    0.5
    """

    location: float
    scale: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.location) and 0.0 < self.scale < math.inf):
            raise InvalidBeliefError(
                "LogitNormal needs a finite location and a finite scale above 0, got "
                f"location={self.location!r}, scale={self.scale!r}."
            )

    def __str__(self) -> str:
        low, high = sigmoid(self.location - self.scale), sigmoid(self.location + self.scale)
        return f"{low:.3f} to {high:.3f}"

    @property
    def mean(self) -> float:
        """Expected success rate, by the probit approximation of MacKay (1992), good to .01."""
        return sigmoid(self.location / math.sqrt(1.0 + math.pi * self.scale * self.scale / 8.0))

    def draw(self, rng: "Generator") -> float:
        """Return one sampled success rate."""
        return sigmoid(rng.normal(self.location, self.scale))

    def draws(self, rng: "Generator", size: int) -> list[float]:
        """Return ``size`` independent sampled success rates."""
        from numpy import clip, exp

        logits = clip(rng.normal(self.location, self.scale, size), -_WIDEST_LOGIT, _WIDEST_LOGIT)
        drawn: list[float] = (1.0 / (1.0 + exp(-logits))).tolist()
        return drawn

    def at(self, deviation: float) -> float:
        """Return the quantile at a standard normal number; see ``Belief.at``."""
        return sigmoid(self.location + deviation * self.scale)

    def interval(self, level: float = 0.9) -> tuple[float, float]:
        """Return the central interval that holds the rate with probability ``level``."""
        from statistics import NormalDist

        reach = self.scale * NormalDist().inv_cdf(0.5 + level / 2.0)
        return sigmoid(self.location - reach), sigmoid(self.location + reach)

    def tempered(self, noise: float) -> "LogitNormal":
        """Return the belief with its standard deviation scaled by ``noise``."""
        return self if noise == 1.0 else LogitNormal(self.location, self.scale * noise)

    def density(self, rates: "NDArray[Any]") -> "NDArray[Any]":
        """Return the probability density of the rate; 0 at 0 and at 1."""
        from numpy import exp, inf, log, maximum, minimum, where

        inside = minimum(maximum(rates, 1e-300), 1.0 - 1e-16)
        away = (log(inside) - log(1.0 - inside) - self.location) / self.scale
        height = exp(-0.5 * away * away) / (self.scale * math.sqrt(2.0 * math.pi))
        outside = (rates <= 0.0) | (rates >= 1.0)
        return where(outside | (abs(away) == inf), 0.0, height / (inside * (1.0 - inside)))

    def below(self, rates: "NDArray[Any]") -> "NDArray[Any]":
        """Return the probability that the rate is at most each of ``rates``."""
        from numpy import log, maximum, minimum, where
        from scipy.special import ndtr

        inside = minimum(maximum(rates, 1e-300), 1.0 - 1e-16)
        reached = ndtr((log(inside) - log(1.0 - inside) - self.location) / self.scale)
        return where(rates <= 0.0, 0.0, where(rates >= 1.0, 1.0, reached))


def sigmoid(logit: float) -> float:
    """Return the success rate of a logit, without overflow."""
    if logit >= 0.0:
        return 1.0 / (1.0 + math.exp(-min(logit, _WIDEST_LOGIT)))
    odds = math.exp(max(logit, -_WIDEST_LOGIT))
    return odds / (1.0 + odds)
