"""The doctor sees unknown prices, and what is spent on arms that cannot be told apart."""

from collections.abc import Callable

import pytest

from armwise.engine import ArmStats, Severity
from armwise.engine.doctor import Picture, PricedArm, examine

PictureOf = Callable[..., Picture]
ArmOf = Callable[..., ArmStats]
PricedOf = Callable[[str, float, float | None, float], PricedArm]


def test_an_unknown_price_is_told_once(picture: PictureOf, arm: ArmOf) -> None:
    """Also if no cost was ever measured: one diagnosis per path."""
    buckets = {"b": {"cheap": arm(), "dear": arm(mean_cost_usd=None)}}

    (found,) = examine(picture(buckets=buckets, unknown_prices=("dear",)))

    assert found.severity is Severity.WARNING
    assert "input_usd_per_mtok=" in found.fix


def test_a_cost_that_was_never_measured_is_told(picture: PictureOf, arm: ArmOf) -> None:
    """From a store alone, where prices are not known, after 20 answers."""
    buckets = {"b": {"cheap": arm(), "dear": arm(mean_cost_usd=None)}}

    (found,) = examine(picture(buckets=buckets))

    assert found.figure == "499 answers"
    few = {"b": {"cheap": arm(), "dear": arm(mean_cost_usd=None, attempts=19)}}
    assert not examine(picture(buckets=few))


def test_tied_arms_cost_what_their_shares_and_prices_say(
    picture: PictureOf, priced: PricedOf
) -> None:
    """30 % on an arm that is $0.0009 dearer and no better: 0.3 x 0.0009 x 1,000 = $0.27."""
    arms = {
        "b": (
            priced("cheap", 0.900, 1e-4, 0.6),
            priced("dear", 0.905, 1e-3, 0.3),
            priced("bad", 0.5, 1e-5, 0.1),
        )
    }

    (found,) = examine(picture(arms=arms))

    assert found.severity is Severity.WARNING
    assert found.what == "in b, dear cannot be told from cheap, which is cheaper"
    assert found.figure == "exploring costs $0.2700 more per 1,000 requests, of $0.3610"
    assert "router.pin('cheap', bucket='b')" in found.fix


def test_an_arm_that_is_worth_its_price_is_not_tied(picture: PictureOf, priced: PricedOf) -> None:
    """Ten standard errors better: that is not exploring but choosing."""
    arms = {"b": (priced("cheap", 0.75, 1e-4, 0.1), priced("dear", 0.9, 1e-3, 0.9))}

    assert not examine(picture(arms=arms))


def test_a_few_tenths_of_a_cent_are_not_worth_a_word(picture: PictureOf, priced: PricedOf) -> None:
    """Tied arms of nearly one price are told of no more than arms that are hardly played."""
    same_price = {"b": (priced("a", 0.9, 1e-5, 0.5), priced("c", 0.9, 1.2e-5, 0.5))}
    unplayed = {"b": (priced("a", 0.9, 1e-5, 1.0), priced("c", 0.9, 1e-2, 0.0))}

    assert not examine(picture(arms=same_price))
    assert not examine(picture(arms=unplayed))


def test_the_dearest_tie_comes_first(picture: PictureOf, priced: PricedOf) -> None:
    """Buckets are sorted by what exploring costs there."""
    arms = {
        bucket: (priced("cheap", 0.9, 1e-4, 0.5), priced("dear", 0.9, cost_usd, 0.5))
        for bucket, cost_usd in (("small", 1e-3), ("large", 1e-2))
    }

    found = examine(picture(arms=arms))

    assert [each.what.split(",")[0] for each in found] == ["in large", "in small"]


@pytest.mark.parametrize("cost_usd", [None, 1e-3])
def test_an_arm_of_unknown_cost_breaks_nothing(
    picture: PictureOf, cost_usd: float | None, priced: PricedOf
) -> None:
    """Its share is left out of the sum."""
    arms = {"b": (priced("cheap", 0.9, None, 0.5), priced("dear", 0.9, cost_usd, 0.5))}

    assert not examine(picture(arms=arms))
