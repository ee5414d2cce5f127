"""Plans a request whose outcome can be checked at once: what to try, and when to give up.

A failed check is not the end: another path may do it. But a request that has failed is a harder
one, and some cannot be done at any price. So the plan is made over all attempts together, and
made anew after each failure with what has been learned by it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import comb, isfinite

from armwise.bandit.evidence import MOST_FAILURES

MOST_STEPS = 5_000
"""Choices that are weighed at most for one plan, about a millisecond. Up to 8 paths and 4
attempts take 700 and are planned exactly; with more paths, those that promise least are left
out."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to try, in this order, going on only after a failed check.

    Args:
        order: Indices of the arms; empty where no attempt is worth its cost.
        value_usd: Expected value of the successes less expected cost, in US dollars.
    """

    order: tuple[int, ...]
    value_usd: float


def plan(
    rates: Sequence[Sequence[float]],
    costs_usd: Sequence[float],
    success_value_usd: float,
    attempts: int,
    tried: Sequence[int] = (),
) -> Plan:
    """Return the best order of attempts from here on, by dynamic programming over sets of arms.

    The value of trying arm a after k failures is q (value) - cost + (1 - q) times the value of
    the best plan without a, where q is its success rate after k failures.

    Args:
        rates: Per number of earlier failures 0, 1, 2 and 3 or more, one success rate per arm, in
            [0, 1]; fewer rows than four let the last one stand for the rest.
        costs_usd: Expected cost per arm in US dollars; an infinite one is never tried.
        success_value_usd: What a success is worth, in US dollars.
        attempts: Most attempts in the request, those already made included.
        tried: Arms that have failed in this request.
    """
    failures = len(tried)
    left = [arm for arm in range(len(costs_usd)) if arm not in tried and isfinite(costs_usd[arm])]
    depth = min(attempts - failures, len(left))
    if depth <= 0:
        return Plan((), 0.0)
    while depth > 1 and steps(depth, depth) > MOST_STEPS:
        depth -= 1  # the plan is made anew after each failure, so nothing is given up
    rows = [rates[min(k, MOST_FAILURES, len(rates) - 1)] for k in range(failures, failures + depth)]
    left = _promising(left, rows[0], costs_usd, success_value_usd, depth)
    values, firsts = _solve(
        [[row[arm] for arm in left] for row in rows],
        [costs_usd[arm] for arm in left],
        success_value_usd,
    )
    order: list[int] = []
    used = 0
    while len(order) < depth and firsts.get(used, -1) >= 0:
        order.append(left[firsts[used]])
        used |= 1 << firsts[used]
    return Plan(tuple(order), values[0])


def _solve(
    rates: Sequence[Sequence[float]], costs_usd: Sequence[float], value_usd: float
) -> tuple[dict[int, float], dict[int, int]]:
    """Return per set of used arms the value of going on, and the arm to try, -1 to stop."""
    depth = len(rates)
    values: dict[int, float] = {}
    firsts: dict[int, int] = {}
    get = values.get
    for used, size, unused in states(len(costs_usd), depth):
        row = rates[size]
        best, first = 0.0, -1
        for arm in unused:
            rate = row[arm]
            worth = rate * value_usd - costs_usd[arm]
            worth += (1.0 - rate) * get(used | 1 << arm, 0.0)
            if worth > best:
                best, first = worth, arm
        values[used] = best
        firsts[used] = first
    return values, firsts


@lru_cache(maxsize=256)
def states(arms: int, depth: int) -> tuple[tuple[int, int, tuple[int, ...]], ...]:
    """Return the sets of used arms, largest first: bit set, size, and the arms not in it."""
    found: list[tuple[int, int, tuple[int, ...]]] = []
    for size in range(depth - 1, -1, -1):
        for used in combinations(range(arms), size):
            bits = sum(1 << arm for arm in used)
            found.append((bits, size, tuple(a for a in range(arms) if not bits >> a & 1)))
    return tuple(found)


def steps(arms: int, depth: int) -> int:
    """Return how many choices an exact plan weighs at most."""
    return arms * sum(comb(arms, size) for size in range(depth))


def _promising(
    arms: list[int],
    rates: Sequence[float],
    costs_usd: Sequence[float],
    value_usd: float,
    depth: int,
) -> list[int]:
    """Return as many arms as can be planned exactly: the cheapest per success, and the best.

    Where attempts are independent and all will be made until one succeeds, trying them in
    ascending cost per success rate is optimal (Smith 1956; Mitten 1960), so arms late in that
    order are missed least; the one with the highest value of its own is always kept.
    """
    most = len(arms)
    while most > depth and steps(most, depth) > MOST_STEPS:
        most -= 1
    if most == len(arms):
        return arms
    best = max(arms, key=lambda arm: value_usd * rates[arm] - costs_usd[arm])
    by_ratio = sorted(arms, key=lambda arm: costs_usd[arm] / max(rates[arm], 1e-9))
    return sorted({best, *[arm for arm in by_ratio if arm != best][: most - 1]})
