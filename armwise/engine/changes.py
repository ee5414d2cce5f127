"""Watches the outcomes of every arm for a break in its success rate."""

import threading

from armwise.bandit import ChangeDetector
from armwise.events import EpochOpened
from armwise.storage import ArmKey


class Changes:
    """Change detectors of one goal, one per arm and epoch, fed by this process's own outcomes.

    Args:
        goal_id: The goal.
    """

    def __init__(self, goal_id: str) -> None:
        self._goal_id = goal_id
        self._detectors: dict[ArmKey, ChangeDetector] = {}
        self._opened: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def observe(self, arm: ArmKey, reward: float) -> EpochOpened | None:
        """Take one outcome; return the epoch to open if the arm's rate has broken.

        Outcomes of requests that were decided in an earlier epoch are late news of it and change
        nothing.
        """
        with self._lock:
            if arm.epoch < self._opened.get((arm.bucket, arm.path), 0):
                return None
            before = self._detectors.get(arm, ChangeDetector())
            after = before.observe(reward)
            if not after.has_changed:
                self._detectors[arm] = after
                return None
            self._detectors.pop(arm, None)
            self._opened[arm.bucket, arm.path] = arm.epoch + 1
        return EpochOpened(
            self._goal_id,
            arm.bucket,
            arm.path,
            arm.epoch + 1,
            "fell",
            before.successes / before.outcomes,
        )

    def begin(self, bucket: str, path: str, epoch: int) -> None:
        """Take notice of an epoch that others opened: outcomes of earlier ones are late news."""
        with self._lock:
            known = self._opened.get((bucket, path), 0)
            self._opened[bucket, path] = max(known, epoch)
            for arm in [arm for arm in self._detectors if arm[:2] == (bucket, path)]:
                if arm.epoch < epoch:
                    del self._detectors[arm]

    def before_fork(self) -> None:
        """Wait until no detector is being changed."""
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on watching; the child starts from what its parent had seen."""
        self._lock.release()
