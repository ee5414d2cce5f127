"""A prompt of unusual length is weighed at its own costs."""

import pytest

from armwise.adapters import ModelInfo, Price
from armwise.bandit import Arms, Beta, CheapestWithin, Evidence
from armwise.engine import Path, PathPrices
from armwise.engine.choice import Choice
from armwise.engine.eligibility import Eligible
from armwise.engine.lengths import Lengths

PRICES = {
    "reads dear": ModelInfo(Price(input_usd=1e-5, output_usd=1e-6)),
    "writes dear": ModelInfo(Price(input_usd=1e-6, output_usd=1e-5)),
}
MEASURED = {name: Evidence(output_tokens=100_000, tokened=100) for name in PRICES}


def prices_of(*names: str) -> PathPrices:
    """Return the prices of such paths."""
    return PathPrices([Path(name) for name in names], lambda model: PRICES.get(model, ModelInfo()))


def choice_at(costs_usd: dict[str, float | None]) -> Choice:
    """Return a choice among paths at such costs, each drawn at the rate of its place."""
    arms = Arms.of([(name, Beta(1, 1), cost_usd) for name, cost_usd in costs_usd.items()])
    draws = tuple(0.1 * (1 + index) for index in arms.every)
    return Choice(arms, draws, CheapestWithin(), Eligible(arms.every, (), {}, ""))


def seasoned(prices: PathPrices, tokens: float = 1000) -> Lengths:
    """Return lengths of a bucket whose prompts all were that long."""
    lengths = Lengths(prices)
    for _ in range(50):
        lengths.ratio("label/simple", tokens)
    return lengths


@pytest.mark.parametrize(
    ("tokens", "ratio"), [(1000, 1.0), (1450, 1.0), (700, 1.0), (2000, 2.0), (100, 0.1)]
)
def test_only_an_unusual_length_counts(tokens: float, ratio: float) -> None:
    """Within half as much again, costs stay those of the bucket."""
    assert seasoned(prices_of()).ratio("label/simple", tokens) == pytest.approx(ratio)


def test_nothing_is_unusual_before_enough_was_seen() -> None:
    """Neither in a new process, nor in a bucket that is new to it."""
    lengths = seasoned(prices_of())

    assert [Lengths(prices_of()).ratio("a/b", tokens) for tokens in (10, 9000)] == [1.0, 1.0]
    assert lengths.ratio("other/simple", 50_000) == 1.0


def test_the_mean_follows_the_prompts() -> None:
    """What was long once is usual later."""
    lengths = seasoned(prices_of(), 100)
    before = lengths.ratio("label/simple", 10_000)
    for _ in range(2_000):
        lengths.ratio("label/simple", 10_000)

    assert before == pytest.approx(100)
    assert lengths.ratio("label/simple", 10_000) == 1.0


def test_only_what_is_paid_for_input_grows_and_the_order_follows() -> None:
    """The path that charges most for reading becomes the dearer one; draws stay with their arms."""
    prices = prices_of("reads dear", "writes dear")
    lengths = seasoned(prices)
    choice = choice_at({"reads dear": 0.010, "writes dear": 0.011})

    weighed = lengths.weighed("label/simple", 10.0, MEASURED, choice)

    # 1,000 tokens at 1e-5 of 0.011 are input for the one, at 1e-6 of about 0.0108 for the other.
    costs_usd = dict(zip(weighed.arms.names, weighed.arms.costs_usd, strict=True))
    assert costs_usd["reads dear"] == pytest.approx(0.010 * (1 + 9 * 0.01 / 0.011), rel=0.01)
    assert costs_usd["writes dear"] == pytest.approx(0.011 * (1 + 9 * 0.001 / 0.0108), rel=0.01)
    assert weighed.arms.names == ("writes dear", "reads dear")
    assert dict(zip(weighed.arms.names, weighed.draws, strict=True)) == dict(
        zip(choice.arms.names, choice.draws, strict=True)
    )


def test_what_has_no_price_keeps_its_cost() -> None:
    """A measured mean without a price stays, an unknown cost stays unknown."""
    lengths = seasoned(prices_of("nameless", "unheard"))

    weighed = lengths.weighed(
        "label/simple", 10.0, {}, choice_at({"nameless": 0.01, "unheard": None})
    )

    assert weighed.arms.costs_usd == (0.01, float("inf"))
