"""What always using one path would have cost: an estimate, and how sure it is."""

from collections.abc import Mapping

import numpy as np
import pytest

from armwise.adapters import ModelInfo, Price
from armwise.bandit import Evidence
from armwise.engine import CostReport, Path, PathPrices
from armwise.engine.cost_report import cost_report
from armwise.storage import ArmKey

PATHS = (Path("cheap"), Path("dear"))
PRICES = {"cheap": ModelInfo(Price(1e-6, 1e-6)), "dear": ModelInfo(Price(1e-5, 1e-5))}


def costing(requests: int, usd: float) -> Evidence:
    """Return evidence of so many answered requests that cost so much in all."""
    return Evidence(attempts=requests, costed=requests, cost_nanousd=round(usd * 1e9))


def report_of(evidence: Mapping[ArmKey, Evidence], baseline: str = "dear") -> CostReport:
    """Return the report of evidence in the usual two paths."""
    prices = PathPrices(PATHS, lambda model: PRICES.get(model, ModelInfo()))
    return cost_report(evidence, PATHS, prices, baseline)


def test_a_baseline_that_was_always_called_saves_exactly_nothing() -> None:
    """Its own requests count at what they did cost: there is nothing to estimate."""
    report = report_of({ArmKey("label/simple", "dear"): costing(50, 0.4)})

    assert report.saved_usd == pytest.approx(0.0)
    assert report.saved_interval_usd == pytest.approx((0.0, 0.0))


def test_a_request_that_was_tried_again_is_one_request_of_the_baseline() -> None:
    """The attempts after a failed check are spent, and not asked of the baseline once more."""
    first = {ArmKey("label/simple", "cheap"): costing(10, 0.006)}
    again = {ArmKey("label/simple", "cheap", 1): costing(5, 0.003)}

    once, twice = report_of(first), report_of({**first, **again})

    assert twice.spent_usd == pytest.approx(once.spent_usd + 0.003)
    assert twice.baseline_usd == pytest.approx(once.baseline_usd)


def test_a_baseline_that_was_called_more_often_is_known_better() -> None:
    """The interval narrows with its calls."""
    widths: list[float] = []
    for calls in (0, 5, 50, 500):
        evidence = {ArmKey("label/simple", "cheap"): costing(1000, 0.6)}
        if calls:
            evidence[ArmKey("label/simple", "dear")] = costing(calls, calls * 0.006)
        interval = report_of(evidence).saved_interval_usd
        assert interval is not None
        widths.append(interval[1] - interval[0])

    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 0.1 * widths[0]


def test_an_unknown_baseline_has_no_interval() -> None:
    """Unknown stays unknown, in words as well."""
    paths = (*PATHS, Path("nameless"))
    prices = PathPrices(paths, lambda model: PRICES.get(model, ModelInfo()))

    report = cost_report({ArmKey("a/b", "cheap"): costing(3, 0.1)}, paths, prices, "nameless")

    assert (report.baseline_usd, report.saved_usd, report.saved_interval_usd) == (None, None, None)
    assert "the cost of always using nameless is unknown" in str(report)


def test_the_interval_is_part_of_the_text() -> None:
    """Who prints a report sees how sure it is."""
    report = report_of({ArmKey("label/simple", "cheap"): costing(10, 0.006)})

    assert "90 % interval $" in str(report)


@pytest.mark.parametrize("calls", [0, 4, 40])
def test_the_interval_covers_what_it_should(calls: int) -> None:
    """In nine of ten worlds like those that it assumes, whatever is known of the baseline.

    Requests spread by 45 % around their mean, the means of two buckets by 60 % around what the
    list price makes one expect, by the same factor in both.
    """
    rng = np.random.default_rng(5)
    covered, worlds, requests = 0, 400, 200
    for _ in range(worlds):
        off = rng.gamma(1 / 0.6**2, 0.6**2)
        evidence: dict[ArmKey, Evidence] = {}
        truth_usd = 0.0
        for bucket, scale in (("label/simple", 1.0), ("label/complex", 1.0)):
            cheap_usd = scale * 6e-4 * rng.gamma(1 / 0.45**2, 0.45**2, requests)
            dear_usd = scale * 6e-3 * off * rng.gamma(1 / 0.45**2, 0.45**2, requests)
            evidence[ArmKey(bucket, "cheap")] = costing(requests - calls, cheap_usd[calls:].sum())
            if calls:
                evidence[ArmKey(bucket, "dear")] = costing(calls, dear_usd[:calls].sum())
            truth_usd += dear_usd.sum()
        report = report_of(evidence)
        assert report.saved_interval_usd is not None
        low_usd, high_usd = report.saved_interval_usd
        covered += low_usd <= truth_usd - report.spent_usd <= high_usd

    assert 0.85 <= covered / worlds
