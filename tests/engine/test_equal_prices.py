"""Paths of one list price whose costs are learned: a hair of cost must not starve the better."""

from collections.abc import Iterator

import numpy as np

from armwise import CheapestWithin, Decision, Path, Router
from armwise.testing import ScriptedAdapter

REQUESTS = 400
RATES = {"worse": 0.89, "better": 0.95}
RULE = CheapestWithin(0.15)


def decisions(
    premium: float, rule: CheapestWithin, seed: int, listed: float = 1.0
) -> Iterator[Decision]:
    """Yield decisions between two paths, the better of which really costs so many times as much.

    Args:
        premium: Cost of the better path, that of the other being 1.
        rule: What decides.
        seed: Decides draws, outcomes, and that costs are 30 % off, one way or the other.
        listed: List price of the better path, that of the other being 1.
    """
    rng = np.random.default_rng(seed)
    paths = [
        Path(model=name, name=name, input_usd_per_mtok=usd, output_usd_per_mtok=usd)
        for name, usd in (("worse", 1.0), ("better", listed))
    ]
    adapter = ScriptedAdapter({})
    with Router(paths, "goal", objective=rule, adapter=adapter, seed=seed) as router:
        for _ in range(REQUESTS):
            decision = router.decide([{"role": "user", "content": "x"}])
            usd = (premium if decision.path == "better" else 1.0) * rng.choice([0.7, 1.3])
            won = bool(rng.random() < RATES[decision.path])
            router.report_outcome(decision.request_id, won, cost_usd=600e-6 * usd)
            yield decision


def share_of_better(premium: float, rule: CheapestWithin) -> float:
    """Return how much of the second half of the traffic the better path gets, over eight runs."""
    runs = [[each.path for each in decisions(premium, rule, seed)] for seed in range(8)]
    return float(np.mean([[path == "better" for path in run[REQUESTS // 2 :]] for run in runs]))


def test_the_better_of_two_equally_priced_paths_gets_the_traffic() -> None:
    """Measured a hair dearer, it would be starved if costs were taken at their word."""
    assert share_of_better(1.03, RULE) > 0.8
    assert share_of_better(1.03, CheapestWithin(0.15, price_tolerance=0.0)) < 0.5


def test_a_path_that_is_really_dearer_never_wins_by_its_sample_alone() -> None:
    """Whenever it is chosen, the other one was not good enough, or was not known to be cheaper."""
    dearer = [
        decision
        for seed in range(8)
        for decision in decisions(1.5, RULE, seed, listed=1.5)
        if decision.path == "better"
    ]

    assert dearer
    for decision in dearer:
        arms, draws = decision.arms, decision.draws
        other = arms.names.index("worse")
        least = (1 - RULE.eps) * max(draws)
        is_cheaper = arms.costs_usd[1 - other] > arms.costs_usd[other] * (1 + RULE.price_tolerance)
        assert not is_cheaper or max(draws[other], arms.means[other]) < least
        assert "better is the cheapest" in decision.why() or not is_cheaper
