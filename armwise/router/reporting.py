"""Outcomes, and what a Router can tell about itself."""

import asyncio
import time
from functools import partial
from types import TracebackType
from typing import Self

from armwise.bandit import Outcome
from armwise.engine import (
    CostReport,
    Engine,
    Explanation,
    LocalStore,
    SharedStore,
    Stats,
    measured_facts,
    path_named,
)
from armwise.router.arguments import check_category
from armwise.router.shadowing import Shadows
from armwise.storage import ReportStatus

_SHADOWS_S = 2.0
"""How long closing waits for shadow calls: as long as for what is to be delivered."""


class Reporting:
    """What is told to a Router, and what it tells, beside requests."""

    _engine: Engine
    _shadows: Shadows
    _store: LocalStore
    _is_store_mine: bool

    def report_outcome(
        self,
        request_id: str,
        outcome: Outcome | bool | float | str,
        *,
        cost_usd: float | None = None,
        latency_s: float | None = None,
        category: str | None = None,
        revision: int = 1,
        wait: bool = False,
    ) -> ReportStatus:
        """Tell how a request ended. Counted exactly once, from any thread, for 30 days.

        Args:
            request_id: What ``completion`` or ``decide`` returned.
            outcome: ``Outcome.SUCCESS``, ``FAILURE`` or ``UNKNOWN``, a bool, or a score 0..1.
                It overrides what ``success_when`` found. UNKNOWN takes an outcome back.
            cost_usd: Cost of that attempt in US dollars, if it was not measured.
            latency_s: Its latency in seconds, if it was not measured.
            category: A word for the kind of failure, for events and ``explain``.
            revision: 1 for a first report; higher to correct an earlier one, up to 65,535.
            wait: Wait up to 2 s for the answer of a shared store. The memory store answers at
                once anyway.

        Returns:
            APPLIED, CORRECTED, DUPLICATE (counted before), CONFLICT (another outcome holds this
            revision) or STALE (a higher revision holds); QUEUED if a shared store is still to be
            told.

        Raises:
            RequestIdError: If the id is malformed, forged, foreign, or expired.
            InvalidOutcomeError: If the outcome is none.
        """
        check_category(category)
        facts = measured_facts(cost_usd, latency_s)
        return self._engine.report(
            request_id, outcome, facts=facts, category=category, revision=revision, wait=wait
        )

    async def areport_outcome(
        self,
        request_id: str,
        outcome: Outcome | bool | float | str,
        *,
        cost_usd: float | None = None,
        latency_s: float | None = None,
        category: str | None = None,
        revision: int = 1,
        wait: bool = False,
    ) -> ReportStatus:
        """Tell how a request ended, without blocking the event loop; see ``report_outcome``."""
        report = partial(
            self.report_outcome,
            request_id,
            outcome,
            cost_usd=cost_usd,
            latency_s=latency_s,
            category=category,
            revision=revision,
            wait=wait,
        )
        # Without waiting it is an append, which is faster than a thread would be found.
        return await asyncio.to_thread(report) if wait or self._asks_over_a_wire else report()

    def stats(self) -> Stats:
        """Return beliefs with intervals and counts, per bucket and path."""
        return self._engine.stats()

    def cost_report(self, baseline: str | None = None) -> CostReport:
        """Return money spent, and what always using ``baseline`` would have cost.

        Args:
            baseline: Name of a path; default: the dearest one by list price.

        Raises:
            ConfigurationError: If there is no such path.
        """
        paths = self._engine.paths
        if baseline is None:
            prices = self._engine.prices
            dearest = max(paths, key=lambda path: prices.expected_usd(path.name) or 0.0)
            return self._engine.cost_report(dearest)
        return self._engine.cost_report(path_named(paths, baseline, "baseline"))

    def explain(self, request_id: str) -> Explanation:
        """Retell one request: bucket, beliefs, draws, rule, attempts and reports.

        The last 10,000 decisions of this process are remembered whole; of older ones, and of
        those of other processes, what the id itself says.

        Raises:
            RequestIdError: If the id is malformed, forged or foreign.
        """
        return self._engine.explain(request_id)

    def flush(self, timeout_s: float = 2.0) -> bool:
        """Wait until shadow calls are answered, and everything reported has reached the store.

        Args:
            timeout_s: How long to wait, in seconds.

        Returns:
            Whether it has. What has not is delivered later, if need be by another process.
            Shadow calls of ``acompletion`` are waited for by ``aflush`` only.
        """
        end_s = time.monotonic() + timeout_s
        is_drained = self._shadows.drain(timeout_s)
        return self._engine.flush(max(0.0, end_s - time.monotonic())) and is_drained

    async def aflush(self, timeout_s: float = 2.0) -> bool:
        """Wait without blocking the event loop; see ``flush``."""
        end_s = time.monotonic() + timeout_s
        is_drained = await self._shadows.adrain(timeout_s)
        left_s = max(0.0, end_s - time.monotonic())
        return await asyncio.to_thread(self.flush, left_s) and is_drained

    def close(self) -> None:
        """Deliver what was reported, for up to 2 s, and let go of what the Router holds.

        Before that, shadow calls in threads may take up to 2 s to end; those of ``acompletion``
        are waited for by ``aflush``.

        May be called twice. A store that was given as an object stays open.
        """
        self._shadows.close(_SHADOWS_S)
        self._engine.sweep()
        self._engine.close()
        if self._is_store_mine:
            self._is_store_mine = False
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def _asks_over_a_wire(self) -> bool:
        return isinstance(self._store, SharedStore) and self._store.delivery == "sync"
