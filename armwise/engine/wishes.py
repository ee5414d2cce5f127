"""Excludes the paths that a caller does not want for a request."""

from collections.abc import Mapping

from armwise.engine.costs import PathPrices
from armwise.engine.excluding import Ask
from armwise.engine.roster import Roster
from armwise.engine.wants import NO_WANTS

_NONE: Mapping[str, str] = {}

_FEWEST_TIMED = 5
"""Calls that must have been timed before a mean latency excludes a path: fewer say little, and a
path that is excluded is not timed again. A guess."""


class Wishes:
    """Excludes what ``exclude=`` names, and what costs or takes more than the caller allows.

    Args:
        roster: The paths.
        prices: Expected costs.
    """

    def __init__(self, roster: Roster, prices: PathPrices) -> None:
        self._roster = roster
        self._prices = prices

    def __call__(self, ask: Ask) -> Mapping[str, str]:
        """Return what is excluded; see ``Excluder``.

        Raises:
            ConfigurationError: If a name is no path's; the message lists the names.
        """
        if ask.wants is NO_WANTS or not ask.wants.restricts:
            return _NONE
        unwanted = ask.wants.exclude
        for name in sorted(unwanted - self._roster.known.keys()):
            self._roster.named(name, "exclude")
        excluded = dict.fromkeys(unwanted, "excluded by this call (exclude=)")
        if ask.wants.max_latency_s is not None:
            excluded = {**_slow(ask, ask.wants.max_latency_s), **excluded}
        if ask.wants.max_cost_usd is not None:
            excluded = {**self._dear(ask, ask.wants.max_cost_usd), **excluded}
        return excluded

    def _dear(self, ask: Ask, most_usd: float) -> Mapping[str, str]:
        """Return the paths on which this request is expected to cost more, or nobody knows."""
        found: dict[str, str] = {}
        for name, mean_usd in zip(ask.arms.names, ask.arms.costs_usd, strict=True):
            cost_usd = self._prices.request_usd(
                name, ask.needs, ask.beliefs.measured.get(name), mean_usd
            )
            if cost_usd is None:
                found[name] = f"its cost is not known, and max_cost_usd is ${most_usd:g}"
            elif cost_usd > most_usd:
                found[name] = f"expected to cost ${cost_usd:.6f}, above max_cost_usd ${most_usd:g}"
        return found


def _slow(ask: Ask, most_s: float) -> Mapping[str, str]:
    """Return the paths that have taken longer in this bucket, on average."""
    found: dict[str, str] = {}
    for name, seen in ask.beliefs.measured.items():
        mean_s = seen.mean_latency_s
        if mean_s is not None and seen.timed >= _FEWEST_TIMED and mean_s > most_s:
            found[name] = f"takes {mean_s:.3g} s on average here, above max_latency_s {most_s:g}"
    return found
