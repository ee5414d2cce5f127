"""Tells what happened: to this process's memory, the decision log, the logs and the user's hook."""

import logging
from collections.abc import Callable

from armwise.adapters import Fault
from armwise.engine.decision import Decision
from armwise.engine.decision_log import DecisionLog
from armwise.engine.recall import Explanation, Recall, from_log, shown_score
from armwise.engine.request_id import Token
from armwise.engine.rollout import Rollout
from armwise.engine.tally import Tally
from armwise.events import Attempted, CheckRaised, Decided, Event, Judged, PathFaulted, Reported
from armwise.storage import Record, ReportStatus
from armwise.telemetry import LogSink

_log = logging.getLogger("armwise.engine")

_HOLDS = (ReportStatus.QUEUED, ReportStatus.APPLIED, ReportStatus.CORRECTED)
"""Statuses of reports whose outcome holds, as far as is known."""


class Telling:
    """Everybody who wants to know what happened; none of them can fail a request.

    Args:
        goal_id: The goal.
        tally: Counts hooks that raised.
        decision_log: File of decisions and outcomes; None: none.
        rollout: Compares outcomes of requests that followed the choice with those that did not.
        on_event: The user's hook; what it raises is counted and logged once.
    """

    def __init__(
        self,
        goal_id: str,
        tally: Tally,
        decision_log: DecisionLog | None,
        rollout: Rollout,
        on_event: Callable[[Event], object] | None,
    ) -> None:
        self._goal_id = goal_id
        self._tally = tally
        self._decision_log = decision_log
        self._rollout = rollout
        self._on_event = on_event
        self._logs = LogSink()
        self.recall = Recall()

    def decided(self, decision: Decision) -> None:
        """Tell of a decision."""
        self._tally.add("decisions")
        self.recall.decision(decision)
        if self._decision_log is not None:
            self._decision_log.decision(decision)
        if self._on_event is not None or self._logs.wants_all:
            nonce, path = decision.nonce.hex(), decision.path
            self.emit(Decided(self._goal_id, nonce, decision.bucket, path, decision.preferred))

    def attempted(
        self,
        attempted: Attempted,
        revision: int | None = None,
        status: ReportStatus | None = None,
    ) -> None:
        """Tell of an attempt.

        Args:
            attempted: What happened.
            revision: Revision of its outcome, None if none is known.
            status: What the store has made of it, None if it was not counted.
        """
        self.recall.step(attempted)
        if attempted.category is not None and attempted.outcome == 0.0:
            self._tally.failed(attempted.category)
        if self._decision_log is not None:
            self._decision_log.attempt(attempted, revision, status)
        self.emit(attempted)
        self._rollout.heard(attempted, bytes.fromhex(attempted.nonce), self.emit)

    def reported(self, record: Record, status: ReportStatus, category: str | None) -> None:
        """Tell of an outcome that was reported, or that timed out."""
        reported = Reported(
            self._goal_id,
            record.nonce.hex(),
            record.arm.bucket,
            record.arm.path,
            record.attempt,
            shown_score(record.score),
            record.revision or 0,
            status.value,
            category,
        )
        self.recall.step(reported)
        if self._decision_log is not None:
            self._decision_log.report(reported, record.facts)
        self.emit(reported)
        if status in _HOLDS:
            self._rollout.heard(reported, record.nonce, self.emit)

    def emit(self, event: Event) -> None:
        """Hand an event to the log and to the user's hook."""
        if isinstance(event, CheckRaised):
            self._tally.add("checks_raised")
        elif isinstance(event, PathFaulted) and event.fault == Fault.MISCONFIGURED:
            self._tally.misconfigured_once(event.path)
        elif isinstance(event, Judged):
            self._tally.judged(event)
        self._logs(event)
        if self._on_event is None:
            return
        try:
            self._on_event(event)
        except Exception:  # noqa: BLE001 - a user's hook must not fail a request
            if self._tally.add("hooks_raised") == 1:
                _log.exception("on_event raised; further errors of it are only counted")

    def explain(self, token: Token) -> Explanation:
        """Return what is remembered of a request, else what the decision log holds of it."""
        explanation = self.recall.explain(token)
        if explanation.decision is not None or self._decision_log is None:
            return explanation
        try:
            return from_log(explanation, *self._decision_log.find(explanation.token.nonce.hex()))
        except OSError:  # it may be written, but not read
            return explanation

    def close(self) -> None:
        """Close the decision log. May be called twice."""
        if self._decision_log is not None:
            self._decision_log.close()
