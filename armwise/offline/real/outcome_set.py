"""A complete outcome matrix: the result and the cost of every path on every request."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from armwise.errors import ConfigurationError
from armwise.offline.learner import Request

FEWEST_PATHS = 2


@dataclass(frozen=True, slots=True)
class OutcomeSet:
    """What every path did, or would have done, with every request.

    Args:
        name: As tables show it.
        paths: Names of the paths.
        requests: What was known of each request beforehand.
        successes: Per request, 0.0 or 1.0 for every path, in the order of ``paths``.
        costs_usd: Per request, the cost of every path in US dollars.
    """

    name: str
    paths: tuple[str, ...]
    requests: tuple[Request, ...]
    successes: tuple[tuple[float, ...], ...]
    costs_usd: tuple[tuple[float, ...], ...]

    def __len__(self) -> int:
        return len(self.requests)

    def pool(self, names: Sequence[str]) -> "OutcomeSet":
        """Return the same requests with these paths only, in the order of ``names``.

        Raises:
            ConfigurationError: If a name is unknown or stands twice, or fewer than two are left.
        """
        for number, name in enumerate(names):
            if name not in self.paths:
                known = ", ".join(map(repr, self.paths))
                raise ConfigurationError(
                    f"outcome set {self.name!r} has no path {name!r} for its pool. It has: {known}."
                )
            if name in names[:number]:
                raise ConfigurationError(
                    f"outcome set {self.name!r}: {name!r} stands twice in the pool; name it once."
                )
        if len(names) < FEWEST_PATHS:
            raise ConfigurationError(
                f"outcome set {self.name!r}: a pool needs at least two paths, got {list(names)!r}."
            )
        places = [self.paths.index(name) for name in names]
        return replace(
            self,
            paths=tuple(names),
            successes=tuple(tuple(row[at] for at in places) for row in self.successes),
            costs_usd=tuple(tuple(row[at] for at in places) for row in self.costs_usd),
        )

    def success_rates(self) -> tuple[float, ...]:
        """Return the share of successes of every path, 0..1."""
        return _means(self.successes)

    def mean_costs_usd(self) -> tuple[float, ...]:
        """Return the mean cost of every path in US dollars per request."""
        return _means(self.costs_usd)


def _means(rows: Sequence[Sequence[float]]) -> tuple[float, ...]:
    return tuple(math.fsum(column) / len(rows) for column in zip(*rows, strict=True))
