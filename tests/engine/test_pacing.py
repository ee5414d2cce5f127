"""A budget is held by what is decided and measured, whether or not outcomes are reported."""

import pytest

from armwise import Budget, Router, Utility
from armwise.adapters import ModelInfo, Price
from armwise.bandit.evidence import Evidence
from armwise.engine.costs import PRICE_OBSERVATIONS, PathPrices
from armwise.engine.pacing import Pacer
from armwise.engine.path import parse_paths
from armwise.errors import ConfigurationError
from armwise.testing import ScriptedAdapter

ASK = [{"role": "user", "content": "Who makes the iPhone?"}]
PRICES = {"cheap": ModelInfo(Price(1e-6, 1e-6)), "dear": ModelInfo(Price(1e-5, 1e-5))}


def router(budget_usd: float) -> Router:
    """Return a router whose models answer alike."""
    adapter = ScriptedAdapter({"cheap": "Apple", "dear": "Apple"}, PRICES)
    return Router(["cheap", "dear"], "goal", adapter=adapter, objective=Budget(budget_usd), seed=1)


def test_decisions_alone_move_the_price() -> None:
    """Nothing is called and nothing reported, and yet the budget binds: 30 % of the dear price."""
    paced = router(0.3 * 600e-5)
    served = [paced.decide(ASK).path for _ in range(2_000)][500:]

    cost = sum(600e-5 if path == "dear" else 600e-6 for path in served) / len(served)
    assert cost == pytest.approx(0.3 * 600e-5, rel=0.1)


def test_measured_costs_set_right_what_was_expected() -> None:
    """A request that was cheaper than expected lets the price fall again."""
    pacer = Pacer(Budget(0.1, price=1.0))
    pacer.decided(0.3)
    assert pacer.budget.price == pytest.approx(1.1)

    pacer.measured(0.1, 0.3)

    assert pacer.budget.price == pytest.approx(1.0)


@pytest.mark.parametrize("rule", [Utility(0.1), Budget(0.1)], ids=lambda rule: rule.name)
def test_rules_that_weigh_money_need_every_price(rule: Utility | Budget) -> None:
    """The error names the path and says what to declare."""
    adapter = ScriptedAdapter({"cheap": "Apple", "own": "Apple"}, PRICES)

    with pytest.raises(ConfigurationError, match=r"needs the price.*'own'.*input_usd_per_mtok"):
        Router(["cheap", "own"], "goal", adapter=adapter, objective=rule)


def prices() -> PathPrices:
    """Return prices that guess 600 and 6,000 micro-dollars."""
    return PathPrices(parse_paths(["cheap", "dear"]), PRICES.__getitem__)


def test_short_requests_on_one_path_make_all_paths_cheaper() -> None:
    """A goal whose requests cost a tenth of typical ones costs a tenth on unmeasured paths too."""
    seen = {"dear": Evidence(cost_nanousd=1_000 * 600_000, costed=1_000)}
    scale = prices().scale(seen)

    assert scale == pytest.approx(0.1, rel=0.3)
    assert prices().expected_usd("cheap", scale=scale) == pytest.approx(60e-6, rel=0.3)
    assert prices().scale({}) == 1


def test_a_bucket_borrows_its_cost_from_the_goal() -> None:
    """What the path costs elsewhere is worth three requests in a bucket without any."""
    elsewhere = Evidence(cost_nanousd=100 * 2_000_000, costed=100)
    here = Evidence(cost_nanousd=1 * 8_000_000, costed=1)

    general = (PRICE_OBSERVATIONS * 600e-6 + 0.2) / (PRICE_OBSERVATIONS + 100)
    expected = prices().expected_usd("cheap", here, "bucket", elsewhere)
    assert expected == pytest.approx(
        (PRICE_OBSERVATIONS * general + 8e-3) / (PRICE_OBSERVATIONS + 1)
    )


def test_an_unknown_price_stays_unknown_until_it_is_measured() -> None:
    """A scale does not make a price of nothing."""
    unpriced = PathPrices(parse_paths(["own"]), lambda _: ModelInfo())

    assert unpriced.expected_usd("own", scale=0.5) is None
    assert unpriced.expected_usd("own", Evidence(cost_nanousd=2_000, costed=2)) == pytest.approx(
        1e-6
    )
