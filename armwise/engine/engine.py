"""Decides and learns. It calls no model: whoever asks does that, and reports what happened."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from armwise.adapters import Usage
from armwise.bandit import Outcome
from armwise.bandit.evidence import MOST_FAILURES
from armwise.engine.checkup import Checkup
from armwise.engine.choice import Choice
from armwise.engine.cost_report import CostReport, cost_report
from armwise.engine.decision import Decision
from armwise.engine.eligibility import Eligible
from armwise.engine.excluding import Ask
from armwise.engine.needs import needs_of
from armwise.engine.path import Path
from armwise.engine.recall import Explanation
from armwise.engine.reporting import WAIT_S, read_id, reported_record
from armwise.engine.request_id import Token
from armwise.engine.stats import Stats, collect_stats
from armwise.engine.wants import NO_WANTS, Wants
from armwise.errors import ForeignRequestIdError, NoEligiblePathError
from armwise.events import Attempted, Judged
from armwise.storage import ArmKey, CallFacts, Record, ReportStatus

_SWEPT_AT_ONCE = 32
"""Overdue requests that one decision or report counts: more than come in with it, so that they
cannot pile up, and few enough that none has to wait for many."""

_SERVED_ANYHOW = "no path may be called for this request; the default is served all the same"


class Engine(Checkup):
    """Beliefs, decisions and reports of one goal; safe to share among threads and forks.

    It is built of the same arguments as its ``Parts``.
    """

    @property
    def paths(self) -> tuple[Path, ...]:
        """The present paths."""
        return self.roster.paths

    def decide(
        self,
        messages: Sequence[Any],
        task_type: str | None = None,
        params: Mapping[str, Any] | None = None,
        attempts: int | None = None,
        wants: Wants = NO_WANTS,
    ) -> Decision:
        """Choose a path. Reads local memory only and writes nothing.

        Args:
            messages: The messages.
            task_type: The caller's word for the kind of task.
            params: What the call will be made with.
            attempts: Most attempts that the request can have, None: as the Router was told; 1 for
                a stream, which cannot be checked before it is handed on.
            wants: What the caller wants of this request.

        Raises:
            InvalidMessagesError: If the messages are not messages.
            ConfigurationError: If the task type is not a label, or a wish names no path.
            NoEligiblePathError: If no path may be called; it says why of each.
            SpendExceededError: If the goal has spent what it may.
        """
        now_s = self._clock()
        if self._spending is not None:
            self._spending.check(now_s)
        if self._waiting is not None:
            self.sweep(_SWEPT_AT_ONCE)
        bucket, assessment = self._context.bucket(messages, task_type, params or {}, wants.context)
        beliefs = self._beliefs.of(bucket)
        needs = needs_of(messages, params or {})
        ask = Ask(bucket, beliefs, messages, params or {}, wants, now_s, needs)
        arms, draws, objective, may = self._choice(ask, attempts)
        preferred = arms.names[objective.choose(arms, draws, may.among)]
        nonce = self._nonces.next()
        serving = self.rollout.serving(nonce, preferred, wants.session_id)
        served = preferred if serving.is_followed else serving.default_path or preferred
        for called in (served, preferred) if serving.is_shadowed else (served,):
            self.cooling.chosen(called, now_s)
        decision = Decision(
            goal_id=self.goal_id,
            bucket=bucket,
            assessment=assessment,
            path=served,
            model=self._models[served],
            preferred=preferred,
            arms=arms,
            draws=draws,
            objective=objective,
            eligible=may.among,
            exclusions=may.exclusions,
            decided_at_ms=int(now_s * 1000),
            nonce=nonce,
            epochs=beliefs.epochs,
            namespace=self._namespace,
            count=beliefs.count,
            _signer=self._signer,
            fallbacks=may.fallbacks,
            note=may.note,
            wants=wants,
            serving=serving,
        )
        if self._pacer is not None:
            self._pacer.decided(decision.expected_usd(served))
        self._telling.decided(decision)
        return decision

    def _choice(self, ask: Ask, attempts: int | None) -> Choice:
        """Return what the rule chooses from: draws, costs of this request, and paths allowed."""
        sampler = ask.beliefs.sampler
        objective = self._objective if self._pacer is None else self._pacer.budget
        if self.climbing is None:
            draws = sampler.draw()
        else:
            objective = planned = self.climbing.rule(ask.beliefs, attempts)
            draws = planned.rates[0]
        choice = Choice(sampler.arms, draws, objective, self._eligible(ask))
        ratio = self._lengths.ratio(ask.bucket, ask.needs.input_tokens)
        if ratio != 1.0:
            choice = self._lengths.weighed(ask.bucket, ratio, ask.beliefs.measured, choice)
        if ask.wants.session_id is not None:
            choice = self.sessions.weighed(ask.wants.session_id, ask.now_s, choice)
        return choice

    def _eligible(self, ask: Ask) -> Eligible:
        """Return which arms may be chosen; where others are only observed, one always may."""
        try:
            return self._excluding.eligible(ask)
        except NoEligiblePathError as error:
            if self._default_path is None:
                raise
            served = (ask.arms.names.index(self._default_path.name),)
            return Eligible(served, (), error.exclusions, _SERVED_ANYHOW)

    def next_attempt(
        self, decision: Decision, failed: Sequence[str], closed: Collection[str]
    ) -> str | None:
        """Return the path that is best now, after what has failed; None to stop.

        Args:
            decision: The request's decision.
            failed: Paths whose answers have failed the check, in order.
            closed: Paths that cannot be called any more.
        """
        if self.climbing is None:
            return None
        shut = {*closed, *decision.exclusions}
        costs_usd = dict(zip(decision.arms.names, decision.arms.costs_usd, strict=True))
        return self.climbing.next(self._beliefs.of(decision.bucket), failed, shut, costs_usd)

    def conversed(self, decision: Decision, path: str, usage: Usage | None) -> None:
        """Take notice of who has answered, if the request belongs to a conversation."""
        if decision.wants.session_id is not None:
            self.sessions.answered(decision.wants.session_id, path, usage, self._clock())

    def may_spend(self) -> bool:
        """Return whether the goal has not yet spent what it may."""
        return self._spending is None or not self._spending.is_reached(self._clock())

    def expect(self, decision: Decision) -> None:
        """Wait for the outcome of a decision whose call somebody else makes."""
        if self._waiting is not None:
            record = _record(decision, decision.path, 0)
            self._waiting.expect(record, decision.decided_at_ms / 1000)

    def sweep(self, most: int | None = None) -> None:
        """Count the requests about which nothing was said in time; never raises.

        Args:
            most: How many at most; None: all.
        """
        overdue = self._waiting.overdue(self._clock(), most) if self._waiting is not None else ()
        if not overdue:
            return
        for record, status in zip(overdue, self._counting.count_safely(overdue), strict=False):
            if status in (ReportStatus.APPLIED, ReportStatus.QUEUED):  # else heard elsewhere
                self._tally.add("timeouts")
                self._telling.reported(record, status, None)

    def warmup(self) -> None:
        """Load what the first decision would load."""
        self._beliefs.of("").sampler.draw()

    def record(
        self,
        decision: Decision,
        attempted: Attempted,
        facts: CallFacts,
        score: int | None = None,
        earlier_failures: int = 0,
    ) -> None:
        """Count one attempt that was made for a decision.

        Never raises: a store that cannot take the record costs learning, not the request.

        Args:
            decision: The decision that the attempt belongs to.
            attempted: What happened, for hooks and ``explain``.
            facts: What was measured of the call.
            score: What the automatic check says, 0..10000, under revision 0; None for unknown.
            earlier_failures: How many answers had failed the check before in the same request.
        """
        record = _record(
            decision,
            attempted.path,
            attempted.attempt,
            earlier_failures=earlier_failures,
            facts=facts,
            score=score,
        )
        records = [record]
        if self._spending is not None:
            records.append(self._spending.booked(record, decision, attempted))
        answers = self._counting.count_safely(records)
        if self._pacer is not None:
            self._pacer.attempted(attempted, decision.expected_usd(attempted.path))
        self._counting.compare_rates(self.roster.names)
        self._telling.attempted(attempted, record.revision, *answers[:1])
        is_awaited = score is None and attempted.fault is None and not attempted.is_shadow
        if self._waiting is not None and is_awaited:
            self._waiting.expect(record, self._clock())

    def judged(self, judged: Judged, decision: Decision) -> None:
        """Tell of a judge's call, and count what it cost among the spending."""
        self.emit(judged)
        if self._spending is not None and judged.cost_usd:
            nonce, at_ms = self._nonces.next(), decision.decided_at_ms
            record = self._spending.of_nonce(nonce, at_ms, judged.cost_usd)
            self._counting.count_safely([record])

    def climbed(self, attempts: int, *, passed: bool | None) -> None:
        """Count a request that could be tried again, and how it ended."""
        self._tally.climbed(attempts, passed=passed)

    def remember(self, attempted: Attempted) -> None:
        """Keep an attempt for ``explain`` and tell the hooks, without any evidence."""
        self._telling.attempted(attempted)

    def token(self, request_id: object) -> Token:
        """Return what a request id says, if it is genuine and of this goal.

        Raises:
            RequestIdError: If it is not; each cause has its own class and message.
        """
        token = read_id(self._signer, request_id, self._namespace, "this Router")
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
        wait: bool = False,
    ) -> ReportStatus:
        """Count an outcome that a user reports; see ``Router.report_outcome``."""
        token = self.token(request_id)
        record = reported_record(token, outcome, facts, revision, self._clock())
        status = self._counting.count(record, WAIT_S if wait else None)
        if self._spending is not None and facts.cost_nanousd is not None:
            # Counted only if nothing was booked for the attempt when it was made.
            booked = self._spending.of_attempt(
                record.nonce, record.attempt, record.decided_at_ms, facts.cost_nanousd / 1e9
            )
            self._counting.count_safely([booked])
        self._telling.reported(record, status, category)
        if record.score:
            self.cooling.opened(token.path, self._clock() - token.decided_at_ms / 1000)
        self._counting.compare_rates(self.roster.names)
        if self._waiting is not None:
            self._waiting.heard(token.nonce, token.attempt)
            self.sweep(_SWEPT_AT_ONCE)
        return status

    def stats(self) -> Stats:
        """Return beliefs and counts per bucket and path."""
        self.sweep()
        evidence = self._counting.evidence_and_rates(self.roster.names)
        health = None if self._shared is None else self._shared.health(self._stored_goal)
        found = collect_stats(
            self.goal_id, evidence, self.paths, self._beliefs, self._tally, health=health
        )
        return replace(
            found,
            rollout=self.rollout.stats(),
            availability={name: self.cooling.availability(name) for name in self.roster.names},
            cooling=self.cooling.excluded(self._clock()),
        )

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything reported is delivered; return whether it is."""
        self.sweep()
        return self._shared is None or self._shared.flush(timeout_s)

    def cost_report(self, baseline: Path) -> CostReport:
        """Return what was spent, beside what ``baseline`` alone would have cost."""
        report = cost_report(self._counting.evidence(), self.paths, self.prices, baseline.name)
        judges = self._tally.judges.values()
        return replace(
            report,
            judges_usd=sum(judge.cost_usd for judge in judges),
            period=None if self._spending is None else self._spending.spent(self._clock()),
        )

    def explain(self, request_id: object) -> Explanation:
        """Return what is known of one request.

        Raises:
            RequestIdError: If the id is not genuine or belongs to another goal.
        """
        return self._telling.explain(self.token(request_id))

    def close(self) -> None:
        """Close the decision log. May be called twice."""
        if self._shared is not None:
            self._shared.unsubscribe(self._following)
        self._telling.close()


def _record(
    decision: Decision,
    path: str,
    attempt: int,
    *,
    earlier_failures: int = 0,
    facts: CallFacts = CallFacts(),  # noqa: B008 - frozen
    score: int | None = None,
) -> Record:
    """Return the record of an attempt, with what is known of it."""
    return Record(
        arm=ArmKey(
            decision.bucket,
            path,
            min(earlier_failures, MOST_FAILURES),
            decision.epochs.get(path, 0),
        ),
        nonce=decision.nonce,
        attempt=attempt,
        decided_at_ms=decision.decided_at_ms,
        facts=facts,
        revision=None if score is None else 0,
        score=score,
        count=decision.count,
    )
