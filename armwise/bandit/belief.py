"""What a rule needs of a belief about one arm's success rate, whatever shape it has."""

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray


class Belief(Protocol):
    """A distribution over one arm's success rate, in (0, 1)."""

    @property
    def mean(self) -> float:
        """Expected success rate."""
        ...

    def draw(self, rng: "Generator") -> float:
        """Return one sampled success rate."""
        ...

    def draws(self, rng: "Generator", size: int) -> list[float]:
        """Return ``size`` independent sampled success rates."""
        ...

    def at(self, deviation: float) -> float:
        """Return the rate that lies so many standard deviations off the centre.

        Args:
            deviation: A quantile of the standard normal distribution: 0 is the median, a
                standard normal number makes a draw. Beliefs that are moved by the same number
                err in the same direction.
        """
        ...

    def interval(self, level: float = 0.9) -> tuple[float, float]:
        """Return the central interval that holds the rate with probability ``level``."""
        ...

    def tempered(self, noise: float) -> "Belief":
        """Return the belief with its standard deviation scaled by about ``noise``, in (0, 1].

        A tempered belief explores less: see docs/explanation/beliefs.md for what that gains and
        where it locks in.
        """
        ...

    def density(self, rates: "NDArray[Any]") -> "NDArray[Any]":
        """Return the probability density at success rates in [0, 1], an array of their shape."""
        ...

    def below(self, rates: "NDArray[Any]") -> "NDArray[Any]":
        """Return the probability that the rate is at most each of ``rates``, same shape."""
        ...
