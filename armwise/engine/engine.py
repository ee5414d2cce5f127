"""Decides and learns. It calls no model: whoever asks does that, and reports what happened."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from armwise.bandit import Complexity, Objective, Outcome, stored_score
from armwise.bandit.outcome import FULL_SCORE
from armwise.engine.beliefs import Beliefs
from armwise.engine.changes import Changes
from armwise.engine.context import Context
from armwise.engine.costs import CostReport, PathPrices, cost_report
from armwise.engine.decision import Decision
from armwise.engine.guarded import guarded
from armwise.engine.nonces import Nonces
from armwise.engine.path import Path
from armwise.engine.recall import Explanation, Recall, shown_score
from armwise.engine.request_id import Signer, Token
from armwise.engine.stats import Stats, collect_stats
from armwise.engine.tally import Tally
from armwise.errors import ConfigurationError, ExpiredRequestIdError, ForeignRequestIdError
from armwise.events import Attempted, CheckRaised, Decided, Event, PriceUnknown, Reported
from armwise.storage import (
    MAX_AGE_S,
    ArmKey,
    CallFacts,
    LocalEvidence,
    Record,
    ReportStatus,
    Store,
)
from armwise.storage.forking import register
from armwise.telemetry import LogSink

_log = logging.getLogger("armwise.engine")


class LocalStore(Store, LocalEvidence, Protocol):
    """A store whose evidence can be read at once: what an engine works on."""


class Engine:
    """Beliefs, decisions and reports of one goal; safe to share among threads and forks.

    Args:
        goal_id: The goal; evidence is kept per goal.
        paths: The paths to choose from.
        objective: The rule that chooses.
        store: Where evidence lives.
        prices: Expected and measured costs.
        complexity: Sorts requests into levels.
        signer: Signs request ids.
        namespace: Tenant: its evidence and its ids are kept apart from those of others.
        default_path: In observe mode, the path to serve whatever is chosen; else None.
        detect_changes: Begin an arm anew when its success rate breaks.
        seed: Makes draws repeatable.
        clock: Seconds since 1970.
        on_event: Called with every event; what it raises is counted and logged once.
    """

    def __init__(
        self,
        goal_id: str,
        paths: Sequence[Path],
        *,
        objective: Objective,
        store: LocalStore,
        prices: PathPrices,
        complexity: Complexity,
        signer: Signer,
        namespace: str = "",
        default_path: Path | None = None,
        detect_changes: bool = True,
        seed: int | None = None,
        clock: Callable[[], float] = time.time,
        on_event: Callable[[Event], object] | None = None,
    ) -> None:
        self.goal_id = goal_id
        self.paths = paths
        self.prices = prices
        self._models = {path.name: path.model for path in paths}
        self._objective = guarded(objective)
        self._store = store
        self._context = Context(complexity)
        self._signer = signer
        self._default_path = default_path
        self._clock = clock
        self._on_event = on_event
        self._namespace = namespace
        # Names are printable, so the separator cannot be part of one.
        self._stored_goal = f"{namespace}\x00{goal_id}" if namespace else goal_id
        self._beliefs = Beliefs(self._stored_goal, paths, store, prices, seed)
        self._changes = Changes(goal_id) if detect_changes else None
        if self._changes is not None:
            register(self._changes)
        self._nonces = Nonces()
        register(self._nonces)
        self._recall = Recall()
        self._logs = LogSink()
        self._tally = Tally()
        register(self._tally)
        for name in prices.unknown:
            self.emit(PriceUnknown(goal_id, name, self._models[name]))

    def decide(
        self,
        messages: Sequence[Any],
        task_type: str | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Decision:
        """Choose a path. Reads local memory only and writes nothing.

        Raises:
            InvalidMessagesError: If the messages are not messages.
            ConfigurationError: If the task type is not a label.
        """
        bucket, assessment = self._context.bucket(messages, task_type, params or {})
        beliefs = self._beliefs.of(bucket)
        arms, draws = beliefs.sampler.arms, beliefs.sampler.draw()
        chosen = self._objective.choose(arms, draws, arms.every)
        preferred = arms.names[chosen]
        served = preferred if self._default_path is None else self._default_path.name
        decision = Decision(
            goal_id=self.goal_id,
            bucket=bucket,
            assessment=assessment,
            path=served,
            model=self._models[served],
            preferred=preferred,
            arms=arms,
            draws=draws,
            objective=self._objective,
            eligible=arms.every,
            exclusions={},
            decided_at_ms=int(self._clock() * 1000),
            nonce=self._nonces.next(),
            epochs=beliefs.epochs,
            namespace=self._namespace,
            _signer=self._signer,
        )
        self._tally.add("decisions")
        self._recall.decision(decision)
        if self._on_event is not None or self._logs.wants_all:
            self.emit(Decided(self.goal_id, decision.nonce.hex(), bucket, served, preferred))
        return decision

    def warmup(self) -> None:
        """Load what the first decision would load."""
        self._beliefs.of("").sampler.draw()

    def record(
        self,
        decision: Decision,
        attempted: Attempted,
        facts: CallFacts,
        score: int | None = None,
    ) -> None:
        """Count one attempt that was made for a decision.

        Never raises: a store that cannot take the record costs learning, not the request.

        Args:
            decision: The decision that the attempt belongs to.
            attempted: What happened, for hooks and ``explain``.
            facts: What was measured of the call.
            score: What the automatic check says, 0..10000, under revision 0; None for unknown.
        """
        record = Record(
            arm=ArmKey(
                decision.bucket, attempted.path, epoch=decision.epochs.get(attempted.path, 0)
            ),
            nonce=decision.nonce,
            attempt=attempted.attempt,
            decided_at_ms=decision.decided_at_ms,
            facts=facts,
            revision=None if score is None else 0,
            score=score,
        )
        try:
            status = self._store.apply(self._stored_goal, [record])[0]
            self._watch(record, status)
        except Exception:  # noqa: BLE001 - whatever is wrong with the store, the request goes on
            if self._tally.add("store_errors") == 1:
                _log.exception("the store did not take a record; requests go on without learning")
        self.remember(attempted)

    def remember(self, attempted: Attempted) -> None:
        """Keep an attempt for ``explain`` and tell the hooks, without any evidence."""
        self._recall.step(attempted)
        self.emit(attempted)

    def token(self, request_id: object) -> Token:
        """Return what a request id says, if it is genuine and of this goal.

        Raises:
            RequestIdError: If it is not; each cause has its own class and message.
        """
        token = self._signer.read(request_id)
        if token.namespace != self._namespace:
            raise ForeignRequestIdError(
                f"this request id belongs to namespace {token.namespace!r}, but this Router serves "
                f"{self._namespace!r}."
            )
        if token.goal_id != self.goal_id:
            raise ForeignRequestIdError(
                f"this request id belongs to goal {token.goal_id!r}, but this Router serves "
                f"{self.goal_id!r}. Report it to the Router of its own goal."
            )
        return token

    def report(
        self,
        request_id: object,
        outcome: Outcome | bool | float | str,
        *,
        facts: CallFacts = CallFacts(),  # noqa: B008 - frozen
        category: str | None = None,
        revision: int = 1,
    ) -> ReportStatus:
        """Count an outcome that a user reports; see ``Router.report_outcome``."""
        token = self.token(request_id)
        score = stored_score(outcome)
        _check_revision(revision)
        age_s = self._clock() - token.decided_at_ms / 1000
        if age_s > MAX_AGE_S:
            raise ExpiredRequestIdError(
                f"the request was decided {age_s / 86400:.0f} days ago; outcomes are accepted "
                f"for {MAX_AGE_S / 86400:.0f} days."
            )
        record = Record(
            arm=ArmKey(token.bucket, token.path, token.earlier_failures, token.epoch),
            nonce=token.nonce,
            attempt=token.attempt,
            decided_at_ms=token.decided_at_ms,
            facts=facts,
            revision=revision,
            score=score,
        )
        status = self._store.apply(self._stored_goal, [record])[0]
        self._watch(record, status)
        reported = Reported(
            self.goal_id,
            token.nonce.hex(),
            token.bucket,
            token.path,
            token.attempt,
            shown_score(score),
            revision,
            status.value,
            category,
        )
        self._recall.step(reported)
        self.emit(reported)
        return status

    def emit(self, event: Event) -> None:
        """Hand an event to the log and to the user's hook; neither can fail a request."""
        if isinstance(event, CheckRaised):
            self._tally.add("checks_raised")
        self._logs(event)
        if self._on_event is None:
            return
        try:
            self._on_event(event)
        except Exception:  # noqa: BLE001 - a user's hook must not fail a request
            if self._tally.add("hooks_raised") == 1:
                _log.exception("on_event raised; further errors of it are only counted")

    def stats(self) -> Stats:
        """Return beliefs and counts per bucket and path."""
        evidence = self._store.evidence(self._stored_goal)
        return collect_stats(
            self.goal_id, evidence, self.paths, self._beliefs, self._tally.counters()
        )

    def cost_report(self, baseline: Path) -> CostReport:
        """Return what was spent, beside what ``baseline`` alone would have cost."""
        evidence = self._store.evidence(self._stored_goal)
        return cost_report(evidence, self.paths, self.prices, baseline.name)

    def explain(self, request_id: object) -> Explanation:
        """Return what is known of one request.

        Raises:
            RequestIdError: If the id is not genuine or belongs to another goal.
        """
        return self._recall.explain(self.token(request_id))

    def _watch(self, record: Record, status: ReportStatus) -> None:
        """Show a counted outcome to the change detector, and open an epoch if it says so.

        Only an attempt's first outcome: a correction is not a second observation, and checks that
        are later corrected in batches would look like a rate that swings.
        """
        if self._changes is None or record.score is None or status is not ReportStatus.APPLIED:
            return
        opened = self._changes.observe(record.arm, record.score / FULL_SCORE)
        if opened is not None:
            self._store.open_epoch(self._stored_goal, opened.bucket, opened.path, opened.epoch)
            self.emit(opened)


def _check_revision(revision: object) -> None:
    if isinstance(revision, bool) or not isinstance(revision, int) or revision < 0:
        raise ConfigurationError(
            "revision must be a whole number, 1 for a first report and more for each correction, "
            f"got {revision!r}."
        )
