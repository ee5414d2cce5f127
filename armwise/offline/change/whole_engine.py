"""The part "default": models that change, met by the whole engine as a Router has it by default."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from armwise.bandit import CheapestWithin
from armwise.bandit.models import default_model
from armwise.offline import parallel
from armwise.offline.change.playing import Piece, Played, Tally
from armwise.offline.change.scenarios import COSTS, EPS, REQUESTS, SCENARIOS, SHIPPED, Scenario
from armwise.offline.contenders.armwise_own import EngineLearner
from armwise.offline.learner import Request, Setting
from armwise.offline.result import Measured, Section, Table

if TYPE_CHECKING:
    from armwise.offline.benchmark import BenchOptions, Progress

RUNS = 6
QUICK_RUNS, QUICK_REQUESTS = 1, 200
"""Few, for a run of 10,000 requests takes seconds."""

RULES = (CheapestWithin(), CheapestWithin(EPS))
"""The default, and the share by which the scenarios are judged."""

_TITLES = {RULES[0]: "the default", RULES[1]: "told 5 %"}


ABOUT = """\
The scenarios and the measure of the part "change" (regret beyond 5 %, in prices of the dear arm), \
but played by the whole engine with everything as a Router has it by default: learned costs, one \
bucket, HierarchicalBeta(1.25, 0.4) whose noise grows to the full one between 500 and 2,000 \
outcomes, forgetting and detection. Delay: requests from the change until 40 of 50 choices in a \
row are right (median; half the run: never)."""


@dataclass(frozen=True, slots=True)
class Whole:
    """One run of one scenario.

    Args:
        scenario: What the arms do.
        rule: What decides.
        requests: Requests in the run.
        seed: Seeds outcomes and draws.
    """

    scenario: Scenario
    rule: CheapestWithin
    requests: int
    seed: int


def run(options: "BenchOptions", progress: "Progress") -> Section:
    """Play all scenarios."""
    runs = options.runs_or(RUNS, QUICK_RUNS)
    requests = QUICK_REQUESTS if options.quick else REQUESTS
    work = wholes(runs, requests, options.seed)
    with progress("default", len(work)) as advance:
        found = parallel.each(play_whole, work, advance)
    return Section(
        name="default",
        title="The shipped default where models change",
        about=ABOUT,
        settings={"runs": runs, "requests": requests, "shipped": SHIPPED.name},
        tables=(whole_table(work, found),),
    )


def wholes(runs: int, requests: int, seed: int) -> list[Whole]:
    """Return every run of every scenario under every rule; run r meets the same outcomes."""
    return [
        Whole(scenario, rule, requests, seed * 1_000 + run)
        for scenario in SCENARIOS
        for rule in RULES
        for run in range(runs)
    ]


def play_whole(whole: Whole) -> Played:
    """Play one run; alarms are not counted."""
    import numpy as np

    world = np.random.default_rng([whole.seed, *map(ord, whole.scenario.name)])
    setting = Setting(("cheap", "dear"), COSTS, None, whole.seed, whole.requests)
    learner = EngineLearner(setting, whole.rule, default_model(whole.rule))
    tally = Tally(Piece(whole.scenario, (SHIPPED,), 1, whole.requests, whole.seed))
    request, none = Request(), np.zeros((1, 1), bool)
    for number in range(whole.requests):
        rates = whole.scenario.rates(number, whole.requests)
        arm = learner.choose(request)
        success = float(world.random(2)[arm] < rates[arm])
        learner.learn(request, arm, success, COSTS[arm])
        tally.add(number, np.array(rates), np.array([[arm]]), none)
    return tally.played()


def whole_table(work: Sequence[Whole], found: Sequence[Played]) -> Table:
    """Return what came of all runs, scenario by scenario."""
    rows: list[tuple[str | Measured, ...]] = []
    for scenario in SCENARIOS:
        for rule in RULES:
            played = [
                one
                for whole, one in zip(work, found, strict=True)
                if (whole.scenario, whole.rule) == (scenario, rule)
            ]
            rows.append(
                (
                    f"{scenario.name}: {scenario.what}",
                    f"{rule.name}, {_TITLES[rule]}",
                    Measured.of([float(one.quality_regret[0, 0]) for one in played], 0),
                    Measured.of([float(one.cost_regret[0, 0]) for one in played], 0),
                    _median(played) if scenario.breaks else "",
                )
            )
    return Table(
        "Through the whole engine",
        ("scenario", "rule", "quality regret", "cost regret", "delay"),
        tuple(rows),
        "Means ± standard error; delays are medians. A rule that gives up 2 % at most is judged by "
        f"5 % here, so it has to pay for what it aims at; {1.0 - COSTS[0]:.4g} per request is the "
        "most that can be overpaid.",
        tuple(range(0, len(rows), len(RULES))),
    )


def _median(played: Sequence[Played]) -> Measured:
    import numpy as np

    return Measured(float(np.median([float(one.delay[0, 0]) for one in played])), None, 0)
