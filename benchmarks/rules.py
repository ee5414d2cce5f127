"""What the parts of ``CheapestWithin`` are for: the rule beside itself with a part taken out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from armwise.bandit import Arms, Beta, CheapestWithin, Sampler
from benchmarks.reporting import Figure, Options, Report, progress, run

EPS = 0.05
REQUESTS = 10_000
INSTANCES = ((0.90, 0.90), (0.87, 0.90), (0.80, 0.90), (0.60, 0.90), (0.70, 0.88, 0.90))
NOTES = """\
- Bernoulli arms from cheap to dear, costs from 1/16 to 1 in equal ratios, Beta(1, 1) priors, 10,000
  requests. All rules of a run see the same outcomes.
- Cost regret: what was paid above the cheapest arm that is good enough, in prices of the dearest.
  Quality regret: success rate given up beyond the 5 % that the rule allows, summed.
- Stuck: share of the runs in which the right arm has less than half of the last 1,000 requests.
"""

Choose = Callable[[Arms, Sequence[float]], int]


def shipped(arms: Arms, draws: Sequence[float]) -> int:
    """Choose as armwise does: an arm passes by its draw or by its mean."""
    return CheapestWithin(EPS).choose(arms, draws, arms.every)


def draws_only(arms: Arms, draws: Sequence[float]) -> int:
    """Let an arm pass by its draw alone."""
    threshold = (1 - EPS) * max(draws)
    return next(index for index in arms.every if draws[index] >= threshold)


def fixed_reference(arms: Arms, draws: Sequence[float]) -> int:
    """Compare draws with the best mean, which is not sampled."""
    threshold = (1 - EPS) * max(arms.means)
    passing = (index for index in arms.every if draws[index] >= threshold)
    return next(passing, max(arms.every, key=draws.__getitem__))


RULES: dict[str, Choose] = {
    "shipped": shipped,
    "draws only": draws_only,
    "fixed reference": fixed_reference,
}


@dataclass(frozen=True, slots=True)
class Played:
    """What one run came to."""

    quality_regret: float
    cost_regret: float
    is_stuck: bool


def play(rates: tuple[float, ...], choose: Choose, seed: int) -> Played:
    """Play one run of a rule on arms with these success rates."""
    luck = np.random.default_rng([seed, 1]).random((REQUESTS, len(rates))).tolist()
    costs = np.geomspace(1 / 16, 1, len(rates)).tolist()
    names = "abcdefgh"[: len(rates)]
    priors = [(name, Beta(1, 1), cost) for name, cost in zip(names, costs, strict=True)]
    sampler = Sampler(Arms.of(priors), np.random.default_rng([seed, 2]))
    enough = (1 - EPS) * max(rates)
    right = next(index for index, rate in enumerate(rates) if rate >= enough)
    plays = [0] * len(rates)
    late = 0
    for number in range(REQUESTS):
        arm = choose(sampler.arms, sampler.draw())
        sampler.observe(arm, float(luck[number][arm] < rates[arm]))
        plays[arm] += 1
        late += arm == right and number >= REQUESTS - 1_000
    return Played(
        sum(n * max(0.0, enough - rate) for n, rate in zip(plays, rates, strict=True)),
        sum(n * max(0.0, cost - costs[right]) for n, cost in zip(plays, costs, strict=True)),
        late < 500,
    )


def measure(options: Options) -> Report:
    """Compare the shipped rule with two simpler ones on the same outcomes."""
    runs = 2 if options.quick else 60
    figures: list[Figure] = []
    with progress("rules", runs * len(RULES) * len(INSTANCES)) as advance:
        for rates in INSTANCES:
            for name, choose in RULES.items():
                played = []
                for number in range(runs):
                    played.append(play(rates, choose, options.seed + number))
                    advance()
                figures += _figures(rates, name, played)
    return Report(
        name="rules",
        title="CheapestWithin, and what its parts are for",
        figures=figures,
        spread="mean minus and plus one standard error",
        settings={"runs": runs, "requests": REQUESTS, "eps": EPS},
        notes=NOTES.rstrip(),
    )


def _figures(rates: tuple[float, ...], rule: str, played: list[Played]) -> list[Figure]:
    shown = " / ".join(f"{rate:.2f}" for rate in rates)
    key = f"{'_'.join(f'{rate:.2f}' for rate in rates)}_{rule.replace(' ', '_')}"

    def figure(name: str, unit: str, values: list[float]) -> Figure:
        mean, error = float(np.mean(values)), float(np.std(values) / np.sqrt(len(values)))
        what = f"{shown}; {rule}: {name}"
        full_name = f"{key}_{name.replace(' ', '_')}"
        return Figure(full_name, what, mean, unit, mean - error, mean + error)

    return [
        figure("quality regret", "mean", [one.quality_regret for one in played]),
        figure("cost regret", "mean", [one.cost_regret for one in played]),
        figure("stuck", "% of runs", [100.0 * one.is_stuck for one in played]),
    ]


if __name__ == "__main__":
    run("rules", measure)
