"""What a replay is compared with: policies that know the whole outcome set beforehand."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from armwise.offline.real.outcome_set import OutcomeSet


@dataclass(frozen=True, slots=True)
class Point:
    """What a policy came to.

    Args:
        accuracy: Share of requests that succeeded, 0..1.
        cost_usd: Mean cost of a request in US dollars.
    """

    accuracy: float
    cost_usd: float

    def utility(self, success_value_usd: float) -> float:
        """Return accuracy minus cost in successes: the one number to compare by."""
        return self.accuracy - self.cost_usd / success_value_usd


Reference = Callable[[OutcomeSet, float], Point]
"""A policy in hindsight, given the value of a success in US dollars."""


def every_path(outcomes: OutcomeSet) -> tuple[Point, ...]:
    """Return what each path alone comes to."""
    pairs = zip(outcomes.success_rates(), outcomes.mean_costs_usd(), strict=True)
    return tuple(Point(rate, cost_usd) for rate, cost_usd in pairs)


def always_cheapest(outcomes: OutcomeSet) -> Point:
    """Return the path with the lowest mean cost."""
    return min(every_path(outcomes), key=lambda point: point.cost_usd)


def always_best(outcomes: OutcomeSet) -> Point:
    """Return the path with the most successes, whatever it costs."""
    return max(every_path(outcomes), key=lambda point: point.accuracy)


def uniform(outcomes: OutcomeSet) -> Point:
    """Return what a fair die comes to."""
    points = every_path(outcomes)
    return Point(
        math.fsum(point.accuracy for point in points) / len(points),
        math.fsum(point.cost_usd for point in points) / len(points),
    )


def best_path(outcomes: OutcomeSet, success_value_usd: float) -> Point:
    """Return the one path that is best at this value of a success."""
    return max(every_path(outcomes), key=lambda point: point.utility(success_value_usd))


def best_path_per_task(outcomes: OutcomeSet, success_value_usd: float) -> Point:
    """Return what the best path of each label comes to."""
    groups: dict[str, list[int]] = {}
    for number, request in enumerate(outcomes.requests):
        groups.setdefault(request.task_type, []).append(number)
    choices: dict[int, int] = {}
    for members in groups.values():
        sums = [
            math.fsum(
                outcomes.successes[n][path] * success_value_usd - outcomes.costs_usd[n][path]
                for n in members
            )
            for path in range(len(outcomes.paths))
        ]
        choices.update(dict.fromkeys(members, sums.index(max(sums))))
    return _played(outcomes, [choices[number] for number in range(len(outcomes))])


def oracle(outcomes: OutcomeSet) -> Point:
    """Return what the cheapest successful path of each request comes to.

    Where no path succeeds, it is the cheapest path of that request.
    """
    choices: list[int] = []
    for successes, costs_usd in zip(outcomes.successes, outcomes.costs_usd, strict=True):
        right = [path for path, success in enumerate(successes) if success]
        choices.append(min(right or range(len(costs_usd)), key=costs_usd.__getitem__))
    return _played(outcomes, choices)


REFERENCES: dict[str, Reference] = {
    "best path in hindsight": best_path,
    "best path per task in hindsight": best_path_per_task,
    "always the cheapest": lambda outcomes, _: always_cheapest(outcomes),
    "always the most accurate": lambda outcomes, _: always_best(outcomes),
    "uniform random": lambda outcomes, _: uniform(outcomes),
    "oracle: the cheapest success": lambda outcomes, _: oracle(outcomes),
}
"""The reference rows of every table, by name."""


def _played(outcomes: OutcomeSet, choices: Sequence[int]) -> Point:
    count = len(choices)
    return Point(
        math.fsum(outcomes.successes[n][path] for n, path in enumerate(choices)) / count,
        math.fsum(outcomes.costs_usd[n][path] for n, path in enumerate(choices)) / count,
    )


@dataclass(frozen=True, slots=True)
class MixLine:
    """The best that mixing paths at random can do: the upper hull of the single paths.

    Args:
        points: Its corners, from the cheapest path to the most accurate one.
    """

    points: tuple[Point, ...]

    @classmethod
    def of(cls, outcomes: OutcomeSet) -> "MixLine":
        """Return the line through the paths of an outcome set."""
        ordered = sorted(every_path(outcomes), key=lambda point: (point.cost_usd, -point.accuracy))
        hull: list[Point] = []
        for point in ordered:
            if hull and point.accuracy <= hull[-1].accuracy:
                continue
            while len(hull) > 1 and not _bends_down(hull[-2], hull[-1], point):
                hull.pop()
            hull.append(point)
        return cls(tuple(hull))

    def accuracy_at(self, cost_usd: float) -> float:
        """Return the accuracy of the best mix that costs no more than this per request.

        Below the cost of the cheapest path, where there is no mix, it is that path's accuracy.
        """
        below = self.points[0]
        for above in self.points[1:]:
            if cost_usd < above.cost_usd:
                share = max(0.0, (cost_usd - below.cost_usd) / (above.cost_usd - below.cost_usd))
                return below.accuracy + share * (above.accuracy - below.accuracy)
            below = above
        return below.accuracy


def _bends_down(first: Point, middle: Point, last: Point) -> bool:
    """Whether the slope falls at the middle point, so that it lies above the chord."""
    rise = (middle.accuracy - first.accuracy) * (last.cost_usd - first.cost_usd)
    return rise > (last.accuracy - first.accuracy) * (middle.cost_usd - first.cost_usd)
