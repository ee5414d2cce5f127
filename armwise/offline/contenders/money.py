"""What a contender knows of money: the value of a success, and costs learned as they come."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from armwise.offline.learner import Request, Setting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

Bucketing = Callable[[Request], str]
"""Names the bucket of a request."""

UNSTATED_VALUE = 30.0
"""Value of a success in units of the dearest path's cost, where none was stated: at most 1/30 of
accuracy is given up to save the whole dearest price. A judgement that did well on six outcome sets
which are not redistributed."""

LIST_PRICE_WEIGHT = 3.0
"""How many measured costs a list price is worth. A guess that matters little: list prices are off
by some tens of per cent, and so is the mean of three measured costs."""


def one_bucket(_: Request) -> str:
    """Put all requests into one bucket."""
    return ""


def per_task(request: Request) -> str:
    """Keep a bucket per label of the caller."""
    return request.task_type


def per_level(request: Request) -> str:
    """Keep a bucket per level of complexity."""
    return request.level


def success_value_usd(setting: Setting) -> float:
    """Return what a success is worth in US dollars; if unstated, 30 of the dearest requests."""
    if setting.success_value_usd is not None:
        return setting.success_value_usd
    return UNSTATED_VALUE * max(setting.list_costs_usd)


class LearnedCosts:
    """Expected cost per bucket and path: list price, then the path's mean, then the bucket's.

    A path's cost over all buckets is the mean of its measured costs and three list prices; in a
    bucket it is the mean of the costs measured there and three of the path's.

    Args:
        list_costs_usd: Estimate per path in US dollars per request.
    """

    def __init__(self, list_costs_usd: tuple[float, ...]) -> None:
        import numpy as np

        self._zeros = np.zeros(len(list_costs_usd))
        self._sums = LIST_PRICE_WEIGHT * np.asarray(list_costs_usd)
        self._counts = self._zeros + LIST_PRICE_WEIGHT
        self._buckets: dict[str, tuple[Vector, Vector]] = {}

    def expected(self, bucket: str) -> "Vector":
        """Return the expected cost of every path in a bucket, in US dollars per request."""
        path_means = self._sums / self._counts
        found = self._buckets.get(bucket)
        if found is None:
            return path_means
        sums, counts = found
        expected: Vector = (LIST_PRICE_WEIGHT * path_means + sums) / (LIST_PRICE_WEIGHT + counts)
        return expected

    def learn(self, bucket: str, path: int, cost_usd: float) -> None:
        """Take a measured cost."""
        if bucket not in self._buckets:
            self._buckets[bucket] = (self._zeros.copy(), self._zeros.copy())
        sums, counts = self._buckets[bucket]
        sums[path] += cost_usd
        counts[path] += 1
        self._sums[path] += cost_usd
        self._counts[path] += 1


class ScaledUtility:
    """Utility as a reward between 0 and 1, for rules that know of no costs.

    A success at no cost is 1, a failure at the dearest list price 0; the rest lies between on a
    straight line, and what lies outside is clipped.

    Args:
        setting: Gives value and list prices.
    """

    def __init__(self, setting: Setting) -> None:
        self._value_usd = success_value_usd(setting)
        self._dearest_usd = max(setting.list_costs_usd)

    def __call__(self, success: float, cost_usd: float) -> float:
        """Return the reward of an outcome."""
        span = self._value_usd + self._dearest_usd
        reward = (self._value_usd * success - cost_usd + self._dearest_usd) / span
        return min(1.0, max(0.0, reward))
