"""What a decision reads of a shared store: the local copy, and nothing over a wire."""

from collections.abc import Mapping

from armwise.bandit import Evidence
from armwise.engine.shared.view import View
from armwise.storage import ArmKey, BucketEvidence


class Viewed:
    """The ``LocalEvidence`` of whoever has a view."""

    _view: View

    def version(self, goal_id: str, bucket: str) -> int:
        """Return a number of the bucket's state; see ``LocalEvidence.version``."""
        return self._view.version(goal_id, bucket)

    def bucket(self, goal_id: str, bucket: str) -> BucketEvidence:
        """Return the evidence of one bucket; see ``LocalEvidence.bucket``."""
        return self._view.bucket(goal_id, bucket)

    def goal_version(self, goal_id: str) -> int:
        """Return a number of the goal's state; see ``LocalEvidence.goal_version``."""
        return self._view.goal_version(goal_id)

    def snapshot(self, goal_id: str) -> Mapping[str, BucketEvidence]:
        """Return the evidence of every bucket; see ``LocalEvidence.snapshot``."""
        return self._view.snapshot(goal_id)

    def evidence(self, goal_id: str) -> Mapping[ArmKey, Evidence]:
        """Return all evidence of a goal; see ``LocalEvidence.evidence``."""
        return self._view.evidence(goal_id)
