"""Evidence in the memory of this process: the default, for scripts, tests and single workers."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from armwise.bandit import Evidence
from armwise.bandit.decay import HalfLife, check_half_life
from armwise.storage.base import (
    MAX_AGE_S,
    SLICE_MARGIN_MS,
    SLICES,
    ArmKey,
    BucketEvidence,
    Record,
    ReportStatus,
    check_same_half_life,
    split_goal,
)
from armwise.storage.forking import register
from armwise.storage.goal import GoalEvidence
from armwise.storage.ledger import Counted, settle

_SEEDS = -1
"""The slice of seeds; there is one per evaluation, and a bounded number of these."""


class _Goal:
    """Evidence and dedupe records of one goal."""

    __slots__ = ("absorbed", "counted", "evidence", "oldest_slice", "since_ms")

    def __init__(self, half_life: HalfLife, since_ms: int = 0) -> None:
        self.evidence = GoalEvidence(half_life)
        self.since_ms = since_ms
        self.oldest_slice = 0
        self.counted: defaultdict[int, dict[tuple[bytes, int], Counted]] = defaultdict(dict)
        self.absorbed: set[str] = set()


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
        self._slice_ms = max(1, self._max_age_ms // SLICES)
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
            return goal.evidence.half_life

    def apply(self, goal_id: str, records: Sequence[Record]) -> list[ReportStatus]:
        """Count records; see ``Store.apply``."""
        now_ms = self._now_ms()
        with self._lock:
            goal = self._goal(goal_id)
            self._forget(goal, now_ms)
            return [self._apply_one(goal, record, now_ms) for record in records]

    def read(self, goal_id: str, unless: int | None = None) -> GoalEvidence | None:
        """Return a copy of all evidence of a goal; see ``Store.read``."""
        with self._lock:
            goal = self._goals.get(goal_id)
            if goal is None:
                return None if unless == 0 else GoalEvidence(None)
            if goal.evidence.changes == unless:
                return None
            copied = goal.evidence.copy()
            copied.version = copied.changes
            return copied

    def evidence(self, goal_id: str) -> Mapping[ArmKey, Evidence]:
        """Return all evidence of a goal; see ``LocalEvidence.evidence``."""
        now_ms = self._now_ms()
        with self._lock:
            goal = self._goals.get(goal_id)
            return {} if goal is None else goal.evidence.evidence(now_ms)

    def open_epoch(self, goal_id: str, bucket: str, path: str, epoch: int) -> None:
        """Begin an arm anew; see ``Store.open_epoch``."""
        with self._lock:
            self._goal(goal_id).evidence.open_epoch(bucket, path, epoch)

    def goals(self, namespace: str = "") -> list[str]:
        """Return the goals of a tenant; see ``Portable.goals``."""
        with self._lock:
            return sorted(goal for goal in self._goals if split_goal(goal)[0] == namespace)

    def absorb(self, goal_id: str, evidence: GoalEvidence, once: str) -> bool:
        """Add another store's evidence, once; see ``Portable.absorb``."""
        with self._lock:
            goal = self._goal(goal_id)
            check_same_half_life(goal.evidence.half_life, evidence.half_life)
            if once in goal.absorbed:
                return False
            goal.absorbed.add(once)
            goal.evidence.absorb(evidence)
            return True

    def change_half_life(self, goal_id: str, half_life: HalfLife) -> None:
        """Let a goal fade by another clock from now on; see ``Portable.change_half_life``."""
        check_half_life(half_life)
        now_ms = self._now_ms()
        with self._lock:
            before = self._goal(goal_id)
            after = _Goal(half_life, now_ms)
            after.absorbed = before.absorbed
            after.evidence.changes = before.evidence.changes
            after.evidence.absorb(before.evidence.rebased(half_life, None, now_ms))
            for name, bucket in after.evidence.buckets.items():
                bucket.changes += before.evidence.buckets[name].changes
            self._goals[goal_id] = after

    def version(self, goal_id: str, bucket: str) -> int:
        """Return a number of the bucket's state; see ``LocalEvidence.version``."""
        goal = self._goals.get(goal_id)
        held = goal.evidence.buckets.get(bucket) if goal else None
        return goal.evidence.bucket_version(held, self._now_ms()) if goal and held else 0

    def bucket(self, goal_id: str, bucket: str) -> BucketEvidence:
        """Return the evidence of one bucket; see ``LocalEvidence.bucket``."""
        now_ms = self._now_ms()
        with self._lock:
            goal = self._goals.get(goal_id)
            held = goal.evidence.buckets.get(bucket) if goal else None
            return goal.evidence.read(held, now_ms) if goal and held else BucketEvidence(0, {}, {})

    def goal_version(self, goal_id: str) -> int:
        """Return a number of the goal's state; see ``LocalEvidence.goal_version``."""
        goal = self._goals.get(goal_id)
        return goal.evidence.goal_version(self._now_ms()) if goal else 0

    def snapshot(self, goal_id: str) -> Mapping[str, BucketEvidence]:
        """Return the evidence of every bucket; see ``LocalEvidence.snapshot``."""
        now_ms = self._now_ms()
        with self._lock:
            goal = self._goals.get(goal_id)
            return {} if goal is None else goal.evidence.snapshot(now_ms)

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
        decided_ms = record.decided_at_ms
        if now_ms - decided_ms > self._max_age_ms or decided_ms < goal.since_ms:
            return ReportStatus.EXPIRED
        # A seed is the same evaluation whenever it is counted, so it is never forgotten.
        counted = goal.counted[_SEEDS if record.is_seed else decided_ms // self._slice_ms]
        attempt = (record.nonce, record.attempt)
        tick = goal.evidence.fading.tick(min(decided_ms, now_ms), record.count)
        settlement = settle(counted.get(attempt), record, tick)
        counted[attempt] = settlement.counted
        goal.evidence.add(record, settlement)
        return settlement.status

    def _forget(self, goal: _Goal, now_ms: int) -> None:
        oldest = (now_ms - self._max_age_ms - SLICE_MARGIN_MS) // self._slice_ms
        if oldest > goal.oldest_slice:
            goal.oldest_slice = oldest
            for expired in [number for number in goal.counted if _SEEDS < number < oldest]:
                del goal.counted[expired]
