"""Arms with fixed success rates: the same outcomes for every rule, and many runs at once.

Outcomes belong to (seed, run, request, arm), so rules that are compared meet the same luck.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from armwise.offline.rules import Rule, choose

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    Array = NDArray[Any]

REQUESTS = 10_000
"""The horizon of the published figures."""

_BLOCK = 500
_WORLD, _PLAYER = 1, 2
_MARKS_PER_DECADE = 20


@dataclass(frozen=True, slots=True)
class World:
    """What a rule is played on.

    Args:
        rates: Success rate per arm.
        runs: Numbers of the runs.
        seed: Settles every outcome, together with the number of the run.
        requests: Requests per run.
        costs: Cost of a request per arm, cheapest first, in any unit; empty: none.
    """

    rates: tuple[float, ...]
    runs: range
    seed: int
    requests: int = REQUESTS
    costs: tuple[float, ...] = ()

    def marks(self) -> tuple[int, ...]:
        """Return the numbers of requests after which pulls are kept: closer at the beginning."""
        import numpy as np

        decades = np.log10(self.requests / 10)
        points = np.geomspace(10, self.requests, max(2, int(decades * _MARKS_PER_DECADE)))
        return tuple(sorted({*points.astype(int).tolist(), self.requests}))

    def outcomes(self) -> "Iterator[Array]":
        """Yield blocks of outcomes in order: booleans of shape (requests, runs, arms)."""
        import numpy as np

        luck = [np.random.default_rng([self.seed, _WORLD, run]) for run in self.runs]
        rates = np.array(self.rates)
        for begun in range(0, self.requests, _BLOCK):
            shape = (min(_BLOCK, self.requests - begun), len(rates))
            yield np.stack([one.random(shape) < rates for one in luck], axis=1)

    def player(self, run: int) -> "Generator":
        """Return what a rule draws from in a run; rules that play runs together share one."""
        import numpy as np

        return np.random.default_rng([self.seed, _PLAYER, run])

    def regret(self, pulls: "Array") -> "Array":
        """Return what was given up against the best arm, shape of ``pulls`` without the arms.

        Pseudo-regret: gaps of the true rates, not of the outcomes.
        """
        import numpy as np

        return pulls @ (max(self.rates) - np.array(self.rates))


def in_lockstep(rule: Rule, world: World) -> "Array":
    """Play a rule in all runs at once.

    Returns:
        Pulls per mark, run and arm.
    """
    import numpy as np

    shape = (len(world.runs), len(world.rates))
    successes, pulls = np.zeros(shape), np.zeros(shape)
    rows, rng, marks = np.arange(shape[0]), world.player(world.runs[0]), set(world.marks())
    kept: list[Array] = []
    number = 0
    for block in world.outcomes():
        for outcome in block:
            number += 1
            arm = choose(rule.index(successes, pulls, number, rng), rng)
            pulls[rows, arm] += 1.0
            successes[rows, arm] += outcome[rows, arm]
            if number in marks:
                kept.append(pulls.astype(np.int32))
    return np.stack(kept)
