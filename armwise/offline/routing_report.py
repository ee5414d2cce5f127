"""Tables, plots and gates of the part "routing"."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from armwise.offline import routing_budget
from armwise.offline.bernoulli import REQUESTS, World
from armwise.offline.priced_rules import EPS
from armwise.offline.result import Cell, Gate, Line, Measured, Plot, Section, Table
from armwise.offline.routing_cases import CASES, EARLIER_RUNS, EARLIER_SPREADS, Case

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

Pulls = Mapping[tuple[str, int], "Array"]
"""Pulls per mark, run and arm, by name of the player and number of the case."""

STANDARD_ERRORS = 3.0
DEFAULT_EPS = 0.02

ABOUT = f"""\
An arm is good enough whose success rate is within {EPS:.0%} of the best arm's; the right arm is the
cheapest of these. Quality regret is success rate given up beyond that, summed over {REQUESTS:,}
requests; cost regret is what was paid above the right arm, in prices of the dearest arm. Prices run
from 1/16 to 1: two arms 1/16 and 1; three 1/16, 1/5, 1; four 1/16, 1/8, 1/4, 1. Rows named armwise
are its shipped code, the others are simulations of counts; all meet the same outcomes. Half the
noise: draws from Beta beliefs with half the standard deviation. The default has the hierarchical
beliefs of a Router, on a single bucket.\
"""


def quality_regret(case: Case, pulls: "Array", eps: float = EPS) -> "Array":
    """Return success rate given up beyond what is allowed, shape of pulls without the arms."""
    import numpy as np

    return pulls @ np.maximum(0.0, case.enough(eps) - np.array(case.rates))


def cost_regret(case: Case, pulls: "Array", eps: float = EPS) -> "Array":
    """Return what was paid above the right arm, shape of pulls without the arms."""
    import numpy as np

    return pulls @ np.maximum(0.0, np.array(case.costs) - case.costs[case.right(eps)])


def section(
    pulls: Pulls, gated: str, own: Sequence[str], spent: Sequence[routing_budget.Spent]
) -> Section:
    """Return tables, plots and gates.

    Args:
        pulls: What was played.
        gated: The player that is held against the earlier figures.
        own: The players that are armwise's shipped code.
        spent: What budgets came to.
    """
    return Section(
        name="routing",
        title="Routing: the cheapest arm that is good enough",
        about=ABOUT,
        settings={
            "requests": REQUESTS,
            "eps": EPS,
            "runs": {name: int(played.shape[1]) for (name, case), played in pulls.items() if not case},
        },
        tables=(
            _regrets("Quality regret, mean ± standard error", pulls, own, quality_regret),
            _regrets("Cost regret, mean ± standard error", pulls, own, cost_regret),
            _beside(pulls, gated),
            _tails(pulls, gated),
            _default(pulls, own),
            routing_budget.table(spent),
        ),
        plots=(_frontier(pulls), *_curves(pulls)),
        gates=tuple(_gates(pulls, gated)),
    )
