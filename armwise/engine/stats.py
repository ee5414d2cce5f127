"""What is believed and what was seen, per bucket and path, for people to read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from armwise.bandit import UNIT, Belief, Evidence
from armwise.engine.beliefs import Beliefs
from armwise.engine.costs import path_evidence
from armwise.engine.path import Path
from armwise.engine.report_rates import ReportRate, report_rate, report_rates
from armwise.engine.rollout import RolloutStats
from armwise.engine.shared import StoreHealth
from armwise.engine.tally import Counters, EscalationStats, JudgeStats, Tally
from armwise.storage import ArmKey


@dataclass(frozen=True, slots=True)
class ArmStats:
    """One path in one bucket.

    Args:
        mean: Believed success rate, prior included.
        low: Lower end of the 90 % credible interval.
        high: Upper end of it.
        successes: Successes that were reported or checked, in the present epoch, as they weigh now:
            the older, the less (``half_life``).
        failures: Failures, likewise.
        attempts: Recorded attempts, provider errors included.
        faults: Attempts that ended in a provider's error.
        share: Share of the bucket's attempts that went to this path, 0..1.
        mean_cost_usd: Mean measured cost of an attempt, None if none was measured.
        mean_latency_s: Mean latency of an attempt, None if none was measured.
        epoch: How many times the path was begun anew: its success rate was found broken, or an
            operator reset it.
        report_rate: Share of the answers that have an outcome, 0..1; see ``Stats.report_rates``.
            None without any answer.
    """

    mean: float
    low: float
    high: float
    successes: float
    failures: float
    attempts: int
    faults: int
    share: float
    mean_cost_usd: float | None
    mean_latency_s: float | None
    epoch: int
    report_rate: float | None


@dataclass(frozen=True, slots=True)
class Stats:
    """Beliefs and counts of one goal.

    Args:
        goal_id: The goal.
        buckets: Per bucket, per path.
        counters: Counts of this process.
        report_rates: Per path, over all its buckets: how many recorded attempts did not end in a
            provider's error, and how many of these have an outcome from a check, a report or a
            timeout. Outcomes still on their way count as missing; requests of ``decide`` count
            from their first report on. Offline evaluations are in neither number.
        failed_checks: How many answers of this process failed, per check of ``success_when``, the
            most frequent first. The check that ended the list counts; graded scores above 0 do not.
        judges: What each judge of this process did and cost, by the name of its check. Judges'
            costs are in no path's.
        escalation: How requests ended that could be tried again; None if there were none.
        store: How a shared store is doing, as this process sees it; None for the memory store.
        rollout: How the rollout stands, as this process sees it; None in mode "apply".
        availability: Per path, how likely a call is answered now, 0..1, by this process's calls of
            the last minutes; .5 where there were none. Quality is another matter.
        cooling: Why a path is passed over after an outage, per path that is.
    """

    goal_id: str
    buckets: Mapping[str, Mapping[str, ArmStats]]
    counters: Counters
    report_rates: Mapping[str, ReportRate]
    failed_checks: Mapping[str, int]
    judges: Mapping[str, JudgeStats]
    escalation: EscalationStats | None = None
    store: StoreHealth | None = None
    rollout: RolloutStats | None = None
    availability: Mapping[str, float] = field(default_factory=dict)
    cooling: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"goal {self.goal_id!r}: {self.counters.decisions} decisions"]
        for bucket, arms in self.buckets.items():
            lines.append(bucket)
            width = max(len(name) for name in arms)
            lines += [
                f"  {name:<{width}}  {arm.mean:.3f} [{arm.low:.3f}, {arm.high:.3f}]  "
                f"{arm.share:4.0%} of {sum(other.attempts for other in arms.values())} attempts"
                for name, arm in arms.items()
            ]
        judged = [
            f"{name} {rate.share:.0%} of {rate.answered}"
            for name, rate in self.report_rates.items()
            if rate.share is not None
        ]
        if judged:
            lines.append(f"answers with an outcome: {', '.join(judged)}")
        if self.failed_checks:
            counts = (f"{name} {count}" for name, count in self.failed_checks.items())
            lines.append(f"answers that failed a check: {', '.join(counts)}")
        lines += [
            f"{name}: asked {judge.calls} times, {judge.unknown} without a grade, "
            f"${judge.cost_usd:.6f}" + (f" and {judge.uncosted} unknown" if judge.uncosted else "")
            for name, judge in self.judges.items()
        ]
        if self.escalation is not None:
            climbed = self.escalation
            lines.append(
                f"{climbed.requests} requests took {climbed.attempts} answers: {climbed.passed} "
                f"passed, {climbed.given_up} were given up"
            )
        if self.rollout is not None:
            lines.append(str(self.rollout))
        lines += [f"{name} is passed over: {reason}" for name, reason in self.cooling.items()]
        if self.store is not None:
            lines.append(str(self.store))
        return "\n".join(lines)


def collect_stats(
    goal_id: str,
    evidence: Mapping[ArmKey, Evidence],
    paths: Sequence[Path],
    beliefs: Beliefs,
    tally: Tally,
    *,
    health: StoreHealth | None = None,
) -> Stats:
    """Return the stats of a goal from its evidence."""
    buckets: dict[str, dict[str, ArmStats]] = {}
    for bucket in sorted({key.bucket for key in evidence}):
        attempts = sum(seen.attempts for key, seen in evidence.items() if key.bucket == bucket)
        epochs = beliefs.of(bucket).epochs
        names = [path.name for path in paths]
        names += sorted({key.path for key in evidence if key.bucket == bucket} - set(names))
        buckets[bucket] = {
            name: arm_stats(
                ArmKey(bucket, name, epoch=epochs.get(name, 0)), evidence, beliefs.belief, attempts
            )
            for name in names
        }
    return Stats(
        goal_id,
        buckets,
        tally.counters(),
        report_rates(evidence),
        tally.failed_checks,
        tally.judges,
        tally.escalation,
        health,
    )


def arm_stats(
    key: ArmKey,
    evidence: Mapping[ArmKey, Evidence],
    believed: Callable[[ArmKey, Evidence], Belief],
    bucket_attempts: int,
) -> ArmStats:
    """Return the stats of one path in one bucket.

    Args:
        key: The arm in its present epoch.
        evidence: All evidence of the goal.
        believed: Makes a belief of an arm's evidence.
        bucket_attempts: Attempts of the bucket on all paths.
    """
    now = evidence.get(key, Evidence())
    seen = path_evidence(evidence, key.bucket, key.path)
    belief = believed(key, now)
    low, high = belief.interval(0.9)
    return ArmStats(
        mean=belief.mean,
        low=low,
        high=high,
        successes=now.successes / UNIT,
        failures=now.failures / UNIT,
        attempts=seen.attempts,
        faults=seen.faults,
        share=seen.attempts / bucket_attempts if bucket_attempts else 0.0,
        mean_cost_usd=seen.mean_cost_usd,
        mean_latency_s=seen.mean_latency_s,
        epoch=key.epoch,
        report_rate=report_rate(seen).share,
    )
