"""A cap on what a goal spends per hour, day or month: from one total that all workers add to."""

import logging
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING

from armwise.bandit.decay import HalfLife
from armwise.engine.costs import PathPrices
from armwise.engine.decision import Decision
from armwise.engine.excluding import Ask
from armwise.engine.request_id import NONCE_BYTES
from armwise.engine.spend_cap import SpendCap, Spent
from armwise.errors import SpendExceededError
from armwise.events import Attempted
from armwise.storage import ArmKey, CallFacts, Record

if TYPE_CHECKING:
    from armwise.engine.opening import LocalStore

_log = logging.getLogger("armwise.engine")

_SPENT = "spent"
"""The one path of a book of spending."""

_UNCOUNTED = "its price is not known, and max_spend_usd counts every call"


class Spending:
    """Keeps a cap: refuses requests while it is reached, and writes down what calls cost.

    What is spent is a sum of integers in the goal's own evidence, one book per period, so it is
    shared, counted once and kept like outcomes are, whatever becomes of these. A decision reads
    it from local memory.

    Args:
        goal_id: The goal, for messages.
        stored_goal: Its name in the store.
        store: Where evidence lives.
        cap: The cap.
        prices: Prices of the paths.
    """

    def __init__(
        self,
        goal_id: str,
        stored_goal: str,
        store: "LocalStore",
        cap: SpendCap,
        prices: PathPrices,
    ) -> None:
        self._goal_id = goal_id
        self._stored_goal = stored_goal
        self._store = store
        self._prices = prices
        self.cap = cap
        self._book, self._end_s = "", -math.inf
        self._version, self._spent_usd = -1, 0.0
        self._has_warned = False

    def is_reached(self, now_s: float) -> bool:
        """Return whether the cap is reached."""
        return self._read(now_s) >= self.cap.usd

    def check(self, now_s: float) -> None:
        """Refuse a request while the cap is reached.

        Raises:
            SpendExceededError: If it is.
        """
        spent_usd = self._read(now_s)
        if spent_usd < self.cap.usd:
            return
        spent = self.spent(now_s)
        raise SpendExceededError(
            f"goal {self._goal_id!r} has spent its budget: {spent}. No call was made. Wait for the "
            "next period, or raise max_spend_usd.",
            spent_usd=spent_usd,
            cap_usd=self.cap.usd,
            ends_s=self._end_s,
        )

    def spent(self, now_s: float) -> Spent:
        """Return what was spent in the present period."""
        spent_usd = self._read(now_s)
        return Spent(spent_usd, self.cap, datetime.fromtimestamp(self._end_s, tz=UTC))

    def unpriced(self, ask: Ask) -> Mapping[str, str]:
        """Exclude paths whose price is not known: what they cost would not be counted."""
        return dict.fromkeys(self._prices.unknown, _UNCOUNTED)

    def booked(self, record: Record, decision: Decision, attempted: Attempted) -> Record:
        """Return the record that books what an attempt of this process has cost."""
        spent_usd = _spent_usd(decision, attempted)
        return self.of_attempt(record.nonce, record.attempt, record.decided_at_ms, spent_usd)

    def of_attempt(self, nonce: bytes, attempt: int, decided_at_ms: int, cost_usd: float) -> Record:
        """Return the record that books what an attempt cost, once, whoever says it first."""
        named = blake2b(nonce + attempt.to_bytes(2, "big"), digest_size=NONCE_BYTES).digest()
        return self.of_nonce(named, decided_at_ms, cost_usd)

    def of_nonce(self, nonce: bytes, at_ms: int, cost_usd: float) -> Record:
        """Return the record that books a cost under a name of its own."""
        return Record(
            arm=ArmKey(self.cap.book(at_ms / 1000), _SPENT),
            nonce=nonce,
            attempt=0,
            decided_at_ms=at_ms,
            facts=CallFacts(cost_nanousd=round(cost_usd * 1e9)),
        )

    def _read(self, now_s: float) -> float:
        if now_s >= self._end_s:
            book, end_s = self.cap.book(now_s), self.cap.end_s(now_s)
            self._book, self._end_s, self._version, self._spent_usd = book, end_s, -1, 0.0
        try:
            version = self._store.version(self._stored_goal, self._book)
            if version != self._version:
                seen = self._store.bucket(self._stored_goal, self._book)
                nanousd = sum(arm.cost_nanousd for arm in seen.arms.values())
                self._version, self._spent_usd = version, nanousd / 1e9
        except Exception as error:  # noqa: BLE001 - a dead store fails no request
            if not self._has_warned:
                self._has_warned = True
                _log.warning("spending could not be read (%s)", type(error).__name__)
        return self._spent_usd


_PERHAPS_PAID = ("abandoned", "timeout")
"""Attempts that ended without a usage, though the provider may have written and will charge."""


def _spent_usd(decision: Decision, attempted: Attempted) -> float:
    """Return what an attempt counts as spent: what was measured, else what was expected.

    A provider's error costs nothing.
    """
    if attempted.cost_usd is not None:
        return attempted.cost_usd
    may_cost = attempted.fault is None or attempted.fault in _PERHAPS_PAID
    return decision.expected_usd(attempted.path) if may_cost else 0.0


def spending(
    goal_id: str,
    stored_goal: str,
    store: "LocalStore",
    cap: SpendCap | None,
    *,
    prices: PathPrices,
    half_life: HalfLife,
) -> Spending | None:
    """Return who keeps a cap, None without one; for the arguments see ``Spending``.

    Raises:
        ConfigurationError: If evidence fades too fast for it by ``half_life``.
    """
    if cap is None:
        return None
    cap.check_fading(half_life)
    return Spending(goal_id, stored_goal, store, cap, prices)
