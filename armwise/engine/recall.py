"""What this process remembers of its latest requests, so that they can be explained."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count

from armwise.bandit.outcome import FULL_SCORE
from armwise.engine.decision import Decision
from armwise.engine.logged import LoggedDecision, LoggedOutcome
from armwise.engine.request_id import Token
from armwise.events import Attempted, Reported

REMEMBERED = 10_000
"""How many decisions are kept, and twice as many attempts and reports: about 20 MB."""


class Recall:
    """Rings of the latest decisions, attempts and reports.

    Remembering is one slot write, for it happens on every request; finding walks the ring, for
    that happens when a person asks.
    """

    def __init__(self, size: int = REMEMBERED) -> None:
        self._decisions: list[Decision | None] = [None] * size
        self._steps: list[Attempted | Reported | None] = [None] * (2 * size)
        self._decided = count()
        self._stepped = count()

    def decision(self, decision: Decision) -> None:
        """Remember a decision."""
        self._decisions[next(self._decided) % len(self._decisions)] = decision

    def step(self, event: Attempted | Reported) -> None:
        """Remember an attempt or a report."""
        self._steps[next(self._stepped) % len(self._steps)] = event

    def buckets(self) -> set[str]:
        """Return the buckets of the remembered decisions."""
        return {held.bucket for held in self._decisions if held is not None}

    def explain(self, token: Token) -> "Explanation":
        """Return what is known of the request that a token belongs to."""
        found = next(
            (held for held in self._decisions if held is not None and held.nonce == token.nonce),
            None,
        )
        nonce = token.nonce.hex()
        steps = [step for step in self._steps if step is not None and step.nonce == nonce]
        steps.sort(key=lambda step: (isinstance(step, Reported), step.attempt))
        return Explanation(token, found, tuple(steps))


@dataclass(frozen=True, slots=True)
class Explanation:
    """One request retold.

    Args:
        token: What the request id itself says.
        decision: The decision with its beliefs and draws; None if this process does not remember
            it (older than the last 10,000, or decided elsewhere).
        steps: Attempts and reports that this process made or received.
        logged: The decision as the decision log tells it, where only the log remembers it.
    """

    token: Token
    decision: Decision | None
    steps: tuple[Attempted | Reported, ...]
    logged: LoggedDecision | None = None

    def __str__(self) -> str:
        token = self.token
        request = f"request {token.nonce.hex()} of goal {token.goal_id!r}"
        lines = [f"{request}: attempt {token.attempt} on {token.path}"]
        if self.decision is not None:
            lines.append(self.decision.why())
        elif self.logged is not None:
            lines.append(self.logged.why())
        else:
            where = f"another process or more than {REMEMBERED} decisions ago"
            lines.append(f"bucket {token.bucket}; decided in {where}: draws are not known here")
        lines += [_retold(step) for step in self.steps]
        return "\n".join(lines)


def from_log(
    explanation: Explanation, decision: LoggedDecision | None, outcomes: Sequence[LoggedOutcome]
) -> Explanation:
    """Return an explanation with what the decision log holds of the request."""
    bucket = explanation.token.bucket
    steps = tuple(outcome.as_event(bucket) for outcome in outcomes) or explanation.steps
    return replace(explanation, steps=steps, logged=decision)


def _retold(step: Attempted | Reported) -> str:
    outcome = "unknown" if step.outcome is None else f"{step.outcome:g}"
    if isinstance(step, Reported):
        category = f", category {step.category}" if step.category else ""
        return (
            f"reported: attempt {step.attempt} on {step.path}: {outcome} "
            f"(revision {step.revision}, {step.status}{category})"
        )
    if step.fault:
        return f"called: attempt {step.attempt} on {step.path} ended in {step.fault}"
    cost = "unknown cost" if step.cost_usd is None else f"${step.cost_usd:.6f}"
    latency = "" if step.latency_s is None else f", {step.latency_s:.3f} s"
    category = f" by {step.category!r}" if step.category else ""
    said = f"check {outcome}{category}, {cost}{latency}"
    return f"called: attempt {step.attempt} on {step.path}: {said}"


def shown_score(score: int | None) -> float | None:
    """Return a stored score 0..10000 as 0..1."""
    return None if score is None else score / FULL_SCORE
