"""Thompson sampling that learns late: stale workers, late outcomes, lost outcomes.

As ``bernoulli.in_lockstep``, all runs advance together; each returns the regret per run.
"""

from typing import TYPE_CHECKING, Any

from armwise.offline.bernoulli import World
from armwise.offline.rules import Thompson, choose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

_RULE = Thompson()


def stale(world: World, workers: int, refresh: int, *, overlays: bool, at_once: bool) -> "Array":
    """Play with workers that take turns and look at the shared counts now and then.

    What a worker learns is in the shared counts at once; what it sees of them is as old as its
    last look.

    Args:
        world: What it is played on.
        workers: How many share the traffic.
        refresh: A worker looks after so many decisions of its own.
        overlays: A worker adds its own outcomes to what it saw last.
        at_once: All look at the same time; else their looks are spread evenly.
    """
    import numpy as np

    shape = (len(world.runs), len(world.rates))
    # Successes and pulls, shared and as each worker sees them.
    shared, seen = np.zeros((2, *shape)), np.zeros((workers, 2, *shape))
    since = [0 if at_once else worker * refresh // workers for worker in range(workers)]
    rows, rng = np.arange(shape[0]), world.player(world.runs[0])
    number = 0
    for block in world.outcomes():
        for outcome in block:
            worker = number % workers
            number += 1
            if since[worker] >= refresh:
                seen[worker], since[worker] = shared, 0
            view = shared if refresh == 1 and workers == 1 else seen[worker]
            arm = choose(_RULE.index(view[0], view[1], number, rng), rng)
            won = outcome[rows, arm]
            for counts in (shared, seen[worker]) if overlays else (shared,):
                counts[0, rows, arm] += won
                counts[1, rows, arm] += 1.0
            since[worker] += 1
    return world.regret(shared[1])


def late(world: World, mean: float) -> "Array":
    """Play with outcomes that arrive after an exponential number of requests.

    Args:
        world: What it is played on.
        mean: Mean delay in requests; an outcome of delay 0 is there for the next request.
    """
    import numpy as np

    shape = (len(world.runs), len(world.rates))
    due = np.zeros((world.requests, 2, *shape), np.int16)  # by the request that sees it first
    seen, pulls = np.zeros((2, *shape)), np.zeros(shape)
    rows, rng = np.arange(shape[0]), world.player(world.runs[0])
    number = 0
    for block in world.outcomes():
        for outcome in block:
            seen += due[number]
            number += 1
            arm = choose(_RULE.index(seen[0], seen[1], number, rng), rng)
            pulls[rows, arm] += 1.0
            arrives = number + rng.exponential(mean, shape[0]).astype(int)
            there = arrives < world.requests
            at, row, which = arrives[there], rows[there], arm[there]
            due[at, 0, row, which] += outcome[row, which]
            due[at, 1, row, which] += 1
    return world.regret(pulls)


def lost(world: World, share: float) -> "Array":
    """Play with outcomes that never arrive, whatever they were.

    Args:
        world: What it is played on.
        share: Probability that an outcome is lost.
    """
    import numpy as np

    shape = (len(world.runs), len(world.rates))
    seen, pulls = np.zeros((2, *shape)), np.zeros(shape)
    rows, rng = np.arange(shape[0]), world.player(world.runs[0])
    number = 0
    for block in world.outcomes():
        for outcome in block:
            number += 1
            arm = choose(_RULE.index(seen[0], seen[1], number, rng), rng)
            pulls[rows, arm] += 1.0
            arrives = rng.random(shape[0]) >= share
            seen[0, rows, arm] += outcome[rows, arm] & arrives
            seen[1, rows, arm] += arrives
    return world.regret(pulls)
