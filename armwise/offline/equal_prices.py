"""The part "prices": what it gains, and what it costs, to take nearly equal costs for the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from armwise.bandit.models import HierarchicalBeta, matured
from armwise.bandit.objectives.price_class import PRICE_TOLERANCE
from armwise.engine.costs import PRICE_OBSERVATIONS
from armwise.offline import parallel
from armwise.offline.result import Gate, Measured, Section, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from armwise.offline.benchmark import BenchOptions, Progress

    Array = NDArray[Any]

TOLERANCES = (0.0, 0.05, 0.1, PRICE_TOLERANCE, 0.2, 0.3)
SPREADS = (0.3, 0.45, 0.75)
"""Standard deviation of a request's cost over its mean, within one task and path: the quartiles of
five real outcome sets, which are not redistributed."""

RUNS = 300
QUICK_RUNS = 10
REQUESTS = 2_000
_QUICK_REQUESTS = 200
_STARVED = 0.25

ABOUT = """\
Arms with Bernoulli outcomes under CheapestWithin, in one bucket. Their costs are learned: a list
price that counts as three requests, then what requests cost, which spreads around the true price.
Beliefs are Beta(1, 1) and the outcomes, sampled with the noise of the default. All tolerances meet
the same outcomes and costs. A path is starved where it gets less than a quarter of the second half
of a run. The runs are played in lock-step on arrays, with the arithmetic of the shipped rule.\
"""


@dataclass(frozen=True, slots=True)
class Case:
    """Arms, and the one to look at.

    Args:
        name: As tables show it.
        rates: Success rate per arm.
        prices: True mean cost per arm, which its list price states.
        eps: Of the rule.
        arm: The arm whose traffic is shown.
    """

    name: str
    rates: tuple[float, ...]
    prices: tuple[float, ...]
    eps: float
    arm: int = 1


EQUAL = Case("equal prices, .84 / .90, 10 %", (0.84, 0.90), (1.0, 1.0), 0.1)
DEARER = Case("30 % dearer, .88 / .90, 5 %", (0.88, 0.90), (1.0, 1.3), 0.05)
CASES = (
    EQUAL,
    Case("equal prices, .88 / .90, 5 %", (0.88, 0.90), (1.0, 1.0), 0.05),
    Case("equal .80 / .90, four times as dear .93, 15 %", (0.8, 0.9, 0.93), (1.0, 1.0, 4.0), 0.15),
    Case("15 % dearer, .90 / .90, 2 %", (0.90, 0.90), (1.0, 1.15), 0.02),
    DEARER,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One case at one spread, under all tolerances."""

    case: Case
    spread: float
    runs: int
    requests: int
    seed: int


@dataclass(frozen=True, slots=True)
class Played:
    """Means of every run, arrays of shape (tolerances, runs).

    Args:
        success: Success rate of what was played.
        cost: Mean true price of what was played.
        share: Share of the second half that the arm to look at got.
    """

    success: "Array"
    cost: "Array"
    share: "Array"


def choose(
    draws: "Array", means: "Array", costs: "Array", eps: float, tolerances: "Array"
) -> "Array":
    """Return what ``CheapestWithin`` chooses, arms being the last axis and tolerances the first."""
    import numpy as np

    enough = (1.0 - eps) * draws.max(axis=-1, keepdims=True)
    good = (draws >= enough) | (means >= enough)
    cheapest = np.where(good, costs, np.inf).min(axis=-1, keepdims=True)
    same = good & (costs <= cheapest * (1.0 + tolerances[:, None, None]))
    chosen: Array = np.where(same, draws, -1.0).argmax(axis=-1)
    return chosen


