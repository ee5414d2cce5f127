"""The part "prices": its arithmetic is the shipped rule's, and its gates can be missed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from armwise.bandit import Arms, Beta, CheapestWithin
from armwise.offline import equal_prices
from armwise.offline.benchmark import BenchOptions
from armwise.offline.equal_prices import EQUAL, TOLERANCES, Piece, Played, choose, gates, play


@contextmanager
def silent(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show no progress."""
    yield lambda: None


def test_the_rule_on_arrays_is_the_shipped_one() -> None:
    """The same arm on the same draws, means and costs, under every tolerance."""
    rng = np.random.default_rng(1)
    beliefs = [[Beta(*rng.uniform(1, 9, 2)) for _ in range(3)] for _ in range(200)]
    means = np.array([[belief.mean for belief in row] for row in beliefs])
    draws = rng.uniform(0.5, 1.0, (len(TOLERANCES), 200, 3))
    costs = rng.uniform(1.0, 1.4, (200, 3))

    found = choose(draws, means, costs, 0.1, np.array(TOLERANCES))

    assert len({*found.ravel().tolist()}) == 3
    for row, tolerance in enumerate(TOLERANCES):
        rule = CheapestWithin(0.1, price_tolerance=tolerance)
        for run in range(200):
            arms = Arms.of(zip("abc", beliefs[run], costs[run].tolist(), strict=True))
            own = [draws[row, run]["abc".index(name)] for name in arms.names]
            chosen = arms.names[rule.choose(arms, own, arms.every)]
            assert "abc"[found[row, run]] == chosen


def test_a_seed_fixes_what_is_played() -> None:
    """Shares and means are within their bounds, and another seed gives others."""
    piece = Piece(EQUAL, 0.3, runs=5, requests=50, seed=1)

    first, again = play(piece), play(piece)
    other = play(Piece(EQUAL, 0.3, runs=5, requests=50, seed=2))

    assert first.success.tolist() == again.success.tolist()
    assert first.success.tolist() != other.success.tolist()
    assert first.success.shape == (len(TOLERANCES), 5)
    assert ((first.success >= 0.84) & (first.success <= 0.90)).all()
    assert ((first.share >= 0.0) & (first.share <= 1.0)).all()
    assert (first.cost == 1.0).all()


def test_every_case_has_a_table() -> None:
    """A row per tolerance, the shipped one marked; a quick run has no gates."""
    section = equal_prices.run(BenchOptions(quick=True, runs=2), silent)

    assert [table.title for table in section.tables] == [one.name for one in equal_prices.CASES]
    for table in section.tables:
        assert len(table.rows) == len(TOLERANCES)
        assert {len(row) for row in table.rows} == {len(table.columns)}
        assert table.rows[table.marked[0]][0] == "15%"
    assert section.gates == ()


@pytest.mark.parametrize(("gained", "paid", "met"), [(0.01, 0.0, True), (0.0, 0.05, False)])
def test_the_gates_can_be_missed(gained: float, paid: float, *, met: bool) -> None:
    """By a tolerance that gains nothing, and by one that pays for a dear path."""
    row = TOLERANCES.index(equal_prices.PRICE_TOLERANCE)
    success, cost = np.full((len(TOLERANCES), 4), 0.9), np.ones((len(TOLERANCES), 4))
    success[row] += gained - (0.0 if met else np.arange(4) / 100)
    cost[row] += paid
    played = Played(success, cost, success)

    assert [gate.is_met for gate in gates(played, played)] == [met, met]
