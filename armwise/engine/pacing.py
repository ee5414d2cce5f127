"""Holds a budget: the dual price of money moves with every decision and every measured cost."""

import threading

from armwise.bandit import Budget
from armwise.storage.forking import register


class Pacer:
    """The present form of a ``Budget``, safe to share among threads.

    A decision is charged its expected cost at once, so that pacing does not wait for outcomes or
    even for answers; a measured cost sets that right.

    Args:
        budget: The rule to begin with.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self._lock = threading.Lock()
        register(self)

    def decided(self, expected_usd: float) -> None:
        """Charge one request its expected cost in US dollars."""
        with self._lock:
            self.budget = self.budget.paced(expected_usd)

    def measured(self, cost_usd: float, expected_usd: float) -> None:
        """Set right what was charged: ``expected_usd`` is 0 for an attempt beyond the first."""
        with self._lock:
            self.budget = self.budget.paced(cost_usd - expected_usd, 0.0)

    def before_fork(self) -> None:
        """Wait until no cost is being charged."""
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; the child begins at its parent's price."""
        self._lock.release()
