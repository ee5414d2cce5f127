"""Counts what became of attempts: checks teach about quality, errors about faults, never mixed."""

import time
from collections.abc import Callable
from typing import Any

from armwise.adapters import Fault, ModelInfo, Usage, classify, retry_after_s, said
from armwise.bandit import stored_score
from armwise.engine import Decision, Engine
from armwise.events import Attempted, CheckRaised, Judged, PathFaulted
from armwise.router.checks import Answer, Checks, Verdict
from armwise.router.request import Attempt
from armwise.storage import CallFacts


class Recorder:
    """Counts what became of attempts.

    Args:
        engine: Where attempts are counted.
        checks: The automatic checks that whoever drives a request has to run.
        info: What the adapter knows of a model: judges have their own.
    """

    def __init__(self, engine: Engine, checks: Checks, info: Callable[[str], ModelInfo]) -> None:
        self._engine = engine
        self._info = info
        self.checks = checks

    def answer(self, attempt: Attempt, response: Any, usage: Usage | None) -> Answer:
        """Return a complete answer with its measured cost and latency."""
        latency_s = time.perf_counter() - attempt.started_s
        cost_usd = self._engine.prices.cost_usd(attempt.path.name, usage)
        answer = Answer(response, cost_usd, latency_s, attempt.call)
        if attempt.call.kind != "chat" and response is not None:
            # A view that is set is not looked for: elsewhere these are at other places.
            found = said(attempt.call.kind, response)
            answer.text, answer.finish_reason = found.text, found.finish_reason
        return answer

    def answered(
        self, attempt: Attempt, answer: Answer, usage: Usage | None, verdict: Verdict | None
    ) -> None:
        """Count an attempt that was answered."""
        facts = CallFacts(
            cost_nanousd=None if answer.cost_usd is None else round(answer.cost_usd * 1e9),
            output_tokens=None if usage is None else usage.output_tokens,
            latency_us=round(answer.latency_s * 1e6),
        )
        if verdict is not None:
            self._tell_of_checks(attempt, verdict)
        score = None if verdict is None else verdict.score
        event = self._event(attempt, None, answer, verdict)
        stored = None if score is None else stored_score(score)
        self._record(attempt, event, facts, stored)
        self._engine.conversed(attempt.decision, attempt.path.name, usage)
        self._engine.cooling.answered(attempt.path.name, _elapsed_s(attempt))

    def _tell_of_checks(self, attempt: Attempt, verdict: Verdict) -> None:
        """Tell of checks that raised, and of calls that judges made."""
        goal_id, nonce = self._engine.goal_id, attempt.decision.nonce.hex()
        for one in verdict.each:
            if one.error is not None:
                self._engine.emit(CheckRaised(goal_id, one.check, type(one.error).__name__))
            if one.judging is not None:
                path, usage = one.judging.path, one.judging.usage
                price = path.declared_price or self._info(path.model).price
                cost_usd = None if price is None or usage is None else price.cost_usd(usage)
                latency_s = one.judging.latency_s
                judged = Judged(
                    goal_id, nonce, one.check, path.name, one.score, cost_usd, latency_s
                )
                self._engine.judged(judged, attempt.decision)

    def climbed(self, attempts: int, *, passed: bool | None) -> None:
        """Count a request that could be tried again, and how it ended."""
        self._engine.climbed(attempts, passed=passed)

    def failed(self, attempt: Attempt, error: Exception) -> Fault:
        """Count an attempt that ended in an error; return its kind. Quality is never touched."""
        fault = classify(error)
        if fault.is_outage or fault is Fault.MISCONFIGURED:
            self._faulted(attempt, fault, _described(error, fault))
            self._cool(attempt, fault, retry_after_s(error))
            return fault
        if fault is not Fault.INTERNAL:  # a provider that refuses a request is there
            self._engine.cooling.answered(attempt.path.name, _elapsed_s(attempt))
        if fault is Fault.CONTEXT:
            self._record(attempt, self._event(attempt, fault.value), CallFacts())
        else:  # the caller's own fault: no evidence about any path
            self._engine.remember(self._event(attempt, fault.value))
        return fault

    def cut(self, attempt: Attempt) -> None:
        """Count a stream whose connection ended without a word: a fault, its outcome unknown."""
        self._faulted(attempt, Fault.CONNECTION, "the stream was cut")
        self._cool(attempt, Fault.CONNECTION, None)

    def opened(self, attempt: Attempt) -> None:
        """Take notice that a stream has begun: its path answers."""
        self._engine.cooling.opened(attempt.path.name, _elapsed_s(attempt))

    def abandoned(self, attempt: Attempt) -> None:
        """Count a stream that was not read to its end: its outcome is unknown."""
        self._record(attempt, self._event(attempt, "abandoned"), CallFacts())

    def patience_s(self, decision: Decision, path: str) -> float | None:
        """Return how long to wait for a path that was down and may be so still; None: as usual."""
        return self._engine.cooling.patience_s(decision.bucket, path)

    def began(self, path: str) -> None:
        """Take notice that a call begins."""
        self._engine.cooling.began(path)

    def _cool(self, attempt: Attempt, fault: Fault, retry_after_s: float | None) -> None:
        """Let a path cool down, unless its call was given less time than its answers take."""
        given_s, path = attempt.call.timeout_s, attempt.path.name
        if fault is Fault.TIMEOUT and given_s is not None:
            usual_s = self._engine.latencies.mean_s(attempt.decision.bucket, path)
            if usual_s is not None and given_s < usual_s:
                return
        self._engine.cooling.faulted(path, fault, _elapsed_s(attempt), retry_after_s)

    def _faulted(self, attempt: Attempt, fault: Fault, described: str) -> None:
        goal_id, event = self._engine.goal_id, self._event(attempt, fault.value)
        self._engine.emit(PathFaulted(goal_id, attempt.path.name, fault.value, described))
        self._record(attempt, event, CallFacts(fault=True))

    def _record(
        self, attempt: Attempt, event: Attempted, facts: CallFacts, score: int | None = None
    ) -> None:
        self._engine.record(attempt.decision, event, facts, score, attempt.earlier_failures)

    def _event(
        self,
        attempt: Attempt,
        fault: str | None,
        answer: Answer | None = None,
        verdict: Verdict | None = None,
    ) -> Attempted:
        decision = attempt.decision
        return Attempted(
            decision.goal_id,
            decision.nonce.hex(),
            decision.bucket,
            attempt.path.name,
            attempt.number,
            fault,
            outcome=None if verdict is None else verdict.score,
            cost_usd=None if answer is None else answer.cost_usd,
            latency_s=None if answer is None else answer.latency_s,
            category=None if verdict is None else verdict.category,
            is_shadow=attempt.is_shadow,
        )


def _elapsed_s(attempt: Attempt) -> float:
    return time.perf_counter() - attempt.started_s


def _described(error: Exception, fault: Fault) -> str:
    """Say what an error was; quote it only if it is about keys or names, not the prompt."""
    status = getattr(error, "status_code", None)
    name = type(error).__name__ if status is None else f"{type(error).__name__} (HTTP {status})"
    return f"{name}: {error_text(error)}" if fault is Fault.MISCONFIGURED else name


def error_text(error: Exception) -> str:
    """Return the first 300 characters of an error's text; some errors cannot even be shown."""
    try:
        return str(error)[:300]
    except Exception as unshown:  # noqa: BLE001 - the provider's error is what counts
        return f"(its text raised {type(unshown).__name__})"
