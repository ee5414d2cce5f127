"""Runs independent pieces of a benchmark on all cores, in order, with signs of progress."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")


def each(
    work: Callable[[Item], Found],
    items: Sequence[Item],
    advance: Callable[[], object] = lambda: None,
    processes: int | None = None,
) -> list[Found]:
    """Return ``work(item)`` for every item, in the order of the items.

    What is found depends on the items alone, never on the number of processes.

    Args:
        work: A function of a module, so that another process can import it.
        items: What to work on; small, for each travels to a process.
        advance: Called once per finished item.
        processes: How many to use; None: one per core. With one, or one item, nothing is started.
    """
    wanted = min(processes or os.cpu_count() or 1, len(items))
    if wanted <= 1:
        found = []
        for item in items:
            found.append(work(item))
            advance()
        return found
    # Spawned: forking a process with threads (a progress bar, numpy's) may hang.
    with ProcessPoolExecutor(wanted, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(work, item) for item in items]
        for future in futures:
            future.add_done_callback(lambda _: advance())
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            raise
