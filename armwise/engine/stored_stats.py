"""What a store alone tells of a goal: no Router is asked, so its priors are not known."""

from collections.abc import Mapping
from dataclasses import dataclass

from armwise.bandit import Belief, Beta, Evidence, counted
from armwise.bandit.decay import HalfLife
from armwise.engine.report_rates import ReportRate, report_rates
from armwise.engine.stats import ArmStats, arm_stats
from armwise.storage import ArmKey, GoalEvidence, is_book


@dataclass(frozen=True, slots=True)
class StoredStats:
    """Beliefs and counts of one goal.

    Args:
        goal_id: The goal.
        half_life: By which it fades.
        buckets: Per bucket, per path. Beliefs are those of the prior Beta(1, 1): a Router decides
            by the priors of its own paths, and borrows between buckets.
        report_rates: Per path, over all its buckets; see ``Stats``.
        attempts: Recorded attempts of all time.
        priced: How many of them have a measured cost.
        spent_usd: Sum of the measured costs, in US dollars.
    """

    goal_id: str
    half_life: HalfLife
    buckets: Mapping[str, Mapping[str, ArmStats]]
    report_rates: Mapping[str, ReportRate]
    attempts: int
    priced: int
    spent_usd: float


def stored_stats(goal_id: str, held: GoalEvidence, now_ms: int) -> StoredStats:
    """Return the stats of a goal.

    Args:
        goal_id: Its name.
        held: Its evidence, as a store returns it.
        now_ms: Now, milliseconds since 1970: what is older weighs less.
    """
    evidence = {key: seen for key, seen in held.evidence(now_ms).items() if not is_book(key.bucket)}
    buckets = sorted(name for name in held.buckets if not is_book(name))
    total = sum(evidence.values(), Evidence())
    return StoredStats(
        goal_id=goal_id,
        half_life=held.half_life,
        buckets={name: _bucket(name, held, evidence) for name in buckets},
        report_rates=report_rates(evidence),
        attempts=total.attempts,
        priced=total.costed,
        spent_usd=total.cost_nanousd / 1e9,
    )


def arm_now(key: ArmKey, held: GoalEvidence, now_ms: int) -> ArmStats:
    """Return the stats of one arm, in the epoch that its key names."""
    evidence = held.evidence(now_ms)
    attempts = sum(seen.attempts for each, seen in evidence.items() if each.bucket == key.bucket)
    return arm_stats(key, evidence, _believed, attempts)


def _bucket(
    name: str, held: GoalEvidence, evidence: Mapping[ArmKey, Evidence]
) -> dict[str, ArmStats]:
    bucket = held.buckets[name]
    attempts = sum(seen.attempts for key, seen in evidence.items() if key.bucket == name)
    paths = sorted({*bucket.epochs, *(key.path for key in bucket.arms)})
    return {
        path: arm_stats(
            ArmKey(name, path, epoch=bucket.epochs.get(path, 0)), evidence, _believed, attempts
        )
        for path in paths
    }


def _believed(_: ArmKey, seen: Evidence) -> Belief:
    return Beta(1.0, 1.0).observe(*counted(seen))
