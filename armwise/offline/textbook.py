"""The part "textbook": plain bandits on published instances, where costs play no role."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from armwise.bandit import BestQuality
from armwise.offline import parallel
from armwise.offline.benchmark import BenchOptions, Progress
from armwise.offline.bernoulli import REQUESTS, World, in_lockstep
from armwise.offline.own import with_shipped_code
from armwise.offline.published import (
    EARLIER,
    INSTANCES,
    PUBLISHED,
    PUBLISHED_CONSTANTS,
    RERUN,
    Instance,
)
from armwise.offline.result import Cell, Gate, Line, Measured, Plot, Section, Table
from armwise.offline.rules import RULES, Thompson, lai_robbins
from armwise.offline.significance import standard_errors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

Curves = Mapping[tuple[str, int], "Array"]
"""Regret per mark and run, by name of the rule and number of the instance."""

OWN = "armwise"
RUNS, RUNS_UNGATED, RUNS_OTHERS, RUNS_SLOW = 400, 100, 100, 20
QUICK_RUNS, QUICK_RUNS_OTHERS = 20, 4
STANDARD_ERRORS = 4.0
_CHUNK = 50
_SLOW = "Bayes-UCB"
_PLOTTED = (OWN, "KL-UCB+", "IMED", "UCB, alpha=0.5", "UCB1", "epsilon-greedy 0.05")
_PLOTTED_INSTANCES = (".1 ... .9", ".9/.8/.7", ".95/.93/.90/.70")

ABOUT = f"""\
Regret is pseudo-regret: the gaps of the true success rates, summed over {REQUESTS:,} requests.
armwise is its shipped code, Sampler with BestQuality from Beta(1, 1), which is Thompson sampling;
every other rule is an own implementation of the published formula. All rules meet the same
outcomes. The line of Lai and Robbins is C ln T; it is asymptotic, and good rules lie below it at
this horizon. Reference: earlier simulations, written apart from this package.\
"""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some runs of one rule on one instance.

    Args:
        rule: Its name; "armwise" for the shipped code.
        instance: Number of the instance.
        world: What is played.
    """

    rule: str
    instance: int
    world: World


def play(piece: Piece) -> "Array":
    """Return the regret per mark and run."""
    if piece.rule == OWN:
        return piece.world.regret(with_shipped_code(BestQuality(), piece.world))
    rule = next(rule for rule in RULES if rule.name == piece.rule)
    return piece.world.regret(in_lockstep(rule, piece.world))


def run(options: BenchOptions, progress: Progress) -> Section:
    """Play all rules on all instances."""
    import numpy as np

    pieces = list(_pieces(options))
    with progress("textbook", len(pieces)) as advance:
        found = parallel.each(play, pieces, advance)
    curves: dict[tuple[str, int], list[Array]] = {}
    for piece, regret in zip(pieces, found, strict=True):
        curves.setdefault((piece.rule, piece.instance), []).append(regret)
    return section({key: np.concatenate(parts, axis=1) for key, parts in curves.items()})


def section(curves: Curves) -> Section:
    """Return tables, plots and gates of what was played."""
    return Section(
        name="textbook",
        title="Textbook bandits: is the sampling right?",
        about=ABOUT,
        settings={
            "requests": REQUESTS,
            "runs": {
                f"{rule} on {INSTANCES[number].name}": int(regret.shape[1])
                for (rule, number), regret in curves.items()
            },
        },
        tables=(_all_rules(curves), _published(curves), _earlier(), _constants()),
        plots=tuple(_plots(curves)),
        gates=tuple(
            _gate(instance, curves[OWN, number])
            for number, instance in enumerate(INSTANCES)
            if instance.gated
        ),
    )


def _pieces(options: BenchOptions) -> Iterator[Piece]:
    # The long ones first, so that no core is left with one at the end. A quick run leaves out
    # what neither a gate nor a plot needs.
    played = [
        (number, instance)
        for number, instance in enumerate(INSTANCES)
        if instance.gated or not options.quick
    ]
    for number, instance in played:
        runs = options.runs_or(RUNS if instance.gated else RUNS_UNGATED, QUICK_RUNS)
        for begun in range(0, runs, _CHUNK):
            chunk = range(begun, min(runs, begun + _CHUNK))
            yield Piece(OWN, number, World(instance.rates, chunk, options.seed))
    for rule in RULES:
        if isinstance(rule, Thompson) or (options.quick and rule.name not in _PLOTTED):
            continue
        full = RUNS_SLOW if rule.name == _SLOW else RUNS_OTHERS
        runs = options.runs_or(full, QUICK_RUNS_OTHERS)
        for number, instance in played:
            yield Piece(rule.name, number, World(instance.rates, range(runs), options.seed))


