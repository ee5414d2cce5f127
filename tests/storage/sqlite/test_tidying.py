"""Forgetting: in small transactions, by the longest age of all workers, and never too early."""

import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from armwise.bandit.decay import Outcomes
from armwise.storage import Record, ReportStatus
from armwise.storage.sqlite import SQLiteStore, tidying
from armwise.testing.contracts.histories import ARMS

DAY_S = 86_400
BEGIN_S = 1_800_000_000.0
GOAL = "goal"


def decided(number: int, at_s: float = BEGIN_S) -> Record:
    """Return a success of one request."""
    return Record(ARMS[0], number.to_bytes(10), 0, int(at_s * 1000), revision=1, score=10_000)


def rows(path: Path, table: str) -> int:
    """Return how many rows a table has."""
    with sqlite3.connect(path) as connection:
        statement = f"SELECT count(*) FROM {table}"  # noqa: S608 - our own names
        found = int(connection.execute(statement).fetchone()[0])
    connection.close()
    return found


def test_what_no_report_can_need_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dedupe records go when they are too old, in portions; evidence and later records stay."""
    monkeypatch.setattr(tidying, "PORTION", 10)
    now = [BEGIN_S]
    kept = SQLiteStore(tmp_path / "evidence.db", clock=lambda: now[0])
    kept.apply(GOAL, [decided(number) for number in range(25)])
    before = kept.read(GOAL)
    now[0] += 20 * DAY_S
    kept.apply(GOAL, [decided(99, now[0])])

    early = kept.tidy(GOAL)
    now[0] += 15 * DAY_S
    dropped = kept.tidy(GOAL)

    assert (early, dropped) == (0, 25)
    assert rows(kept.path, "counted") == 1
    assert kept.apply(GOAL, [decided(3), decided(99, BEGIN_S + 20 * DAY_S)]) == [
        ReportStatus.EXPIRED,
        ReportStatus.DUPLICATE,
    ]
    after = kept.read(GOAL)
    assert before is not None
    assert after is not None
    arm = after.buckets[ARMS[0].bucket].arms[ARMS[0]]
    assert arm.newest.attempts == 26
    kept.close()


def test_a_worker_that_waits_longer_is_not_made_to_count_twice(tmp_path: Path) -> None:
    """Records are kept for the longest age, and what was dropped can no longer be counted."""
    now = [BEGIN_S]
    short = SQLiteStore(tmp_path / "evidence.db", clock=lambda: now[0], max_age_s=DAY_S)
    patient = SQLiteStore(tmp_path / "evidence.db", clock=lambda: now[0], max_age_s=60 * DAY_S)
    short.apply(GOAL, [decided(0)])
    now[0] += 50 * DAY_S

    dropped = short.tidy(GOAL)
    answers = patient.apply(GOAL, [decided(0)])
    now[0] += 20 * DAY_S
    short.tidy(GOAL)
    most_patient = SQLiteStore(short.path, clock=lambda: now[0], max_age_s=900 * DAY_S)
    late = most_patient.apply(GOAL, [decided(0)])

    assert dropped == 0
    assert answers == [ReportStatus.DUPLICATE]
    assert late == [ReportStatus.EXPIRED]
    for store in (short, patient, most_patient):
        store.close()


def test_records_of_an_earlier_half_life_are_buried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change of the half-life costs no long transaction; tidying drops what it left behind."""
    monkeypatch.setattr(tidying, "PORTION", 10)
    now = [BEGIN_S]
    kept = SQLiteStore(tmp_path / "evidence.db", clock=lambda: now[0])
    kept.apply(GOAL, [decided(number) for number in range(25)])
    now[0] += 1
    kept.change_half_life(GOAL, Outcomes(50))
    kept.change_half_life(GOAL, timedelta(days=1))
    kept.apply(GOAL, [replace(decided(99, now[0]), count=3)])

    dropped = kept.tidy(GOAL)

    assert dropped == 25
    assert (rows(kept.path, "counted"), rows(kept.path, "goals")) == (1, 1)
    assert kept.apply(GOAL, [decided(99, now[0])]) == [ReportStatus.DUPLICATE]
    kept.close()


def test_an_addition_is_known_under_every_half_life(tmp_path: Path) -> None:
    """Evidence that was absorbed once is not absorbed again after a change."""
    kept = SQLiteStore(tmp_path / "evidence.db")
    elsewhere = SQLiteStore(tmp_path / "other.db")
    elsewhere.declare(GOAL, None)
    evidence = elsewhere.read(GOAL)
    assert evidence is not None
    kept.absorb(GOAL, evidence, once="x")

    kept.change_half_life(GOAL, Outcomes(50))
    kept.change_half_life(GOAL, None)

    assert kept.absorb(GOAL, evidence, once="x") is False
    kept.close()
    elsewhere.close()
