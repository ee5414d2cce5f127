"""Runs independent pieces of a benchmark on all cores, in order, with signs of progress."""

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import active_children, get_context
from typing import Any, TypeVar

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
    context, others = get_context("spawn"), active_children()
    with ProcessPoolExecutor(wanted, context, initializer=_leave_interrupts) as pool:
        futures = [pool.submit(work, item) for item in items]
        for future in futures:
            future.add_done_callback(lambda done: _went_well(done) and advance())
        try:
            return [future.result() for future in futures]
        except BaseException:
            # At once: what is being worked on may take minutes more.
            pool.shutdown(wait=False, cancel_futures=True)
            for process in active_children():
                if process not in others:
                    process.terminate()
            raise


def _went_well(future: "Future[Any]") -> bool:
    return not future.cancelled() and future.exception() is None


def _leave_interrupts() -> None:
    """Leave Ctrl-C, which reaches every process of a terminal, to the one that started this."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