def _final(curves: Curves, rule: str, number: int) -> Measured:
    return Measured.of(curves[rule, number][-1].tolist(), digits=1)


def _all_rules(curves: Curves) -> Table:
    numbers = [number for rule, number in curves if rule == OWN]
    played = dict.fromkeys(rule for rule, _ in curves)
    limits = [
        Measured(lai_robbins(INSTANCES[number].rates) * math.log(REQUESTS), digits=1)
        for number in numbers
    ]
    rows: list[tuple[Cell, ...]] = [
        (_shown(rule), *(_final(curves, rule, number) for number in numbers)) for rule in played
    ]
    return Table(
        f"Regret after {REQUESTS:,} requests, mean ± standard error",
        ("rule", *(INSTANCES[number].name for number in numbers)),
        (*rows, ("C ln T (Lai & Robbins)", *limits)),
        "hard: .01 .02 .3 .4 .5 .6 .795 .8 .805; low: 3 x .01, 3 x .02, 2 x .05, .1; 10 low: .1, "
        "3 x .05, 3 x .02, 3 x .01. Lower is better.",
        marked=(0,),
    )


def _earlier() -> Table:
    own = [Measured(*instance.reference, digits=1) for instance in INSTANCES]
    rows: list[tuple[Cell, ...]] = [
        (name, *("" if value is None else Measured(value, digits=1) for value in values))
        for name, values in EARLIER.items()
    ]
    return Table(
        "Reference: the same by earlier simulations",
        ("rule", *(instance.name for instance in INSTANCES)),
        ((_shown(OWN), *own), *rows),
        "Written apart from this package, 100 to 800 runs each.",
        marked=(0,),
    )


def _published(curves: Curves) -> Table:
    numbers = {instance.name: number for number, instance in enumerate(INSTANCES)}
    rows: list[tuple[Cell, ...]] = []
    for (published_rule, instance), value in PUBLISHED.items():
        rule = OWN if published_rule == Thompson().name else published_rule
        if (rule, numbers[instance]) not in curves:
            continue
        rerun = RERUN.get(published_rule) if numbers[instance] == 0 else None
        rows.append(
            (
                _shown(rule),
                instance,
                _final(curves, rule, numbers[instance]),
                Measured(value, digits=1),
                "" if rerun is None else Measured(*rerun, digits=1),
            )
        )
    return Table(
        "Beside the figures of others",
        ("rule", "instance", "here", "SMPyBandits, published", "its code, rerun"),
        tuple(rows),
        "Published: SMPyBandits' notebook, 10 runs, so its standard errors are 3 to 7. Rerun: "
        "SMPyBandits 0.9.7, 12 runs, mean ± standard error.",
        marked=tuple(number for number, row in enumerate(rows) if row[0] == _shown(OWN)),
    )


def _constants() -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            instance.name,
            Measured(lai_robbins(instance.rates), digits=2),
            Measured(PUBLISHED_CONSTANTS[instance.name], digits=2),
        )
        for instance in INSTANCES
        if instance.name in PUBLISHED_CONSTANTS
    ]
    return Table(
        "The constant C of Lai and Robbins", ("instance", "here", "published"), tuple(rows)
    )


def _plots(curves: Curves) -> Iterator[Plot]:
    for number, instance in enumerate(INSTANCES):
        if instance.name not in _PLOTTED_INSTANCES or (OWN, number) not in curves:
            continue
        marks = tuple(float(t) for t in World(instance.rates, range(1), 0).marks())
        constant = lai_robbins(instance.rates)
        lines = [
            Line(_shown(rule), marks, tuple(curves[rule, number].mean(axis=1).tolist()))
            for rule in _PLOTTED
            if (rule, number) in curves
        ]
        limit = Line("C ln T", marks, tuple(constant * math.log(t) for t in marks), "dashed")
        yield Plot(
            f"textbook-{number + 1}",
            f"Regret on {instance.name}",
            "requests",
            "cumulative regret",
            (*lines, limit),
            log_x=True,
            log_y=True,
        )


def _gate(instance: Instance, curve: "Array") -> Gate:
    found = Measured.of(curve[-1].tolist())
    mean, error = instance.reference
    off = abs(standard_errors(found.value - mean, error, found.error))
    return Gate(
        f"armwise on {instance.name}: {found.value:.1f} against {mean}, in standard errors",
        off,
        STANDARD_ERRORS,
        "<=",
        f"reference {mean} ± {error}, 800 runs",
    )


def _shown(name: str) -> str:
    return "armwise (Thompson)" if name == OWN else name
