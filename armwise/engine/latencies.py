"""How long a path's answers take, from what was measured of all its answers."""

from armwise.bandit import Evidence
from armwise.engine.costs import path_evidence
from armwise.storage import LocalEvidence, is_book

_ENOUGH = 3
"""Answers of one bucket from which on its own mean is taken: a guess."""


class Latencies:
    """Mean latencies of one goal.

    Args:
        stored_goal: The goal's name in the store.
        store: Where measured latencies are read from.
    """

    def __init__(self, stored_goal: str, store: LocalEvidence) -> None:
        self._goal = stored_goal
        self._store = store

    def mean_s(self, bucket: str, path: str) -> float | None:
        """Return the mean latency of a path's answers, in seconds.

        Of the bucket; where few were measured there, of the goal; where the path has never
        answered, that of the slowest path; None if nothing was measured or can be read.
        """
        try:
            buckets = self._store.snapshot(self._goal)
        except Exception:  # noqa: BLE001 - a store that cannot be read costs the figure
            return None
        if bucket in buckets:
            here = path_evidence(buckets[bucket].arms, bucket, path)
            if here.timed >= _ENOUGH:
                return here.mean_latency_s
        paths: dict[str, Evidence] = {}
        for name, seen in buckets.items():
            if not is_book(name):
                for key, arm in seen.arms.items():
                    paths[key.path] = paths.get(key.path, Evidence()) + arm
        if path in paths and paths[path].timed:
            return paths[path].mean_latency_s
        return max((seen.mean_latency_s or 0.0 for seen in paths.values()), default=0.0) or None
