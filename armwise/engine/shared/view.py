"""What this process knows of a shared store: the last copy read, and its own later outcomes.

A decision reads this and nothing else. Outcomes of this process are laid over the copy at once, so
that the next decision is made on what the last one taught, and are taken off again when they are
read back from the store. A copy is exact; the overlay may for a moment count twice what another
worker has reported of the same attempt.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from armwise.bandit import Evidence
from armwise.bandit.decay import HalfLife
from armwise.engine.shared.outbox import Entry
from armwise.engine.shared.records import Opening
from armwise.storage import ArmKey, BucketEvidence, GoalEvidence, Record
from armwise.storage.ledger import Counted, Settlement, settle

_MOST_COUNTED = 20_000
"""Attempts of this process whose later reports are laid over exactly. A guess: at 10 requests a
second those of half an hour. A correction of an older one is seen when it is read back."""

_MOST_OVERLAID = 100_000
"""Own outcomes that are laid over a copy, a guess. During a long outage more are only counted: they
are missing from the view between the next reading and the one that finds them in the store."""


class _Held:
    """One goal."""

    __slots__ = ("base", "counted", "is_trusted", "now", "overlay", "read_s")

    def __init__(self, half_life: HalfLife) -> None:
        self.base = GoalEvidence(half_life, version=-1)
        self.now = self.base.copy()
        self.overlay: list[Entry] = []
        self.counted: OrderedDict[tuple[bytes, int], Counted] = OrderedDict()
        self.read_s: float | None = None
        self.is_trusted = False


class View:
    """The ``LocalEvidence`` of a shared store; safe to use from any thread.

    Args:
        clock: Seconds since 1970.
        on_read: Called with the goal whenever a decision looks at it.
    """

    def __init__(self, clock: Callable[[], float], on_read: Callable[[str], object]) -> None:
        self._clock = clock
        self._on_read = on_read
        self._goals: dict[str, _Held] = {}
        self._lock = threading.Lock()

    @property
    def goals(self) -> list[str]:
        """Names of the goals that are held."""
        return list(self._goals)

    def hold(self, goal_id: str, half_life: HalfLife) -> None:
        """Begin to hold a goal, empty until it is read."""
        with self._lock:
            self._goals.setdefault(goal_id, _Held(half_life))

    def half_life(self, goal_id: str) -> HalfLife:
        """Return the half-life by which a goal fades as far as is known here."""
        return self._goals[goal_id].now.half_life

    def known_version(self, goal_id: str) -> int | None:
        """Return the store's version of the last copy, None if there is none from the store."""
        held = self._goals[goal_id]
        return held.base.version if held.is_trusted else None

    def distrust(self) -> None:
        """Read every goal whole next time: the store may have lost what it had.

        A server that came back with less counts its versions from there, and may reach a number
        that is held here of another state.
        """
        for held in self._goals.values():
            held.is_trusted = False

    def read_s(self, goal_id: str) -> float | None:
        """Return when the goal was last read from the store, seconds since 1970."""
        return self._goals[goal_id].read_s

    def lay_over(self, entry: Entry) -> None:
        """Lay an own entry over the copy, until it is read back."""
        with self._lock:
            held = self._goals.get(entry.goal)
            if held is None:
                return
            item = entry.item
            if isinstance(item, Record):
                entry.settlement = self._settled(held, item)
                if entry.settlement is not None:
                    held.now.add(item, entry.settlement)
            else:
                held.now.open_epoch(item.bucket, item.path, item.epoch)
            held.overlay.append(entry)
            if len(held.overlay) > _MOST_OVERLAID:
                del held.overlay[: _MOST_OVERLAID // 2]

    def acknowledged(self, goal_id: str) -> list[Entry]:
        """Return the overlaid entries that any copy read from now on holds."""
        with self._lock:
            return [entry for entry in self._goals[goal_id].overlay if entry.is_acknowledged]

    def replace(self, goal_id: str, copy: GoalEvidence | None, held_in_it: Sequence[Entry]) -> None:
        """Take a new copy of a goal, as it was read from the store.

        Args:
            goal_id: The goal.
            copy: What was read; None: the store still has what it had.
            held_in_it: What ``acknowledged`` returned before it was read.
        """
        gone = set(map(id, held_in_it))
        with self._lock:
            held = self._goals[goal_id]
            held.read_s = self._clock()
            held.is_trusted = True
            if copy is None and not gone:
                return
            if copy is not None:
                # A store that came back empty knows no half-life; it is to be told this one.
                is_unknown = copy.half_life is None and not copy.buckets
                half_life = self.half_life(goal_id) if is_unknown else copy.half_life
                held.base = GoalEvidence(half_life, copy.version) if is_unknown else copy
            held.overlay = [entry for entry in held.overlay if id(entry) not in gone]
            fresh, overlay = held.base.copy(), list(held.overlay)
        # After a long outage these are many, and decisions must not wait for the lock meanwhile.
        _overlay(fresh, overlay)
        laid = set(map(id, overlay))
        with self._lock:
            _overlay(fresh, [entry for entry in held.overlay if id(entry) not in laid])
            _carry_versions(held.now, fresh)
            held.now = fresh

    def restore(self, goal_id: str, copy: GoalEvidence) -> None:
        """Start from a copy that was kept in a file, unless the store has been read already."""
        with self._lock:
            held = self._goals[goal_id]
            if held.read_s is None and not held.now.changes:
                held.now = copy

    def base(self, goal_id: str) -> GoalEvidence:
        """Return the last copy as it was read."""
        return self._goals[goal_id].base

    def version(self, goal_id: str, bucket: str) -> int:
        """Return a number of the bucket's state; see ``LocalEvidence.version``."""
        self._on_read(goal_id)
        held = self._goals.get(goal_id)
        seen = held.now.buckets.get(bucket) if held else None
        return held.now.bucket_version(seen, self._now_ms()) if held and seen else 0

    def bucket(self, goal_id: str, bucket: str) -> BucketEvidence:
        """Return the evidence of one bucket; see ``LocalEvidence.bucket``."""
        with self._lock:
            held = self._goals.get(goal_id)
            seen = held.now.buckets.get(bucket) if held else None
            if held is None or seen is None:
                return BucketEvidence(0, {}, {})
            return held.now.read(seen, self._now_ms())

    def goal_version(self, goal_id: str) -> int:
        """Return a number of the goal's state; see ``LocalEvidence.goal_version``."""
        held = self._goals.get(goal_id)
        return held.now.goal_version(self._now_ms()) if held else 0

    def snapshot(self, goal_id: str) -> Mapping[str, BucketEvidence]:
        """Return the evidence of every bucket; see ``LocalEvidence.snapshot``."""
        with self._lock:
            held = self._goals.get(goal_id)
            return {} if held is None else held.now.snapshot(self._now_ms())

    def evidence(self, goal_id: str) -> Mapping[ArmKey, Evidence]:
        """Return all evidence of a goal; see ``LocalEvidence.evidence``."""
        with self._lock:
            held = self._goals.get(goal_id)
            return {} if held is None else held.now.evidence(self._now_ms())

    def before_fork(self) -> None:
        """Wait until no goal is being changed."""
        self._lock.acquire()

    def after_fork(self) -> None:
        """Go on; a child keeps what is laid over until it reads the store itself."""
        self._lock.release()

    def forget_overlay(self) -> None:
        """In a forked child: the parent's entries are on their way, and are read back."""
        for held in self._goals.values():
            for entry in held.overlay:
                entry.is_acknowledged = True

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _settled(self, held: _Held, record: Record) -> Settlement | None:
        """Return what a record changes, as far as this process can know."""
        attempt = (record.nonce, record.attempt)
        before = held.counted.get(attempt)
        if before is None and (record.revision or 0) > 1:
            return None  # what it corrects was counted elsewhere, or long ago
        decided_ms = min(record.decided_at_ms, self._now_ms())
        settlement = settle(before, record, held.now.fading.tick(decided_ms, record.count))
        held.counted[attempt] = settlement.counted
        if len(held.counted) > _MOST_COUNTED:
            held.counted.popitem(last=False)
        return settlement


def _overlay(evidence: GoalEvidence, entries: Sequence[Entry]) -> None:
    """Add what entries change."""
    for entry in entries:
        if isinstance(entry.item, Opening):
            evidence.open_epoch(entry.item.bucket, entry.item.path, entry.item.epoch)
        elif entry.settlement is not None:
            evidence.add(entry.item, entry.settlement)


def _carry_versions(before: GoalEvidence, after: GoalEvidence) -> None:
    """Let versions go on from those before: higher where something differs, else the same."""
    has_changed = False
    for name, bucket in after.buckets.items():
        known = before.buckets.get(name)
        if known is None:
            bucket.changes = 1
            has_changed = True
        elif (bucket.arms, bucket.epochs, bucket.count) == (known.arms, known.epochs, known.count):
            bucket.changes = known.changes
        else:
            bucket.changes = known.changes + 1
            has_changed = True
    after.changes = before.changes + has_changed
