"""Times small pieces of code side by side, so that a drifting machine is unfair to none."""

import gc
from collections.abc import Callable, Mapping, Sequence
from statistics import median, quantiles
from time import perf_counter_ns

from benchmarks.reporting import progress

Batch = Callable[[int], int]
"""Does something so many times; returns the nanoseconds that it took."""

Loop = Callable[[int], object]
"""Does something so many times."""


def timed(loop: Loop) -> Batch:
    """Return a batch that times a whole loop, the ``for`` included."""

    def batch(times: int) -> int:
        begun = perf_counter_ns()
        loop(times)
        return perf_counter_ns() - begun

    return batch


def interleaved(
    batches: Mapping[str, Batch], *, what: str, rounds: int, times: int
) -> dict[str, list[float]]:
    """Return nanoseconds per repetition of every batch in every round.

    In each round every batch runs once, the next round begins with the next of them. The garbage
    collector stays on, as in a user's program, and starts each batch with nothing to collect;
    what was there before the first round is frozen, so that collections stay short.

    Args:
        batches: What to time, by name.
        what: Shown while it runs.
        rounds: Batches per name; two more come first and are not counted.
        times: Repetitions per batch.
    """
    names = list(batches)
    found: dict[str, list[float]] = {name: [] for name in names}
    warm_up_rounds = 2
    gc.collect()
    gc.freeze()
    with progress(what, warm_up_rounds + rounds) as advance:
        for number in range(warm_up_rounds + rounds):
            first = number % len(names)
            for name in names[first:] + names[:first]:
                gc.collect()
                took_ns = batches[name](times)
                if number >= warm_up_rounds:
                    found[name].append(took_ns / times)
            advance()
    gc.unfreeze()
    return found


def spread(values: Sequence[float]) -> tuple[float, float, float]:
    """Return median, 5th and 95th percentile."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    cuts = quantiles(values, n=20, method="inclusive")
    return median(values), cuts[0], cuts[-1]


def share_at(values: Sequence[float], share: float) -> float:
    """Return the smallest of the sorted values that this share of them does not exceed."""
    return values[min(len(values) - 1, int(share * len(values)))]
