"""The doctor sees outcomes that are missing, that differ between paths, and checks that raise."""

from collections.abc import Callable

import pytest

from armwise.engine import Counters, ReportRate, Severity
from armwise.engine.doctor import Picture, examine

PictureOf = Callable[..., Picture]


def test_a_healthy_goal_has_nothing(picture: PictureOf) -> None:
    """Nothing is made up where nothing is wrong."""
    assert examine(picture(counters=Counters(decisions=1_000))) == []


@pytest.mark.parametrize(
    ("reported", "severity"),
    [(0, Severity.BAD), (19, Severity.WARNING), (20, None), (100, None)],
)
def test_missing_outcomes(picture: PictureOf, reported: int, severity: Severity | None) -> None:
    """None at all is bad, below a fifth a warning; the figure says how many."""
    rates = {
        "cheap": ReportRate(50, reported // 2),
        "dear": ReportRate(50, reported - reported // 2),
    }

    found = examine(picture(report_rates=rates))

    assert [each.severity for each in found] == ([] if severity is None else [severity])
    if found:
        assert found[0].figure == f"{reported} of 100 answers have an outcome"
        assert "report_outcome" in found[0].fix


def test_outcomes_on_their_way_are_no_illness(picture: PictureOf) -> None:
    """The first 19 answers may all be waiting for theirs."""
    assert examine(picture(report_rates={"cheap": ReportRate(19, 0)})) == []


def test_rates_that_differ_are_bad(picture: PictureOf) -> None:
    """One path is reported about always, the other rarely: beliefs are of different things."""
    rates = {"cheap": ReportRate(200, 40), "dear": ReportRate(200, 200)}

    (found,) = examine(picture(report_rates=rates))

    assert found.severity is Severity.BAD
    assert found.figure == "cheap 20%, dear 100%"


@pytest.mark.parametrize(("raised", "severity"), [(1, Severity.WARNING), (50, Severity.BAD)])
def test_checks_that_raise(picture: PictureOf, raised: int, severity: Severity) -> None:
    """One in a thousand is a warning, one in twenty is bad."""
    (found,) = examine(picture(counters=Counters(decisions=1_000, checks_raised=raised)))

    assert (found.severity, found.figure) == (severity, f"{raised} times in 1000 decisions")


@pytest.mark.parametrize("name", ["not_awaited", "store_errors", "log_errors", "hooks_raised"])
def test_every_count_of_what_was_lost_is_told(picture: PictureOf, name: str) -> None:
    """Each has its own line with its number and a fix."""
    (found,) = examine(picture(counters=Counters(decisions=1_000, **{name: 7})))

    assert "7" in found.figure
    assert found.fix.endswith(".")


def test_the_worst_comes_first(picture: PictureOf) -> None:
    """Bad before warnings before notes."""
    found = examine(
        picture(
            counters=Counters(decisions=1_000, hooks_raised=1, store_errors=1),
            unknown_prices=("dear",),
        )
    )

    assert [each.severity for each in found] == [
        Severity.BAD,
        Severity.WARNING,
        Severity.WARNING,
    ]
