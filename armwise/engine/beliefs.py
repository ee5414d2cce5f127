"""The current beliefs of every bucket, ready to be sampled.

A belief is recomputed only after its bucket's evidence has changed, which a version number tells;
a decision in a bucket where nothing happened costs one comparison.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

from armwise.bandit import Arms, Belief, Beta, Evidence, Sampler
from armwise.engine.costs import PathPrices, path_evidence
from armwise.engine.path import Path
from armwise.errors import InvalidBeliefError
from armwise.storage import ArmKey, BucketEvidence, LocalEvidence
from armwise.storage.forking import register

if TYPE_CHECKING:
    from numpy.random import Generator

_log = logging.getLogger("armwise.engine")


@dataclass(frozen=True, slots=True)
class BucketBeliefs:
    """The beliefs of one bucket at one moment.

    Args:
        version: Version of the evidence that they were computed from.
        sampler: Draws from them.
        epochs: Epoch per path; a path that is missing is in epoch 0.
    """

    version: int
    sampler: Sampler
    epochs: Mapping[str, int]


class Beliefs:
    """Samplers per bucket of one goal, kept in step with the evidence.

    Args:
        goal_id: The goal.
        paths: The paths; each is one arm in every bucket.
        evidence: Where evidence is read from.
        prices: Expected costs.
        seed: Makes the draws of every bucket repeatable; None draws from fresh entropy.
    """

    def __init__(
        self,
        goal_id: str,
        paths: Sequence[Path],
        evidence: LocalEvidence,
        prices: PathPrices,
        seed: int | None,
    ) -> None:
        self._goal_id = goal_id
        self._paths = paths
        self._priors = {path.name: path.prior for path in paths}
        self._evidence = evidence
        self._prices = prices
        self._seed = seed
        self._held: dict[str, BucketBeliefs] = {}
        self._lock = threading.Lock()
        self._has_warned = False
        register(self)

    def of(self, bucket: str) -> BucketBeliefs:
        """Return the present beliefs of a bucket; of a store that fails, the last known ones."""
        held = self._held.get(bucket)
        try:
            if held is not None and held.version == self._evidence.version(self._goal_id, bucket):
                return held
            return self._refreshed(bucket)
        except Exception as error:  # noqa: BLE001 - a dead store costs learning, not a request
            self._warn(error)
            return held or self._refreshed(bucket, BucketEvidence(-1, {}, {}))

    def _warn(self, error: Exception) -> None:
        if not self._has_warned:
            self._has_warned = True
            _log.warning(
                "the store could not be read (%s); deciding by what is known", type(error).__name__
            )

    def belief(self, key: ArmKey, evidence: Evidence | None) -> Belief:
        """Return one arm's belief; damaged evidence is set aside, loudly, never passed on."""
        prior = self._priors.get(key.path, Beta(1.0, 1.0))
        if evidence is None:
            return prior
        try:
            return evidence.posterior(prior)
        except InvalidBeliefError:
            _log.exception("evidence of %s cannot be right; deciding by the prior", key)
            return prior

    def before_fork(self) -> None:
        """Wait until no bucket is being refreshed."""
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Drop prefetched draws and the generators in the child: siblings must not share them."""
        if in_child:
            self._held = {}
            self._seed = None
        self._lock.release()

    def _refreshed(self, bucket: str, seen: BucketEvidence | None = None) -> BucketBeliefs:
        with self._lock:
            seen = seen or self._evidence.bucket(self._goal_id, bucket)
            held = self._held.get(bucket)
            if held is not None and held.version == seen.version:
                return held
            arms = self._arms(bucket, seen)
            sampler = held.sampler.evolved(arms) if held else Sampler(arms, self._rng(bucket))
            refreshed = BucketBeliefs(seen.version, sampler, seen.epochs)
            self._held[bucket] = refreshed
            return refreshed

    def _arms(self, bucket: str, seen: BucketEvidence) -> Arms:
        arms: list[tuple[str, Belief, float | None]] = []
        for path in self._paths:
            key = ArmKey(bucket, path.name, epoch=seen.epochs.get(path.name, 0))
            # What a call costs has not changed with the quality of its answer.
            all_seen = path_evidence(seen.arms, bucket, path.name)
            cost_usd = self._prices.expected_usd(path.name, all_seen)
            arms.append((path.name, self.belief(key, seen.arms.get(key)), cost_usd))
        return Arms.of(arms)

    def _rng(self, bucket: str) -> "Generator":
        from numpy.random import default_rng

        if self._seed is None:
            return default_rng()
        # The bucket is mixed in, so that draws do not depend on which bucket came first.
        return default_rng([self._seed, crc32(bucket.encode())])
