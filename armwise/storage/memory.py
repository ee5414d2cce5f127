"""Evidence in the memory of this process: the default, for scripts, tests and single workers."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from armwise.bandit import Evidence
from armwise.bandit.decay import ERA_TICKS, Eras, Fading, HalfLife, check_half_life
from armwise.storage.base import MAX_AGE_S, ArmKey, BucketEvidence, Record, ReportStatus
from armwise.storage.forking import register
from armwise.storage.ledger import Counted, Settlement, settle

_SLICES = 8
"""Dedupe records are forgotten in slices of an eighth of ``max_age_s``: whole dictionaries are
dropped, nothing is searched."""

_SLICE_MARGIN_MS = 3_600_000
"""A slice is dropped an hour after its last record expired, so that no report that is still
accepted can miss its dedupe record."""

_SEEDS = -1
"""The slice of seeds; there is one per evaluation, and a bounded number of these."""

_TICKS_APART = 1 << 64
"""A version is changes x this + tick: no number of ticks makes up for a change."""


class _Bucket:
    """Evidence of one bucket."""

    __slots__ = ("arms", "changes", "count", "epochs", "newest_tick", "outcomes")

    def __init__(self) -> None:
        self.arms: dict[ArmKey, Eras] = {}
        self.epochs: dict[str, int] = {}
        self.changes = 0
        self.outcomes = 0
        self.count = 0
        self.newest_tick = 0

    def add(self, record: Record, settlement: Settlement) -> None:
        """Add what a record changes, at its own tick."""
        tick = settlement.counted.tick
        if settlement.change is not None:
            held = self.arms.get(record.arm) or Eras(tick // ERA_TICKS)
            self.arms[record.arm] = held.plus(tick, settlement.change)
        self.outcomes += settlement.is_first
        # A store that begins empty may be told of requests that were decided by a fuller one.
        self.count = max(self.count, self.outcomes, record.count)
        self.newest_tick = max(self.newest_tick, tick)
        self.changes += 1


class _Goal:
    """Evidence and dedupe records of one goal."""

    __slots__ = ("buckets", "changes", "counted", "fading", "oldest_slice")

    def __init__(self, half_life: HalfLife) -> None:
        self.fading = Fading(half_life)
        self.buckets: defaultdict[str, _Bucket] = defaultdict(_Bucket)
        self.changes = 0
        self.oldest_slice = 0
        self.counted: defaultdict[int, dict[tuple[bytes, int], Counted]] = defaultdict(dict)

    def tick(self, bucket: _Bucket, now_ms: int) -> int:
        """Return the moment at which a bucket is read: never before what it has seen.

        A clock that was set back, or counts from an earlier run, would otherwise make an outcome
        weigh more than one.
        """
        return max(bucket.newest_tick, self.fading.tick(now_ms, bucket.count))

    def read(self, bucket: _Bucket, now_ms: int) -> BucketEvidence:
        """Return the evidence of a bucket as it weighs now."""
        tick = self.tick(bucket, now_ms)
        return BucketEvidence(
            self.version(bucket, now_ms),
            {key: eras.read(tick) for key, eras in bucket.arms.items()},
            dict(bucket.epochs),
            bucket.count,
        )

    def version(self, bucket: _Bucket, now_ms: int) -> int:
        """Return a number of a bucket's state: fading by outcomes is a change by itself."""
        tick = self.fading.tick(now_ms, 0) if self.fading.runs_by_time else 0
        return bucket.changes * _TICKS_APART + tick


