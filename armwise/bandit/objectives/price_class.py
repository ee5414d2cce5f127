"""Prices that count as the same: learned costs of equally priced arms differ by chance alone."""

from collections.abc import Sequence

from armwise.bandit.arms import Arms
from armwise.errors import ConfigurationError

PRICE_TOLERANCE = 0.15
"""Share above the cheapest cost that counts as the same price. A learned cost is off by chance: in
the real outcome sets that were replayed, requests of one task spread by 45 % around a path's mean
cost (median), so the mean of ten is off by 14 %. Measured by the part "prices" of the regret
benchmark: of two equally priced arms, .84 and .90, the better one is starved in 29 % of the runs
where costs are taken at their word and in 11 % at 15 %; 30 % gains a little more, but pays for arms
that are 30 % dearer."""


def check_tolerance(value: float, what: str) -> None:
    """Refuse what is not a share in [0, 1).

    Raises:
        ConfigurationError: Naming the value.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0.0 <= value < 1.0:
        raise ConfigurationError(
            f"{what} must be in [0, 1), got {value!r}. "
            "0.15 takes costs up to 15 % above the cheapest one's for the same price."
        )


def highest_of_cheapest(
    arms: Arms,
    draws: Sequence[float],
    among: Sequence[int],
    least: float,
    *,
    tolerance: float,
    by_mean: bool,
) -> int:
    """Return the arm with the highest draw among those at the price of the cheapest good one.

    The class is anchored at the cheapest arm that is good enough: an arm belongs to it if it costs
    at most ``1 + tolerance`` times as much. Neighbours of neighbours do not, so no chain of small
    steps leads to a dear arm, and an arm dearer than that never wins by its draw.

    Args:
        arms: The arms, cheapest first; those without a price make a class of their own.
        draws: One sampled success rate per arm.
        among: Indices of the arms that may be chosen, ascending.
        least: The rate from which on an arm is good enough.
        tolerance: Share above the cheapest cost that still counts as the same price.
        by_mean: An arm whose posterior mean reaches it is good enough too.

    Returns:
        The index, -1 if no arm is good enough.
    """
    means, costs_usd = arms.means if by_mean else draws, arms.costs_usd
    chosen, dearest_usd = -1, 0.0
    for index in among:
        if draws[index] >= least or means[index] >= least:
            if chosen < 0:
                chosen, dearest_usd = index, costs_usd[index] * (1.0 + tolerance)
            elif costs_usd[index] > dearest_usd:
                break
            elif draws[index] > draws[chosen]:
                chosen = index
    return chosen


def same_price_reason(
    arms: Arms, draws: Sequence[float], chosen: int, *, cheapest: int, limit: str
) -> str:
    """Say why another arm than the cheapest one that is good enough was chosen.

    Args:
        arms: The arms.
        draws: One sampled success rate per arm.
        chosen: The arm that was chosen.
        cheapest: The cheapest arm that is good enough.
        limit: What makes an arm good enough, such as "reaches 0.9".
    """
    costs_usd = arms.costs_usd[chosen], arms.costs_usd[cheapest]
    dearer = costs_usd[0] / costs_usd[1] - 1.0 if costs_usd[0] != costs_usd[1] else 0.0
    return (
        f"{arms.names[cheapest]} is the cheapest that {limit}; {arms.names[chosen]} does so too, "
        f"counts as equally priced ({dearer:.1%} dearer) and has the higher sample "
        f"({draws[chosen]:.3f})"
    )
