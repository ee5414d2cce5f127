"""What the doctor looks at: a goal as a Router, a store or a decision log shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from armwise.bandit.decay import HalfLife
from armwise.engine.report_rates import ReportRate
from armwise.engine.rollout import RolloutStats
from armwise.engine.shared import StoreHealth
from armwise.engine.stats import ArmStats
from armwise.engine.tally import Counters

_DEVIATIONS = 3.29
"""Width of a 90 % interval of a normal distribution, in standard deviations."""


@dataclass(frozen=True, slots=True)
class PricedArm:
    """What exploring an arm costs.

    Args:
        path: The path.
        mean: Believed success rate.
        deviation: Standard deviation of that belief.
        cost_usd: Expected cost of a request in US dollars, None if that is unknown.
        share: Share of the bucket's requests that it gets, 0..1.
    """

    path: str
    mean: float
    deviation: float
    cost_usd: float | None
    share: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A goal, as far as it is known. What is None was not looked at.

    Args:
        goal_id: The goal.
        buckets: Per bucket, per path: what was counted.
        report_rates: Per path: how many answers have an outcome.
        arms: Per bucket: what its arms cost and how often they are chosen.
        paths: The present paths of a Router.
        unknown_prices: Paths of which no price is known.
        misconfigured: Times that a path answered with an error of its configuration.
        counters: Counts of a Router's process.
        half_lives: The half-life that was asked for, and the one in force in the store.
        is_checked: Whether answers are checked automatically.
        rollout: How a rollout stands.
        store: How a shared store is doing.
    """

    goal_id: str
    buckets: Mapping[str, Mapping[str, ArmStats]]
    report_rates: Mapping[str, ReportRate]
    arms: Mapping[str, tuple[PricedArm, ...]]
    paths: tuple[str, ...] | None = None
    unknown_prices: tuple[str, ...] = ()
    misconfigured: Mapping[str, int] = field(default_factory=dict[str, int])
    counters: Counters | None = None
    half_lives: tuple[HalfLife, HalfLife] | None = None
    is_checked: bool | None = None
    rollout: RolloutStats | None = None
    store: StoreHealth | None = None

    @property
    def follows(self) -> bool:
        """Whether what is chosen is what is called: paths may be judged by how often they are."""
        return self.rollout is None or self.rollout.mode in ("apply", "canary")


def deviation_of(low: float, high: float) -> float:
    """Return the standard deviation of a belief from its 90 % interval."""
    return (high - low) / _DEVIATIONS


def priced_arms(
    buckets: Mapping[str, Mapping[str, ArmStats]],
) -> dict[str, tuple[PricedArm, ...]]:
    """Return arms from counts alone: measured costs, and shares of all time."""
    return {
        bucket: tuple(
            PricedArm(path, arm.mean, deviation_of(arm.low, arm.high), arm.mean_cost_usd, arm.share)
            for path, arm in arms.items()
        )
        for bucket, arms in buckets.items()
    }