class MemoryStore:
    """A ``Store`` and its own ``LocalEvidence``, gone when the process ends.

    Give one instance to several Routers to let them learn together.

    Args:
        max_age_s: Seconds after its decision for which an outcome is accepted. About 300 bytes
            per attempt are kept that long, so that nothing is counted twice.
        clock: Seconds since 1970; replaced in tests.
    """

    def __init__(
        self, *, max_age_s: float = MAX_AGE_S, clock: Callable[[], float] = time.time
    ) -> None:
        self._max_age_ms = int(max_age_s * 1000)
        self._slice_ms = max(1, self._max_age_ms // _SLICES)
        self._clock = clock
        self._lock = threading.Lock()
        self._goals: dict[str, _Goal] = {}
        register(self)

    def declare(self, goal_id: str, half_life: HalfLife) -> HalfLife:
        """Say how fast a goal's evidence is to fade; see ``Store.declare``."""
        check_half_life(half_life)
        with self._lock:
            goal = self._goals.get(goal_id)
            if goal is None:
                goal = self._goals[goal_id] = _Goal(half_life)
            return goal.fading.half_life

    def apply(self, goal_id: str, records: Sequence[Record]) -> list[ReportStatus]:
        """Count records; see ``Store.apply``."""
        now_ms = self._now_ms()
        with self._lock:
            goal = self._goal(goal_id)
            self._forget(goal, now_ms)
            return [self._apply_one(goal, record, now_ms) for record in records]

    def evidence(self, goal_id: str) -> Mapping[ArmKey, Evidence]:
        """Return all evidence of a goal; see ``Store.evidence``."""
        now_ms = self._now_ms()
        with self._lock:
            goal = self._goals.get(goal_id)
            if goal is None:
                return {}
            return {
                key: eras.total(goal.tick(bucket, now_ms))
                for bucket in goal.buckets.values()
                for key, eras in bucket.arms.items()
            }

    def open_epoch(self, goal_id: str, bucket: str, path: str, epoch: int) -> None:
        """Begin an arm anew; see ``Store.open_epoch``."""
        with self._lock:
            goal = self._goal(goal_id)
            held = goal.buckets[bucket]
            if epoch > held.epochs.get(path, 0):
                held.epochs[path] = epoch
                held.changes += 1
                goal.changes += 1

    def version(self, goal_id: str, bucket: str) -> int:
        """Return a number of the bucket's state; see ``LocalEvidence.version``."""
        goal = self._goals.get(goal_id)
        held = goal.buckets.get(bucket) if goal else None
        return goal.version(held, self._now_ms()) if goal and held else 0

    def bucket(self, goal_id: str, bucket: str) -> BucketEvidence:
        """Return the evidence of one bucket; see ``LocalEvidence.bucket``."""
        now_ms = self._now_ms()
        with self._lock:
            goal = self._goals.get(goal_id)
            held = goal.buckets.get(bucket) if goal else None
            return goal.read(held, now_ms) if goal and held else BucketEvidence(0, {}, {})

    def goal_version(self, goal_id: str) -> int:
        """Return a number of the goal's state; see ``LocalEvidence.goal_version``."""
        goal = self._goals.get(goal_id)
        if goal is None or not goal.changes:
            return 0
        tick = goal.fading.tick(self._now_ms(), 0) if goal.fading.runs_by_time else 0
        return goal.changes * _TICKS_APART + tick

    def snapshot(self, goal_id: str) -> Mapping[str, BucketEvidence]:
        """Return the evidence of every bucket; see ``LocalEvidence.snapshot``."""
        now_ms = self._now_ms()
        with self._lock:
            goal = self._goals.get(goal_id)
            if goal is None:
                return {}
            return {name: goal.read(held, now_ms) for name, held in goal.buckets.items()}

    def close(self) -> None:
        """Do nothing: other Routers may share this store."""

    def before_fork(self) -> None:
        """Wait until no call is under way, so that the child copies whole state."""
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Release what ``before_fork`` took; the child goes on with its own copy."""
        self._lock.release()

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _goal(self, goal_id: str) -> _Goal:
        goal = self._goals.get(goal_id)
        if goal is None:
            goal = self._goals[goal_id] = _Goal(None)
        return goal

    def _apply_one(self, goal: _Goal, record: Record, now_ms: int) -> ReportStatus:
        if now_ms - record.decided_at_ms > self._max_age_ms:
            return ReportStatus.EXPIRED
        # A seed is the same evaluation whenever it is counted, so it is never forgotten.
        counted = goal.counted[_SEEDS if record.is_seed else record.decided_at_ms // self._slice_ms]
        attempt = (record.nonce, record.attempt)
        tick = goal.fading.tick(min(record.decided_at_ms, now_ms), record.count)
        settlement = settle(counted.get(attempt), record, tick)
        counted[attempt] = settlement.counted
        if settlement.change is not None or settlement.is_first:
            goal.buckets[record.arm.bucket].add(record, settlement)
            goal.changes += 1
        return settlement.status

    def _forget(self, goal: _Goal, now_ms: int) -> None:
        oldest = (now_ms - self._max_age_ms - _SLICE_MARGIN_MS) // self._slice_ms
        if oldest > goal.oldest_slice:
            goal.oldest_slice = oldest
            for expired in [number for number in goal.counted if _SEEDS < number < oldest]:
                del goal.counted[expired]
