"""What change detection gains when a model breaks, and what it costs when nothing changes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from armwise.bandit import Arms, Beta, ChangeDetector, CheapestWithin, Sampler
from benchmarks.reporting import Figure, Options, Report, progress, run

COSTS = (1 / 16, 1.0)
"""Costs of the cheap and the dear arm, the dearest being 1: the price ratio of a common pair."""

EPS = 0.05
REQUESTS = 10_000
NOTES = """\
- Two arms with Bernoulli outcomes, `Sampler` with `CheapestWithin(0.05)` and Beta(1, 1) priors,
  10,000 requests, the change after 5,000. Both variants of a run see the same outcomes.
- Cost regret: what was paid above the cheapest arm that is good enough, in prices of the dear arm.
  Quality regret: success rate given up beyond the 5 % that the rule allows, summed.
- Delay: requests from the change until 40 of 50 choices in a row are right.
"""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Success rates of the cheap and the dear arm, before and after the change."""

    name: str
    what: str
    before: tuple[float, float]
    after: tuple[float, float]


SCENARIOS = (
    Scenario("steady", "nothing changes (.92 / .93)", (0.92, 0.93), (0.92, 0.93)),
    Scenario("steady_gap", "nothing changes (.80 / .90)", (0.80, 0.90), (0.80, 0.90)),
    Scenario("cheap_breaks", "cheap falls .92 to .55, dear .93", (0.92, 0.93), (0.55, 0.93)),
    Scenario("dear_breaks", "dear falls .93 to .60, cheap .80", (0.80, 0.93), (0.80, 0.60)),
    Scenario("cheap_slips", "cheap falls .90 to .80, dear .93", (0.90, 0.93), (0.80, 0.93)),
    Scenario("cheap_recovers", "cheap rises .55 to .92, dear .93", (0.55, 0.93), (0.92, 0.93)),
)


@dataclass(frozen=True, slots=True)
class Played:
    """What one run came to."""

    quality_regret: float
    cost_regret: float
    delay: int
    resets: int


def play(scenario: Scenario, seed: int, *, detects: bool) -> Played:
    """Play one run of a scenario."""
    luck = np.random.default_rng([seed, 1]).random((REQUESTS, 2)).tolist()
    arms = Arms.of([("cheap", Beta(1, 1), COSTS[0]), ("dear", Beta(1, 1), COSTS[1])])
    sampler, rule = Sampler(arms, np.random.default_rng([seed, 2])), CheapestWithin(EPS)
    detectors = [ChangeDetector(), ChangeDetector()]
    quality_regret = cost_regret = 0.0
    resets, is_right = 0, []
    for number in range(REQUESTS):
        rates = scenario.before if number < REQUESTS // 2 else scenario.after
        enough = (1 - EPS) * max(rates)
        right = 0 if rates[0] >= enough else 1
        arm = sampler.choose(rule)
        reward = float(luck[number][arm] < rates[arm])
        sampler.observe(arm, reward)
        quality_regret += max(0.0, enough - rates[arm])
        cost_regret += max(0.0, COSTS[arm] - COSTS[right])
        is_right.append(arm == right)
        if detects:
            detectors[arm] = detectors[arm].observe(reward)
            if detectors[arm].has_changed:
                detectors[arm] = ChangeDetector()
                sampler.replace(arm, Beta(1, 1))
                resets += 1
    return Played(quality_regret, cost_regret, _delay(is_right[REQUESTS // 2 :]), resets)


def _delay(is_right: list[bool]) -> int:
    for end in range(50, len(is_right)):
        if sum(is_right[end - 50 : end]) >= 40:
            return end - 50
    return len(is_right)


def measure(options: Options) -> Report:
    """Compare choices with and without change detection on the same outcomes."""
    runs = 2 if options.quick else 100
    figures: list[Figure] = []
    with progress("scenarios", 2 * runs * len(SCENARIOS)) as advance:
        for scenario in SCENARIOS:
            for detects in (False, True):
                played = []
                for number in range(runs):
                    played.append(play(scenario, options.seed + number, detects=detects))
                    advance()
                figures += _figures(scenario, played, detects=detects)
    return Report(
        name="change",
        title="Change detection: what it gains and what it costs",
        figures=figures,
        spread="5th to 95th percentile of the runs",
        settings={"runs": runs, "requests": REQUESTS},
        notes=NOTES.rstrip(),
    )


def _figures(scenario: Scenario, played: list[Played], *, detects: bool) -> list[Figure]:
    variant = "detection" if detects else "none"

    def figure(
        name: str,
        unit: str,
        value_of: Callable[[Played], float],
        middle: Callable[[list[float]], float],
    ) -> Figure:
        values = [value_of(one) for one in played]
        low, high = np.percentile(values, [5, 95])
        what = f"{scenario.what}; {variant}: {name.replace('_', ' ')}"
        full_name = f"{scenario.name}_{variant}_{name}"
        return Figure(full_name, what, float(middle(values)), unit, float(low), float(high))

    def mean(values: list[float]) -> float:
        return float(np.mean(values))

    def median(values: list[float]) -> float:
        return float(np.median(values))

    figures = [
        figure("quality_regret", "mean", lambda one: one.quality_regret, mean),
        figure("cost_regret", "mean", lambda one: one.cost_regret, mean),
    ]
    if scenario.before != scenario.after:
        figures.append(figure("delay", "requests (median)", lambda one: one.delay, median))
    if detects:
        figures.append(figure("resets", "per run (mean)", lambda one: one.resets, mean))
    return figures


if __name__ == "__main__":
    run("change", measure)
