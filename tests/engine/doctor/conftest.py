"""Pictures of goals to be examined: healthy unless a test says otherwise."""

from collections.abc import Callable
from typing import Any

import pytest

from armwise.engine import ArmStats, ReportRate
from armwise.engine.doctor import Picture, PricedArm

HEALTHY: dict[str, Any] = {
    "mean": 0.9,
    "low": 0.88,
    "high": 0.92,
    "successes": 450.0,
    "failures": 50.0,
    "attempts": 500,
    "faults": 1,
    "share": 0.5,
    "mean_cost_usd": 1e-4,
    "mean_latency_s": 0.5,
    "epoch": 0,
    "report_rate": 1.0,
}


@pytest.fixture
def arm() -> Callable[..., ArmStats]:
    """Return what makes a healthy arm with some things changed."""
    return lambda **changes: ArmStats(**{**HEALTHY, **changes})


@pytest.fixture
def priced() -> Callable[[str, float, float | None, float], PricedArm]:
    """Return what makes an arm, whose belief has a standard deviation of .01."""
    return lambda path, mean, cost_usd, share: PricedArm(path, mean, 0.01, cost_usd, share)


@pytest.fixture
def picture(
    arm: Callable[..., ArmStats],
    priced: Callable[[str, float, float | None, float], PricedArm],
) -> Callable[..., Picture]:
    """Return what makes the picture of a healthy goal with some things changed."""

    def build(**changes: Any) -> Picture:
        healthy: dict[str, Any] = {
            "goal_id": "support",
            "buckets": {"general/simple": {"cheap": arm(), "dear": arm()}},
            "report_rates": {"cheap": ReportRate(500, 500), "dear": ReportRate(500, 500)},
            "arms": {
                "general/simple": (
                    priced("cheap", 0.95, 1e-4, 0.99),
                    priced("dear", 0.80, 1e-3, 0.01),
                )
            },
            "paths": ("cheap", "dear"),
        }
        return Picture(**{**healthy, **changes})

    return build
