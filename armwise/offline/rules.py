"""Published bandit rules as functions of counts: one index per arm, the highest is played.

All work over the last axis, with any leading axes, so that many runs can be played at once:

- ``successes`` and ``pulls``: what was seen of each arm, shape (..., arms);
- ``t``: number of the decision, from 1;
- ``rng``: a numpy Generator, for rules that draw.

They know nothing of costs. ``kl`` is the divergence of two Bernoulli distributions throughout.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Index = Callable[[Array, Array, int, Generator], Array]

_TINY = 1e-12
_UCB1 = 4.0
_NEWTON_STEPS = 5
"""Enough for an upper confidence bound to 1e-5 from where ``_upper`` starts: the test says so."""


class Rule(Protocol):
    """A rule of play. Pure but for what it draws."""

    @property
    def name(self) -> str:
        """As tables show it."""
        ...

    def index(self, successes: "Array", pulls: "Array", t: int, rng: "Generator") -> "Array":
        """Return an index per arm, shape (..., arms).

        Args:
            successes: Successes seen of each arm, shape (..., arms).
            pulls: Outcomes seen of each arm, the same shape.
            t: Number of the decision, from 1.
            rng: For rules that draw.
        """
        ...


def choose(index: "Array", rng: "Generator") -> "Array":
    """Return the arm with the highest index, shape (...); ties are settled by lot."""
    import numpy as np

    best = index.max(axis=-1, keepdims=True)
    tied = index == best
    chosen: Array = index.argmax(axis=-1)
    if np.count_nonzero(tied) > chosen.size:
        chosen = np.where(tied, rng.random(index.shape), -1.0).argmax(axis=-1)
    return chosen


@dataclass(frozen=True, slots=True)
class Thompson:
    """A draw from Beta(1 + successes, 1 + failures): Thompson sampling.

    Source: Kaufmann, Korda and Munos, ALT 2012, arXiv 1205.4217.
    """

    @property
    def name(self) -> str:
        """As tables show it."""
        return "Thompson sampling"

    def index(self, successes: "Array", pulls: "Array", t: int, rng: "Generator") -> "Array":
        """Draw once per arm; see ``Rule.index``."""
        drawn: Array = rng.beta(1.0 + successes, 1.0 + pulls - successes)
        return drawn


@dataclass(frozen=True, slots=True)
class EpsilonGreedy:
    """The means, or with a fixed probability a lot per arm; each arm once before.

    Source: Sutton and Barto, Reinforcement Learning, second edition, 2.2.

    Args:
        epsilon: The probability.
    """

    epsilon: float = 0.05

    @property
    def name(self) -> str:
        """As tables show it."""
        return f"epsilon-greedy {self.epsilon:g}"

    def index(self, successes: "Array", pulls: "Array", t: int, rng: "Generator") -> "Array":
        """Return means or lots; see ``Rule.index``."""
        import numpy as np

        explores = rng.random(pulls.shape[:-1]) < self.epsilon
        means = np.where(pulls > 0, successes / np.maximum(pulls, 1), np.inf)
        index: Array = np.where(explores[..., None], rng.random(pulls.shape), means)
        return index


@dataclass(frozen=True, slots=True)
class Ucb:
    """Mean + sqrt(alpha ln t / (2 pulls)), an upper confidence bound by Hoeffding.

    Source: UCB1 of Auer, Cesa-Bianchi and Fischer, Machine Learning 47, 2002, is alpha=4; 1 and
    1/2 are the tighter ones that SMPyBandits calls UCB(alpha).

    Args:
        alpha: How much is explored.
    """

    alpha: float = _UCB1

    @property
    def name(self) -> str:
        """As tables show it."""
        return "UCB1" if self.alpha == _UCB1 else f"UCB, alpha={self.alpha:g}"

    def index(self, successes: "Array", pulls: "Array", t: int, rng: "Generator") -> "Array":
        """Return the bound; see ``Rule.index``."""
        import numpy as np

        seen = np.maximum(pulls, 1)
        bound = successes / seen + np.sqrt(self.alpha * math.log(t) / 2.0 / seen)
        return np.where(pulls > 0, bound, np.inf)


@dataclass(frozen=True, slots=True)
class KlUcbPlus:
    """The highest rate q with pulls x kl(mean, q) <= ln(t / pulls).

    Source: the variant KL-UCB+ of Garivier and Cappé, COLT 2011, arXiv 1102.2490.
    """

    @property
    def name(self) -> str:
        """As tables show it."""
        return "KL-UCB+"

    def index(self, successes: "Array", pulls: "Array", t: int, rng: "Generator") -> "Array":
        """Return the bound; see ``Rule.index``."""
        import numpy as np

        seen = np.maximum(pulls, 1)
        level = np.log(np.maximum(t / seen, 1.0)) / seen
        return np.where(pulls > 0, _upper(successes / seen, level), np.inf)


@dataclass(frozen=True, slots=True)
class Imed:
    """The least of pulls x kl(mean, best mean) + ln pulls.

    Source: Honda and Takemura, JMLR 16, 2015.
    """

    @property
    def name(self) -> str:
        """As tables show it."""
        return "IMED"

    def index(self, successes: "Array", pulls: "Array", t: int, rng: "Generator") -> "Array":
        """Return the negative of that; see ``Rule.index``."""
        import numpy as np

        seen = np.maximum(pulls, 1)
        means = successes / seen
        best = means.max(axis=-1, keepdims=True)
        return np.where(pulls > 0, -(pulls * kl(means, best) + np.log(seen)), np.inf)


@dataclass(frozen=True, slots=True)
class BayesUcb:
    """The 1 - 1/t quantile of Beta(1 + successes, 1 + failures).

    Source: Kaufmann, Cappé and Garivier, AISTATS 2012, with c=0.
    """

    @property
    def name(self) -> str:
        """As tables show it."""
        return "Bayes-UCB"

    def index(self, successes: "Array", pulls: "Array", t: int, rng: "Generator") -> "Array":
        """Return the quantile; see ``Rule.index``."""
        from scipy.special import betaincinv

        level = 1.0 - 1.0 / max(t, 2)
        bound: Array = betaincinv(1.0 + successes, 1.0 + pulls - successes, level)
        return bound


@dataclass(frozen=True, slots=True)
class ExploreThenCommit:
    """Every arm so many times, then for ever the one whose mean was highest then.

    Source: Lattimore and Szepesvári, Bandit Algorithms, 2020, chapter 6.

    Args:
        each: Pulls per arm before it commits.
    """

    each: int = 100

    @property
    def name(self) -> str:
        """As tables show it."""
        return f"explore {self.each}, commit"

    def index(self, successes: "Array", pulls: "Array", t: int, rng: "Generator") -> "Array":
        """Return what is due first, then the one committed to; see ``Rule.index``."""
        import numpy as np

        means = successes / np.maximum(pulls, 1)
        # Only the arm that was committed to has more pulls than that.
        settled = np.where(pulls > self.each, 2.0, means)
        index: Array = np.where(pulls < self.each, 3.0 - pulls / self.each, settled)
        return index


def kl(p: "Array", q: "Array") -> "Array":
    """Return the divergence of Bernoulli(q) from Bernoulli(p), rates in [0, 1]."""
    from scipy.special import rel_entr

    divergence: Array = rel_entr(p, _inside(q)) + rel_entr(1.0 - p, 1.0 - _inside(q))
    return divergence


def lai_robbins(rates: tuple[float, ...]) -> float:
    """Return the constant C of Lai and Robbins (1985): regret grows at least like C ln T.

    The bound is asymptotic: good rules lie below C ln T for a long time.
    """
    import numpy as np

    best = max(rates)
    worse = np.array([rate for rate in rates if rate < best])
    return float(((best - worse) / kl(worse, np.full_like(worse, best))).sum())


def _inside(q: "Array") -> "Array":
    import numpy as np

    return np.clip(q, _TINY, 1.0 - _TINY)


def _upper(p: "Array", level: "Array") -> "Array":
    """Return the highest q >= p with kl(p, q) <= level, by Newton's method from above.

    kl(p, .) is convex above p, so that from a bound above the solution every step stays above.
    The start is the least of three bounds: Pinsker's, Bernstein's, and one for q near 1.
    """
    import numpy as np
    from scipy.special import xlogy

    failing = 1.0 - p
    negative_entropy = xlogy(p, p) + xlogy(failing, failing)
    pinsker = p + np.sqrt(level / 2.0)
    bernstein = p + level + np.sqrt(level * (level + 2.0 * p))
    near_one = 1.0 - np.exp((negative_entropy - level) / np.maximum(failing, _TINY))
    q = _inside(np.minimum(np.minimum(pinsker, bernstein), near_one))
    for _ in range(_NEWTON_STEPS):
        excess = negative_entropy - p * np.log(q) - failing * np.log1p(-q) - level
        slope = np.maximum(q - p, _TINY)
        q = _inside(np.maximum(q - np.maximum(excess, 0.0) * q * (1.0 - q) / slope, p))
    return q


RULES: tuple[Rule, ...] = (
    Thompson(),
    Imed(),
    KlUcbPlus(),
    BayesUcb(),
    Ucb(0.5),
    Ucb(1.0),
    Ucb(),
    EpsilonGreedy(0.05),
    EpsilonGreedy(0.1),
    ExploreThenCommit(),
)
"""What the textbook part plays, strong ones first."""
