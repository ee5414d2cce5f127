"""Evidence in the memory of this process: the default, for scripts, tests and single workers."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from armwise.bandit import Evidence
from armwise.storage.base import MAX_AGE_S, ArmKey, BucketEvidence, Record, ReportStatus
from armwise.storage.forking import register
from armwise.storage.ledger import Counted, settle

_SLICES = 8
"""Dedupe records are forgotten in slices of an eighth of ``max_age_s``: whole dictionaries are
dropped, nothing is searched."""

_SLICE_MARGIN_MS = 3_600_000
"""A slice is dropped an hour after its last record expired, so that no report that is still
accepted can miss its dedupe record."""


class _Goal:
    """Evidence and dedupe records of one goal."""

    __slots__ = ("buckets", "counted", "epochs", "oldest_slice", "versions")

    def __init__(self) -> None:
        self.buckets: defaultdict[str, dict[ArmKey, Evidence]] = defaultdict(dict)
        self.epochs: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self.versions: dict[str, int] = {}
        self.oldest_slice = 0
        self.counted: defaultdict[int, dict[tuple[bytes, int], Counted]] = defaultdict(dict)


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

    def apply(self, goal_id: str, records: Sequence[Record]) -> list[ReportStatus]:
        """Count records; see ``Store.apply``."""
        now_ms = int(self._clock() * 1000)
        with self._lock:
            goal = self._goal(goal_id)
            self._forget(goal, now_ms)
            return [self._apply_one(goal, record, now_ms) for record in records]

    def evidence(self, goal_id: str) -> Mapping[ArmKey, Evidence]:
        """Return all evidence of a goal; see ``Store.evidence``."""
        with self._lock:
            goal = self._goals.get(goal_id)
            buckets = goal.buckets.values() if goal else ()
            return {key: evidence for arms in buckets for key, evidence in arms.items()}

    def open_epoch(self, goal_id: str, bucket: str, path: str, epoch: int) -> None:
        """Begin an arm anew; see ``Store.open_epoch``."""
        with self._lock:
            goal = self._goal(goal_id)
            if epoch > goal.epochs[bucket].get(path, 0):
                goal.epochs[bucket][path] = epoch
                goal.versions[bucket] = goal.versions.get(bucket, 0) + 1

    def version(self, goal_id: str, bucket: str) -> int:
        """Return the number of changes to the bucket; see ``LocalEvidence.version``."""
        goal = self._goals.get(goal_id)
        return goal.versions.get(bucket, 0) if goal else 0

    def bucket(self, goal_id: str, bucket: str) -> BucketEvidence:
        """Return the evidence of one bucket; see ``LocalEvidence.bucket``."""
        with self._lock:
            goal = self._goals.get(goal_id)
            if goal is None:
                return BucketEvidence(0, {}, {})
            return BucketEvidence(
                goal.versions.get(bucket, 0),
                dict(goal.buckets.get(bucket, {})),
                dict(goal.epochs.get(bucket, {})),
            )

    def close(self) -> None:
        """Do nothing: other Routers may share this store."""

    def before_fork(self) -> None:
        """Wait until no call is under way, so that the child copies whole state."""
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Release what ``before_fork`` took; the child goes on with its own copy."""
        self._lock.release()

    def _goal(self, goal_id: str) -> _Goal:
        goal = self._goals.get(goal_id)
        if goal is None:
            goal = self._goals[goal_id] = _Goal()
        return goal

    def _apply_one(self, goal: _Goal, record: Record, now_ms: int) -> ReportStatus:
        if now_ms - record.decided_at_ms > self._max_age_ms:
            return ReportStatus.EXPIRED
        counted = goal.counted[record.decided_at_ms // self._slice_ms]
        attempt = (record.nonce, record.attempt)
        settlement = settle(counted.get(attempt), record)
        counted[attempt] = settlement.counted
        if settlement.change is not None:
            arms = goal.buckets[record.arm.bucket]
            arms[record.arm] = arms.get(record.arm, Evidence()) + settlement.change
            goal.versions[record.arm.bucket] = goal.versions.get(record.arm.bucket, 0) + 1
        return settlement.status

    def _forget(self, goal: _Goal, now_ms: int) -> None:
        oldest = (now_ms - self._max_age_ms - _SLICE_MARGIN_MS) // self._slice_ms
        if oldest > goal.oldest_slice:
            goal.oldest_slice = oldest
            for expired in [number for number in goal.counted if number < oldest]:
                del goal.counted[expired]
