"""Periods of a spend cap, and the evidence that it needs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from armwise.bandit.decay import Outcomes
from armwise.engine import SpendCap
from armwise.errors import ConfigurationError


@pytest.mark.parametrize(
    ("per", "book", "ends"),
    [
        ("hour", "$spend/hour/2028-02-29T23", datetime(2028, 3, 1, tzinfo=UTC)),
        ("day", "$spend/day/2028-02-29", datetime(2028, 3, 1, tzinfo=UTC)),
        ("month", "$spend/month/2028-02", datetime(2028, 3, 1, tzinfo=UTC)),
    ],
)
def test_periods_begin_by_the_clock_in_utc(per: str, book: str, ends: datetime) -> None:
    """Leap days and ends of months included."""
    at_s = datetime(2028, 2, 29, 23, 30, tzinfo=UTC).timestamp()

    cap = SpendCap(1.0, per)

    assert cap.book(at_s) == book
    assert cap.end_s(at_s) == ends.timestamp()


def test_a_year_ends_with_its_last_month() -> None:
    """December is followed by January of the next year."""
    at_s = datetime(2026, 12, 31, 12, tzinfo=UTC).timestamp()

    assert SpendCap(1.0, "month").end_s(at_s) == datetime(2027, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"usd": 0}, "max_spend_usd must be US dollars above 0, got 0"),
        ({"usd": -5.0}, "max_spend_usd must be US dollars above 0, got -5.0"),
        ({"usd": "50"}, "max_spend_usd must be US dollars above 0, got '50'"),
        ({"usd": float("inf")}, "max_spend_usd must be US dollars above 0, got inf"),
        ({"usd": 5, "per": "week"}, "per must be 'hour', 'day', 'month', got 'week'"),
    ],
)
def test_a_cap_that_cannot_be_used_is_named(arguments: dict[str, Any], said: str) -> None:
    """The error shows the value and what to write instead."""
    with pytest.raises(ConfigurationError) as error:
        SpendCap(**arguments)

    assert said in str(error.value)


def test_evidence_that_forgets_within_the_period_is_refused() -> None:
    """Sums of costs are kept for 16 half-lives; a period longer than that would be undercounted."""
    cap = SpendCap(5.0, "day")

    with pytest.raises(ConfigurationError) as error:
        cap.check_fading(timedelta(hours=1))

    assert "are exact for 16:00:00 only. Use a half-life of at least 1:30:00" in str(error.value)
    for half_life in (None, Outcomes(10), timedelta(hours=1, minutes=30)):
        cap.check_fading(half_life)