def play(piece: Piece) -> Played:
    """Play a piece."""
    import numpy as np

    case, arms = piece.case, len(piece.case.rates)
    world = np.random.default_rng([piece.seed, 1])
    sampling = np.random.default_rng([piece.seed, 2])
    prices, tolerances = np.array(case.prices), np.array(TOLERANCES)
    shape = (len(TOLERANCES), piece.runs, arms)
    won, lost, spent = np.ones(shape), np.ones(shape), np.zeros(shape)
    late, taken = np.zeros(shape), np.zeros(shape)
    width = np.log1p(piece.spread**2)
    every = np.arange(arms)
    for number in range(piece.requests):
        pulls = won + lost - 2.0
        costs = (PRICE_OBSERVATIONS * prices + spent) / (PRICE_OBSERVATIONS + pulls)
        sharper = matured(HierarchicalBeta().noise, number) ** -2
        draws = sampling.beta(won * sharper, lost * sharper)
        arm = choose(draws, won / (won + lost), costs, case.eps, tolerances)
        success = world.random((piece.runs, arms)) < case.rates
        bills = world.standard_normal((piece.runs, arms)) * width**0.5 - width / 2
        is_played = arm[:, :, None] == every
        won += is_played & success
        lost += is_played & ~success
        spent += is_played * (prices * np.exp(bills))
        taken += is_played
        late += is_played * (number >= piece.requests // 2)
    return Played(
        taken @ np.array(case.rates) / piece.requests,
        taken @ prices / piece.requests,
        late[:, :, case.arm] / (piece.requests - piece.requests // 2),
    )


def run(options: "BenchOptions", progress: "Progress") -> Section:
    """Play all cases."""
    runs = options.runs_or(RUNS, QUICK_RUNS)
    requests = _QUICK_REQUESTS if options.quick else REQUESTS
    pieces = [
        Piece(case, spread, runs, requests, options.seed) for case in CASES for spread in SPREADS
    ]
    with progress("prices", len(pieces)) as advance:
        played = parallel.each(play, pieces, advance)
    found = {(one.case, one.spread): got for one, got in zip(pieces, played, strict=True)}
    return Section(
        name="prices",
        title="Costs that are learned: when two prices count as the same",
        about=ABOUT,
        settings={"runs": runs, "requests": requests, "shipped tolerance": PRICE_TOLERANCE},
        tables=tuple(_table(case, [found[case, spread] for spread in SPREADS]) for case in CASES),
        gates=() if options.quick else gates(found[EQUAL, SPREADS[1]], found[DEARER, SPREADS[1]]),
    )


def gates(equal: Played, dearer: Played) -> tuple[Gate, ...]:
    """Return what the shipped tolerance has to reach.

    Args:
        equal: Two arms of one price.
        dearer: Two arms of which one is really dearer.
    """
    own, literal = TOLERANCES.index(PRICE_TOLERANCE), TOLERANCES.index(0.0)
    gained = Measured.of((equal.success[own] - equal.success[literal]).tolist())
    paid = Measured.of((dearer.cost[own] - dearer.cost[literal]).tolist())
    return (
        Gate(
            f"{EQUAL.name}: success rate gained over tolerance 0, less two standard errors",
            gained.value - 2.0 * (gained.error or 0.0),
            0.0,
            ">=",
            "a hair of cost must not starve the better of two equally priced paths",
        ),
        Gate(
            f"{DEARER.name}: cost above that at tolerance 0, less two standard errors",
            paid.value - 2.0 * (paid.error or 0.0),
            _MOST_PAID,
            "<=",
            "a path beyond the tolerance must not gain by it",
        ),
    )


_MOST_PAID = 0.01
"""In prices of the cheap arm: a thirtieth of what the dear one costs more."""


def _table(case: Case, played: Sequence[Played]) -> Table:
    columns: list[tuple[str, Callable[[Played, int], Measured]]] = [
        ("success", lambda one, row: Measured.of(one.success[row].tolist())),
        ("cost", lambda one, row: Measured.of(one.cost[row].tolist(), digits=3)),
        ("starved", lambda one, row: Measured.of((one.share[row] < _STARVED).tolist(), digits=2)),
    ]
    return Table(
        title=case.name,
        columns=(
            "tolerance",
            *(f"{name}, spread {spread:.0%}" for spread in SPREADS for name, _ in columns),
        ),
        rows=tuple(
            (
                f"{tolerance:.0%}",
                *(measure(one, row) for one in played for _, measure in columns),
            )
            for row, tolerance in enumerate(TOLERANCES)
        ),
        note="Success rate, cost in prices of the cheapest arm, and share of the runs in which "
        f"the path with {case.rates[case.arm]:.2f} is starved; means ± standard error.",
        marked=(TOLERANCES.index(PRICE_TOLERANCE),),
    )
