"""Counts outcomes in the store, and looks at what they say of the arms beside the count."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from armwise.bandit import Evidence
from armwise.bandit.outcome import FULL_SCORE
from armwise.engine.changes import Changes
from armwise.engine.report_rates import RateWatch
from armwise.engine.tally import Tally
from armwise.events import Event
from armwise.storage import ArmKey, Record, ReportStatus, is_book

if TYPE_CHECKING:
    from armwise.engine.opening import LocalStore

_log = logging.getLogger("armwise.engine")


def counted_now(
    store: "LocalStore", stored_goal: str, records: Sequence[Record], wait_s: float
) -> list[ReportStatus]:
    """Count records, and wait for the answers of a store that is asked over a wire.

    Returns:
        What became of each; QUEUED for those that were not answered in time.
    """
    deliver = getattr(store, "deliver", None)
    if deliver is None:
        return store.apply(stored_goal, records)
    answers: list[ReportStatus] = deliver(stored_goal, records, wait_s)
    return answers


class Counting:
    """The store as one goal counts in it.

    Args:
        stored_goal: Name of the goal in the store.
        store: Where evidence lives.
        changes: Watches for rates that break; None: nobody does.
        rates: Watches for report rates that differ.
        tally: Counts what the store could not take.
        emit: Takes events.
        is_told: Somebody calls ``watch`` with every outcome that the store has counted.
    """

    def __init__(
        self,
        stored_goal: str,
        store: "LocalStore",
        *,
        changes: Changes | None,
        rates: RateWatch,
        tally: Tally,
        emit: Callable[[Event], object],
        is_told: bool = False,
    ) -> None:
        self._stored_goal = stored_goal
        self._store = store
        self._changes = changes
        self._rates = rates
        self._tally = tally
        self._emit = emit
        self._is_told = is_told

    def count(self, record: Record, wait_s: float | None) -> ReportStatus:
        """Count what a user reports; whatever is wrong with the store is raised.

        Args:
            record: What to count.
            wait_s: How long to wait for the answer of a store that is asked over a wire; None:
                not at all.
        """
        (status,) = (
            self._store.apply(self._stored_goal, [record])
            if wait_s is None
            else counted_now(self._store, self._stored_goal, [record], wait_s)
        )
        if not self._is_told:
            self.watch(record, status)
        return status

    def count_safely(self, records: Sequence[Record]) -> Sequence[ReportStatus]:
        """Count records of this process; those of a store that fails are lost, and counted so."""
        try:
            answers = self._store.apply(self._stored_goal, records)
            for record, status in zip(records, answers, strict=True):
                self.watch(record, status)
        except Exception:  # noqa: BLE001 - whatever is wrong with the store, the request goes on
            if self._tally.add("store_errors") == 1:
                _log.exception("the store did not take a record; requests go on without learning")
            return ()
        return answers

    def evidence(self) -> Mapping[ArmKey, Evidence]:
        """Return all evidence of the goal, without books."""
        evidence = self._store.evidence(self._stored_goal)
        return {key: seen for key, seen in evidence.items() if not is_book(key.bucket)}

    def compare_rates(self, paths: Sequence[str]) -> None:
        """Look at the report rates of these paths now and then."""
        if self._rates.is_due():
            with suppress(Exception):  # a store that cannot be read now may be later
                self._rates.look(self.evidence(), paths)

    def evidence_and_rates(self, paths: Sequence[str]) -> Mapping[ArmKey, Evidence]:
        """Return all evidence, and look at the report rates in it."""
        evidence = self.evidence()
        self._rates.look(evidence, paths)
        return evidence

    def watch(self, record: Record, status: ReportStatus) -> None:
        """Show a counted outcome to the change detector, and open an epoch if it says so.

        What is QUEUED is shown when it is delivered: then it is known whether it is the first.
        Only an attempt's first outcome: a correction is not a second observation, and checks that
        are later corrected in batches would look like a rate that swings.
        """
        if self._changes is None or record.score is None or status is not ReportStatus.APPLIED:
            return
        opened = self._changes.observe(record.arm, record.score / FULL_SCORE)
        if opened is not None:
            self._store.open_epoch(self._stored_goal, opened.bucket, opened.path, opened.epoch)
            self._emit(opened)
