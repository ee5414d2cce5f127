"""The arithmetic of counting a record once: pure, shared by every store that runs in Python."""

from typing import NamedTuple

from armwise.bandit import Evidence, outcome_evidence
from armwise.bandit.decay import weight
from armwise.storage.base import CallFacts, Record, ReportStatus

_COST, _TOKENS, _LATENCY, _FAULT = 1, 2, 4, 8


class Counted(NamedTuple):
    """What has been counted of one attempt so far: the dedupe record.

    Attributes:
        revision: Highest revision that was applied, -1 while no outcome was.
        score: The outcome that holds, 0..10000; None for unknown or none.
        facts: Bit set of the call facts that were applied.
        tick: When its request was decided, by the clock of ``decay``. Kept, so that a correction
            takes back exactly what was added, even where a time in the future had been clamped.
    """

    revision: int
    score: int | None
    facts: int
    tick: int


class Settlement(NamedTuple):
    """What one record changes.

    Attributes:
        counted: The new dedupe record; the change belongs to its tick.
        change: The evidence to add, None for none.
        is_first: It brings the first outcome of its attempt: the bucket's count grows by one.
        status: The answer.
    """

    counted: Counted
    change: Evidence | None
    is_first: bool
    status: ReportStatus


def settle(before: Counted | None, record: Record, tick: int) -> Settlement:
    """Return what counting ``record`` changes, given what was counted of its attempt before.

    Args:
        before: The attempt's dedupe record, None if it is new.
        record: What to count.
        tick: When its request was decided, by the clock of ``decay``; used if it is new.
    """
    known = before or Counted(-1, None, 0, tick)
    facts, change = _new_facts(known.facts, record.facts, is_first=before is None)
    status = ReportStatus.APPLIED if change != _NOTHING else ReportStatus.DUPLICATE
    revision, score = known.revision, known.score
    if record.revision is not None:
        status = _outcome_status(known, record.revision, record.score)
        if status in (ReportStatus.APPLIED, ReportStatus.CORRECTED):
            revision, score = record.revision, record.score
            if known.score is not None:
                change -= outcome_evidence(known.score, weight(known.tick))
            if score is not None:
                change += outcome_evidence(score, weight(known.tick))
    if record.is_seed and before is None:
        change -= _ATTEMPT
    return Settlement(
        Counted(revision, score, facts, known.tick),
        None if change == _NOTHING else change,
        known.revision < 0 <= revision and not record.is_seed,
        status,
    )


_NOTHING = Evidence()
_ATTEMPT = Evidence(attempts=1, reported=1)


def _outcome_status(known: Counted, revision: int, score: int | None) -> ReportStatus:
    if revision > known.revision:
        return ReportStatus.APPLIED if known.revision < 0 else ReportStatus.CORRECTED
    if revision < known.revision:
        return ReportStatus.STALE
    return ReportStatus.DUPLICATE if score == known.score else ReportStatus.CONFLICT


def _new_facts(applied: int, facts: CallFacts, *, is_first: bool) -> tuple[int, Evidence]:
    """Return the bit set after these facts, and the evidence of those that are new."""
    change: dict[str, int] = {}
    if facts.cost_nanousd is not None and not applied & _COST:
        applied |= _COST
        change |= {"cost_nanousd": facts.cost_nanousd, "costed": 1}
    if facts.output_tokens is not None and not applied & _TOKENS:
        applied |= _TOKENS
        change |= {"output_tokens": facts.output_tokens, "tokened": 1}
    if facts.latency_us is not None and not applied & _LATENCY:
        applied |= _LATENCY
        change |= {"latency_us": facts.latency_us, "timed": 1}
    if facts.fault and not applied & _FAULT:
        applied |= _FAULT
        change["faults"] = 1
    if is_first:
        change["attempts"] = 1
    return applied, Evidence(**change) if change else _NOTHING
