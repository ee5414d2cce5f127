"""A decision log as the doctor sees it: what was chosen lately, and what came of it."""

from collections.abc import Sequence

from armwise.engine import ArmStats, ReportRate
from armwise.engine.doctor import Picture, PricedArm, deviation_of
from armwise.offline.evaluate import LoggedRequest, RequestLog

_LATEST = 1_000
"""Latest requests of a bucket whose shares count as the present ones. A guess."""


def log_pictures(log: RequestLog) -> list[Picture]:
    """Return one picture per goal and tenant of a log, in the order of their first decisions."""
    goals: dict[tuple[str, str], list[LoggedRequest]] = {}
    for request in log.requests:
        decision = request.decision
        goals.setdefault((decision.namespace, decision.goal_id), []).append(request)
    return [_picture(goal_id, requests) for (_, goal_id), requests in goals.items()]


def _picture(goal_id: str, requests: Sequence[LoggedRequest]) -> Picture:
    buckets: dict[str, list[LoggedRequest]] = {}
    for request in requests:
        buckets.setdefault(request.decision.bucket, []).append(request)
    latest = requests[-1].decision
    unknown = [
        name
        for name, cost_usd in zip(latest.arms.names, latest.arms.costs_usd, strict=True)
        if cost_usd == float("inf")
    ]
    stats = {bucket: _stats(held) for bucket, held in sorted(buckets.items())}
    is_followed = latest.mode in ("apply", "canary")
    return Picture(
        goal_id,
        stats,
        {name: _rate(name, requests) for name in _names(requests)},
        {bucket: _arms(held) for bucket, held in buckets.items()},
        paths=latest.arms.names if is_followed else None,
        unknown_prices=tuple(unknown),
    )


def _names(requests: Sequence[LoggedRequest]) -> list[str]:
    return sorted({name for request in requests for name in request.decision.arms.names})


def _served(name: str, requests: Sequence[LoggedRequest]) -> list[LoggedRequest]:
    return [each for each in requests if each.decision.arms.names[each.decision.served] == name]


def _rate(name: str, requests: Sequence[LoggedRequest]) -> ReportRate:
    """Return how many of a path's answers have an outcome."""
    answered = [each for each in _served(name, requests) if each.fault is None]
    return ReportRate(len(answered), sum(each.success is not None for each in answered))


def _stats(requests: Sequence[LoggedRequest]) -> dict[str, ArmStats]:
    """Return the counts of a bucket, with the beliefs of its latest decision."""
    latest = requests[-1].decision
    found: dict[str, ArmStats] = {}
    for index, name in enumerate(latest.arms.names):
        belief = latest.arms.beliefs[index]
        low, high = belief.interval(0.9)
        served = _served(name, requests)
        scores = [each.success for each in served if each.success is not None]
        costs_usd = [each.cost_usd for each in served if each.cost_usd is not None]
        found[name] = ArmStats(
            mean=belief.mean,
            low=low,
            high=high,
            successes=sum(scores),
            failures=len(scores) - sum(scores),
            attempts=len(served),
            faults=sum(each.fault is not None for each in served),
            share=len(served) / len(requests),
            mean_cost_usd=sum(costs_usd) / len(costs_usd) if costs_usd else None,
            mean_latency_s=None,
            epoch=latest.epochs[index],
            report_rate=_rate(name, requests).share,
        )
    return found


def _arms(requests: Sequence[LoggedRequest]) -> tuple[PricedArm, ...]:
    """Return the arms of a bucket as its latest decision saw them, and how often they were served.

    Arms that could not be chosen then are left out: they are explored no more.
    """
    latest, recent = requests[-1].decision, requests[-_LATEST:]
    return tuple(
        PricedArm(
            latest.arms.names[index],
            latest.arms.beliefs[index].mean,
            deviation_of(*latest.arms.beliefs[index].interval(0.9)),
            None if latest.arms.costs_usd[index] == float("inf") else latest.arms.costs_usd[index],
            len(_served(latest.arms.names[index], recent)) / len(recent),
        )
        for index in latest.eligible
    )
