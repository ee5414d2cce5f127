"""The current beliefs of every bucket, ready to be sampled.

A belief is recomputed only after its bucket's evidence has changed, which a version number tells;
a decision in a bucket where nothing happened costs two comparisons. What buckets borrow from each
other is fitted anew now and then, on the snapshot of a whole goal.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zlib import crc32

from armwise.bandit import Arms, Belief, Beta, Evidence, Sampler, counted
from armwise.bandit.evidence import MOST_FAILURES
from armwise.bandit.models import BeliefModel, Cell, Fit, has_faded, is_stale, matured
from armwise.engine.costs import PathPrices, path_evidence
from armwise.engine.path import Path
from armwise.errors import InvalidBeliefError
from armwise.storage import ArmKey, BucketEvidence, LocalEvidence, is_book
from armwise.storage.forking import register

if TYPE_CHECKING:
    from numpy.random import Generator

_log = logging.getLogger("armwise.engine")

_STALE = -2
"""The version of no evidence: beliefs under it are refreshed."""


@dataclass(frozen=True, slots=True)
class BucketBeliefs:
    """The beliefs of one bucket at one moment.

    Args:
        version: Version of the evidence that they were computed from.
        sampler: Draws from them.
        epochs: Epoch per path; a path that is missing is in epoch 0.
        count: How many outcomes the bucket had seen.
        view: What they borrow from the rest of the goal.
        after_failures: Per number of earlier failures in the request, from 0, one belief per arm;
            one row where requests are not tried again.
        measured: What was measured of each path in the bucket, whatever its epoch.
    """

    version: int
    sampler: Sampler
    epochs: Mapping[str, int]
    count: int
    view: "_View"
    after_failures: tuple[tuple[Belief, ...], ...] = ()
    measured: Mapping[str, Evidence] = field(default_factory=dict[str, Evidence])


@dataclass(frozen=True, slots=True)
class _View:
    """A goal as a whole, as it was when it was last looked at.

    Args:
        fit: The model, fitted to all buckets.
        counts: What it was fitted to.
        costs: Evidence per path over all buckets, for what a path costs anywhere.
        scale: How much dearer the goal's requests are than typical ones.
        outcomes: How many outcomes the fit rests on.
        epochs: Epochs per bucket.
    """

    fit: Fit
    counts: Mapping[Cell, tuple[float, float]]
    costs: Mapping[str, Evidence]
    scale: float
    outcomes: float
    epochs: Mapping[str, Mapping[str, int]]


class Beliefs:
    """Samplers per bucket of one goal, kept in step with the evidence.

    Args:
        goal_id: The goal.
        paths: The paths; each is one arm in every bucket.
        evidence: Where evidence is read from.
        prices: Expected costs.
        model: Makes beliefs of evidence.
        seed: Makes the draws of every bucket repeatable; None draws from fresh entropy.
        attempts: Most attempts per request: beliefs are kept for as many numbers of earlier
            failures.
        is_followed: Somebody calls ``refit`` when evidence has come in, so that decisions need
            not look.
    """

    def __init__(
        self,
        goal_id: str,
        paths: Sequence[Path],
        evidence: LocalEvidence,
        prices: PathPrices,
        *,
        model: BeliefModel,
        seed: int | None,
        attempts: int = 1,
        is_followed: bool = False,
    ) -> None:
        self._goal_id = goal_id
        self._paths = paths
        self._priors = {path.name: path.prior for path in paths}
        self._evidence = evidence
        self._prices = prices
        self._model = model
        self._seed = seed
        self._held: dict[str, BucketBeliefs] = {}
        self._view = _View(model.fit({}, self._priors), {}, {}, 1.0, 0.0, {})
        self._unseen = 0.0
        self._is_followed = is_followed
        self._rows = min(attempts, MOST_FAILURES + 1)
        self._lock = threading.Lock()
        self._has_warned = False
        register(self)
        if is_followed:
            self._view = self._looked_around()

    def of(self, bucket: str) -> BucketBeliefs:
        """Return the present beliefs of a bucket; of a store that fails, the last known ones."""
        held = self._held.get(bucket)
        try:
            if (
                held is not None
                and held.view is self._view
                and held.version == self._evidence.version(self._goal_id, bucket)
            ):
                return held
            return self._refreshed(bucket)
        except Exception as error:  # noqa: BLE001 - a dead store costs learning, not a request
            self._warn(error)
            return held or self._refreshed(bucket, BucketEvidence(-1, {}, {}))

    def set_paths(self, paths: Sequence[Path]) -> None:
        """Decide among these paths from the next decision on; arms that stay keep their draws.

        Expected costs are looked up anew.
        """
        with self._lock:
            self._paths = paths
            self._priors |= {path.name: path.prior for path in paths}
            self._held = {bucket: self._reseated(held) for bucket, held in self._held.items()}
            self._unseen = float("inf")  # priors, or evaluations, that the fit does not know
        if self._is_followed:
            self._view = self._looked_around()

    def _reseated(self, held: BucketBeliefs) -> BucketBeliefs:
        """Return what is known of the present paths, to be refreshed at the next decision."""
        arms = held.sampler.arms
        known = dict(zip(arms.names, zip(arms.beliefs, arms.costs_usd, strict=True), strict=True))
        present: list[tuple[str, Belief, float | None]] = []
        for path in self._paths:
            if path.name in known:
                present.append((path.name, *known[path.name]))
            else:
                present.append((path.name, path.prior, self._prices.expected_usd(path.name)))
        arms = Arms.of(present)
        return BucketBeliefs(
            _STALE,
            held.sampler.evolved(arms),
            held.epochs,
            held.count,
            held.view,
            (arms.beliefs,) * self._rows,  # as after no failure, until the next decision
            held.measured,
        )

    def belief(self, key: ArmKey, evidence: Evidence | None) -> Belief:
        """Return one arm's belief; damaged evidence is set aside, loudly, never passed on."""
        won, lost = (0.0, 0.0) if evidence is None else counted(evidence)
        cell = _cell(key)
        try:
            return self._view.fit.belief(cell, won, lost)
        except InvalidBeliefError:
            _log.exception("evidence of %s cannot be right; deciding by the prior", key)
            return self._priors.get(key.path, Beta(1.0, 1.0))

    def before_fork(self) -> None:
        """Wait until no bucket is being refreshed."""
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Drop prefetched draws and the generators in the child: siblings must not share them."""
        if in_child:
            self._held = {}
            self._seed = None
        self._lock.release()

    def _warn(self, error: Exception) -> None:
        if not self._has_warned:
            self._has_warned = True
            _log.warning(
                "the store could not be read (%s); deciding by what is known", type(error).__name__
            )

    def _refreshed(self, bucket: str, seen: BucketEvidence | None = None) -> BucketBeliefs:
        with self._lock:
            seen = seen or self._evidence.bucket(self._goal_id, bucket)
            held = self._held.get(bucket)
            self._look_around(seen, held)
            if held is not None and held.version == seen.version and held.view is self._view:
                return held
            measured = {
                path.name: path_evidence(seen.arms, bucket, path.name) for path in self._paths
            }
            arms = self._arms(bucket, seen, measured)
            sampler = held.sampler.evolved(arms) if held else Sampler(arms, self._rng(bucket))
            rows = self._after_failures(bucket, seen, arms) if self._rows > 1 else ()
            refreshed = BucketBeliefs(
                seen.version,
                sampler,
                seen.epochs,
                seen.count,
                self._view,
                (arms.beliefs, *rows),
                measured,
            )
            self._held[bucket] = refreshed
            return refreshed

    def refit(self) -> None:
        """Look at the whole goal anew if enough was learned, or something was unlearned."""
        buckets = self._snapshot()
        outcomes = sum(bucket.count for bucket in buckets.values())
        unseen = outcomes - self._view.outcomes
        if (
            is_stale(self._view.outcomes, max(unseen, 1.0), len(self._view.counts))
            or unseen < 0
            or any(
                self._has_faded(seen) or seen.epochs != self._view.epochs.get(name, {})
                for name, seen in buckets.items()
            )
        ):
            self._view = self._looked_around(buckets)

    def _look_around(self, seen: BucketEvidence, held: BucketBeliefs | None) -> None:
        """Look at the whole goal anew if enough was learned, or something was unlearned."""
        if self._is_followed:
            return
        if held is None:
            self._unseen += seen.count
        elif held.version != seen.version:
            self._unseen += max(1, seen.count - held.count)
        if seen.version < 0:  # the store cannot be read
            return
        is_unlearned = held is not None and held.epochs != seen.epochs
        is_due = is_stale(self._view.outcomes, self._unseen, len(self._view.counts))
        if is_due or is_unlearned or self._has_faded(seen):
            self._view = self._looked_around()
            self._unseen = 0.0

    def _has_faded(self, seen: BucketEvidence) -> bool:
        """Return whether the fit rests on outcomes that the bucket no longer has."""
        counts = self._view.counts
        for key, arm in seen.arms.items():
            fitted = counts.get(_cell(key))
            if fitted is None or key.epoch != seen.epochs.get(key.path, 0):
                continue
            if has_faded(fitted, counted(arm)):
                return True
        return False

    def _looked_around(self, buckets: Mapping[str, BucketEvidence] | None = None) -> "_View":
        """Return a view of the whole goal as it is now."""
        buckets = self._snapshot() if buckets is None else buckets
        counts: dict[Cell, tuple[float, float]] = {}
        costs: dict[str, Evidence] = {}
        for bucket in buckets.values():
            for key, arm in bucket.arms.items():
                costs[key.path] = costs.get(key.path, _NOTHING) + arm
                if key.epoch == bucket.epochs.get(key.path, 0) and arm.outcomes > 0.0:
                    counts[_cell(key)] = counted(arm)
        outcomes = sum(bucket.count for bucket in buckets.values())
        try:
            fit = self._model.fit(counts, self._priors, self._view.fit)
        except Exception:  # noqa: BLE001 - a user's own model must not fail a request
            _log.exception("%s could not be fitted; deciding by the fit before", self._model.name)
            fit, counts = self._view.fit, dict(self._view.counts)
        epochs = {name: seen.epochs for name, seen in buckets.items() if seen.epochs}
        return _View(fit, counts, costs, self._prices.scale(costs), outcomes, epochs)

    def _snapshot(self) -> Mapping[str, BucketEvidence]:
        """Return the evidence of every bucket; books hold none about quality."""
        buckets = self._evidence.snapshot(self._goal_id)
        return {name: seen for name, seen in buckets.items() if not is_book(name)}

    def _arms(self, bucket: str, seen: BucketEvidence, measured: Mapping[str, Evidence]) -> Arms:
        arms: list[tuple[str, Belief, float | None]] = []
        noise = matured(self._model.noise, seen.count)
        for path in self._paths:
            key = ArmKey(bucket, path.name, epoch=seen.epochs.get(path.name, 0))
            # What a call costs has not changed with the quality of its answer.
            anywhere = self._view.costs.get(path.name, _NOTHING)
            cost_usd = self._prices.expected_usd(
                path.name, measured[path.name], bucket, anywhere, self._view.scale
            )
            belief = self.belief(key, seen.arms.get(key)).tempered(noise)
            arms.append((path.name, belief, cost_usd))
        return Arms.of(arms)

    def _after_failures(
        self, bucket: str, seen: BucketEvidence, arms: Arms
    ) -> list[tuple[Belief, ...]]:
        """Return what is believed of the arms after 1, 2, ... failures in the same request."""
        noise = matured(self._model.noise, seen.count)
        rows: list[tuple[Belief, ...]] = []
        for failures in range(1, self._rows):
            keys = [ArmKey(bucket, name, failures, seen.epochs.get(name, 0)) for name in arms.names]
            rows.append(tuple(self.belief(key, seen.arms.get(key)).tempered(noise) for key in keys))
        return rows

    def _rng(self, bucket: str) -> "Generator":
        from numpy.random import default_rng

        if self._seed is None:
            return default_rng()
        # The bucket is mixed in, so that draws do not depend on which bucket came first.
        return default_rng([self._seed, crc32(bucket.encode())])


_NOTHING = Evidence()


def _cell(key: ArmKey) -> Cell:
    task, _, level = key.bucket.rpartition("/")
    return Cell(task, level, key.path, key.earlier_failures)
