"""What the part "routing" plays: instances with prices, and the figures it is held against."""

from dataclasses import dataclass

from armwise.offline.priced_rules import EPS

CHEAP = 1 / 16
"""Price of the cheapest arm, the dearest one's being 1: a common ratio of small to large models."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Earlier figures of one rule on one instance: means over runs."""

    quality_regret: float
    cost_regret: float


@dataclass(frozen=True, slots=True)
class Case:
    """Arms with prices.

    Args:
        name: As tables show it.
        rates: Success rate per arm.
        costs: Cost of a request per arm, cheapest first, the dearest 1.
        within: ``CheapestWithin(0.05)`` in earlier simulations, 600 runs.
        best: Thompson sampling without regard to cost in the same.
    """

    name: str
    rates: tuple[float, ...]
    costs: tuple[float, ...]
    within: Figures
    best: Figures

    def enough(self, eps: float = EPS) -> float:
        """Return the success rate from which on an arm is good enough."""
        return (1.0 - eps) * max(self.rates)

    def right(self, eps: float = EPS) -> int:
        """Return the cheapest arm that is good enough."""
        return next(arm for arm, rate in enumerate(self.rates) if rate >= self.enough(eps))


_TWO = (CHEAP, 1.0)
CASES = (
    Case(".90/.90", (0.90, 0.90), _TWO, Figures(0, 204), Figures(0, 4415)),
    Case(".88/.90", (0.88, 0.90), _TWO, Figures(0, 598), Figures(0, 8208)),
    Case(".87/.90", (0.87, 0.90), _TWO, Figures(0, 1217), Figures(0, 8724)),
    Case(".84/.90", (0.84, 0.90), _TWO, Figures(30, 0), Figures(4.1, 0)),
    Case(".80/.90", (0.80, 0.90), _TWO, Figures(17.8, 0), Figures(5.7, 0)),
    Case(".60/.90", (0.60, 0.90), _TWO, Figures(7.6, 0), Figures(4.5, 0)),
    Case(
        ".70/.88/.90",
        (0.70, 0.88, 0.90),
        (CHEAP, 0.2, 1.0),
        Figures(9.8, 540),
        Figures(4.9, 6954),
    ),
    Case(
        ".55/.82/.90/.92",
        (0.55, 0.82, 0.90, 0.92),
        (CHEAP, 0.125, 0.25, 1.0),
        Figures(26, 358),
        Figures(7.6, 6593),
    ),
)
"""The prices of the three and four arms are not written where the figures are; these reproduce
them. A rule that plays every arm 223 (184) times and then the right one had a cost regret of 178
(138) there, which is 1 - .2 (1 - .25) per request of the dearest arm. The prices of arms that are
cheaper than the right one do not enter into either regret, only their order does."""

EARLIER_RUNS = 600
EARLIER_SPREADS = {
    ".80/.90": 24.0,
    ".90/.90": 307.0,
    ".55/.82/.90/.92": 666.0,
}
"""Standard deviation of a run in the earlier simulations, of quality regret on the first and of
cost regret on the others, where it was written down; elsewhere that of the present runs stands
in for it."""
