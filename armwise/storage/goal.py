"""The evidence of one goal as stores keep it: integers per arm and era, and a clock per bucket.

The one structure behind the memory store, behind the copy that a process keeps of a shared store,
and behind exported state. It is changed in place, under the lock of whoever owns it.
"""

from collections.abc import Mapping

from armwise.bandit import Evidence
from armwise.bandit.decay import ERA_TICKS, Eras, Fading, HalfLife
from armwise.storage.base import ArmKey, BucketEvidence, Record
from armwise.storage.ledger import Settlement

_TICKS_APART = 1 << 64
"""A version is changes x this + tick: no number of ticks makes up for a change."""


class Bucket:
    """Evidence of one bucket.

    Attributes:
        arms: Sums per arm.
        epochs: Epoch per path; paths in epoch 0 may be missing.
        outcomes: Attempts whose outcome was counted, corrections not twice.
        count: The bucket's clock in outcomes: ``outcomes``, or more where a request says that it
            was decided when more had been counted.
        newest_tick: Latest tick that anything was counted at.
        changes: How often the bucket has changed in this process.
    """

    __slots__ = ("arms", "changes", "count", "epochs", "newest_tick", "outcomes")

    def __init__(self) -> None:
        self.arms: dict[ArmKey, Eras] = {}
        self.epochs: dict[str, int] = {}
        self.outcomes = 0
        self.count = 0
        self.newest_tick = 0
        self.changes = 0

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

    def absorb(self, other: "Bucket") -> None:
        """Add the integers of another bucket, at their own ticks."""
        for key, eras in other.arms.items():
            held = self.arms.get(key)
            self.arms[key] = eras if held is None else held + eras
        for path, epoch in other.epochs.items():
            self.epochs[path] = max(epoch, self.epochs.get(path, 0))
        self.outcomes += other.outcomes
        self.count = max(self.count, self.outcomes, other.count)
        self.newest_tick = max(self.newest_tick, other.newest_tick)
        self.changes += 1

    def copy(self) -> "Bucket":
        """Return a bucket that can be changed without changing this one."""
        copied = Bucket()
        copied.arms = dict(self.arms)
        copied.epochs = dict(self.epochs)
        copied.outcomes = self.outcomes
        copied.count = self.count
        copied.newest_tick = self.newest_tick
        copied.changes = self.changes
        return copied


class GoalEvidence:
    """Evidence of one goal.

    Args:
        half_life: By which it fades.
        version: The store's number of this state, which differs from every other state of the
            goal in that store.

    Attributes:
        fading: The clock by which it fades.
        buckets: Evidence per bucket.
        version: As given.
        changes: How often the goal has changed in this process.
    """

    __slots__ = ("buckets", "changes", "fading", "version")

    def __init__(self, half_life: HalfLife, version: int = 0) -> None:
        self.fading = Fading(half_life)
        self.buckets: dict[str, Bucket] = {}
        self.version = version
        self.changes = 0

    @property
    def half_life(self) -> HalfLife:
        """The half-life in force."""
        return self.fading.half_life

    def of(self, bucket: str) -> Bucket:
        """Return a bucket to be changed; a new one if it is not known."""
        held = self.buckets.get(bucket)
        if held is None:
            held = self.buckets[bucket] = Bucket()
        return held

    def add(self, record: Record, settlement: Settlement) -> bool:
        """Add what a record changes; return whether it changes anything."""
        if settlement.change is None and not settlement.is_first:
            return False
        self.of(record.arm.bucket).add(record, settlement)
        self.changes += 1
        return True

    def open_epoch(self, bucket: str, path: str, epoch: int) -> bool:
        """Begin an arm anew; return whether it was not in that epoch or beyond already."""
        held = self.of(bucket)
        if epoch <= held.epochs.get(path, 0):
            return False
        held.epochs[path] = epoch
        held.changes += 1
        self.changes += 1
        return True

    def absorb(self, other: "GoalEvidence") -> None:
        """Add the integers of other evidence that fades by the same half-life."""
        for name, bucket in other.buckets.items():
            self.of(name).absorb(bucket)
        self.changes += 1

    def copy(self) -> "GoalEvidence":
        """Return evidence that can be changed without changing this one."""
        copied = GoalEvidence(self.half_life, self.version)
        copied.buckets = {name: bucket.copy() for name, bucket in self.buckets.items()}
        copied.changes = self.changes
        return copied

    def tick(self, bucket: Bucket, now_ms: int) -> int:
        """Return the moment at which a bucket is read: never before what it has seen.

        A clock that was set back, or counts from an earlier run, would otherwise make an outcome
        weigh more than one.
        """
        return max(bucket.newest_tick, self.fading.tick(now_ms, bucket.count))

    def bucket_version(self, bucket: Bucket, now_ms: int) -> int:
        """Return a number of a bucket's state in this process: fading by time is a change too."""
        tick = self.fading.tick(now_ms, 0) if self.fading.runs_by_time else 0
        return bucket.changes * _TICKS_APART + tick

    def goal_version(self, now_ms: int) -> int:
        """Return a number of the goal's state in this process, 0 while nothing is known."""
        if not self.changes:
            return 0
        tick = self.fading.tick(now_ms, 0) if self.fading.runs_by_time else 0
        return self.changes * _TICKS_APART + tick

    def read(self, bucket: Bucket, now_ms: int) -> BucketEvidence:
        """Return the evidence of a bucket as it weighs now."""
        tick = self.tick(bucket, now_ms)
        return BucketEvidence(
            self.bucket_version(bucket, now_ms),
            {key: eras.read(tick) for key, eras in bucket.arms.items()},
            dict(bucket.epochs),
            bucket.count,
        )

    def snapshot(self, now_ms: int) -> dict[str, BucketEvidence]:
        """Return the evidence of every bucket as it weighs now."""
        return {name: self.read(bucket, now_ms) for name, bucket in self.buckets.items()}

    def evidence(self, now_ms: int) -> Mapping[ArmKey, Evidence]:
        """Return all evidence: outcomes as they weigh now, the other sums those of all time."""
        return {
            key: eras.total(self.tick(bucket, now_ms))
            for bucket in self.buckets.values()
            for key, eras in bucket.arms.items()
        }

    def rebased(
        self, half_life: HalfLife, onto: "GoalEvidence | None", now_ms: int
    ) -> "GoalEvidence":
        """Return this evidence at its present weight, as if it had all been seen now.

        Args:
            half_life: By which it is to fade from now on.
            onto: What it is to be absorbed by, for the ticks of its buckets; None for nothing.
            now_ms: Now, milliseconds since 1970.

        The clocks of its buckets in outcomes start where those of ``onto`` stand: to absorb it
        does not age what is there.
        """
        rebased = GoalEvidence(half_life)
        for name, bucket in self.buckets.items():
            held = onto.buckets.get(name) if onto is not None else None
            placed = rebased.of(name)
            placed.epochs = dict(bucket.epochs)
            placed.count = held.count if held is not None else 0
            newest = held.newest_tick if held is not None else 0
            placed.newest_tick = max(newest, rebased.fading.tick(now_ms, placed.count))
            read_at = self.tick(bucket, now_ms)
            for key, eras in bucket.arms.items():
                placed.arms[key] = eras.moved(read_at, placed.newest_tick)
        return rebased
