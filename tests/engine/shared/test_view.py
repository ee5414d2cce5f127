"""The local copy: exact when it is read, and ahead of it by this process's own outcomes."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armwise.bandit import UNIT
from armwise.bandit.decay import Outcomes
from armwise.engine.shared import SharedStore, backup
from armwise.engine.shared.outbox import Entry
from armwise.engine.shared.records import Opening
from armwise.engine.shared.view import View
from armwise.errors import StoreUnavailableError
from armwise.storage import ArmKey, GoalEvidence, MemoryStore, Record
from armwise.storage.codec import to_plain

ARM = ArmKey("general/simple", "cheap")
GOAL = "goal"
Opener = Callable[..., SharedStore]


def record(number: int, revision: int = 1, score: int | None = 10_000) -> Record:
    """Return a record of one request, decided an hour ago."""
    decided_ms = int(time.time() * 1000) - 3_600_000
    return Record(ARM, number.to_bytes(10), 0, decided_ms, revision=revision, score=score)


def successes(store: SharedStore | View) -> float:
    """Return the successes that a decision would see."""
    return sum(seen.successes for seen in store.evidence(GOAL).values()) / UNIT


def test_an_own_outcome_is_seen_before_it_is_sent(shared: Opener, remote: object) -> None:
    """The next decision knows what the last one taught, though the store is down."""
    store = shared()
    store.declare(GOAL, None)
    remote.error = StoreUnavailableError("gone")  # type: ignore[attr-defined]
    before = store.version(GOAL, ARM.bucket)

    store.apply(GOAL, [record(1)])

    assert store.version(GOAL, ARM.bucket) != before
    assert store.bucket(GOAL, ARM.bucket).arms[ARM].successes == UNIT


def test_a_correction_is_laid_over_exactly(shared: Opener, remote: object) -> None:
    """Success, then failure, then taken back: what is seen follows, and nothing is doubled."""
    store = shared()
    store.declare(GOAL, None)
    remote.error = StoreUnavailableError("gone")  # type: ignore[attr-defined]

    seen = []
    for item in (record(1), record(1), record(1, 2, 0), record(1, 3, None)):
        store.apply(GOAL, [item])
        arm = store.bucket(GOAL, ARM.bucket).arms[ARM]
        seen.append((arm.successes / UNIT, arm.failures / UNIT, arm.attempts))

    assert seen == [(1, 0, 1), (1, 0, 1), (0, 1, 1), (0, 0, 1)]


def test_what_others_report_is_seen_soon(shared: Opener, tmp_path: Path) -> None:
    """Two processes on one store see each other's outcomes at the next reading."""
    one, other = shared(root=tmp_path / "one"), shared(root=tmp_path / "other")
    one.declare(GOAL, None)
    other.declare(GOAL, None)

    one.apply(GOAL, [record(n) for n in range(9)])

    deadline_s = time.monotonic() + 5
    while successes(other) < 9 and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert successes(other) == 9


def test_an_unchanged_copy_is_no_news(shared: Opener) -> None:
    """Versions stand still while nothing happens, so that no belief is computed for nothing."""
    store = shared()
    store.declare(GOAL, None)
    store.apply(GOAL, [record(1)])
    assert store.flush(5.0)
    time.sleep(0.2)  # read back
    versions = {store.version(GOAL, ARM.bucket)}

    for _ in range(10):
        time.sleep(0.02)
        versions.add(store.version(GOAL, ARM.bucket))

    assert len(versions) == 1


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_copy_and_overlay_never_count_an_own_outcome_twice(seed: int) -> None:
    """Whenever a reading comes, between whichever steps, each outcome is seen once."""
    rng = random.Random(seed)
    remote, view = MemoryStore(), View(time.time, lambda goal: None)
    view.hold(GOAL, None)
    waiting: list[Entry] = []
    made = 0

    for _ in range(40):
        step = rng.randrange(3)
        if step == 0:
            entry = Entry(GOAL, record(made))
            made += 1
            view.lay_over(entry)
            waiting.append(entry)
        elif step == 1 and waiting:
            entry = waiting.pop(rng.randrange(len(waiting)))
            remote.apply(GOAL, [entry.item])  # type: ignore[list-item]
            entry.is_acknowledged = True
        else:
            known = view.acknowledged(GOAL)
            view.replace(GOAL, remote.read(GOAL, view.known_version(GOAL)), known)
        assert successes(view) == made


def test_an_epoch_opened_here_holds_at_once(shared: Opener, remote: object) -> None:
    """It is in force before the store knows, and stays so when the copy is renewed."""
    store = shared()
    store.declare(GOAL, None)

    store.open_epoch(GOAL, ARM.bucket, ARM.path, 2)
    at_once = store.bucket(GOAL, ARM.bucket).epochs
    assert store.flush(5.0)
    time.sleep(0.2)

    assert at_once == store.bucket(GOAL, ARM.bucket).epochs == {ARM.path: 2}
    held = remote.memory.read(GOAL)  # type: ignore[attr-defined]
    assert held.buckets[ARM.bucket].epochs == {ARM.path: 2}


