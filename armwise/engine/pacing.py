"""Holds a budget: the dual price of money moves with every decision and every measured cost."""

import threading

from armwise.bandit import Budget
from armwise.events import Attempted
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

    def attempted(self, attempted: Attempted, expected_usd: float) -> None:
        """Set right what was charged, now that an attempt is over.

        Args:
            attempted: What happened. A shadow call is not charged: it would not be paid in "apply".
            expected_usd: What was expected of its path when the request was decided.
        """
        if attempted.is_shadow:
            return
        charged_usd = expected_usd if attempted.attempt == 0 else 0.0
        # An error costs nothing; an answer whose cost is not known stays what was expected.
        unmeasured_usd = 0.0 if attempted.fault else charged_usd
        cost_usd = unmeasured_usd if attempted.cost_usd is None else attempted.cost_usd
        self.measured(cost_usd, charged_usd)

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
