"""Records as many workers might send them: repeated, late, corrected, in any order."""

import time
from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from uuid import uuid4

from hypothesis import strategies as st

from armwise.bandit.decay import HalfLife, Outcomes
from armwise.storage import ArmKey, CallFacts, Record

HALF_LIVES: tuple[HalfLife, ...] = (None, timedelta(hours=1), timedelta(days=3), Outcomes(3))
"""Clocks of every kind, fast enough that a history of 29 days goes through many eras."""

ARMS = (
    ArmKey("extraction/simple", "cheap"),
    ArmKey("extraction/simple", "dear", 1),
    ArmKey("general/complex", "cheap", 3, 2),
    ArmKey("a|b:{c}%/é", "path with | : { } % and \u4e2d", 2, 1),
)

GOAL_NAMES = ("goal", "go:al", "go|al", "go{al}", "{go}al", "go%3Aal", "go al", "g\u00f6\u4e2d")
"""Names that a store must keep apart, though they hold what keys are made of."""

_HOUR_MS = 3_600_000
_numbers = count()


def fresh_goal() -> str:
    """Return the name of a goal that no store has seen."""
    return f"goal {uuid4().hex[:8]} {next(_numbers)}"


def record(
    number: int = 0,
    revision: int | None = 1,
    score: int | None = 10_000,
    facts: CallFacts = CallFacts(),  # noqa: B008 - frozen
    *,
    arm: ArmKey = ARMS[0],
    attempt: int = 0,
    age_ms: int = 3 * _HOUR_MS,
) -> Record:
    """Return a record of one request that was decided some time ago."""
    decided_at_ms = int(time.time() * 1000) - age_ms
    return Record(arm, number.to_bytes(10), attempt, decided_at_ms, facts, revision, score)


@st.composite
def histories(draw: st.DrawFn) -> Sequence[Record]:
    """Draw records of a few attempts: each has one time, one arm, and one outcome per revision."""
    now_ms = int(time.time() * 1000)
    records: list[Record] = []
    for number in range(draw(st.integers(1, 5))):
        arm = draw(st.sampled_from(ARMS))
        attempt = draw(st.integers(0, 2))
        decided = now_ms - draw(st.integers(2 * _HOUR_MS, 29 * 24 * _HOUR_MS))
        seen = draw(st.integers(0, 200))
        amounts = st.none() | st.integers(0, 10**10)
        facts = CallFacts(draw(amounts), draw(amounts), draw(amounts), draw(st.booleans()))
        scores = st.none() | st.integers(0, 10_000)
        outcomes = draw(st.dictionaries(st.integers(0, 3), scores, max_size=3))
        for revision, score in [(None, None), *outcomes.items()]:
            records.append(
                Record(arm, number.to_bytes(10), attempt, decided, facts, revision, score, seen)
            )
    return records