def test_an_opening_survives_a_reading_that_does_not_know_it() -> None:
    """A copy that was read before the store took the opening does not undo it here."""
    view = View(time.time, lambda goal: None)
    view.hold(GOAL, None)
    view.lay_over(Entry(GOAL, Opening(ARM.bucket, ARM.path, 3)))

    view.replace(GOAL, GoalEvidence(None, version=7), held_in_it=[])

    assert view.bucket(GOAL, ARM.bucket).epochs == {ARM.path: 3}


def test_a_server_that_restarts_its_versions_is_read_whole(shared: Opener, remote: object) -> None:
    """A version number that is reached a second time, by other evidence, is not taken for old."""
    store = shared(window_s=0.0)
    store.declare(GOAL, None)
    store.apply(GOAL, [record(n) for n in range(3)])
    assert store.flush(5.0)
    time.sleep(0.2)

    remote.lose_everything()  # type: ignore[attr-defined]
    elsewhere = [replace(record(n), arm=ARM._replace(path="dear")) for n in range(50, 53)]
    for item in elsewhere:
        remote.memory.apply(GOAL, [item])  # type: ignore[attr-defined]

    deadline_s = time.monotonic() + 5
    while set(store.evidence(GOAL)) != {elsewhere[0].arm} and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert set(store.evidence(GOAL)) == {elsewhere[0].arm}


def test_a_start_without_the_store_decides_from_the_file(
    shared: Opener, remote: object, tmp_path: Path
) -> None:
    """What an earlier process has read last stands in, to the last integer."""
    first = shared()
    first.declare(GOAL, Outcomes(500))
    first.apply(GOAL, [record(n) for n in range(20)])
    assert first.flush(5.0)
    held = remote.memory.read(GOAL)  # type: ignore[attr-defined]
    backup.save(tmp_path / "state", GOAL, held)
    first.close()
    remote.error = StoreUnavailableError("gone")  # type: ignore[attr-defined]
    begun_s = time.monotonic()

    second = shared()
    second.declare(GOAL, Outcomes(500))

    assert time.monotonic() - begun_s < 1.0
    assert second.bucket(GOAL, ARM.bucket).count == 20
    assert second.health(GOAL).snapshot_age_s is None
    remote.error = None  # type: ignore[attr-defined]


def test_a_damaged_file_is_no_obstacle(tmp_path: Path) -> None:
    """Whatever is in it, a snapshot that cannot be read is none."""
    backup.save(tmp_path, GOAL, GoalEvidence(None))
    (file,) = tmp_path.glob("snapshot-*")
    assert backup.load(tmp_path, GOAL) is not None

    for text in ("", "{}", "[]", '{"format": "armwise snapshot 9"}', file.read_text()[:-3]):
        file.write_text(text)
        assert backup.load(tmp_path, GOAL) is None
    assert backup.load(tmp_path / "nowhere", GOAL) is None


def test_the_copy_is_kept_in_a_file(shared: Opener, tmp_path: Path, remote: object) -> None:
    """A reading that brought something is written down, readable for its owner alone."""
    store = shared()
    store.declare(GOAL, None)
    store.apply(GOAL, [record(1)])

    (file,) = (tmp_path / "state").glob("snapshot-*")

    assert file.stat().st_mode & 0o077 == 0
    kept = backup.load(tmp_path / "state", GOAL)
    assert kept is not None
    assert to_plain(kept)["half_life"] == "never"


def test_readers_and_writers_do_not_disturb_each_other(shared: Opener, remote: object) -> None:
    """Eight threads report and read through fifty renewals; every outcome is there once."""
    store = shared(refresh_s=0.005)
    store.declare(GOAL, None)

    def work(first: int) -> None:
        for number in range(first, first + 100):
            store.apply(GOAL, [record(number)])
            assert store.bucket(GOAL, ARM.bucket).arms[ARM].attempts > 0

    threads = [threading.Thread(target=work, args=(100 * n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert store.flush(5.0)
    assert successes(store) == 800
    held = remote.memory.read(GOAL)  # type: ignore[attr-defined]
    assert held.buckets[ARM.bucket].outcomes == 800


@pytest.mark.parametrize("delivery", ["background", "sync"])
def test_reports_from_elsewhere_are_not_in_the_way(
    shared: Opener, remote: object, delivery: str
) -> None:
    """A goal that is only reported to, by a webhook, needs no copy and gets none."""
    store = shared(delivery=delivery)

    store.apply("another goal", [record(1)])

    assert store.flush(5.0)
    assert remote.memory.read("another goal").buckets  # type: ignore[attr-defined]
    assert store.evidence("another goal") == {}
