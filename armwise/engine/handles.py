"""What an operator can do to a goal while it is at work, in effect with the next decision."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any

from armwise.engine.beliefs import Beliefs
from armwise.engine.changes import Changes
from armwise.engine.context import Context
from armwise.engine.cooling import Cooling
from armwise.engine.costs import PathPrices
from armwise.engine.counting import counted_now
from armwise.engine.eligibility import Eligibility, Kind, Restriction, Scope, end_of
from armwise.engine.evals import ArmName, read_evals
from armwise.engine.naming import task_type_of
from armwise.engine.path import Path
from armwise.engine.reporting import WAIT_S
from armwise.engine.roster import Roster
from armwise.engine.state import export_goal, import_goal
from armwise.engine.warm_start import (
    WarmStart,
    check_worth,
    effective,
    nonce_of,
    representatives,
    summary,
)
from armwise.errors import ConfigurationError
from armwise.events import Event, PriceUnknown
from armwise.storage import ArmKey, Record, ReportStatus, is_book

if TYPE_CHECKING:
    from armwise.engine.opening import LocalStore

_log = logging.getLogger("armwise.engine")

Until = timedelta | datetime | None


class Handles:
    """Pins, bans, paths that come and go, arms that begin anew, and warm starts of one goal.

    All of it may be done from any thread, while others decide.

    Args:
        goal_id: The goal, for messages.
        stored_goal: The goal's name in the store.
        store: Where evidence lives.
        roster: The paths.
        eligibility: Pins and bans.
        beliefs: Told of changed paths.
        prices: Told of new paths.
        changes: Told of arms that begin anew; None if nobody watches for changes.
        context: Finds the buckets of evaluations.
        decided: Returns buckets in which this process has decided.
        default_path: The path that is served instead of the choice, None in "apply".
        clock: Seconds since 1970.
        emit: Takes events.
    """

    def __init__(
        self,
        goal_id: str,
        stored_goal: str,
        *,
        store: "LocalStore",
        roster: Roster,
        eligibility: Eligibility,
        cooling: Cooling,
        beliefs: Beliefs,
        prices: PathPrices,
        changes: Changes | None,
        context: Context,
        decided: Callable[[], set[str]],
        default_path: Path | None,
        clock: Callable[[], float],
        emit: Callable[[Event], None],
    ) -> None:
        self._goal_id = goal_id
        self._stored_goal = stored_goal
        self._store = store
        self._roster = roster
        self._eligibility = eligibility
        self._cooling = cooling
        self._beliefs = beliefs
        self._prices = prices
        self._changes = changes
        self._context = context
        self._decided = decided
        self._default_path = default_path
        self._clock = clock
        self._emit = emit
        self._seeded: dict[ArmName, int] = {}
        self._seeded_files: dict[bytes, int] = {}

    def pin(self, path: str, scope: Scope, until: Until) -> None:
        """Send all requests of a scope to one path; see ``Router.pin``."""
        self._restrict(Kind.PINNED, path, scope, until)

    def ban(self, path: str, scope: Scope, until: Until) -> None:
        """Keep a path from all requests of a scope; see ``Router.ban``."""
        self._restrict(Kind.BANNED, path, scope, until)

    def unpin(self, path: str | None, scope: Scope) -> bool:
        """End a pin; see ``Router.unpin``."""
        if path is not None:
            self._roster.named(path)
        return self._eligibility.unpin(scope, path, self._clock())

    def unban(self, path: str, scope: Scope) -> bool:
        """End a ban; see ``Router.unban``."""
        self._roster.named(path)
        return self._eligibility.unban(path, scope, self._clock())

    def restrictions(self) -> tuple[Restriction, ...]:
        """Return the pins and bans in force."""
        return self._eligibility.in_force(self._clock())

    def add_path(self, path: str | Mapping[str, Any] | Path) -> Path:
        """Add a path; see ``Router.add_path``."""
        with self._roster.lock:
            added = self._roster.parsed(path)
            self._prices.add(added)  # its price and its model are known before it is chosen
            self._roster.add(added)
            self._beliefs.set_paths(self._roster.paths)
        if added.name in self._prices.unknown:
            self._emit(PriceUnknown(self._goal_id, added.name, added.model))
        _log.info("goal %s: path %s was added", self._goal_id, added.name)
        return added

    def remove_path(self, name: str) -> None:
        """Remove a path; see ``Router.remove_path``."""
        with self._roster.lock:
            self._roster.named(name)
            self._refuse_default(name, "removed")
            if len(self._roster.paths) == 1:
                raise ConfigurationError(
                    f"path {name!r} is the last one. Add another path before you remove it."
                )
            self._roster.remove(name)
            self._eligibility.forget(name)
            self._cooling.forget(name)
            self._beliefs.set_paths(self._roster.paths)
        _log.info("goal %s: path %s was removed", self._goal_id, name)

    def reset(self, scope: Scope, path: str | None) -> int:
        """Begin arms anew; return how many. See ``Router.reset``."""
        evidence = self._store.evidence(self._stored_goal)
        buckets = self._buckets(evidence)
        self._check_scope(scope, buckets)
        if scope.task_type is not None and not any(map(scope.holds, buckets)):
            known = sorted({task_type_of(bucket) for bucket in buckets})
            raise ConfigurationError(f"task_type {scope.task_type!r} is not known. {_known(known)}")
        names = {*self._roster.names, *(key.path for key in evidence)}
        if path is not None:
            if path not in names:
                self._roster.named(path)  # raises, and lists the names
            names = {path}
        begun = 0
        for bucket in filter(scope.holds, sorted(buckets)):
            epochs = self._store.bucket(self._stored_goal, bucket).epochs
            for name in sorted(names):
                epoch = epochs.get(name, 0) + 1
                self._store.open_epoch(self._stored_goal, bucket, name, epoch)
                if self._changes is not None:
                    self._changes.begin(bucket, name, epoch)
                begun += 1
        _log.info("goal %s: %s arms %s begin anew", self._goal_id, begun, scope)
        return begun

    def warm_start(self, file: str | PathLike[str], trust: float, most: int) -> WarmStart:
        """Count offline evaluations as a few outcomes; see ``Router.warm_start``."""
        check_worth(trust, most)
        evals = read_evals(file, self._roster.paths, self._bucket_of)
        with self._roster.lock:
            is_repeated = evals.digest in self._seeded_files
            counted: dict[ArmName, int] = {}
            if not is_repeated:
                for arm, seen in evals.arms.items():
                    costed = effective(seen.costed, trust, most)
                    if seen.mean_cost_usd is not None and costed:
                        self._prices.seed(*arm, seen.mean_cost_usd, costed)
                    number = effective(seen.number, trust, most - self._seeded.get(arm, 0))
                    scores = representatives(seen.scores, number) if number else []
                    counted[arm] = self._seed(evals.digest, arm, scores)
                    self._seeded[arm] = self._seeded.get(arm, 0) + number
                self._seeded_files[evals.digest] = len(counted)
                self._beliefs.set_paths(self._roster.paths)  # for the costs
        return summary(file, evals, counted, is_repeated=is_repeated)

    def export_state(self, file: str | PathLike[str]) -> None:
        """Write the goal's evidence to a file; see ``Router.export_state``."""
        export_goal(self._store, self._stored_goal, file)

    def import_state(self, file: str | PathLike[str], *, merge: bool) -> bool:
        """Take over evidence from a file; see ``Router.import_state``."""
        is_added = import_goal(self._store, self._stored_goal, file, merge=merge)
        with self._roster.lock:
            self._beliefs.set_paths(self._roster.paths)  # what buckets borrow is fitted anew
        return is_added

    def _seed(self, digest: bytes, arm: ArmName, scores: list[int]) -> int:
        """Count scores as outcomes of an arm; return how many were not counted before."""
        bucket, path = arm
        held = self._store.bucket(self._stored_goal, bucket)
        records = [
            Record(
                arm=ArmKey(bucket, path, epoch=held.epochs.get(path, 0)),
                nonce=nonce_of(digest, arm, number),
                attempt=0,
                decided_at_ms=int(self._clock() * 1000),
                revision=0,
                score=score,
                count=held.count,
                is_seed=True,
            )
            for number, score in enumerate(scores)
        ]
        answers = counted_now(self._store, self._stored_goal, records, WAIT_S)
        new = (ReportStatus.APPLIED, ReportStatus.QUEUED)
        return sum(answer in new for answer in answers)

    def _bucket_of(self, task_type: str, prompt: str, level: str | None) -> str:
        ask = [{"role": "user", "content": prompt}]
        bucket, assessment = self._context.bucket(ask, task_type, {})
        return bucket if level is None else bucket.removesuffix(assessment.level) + level

    def _restrict(self, kind: Kind, path: str, scope: Scope, until: Until) -> None:
        self._roster.named(path)
        self._check_scope(scope)
        now_s = self._clock()
        restriction = Restriction(kind, path, scope, end_of(until, now_s))
        if kind is Kind.PINNED:
            self._eligibility.pin(restriction, now_s)
        else:
            self._refuse_default(path, "banned")
            self._eligibility.ban(restriction, self._roster.names, now_s)
        _log.info("goal %s: %s", self._goal_id, restriction)

    def _refuse_default(self, path: str, what: str) -> None:
        if self._default_path is not None and path == self._default_path.name:
            raise ConfigurationError(
                f"path {path!r} cannot be {what}: it is the default_path of this Router's mode."
            )

    def _check_scope(self, scope: Scope, buckets: set[str] | None = None) -> None:
        """Refuse a bucket that nobody has seen; a task type may be named before its first use."""
        if scope.bucket is None:
            return
        known = buckets or self._buckets(self._store.evidence(self._stored_goal))
        if scope.bucket not in known:
            raise ConfigurationError(
                f"bucket {scope.bucket!r} is not known. {_known(sorted(known))} A bucket is known "
                "from its first request on; before that, give task_type= instead."
            )

    def _buckets(self, evidence: Mapping[ArmKey, object]) -> set[str]:
        seen = {key.bucket for key in evidence if not is_book(key.bucket)}
        return seen | self._decided()


def _known(names: list[str]) -> str:
    return f"Known: {', '.join(map(repr, names))}." if names else "None is known yet."
