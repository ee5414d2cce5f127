"""Runs independent pieces of a benchmark on all cores, in order, with signs of progress."""

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
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
    with ProcessPoolExecutor(wanted, context, initializer=_follow) as pool:
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


def _follow() -> None:
    """Do as the process does that started this one.

    Ctrl-C, which reaches every process of a terminal, is left to it; when it ends, however it
    does, this process ends too.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    starter = parent_process()
    if starter is not None:
        Thread(target=lambda: wait([starter.sentinel]) and os._exit(1), daemon=True).start()
