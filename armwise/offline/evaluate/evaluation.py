"""What other policies would have cost and achieved on logged traffic."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from armwise.bandit import Objective
from armwise.errors import ConfigurationError
from armwise.offline.evaluate.behaviour import Behaviour, behaviour_of, check, misfits
from armwise.offline.evaluate.log import LoggedRequest, RequestLog
from armwise.offline.evaluate.policies import Logged, Policy
from armwise.offline.evaluate.rules import Shares
from armwise.offline.evaluate.valuing import Columns, PolicyValue, value_of

_OFTEN = 2.0
"""Ratio between two paths' shares of known outcomes that is worth a word."""

_ENOUGH = 20
"""Decisions for a path from which its share of known outcomes counts."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was found in a log.

    Args:
        decisions: Decisions in it.
        requests: How many of them have an outcome: what the figures rest on.
        notes: What was left out, and what is assumed.
        values: One per policy, in the order in which they were asked for.
        buckets: The same per bucket, where that was asked for.
    """

    decisions: int
    requests: int
    notes: tuple[str, ...]
    values: tuple[PolicyValue, ...]
    buckets: Mapping[str, tuple[PolicyValue, ...]]


def evaluate(
    log: RequestLog,
    policies: Sequence[Policy],
    *,
    rules: Mapping[str, Objective] | None = None,
    by_bucket: bool = False,
    seed: int = 0,
    advance: Callable[[], object] = lambda: None,
) -> Evaluation:
    """Estimate what policies would have cost and achieved on the requests of a log.

    Every policy chooses by the beliefs, the costs and among the paths that were logged at each
    decision: what it would have done with what was known then. It does not learn by itself.

    Args:
        log: The log.
        policies: What to evaluate.
        rules: Rules of the user's own that wrote the log, by name.
        by_bucket: Estimate per bucket too.
        seed: Seeds the sampling of rules without a formula.
        advance: Called once per request, and again per policy for those with an outcome.

    Raises:
        ConfigurationError: If no decision has an outcome, or the log contradicts its own rule.
    """
    from numpy.random import default_rng

    check(log, rules or {})
    exact = Shares(default_rng(seed))
    usable = [row for row, request in enumerate(log.requests) if request.success is not None]
    if not usable:
        raise ConfigurationError(
            f"{log.name}: none of the {len(log.requests)} decisions has an outcome. Outcomes come "
            "from success_when= and report_outcome()."
        )
    behaviours: list[Behaviour] = []
    for request in log.requests:
        behaviours.append(behaviour_of(request.decision, rules or {}, exact))
        advance()
    columns = _columns(log, [behaviours[row] for row in usable], usable)
    shares = [_shares(policy, columns, exact, advance) for policy in policies]
    buckets: dict[str, tuple[PolicyValue, ...]] = {}
    if by_bucket:
        names = [request.decision.bucket for request in columns.requests]
        for name in sorted(set(names)):
            rows = [row for row, bucket in enumerate(names) if bucket == name]
            part = columns.only(rows)
            buckets[name] = tuple(
                _value(policy, [found[row] for row in rows], part)
                for policy, found in zip(policies, shares, strict=True)
            )
    return Evaluation(
        decisions=len(log.requests),
        requests=len(usable),
        notes=(*_notes(log, columns), *misfits(log.requests, [each.shares for each in behaviours])),
        values=tuple(
            _value(policy, found, columns) for policy, found in zip(policies, shares, strict=True)
        ),
        buckets=buckets,
    )


def _columns(log: RequestLog, behaviours: Sequence[Behaviour], usable: Sequence[int]) -> Columns:
    import numpy as np

    requests = [log.requests[row] for row in usable]
    means_usd = _mean_costs(log.requests)
    expected = [_expected_usd(request, means_usd) for request in requests]
    costs = np.array(
        [
            row[request.decision.served] if request.cost_usd is None else request.cost_usd
            for request, row in zip(requests, expected, strict=True)
        ]
    )
    return Columns(
        requests,
        [behaviour.shares for behaviour in behaviours],
        np.array([request.success for request in requests], dtype=float),
        costs,
        expected,
        max(behaviour.standard_error for behaviour in behaviours),
        np.array([request.final_success for request in requests], dtype=float),
        costs + np.array([_later_usd(*pair) for pair in zip(requests, expected, strict=True)]),
    )


def _later_usd(request: LoggedRequest, expected: Sequence[float]) -> float:
    """Return what the attempts after the first one cost, expected where it was not measured."""
    names = request.decision.arms.names
    return math.fsum(
        expected[names.index(attempt.path)] if attempt.cost_usd is None else attempt.cost_usd
        for attempt in request.later
    )


def _mean_costs(requests: Sequence[LoggedRequest]) -> dict[str, float]:
    """Return the mean measured cost per path: what stands in for a price that was not known."""
    measured: dict[str, list[float]] = {}
    for request in requests:
        if request.cost_usd is not None:
            name = request.decision.arms.names[request.decision.served]
            measured.setdefault(name, []).append(request.cost_usd)
    return {name: math.fsum(costs) / len(costs) for name, costs in measured.items()}


def _expected_usd(request: LoggedRequest, means_usd: Mapping[str, float]) -> list[float]:
    arms = request.decision.arms
    return [
        means_usd.get(name, math.nan) if cost_usd == math.inf else cost_usd
        for name, cost_usd in zip(arms.names, arms.costs_usd, strict=True)
    ]


def _shares(
    policy: Policy, columns: Columns, exact: Shares, advance: Callable[[], object]
) -> list[Sequence[float]]:
    found: list[Sequence[float]] = []
    for request, logged in zip(columns.requests, columns.logged, strict=True):
        found.append(policy.shares(request.decision, logged, exact))
        advance()
    return found


def _value(policy: Policy, shares: Sequence[Sequence[float]], columns: Columns) -> PolicyValue:
    return value_of(policy.name, shares, columns, is_logged=isinstance(policy, Logged))


def _notes(log: RequestLog, columns: Columns) -> Iterator[str]:
    yield from log.notes
    every = len(log.requests)
    faulted = sum(request.fault is not None and request.success is None for request in log.requests)
    missing = every - faulted - len(columns.requests)
    if faulted:
        yield (
            f"{faulted} of {every} decisions are left out because the provider of the path failed"
        )
    if missing:
        yield (
            f"{missing} of {every} decisions ({missing / every:.1%}) have no outcome and are left "
            "out: the figures hold if outcomes are missing at random, whatever they would have been"
        )
        yield from _unevenness(log.requests)
    again = sum(bool(request.later) for request in columns.requests)
    if any(request.decision.plan is not None for request in columns.requests):
        yield (
            f"{again} of {len(columns.requests)} requests were tried again after a failed check: "
            "'logged' counts all their attempts; every other policy makes one attempt"
        )
    measured = sum(request.cost_usd is not None for request in columns.requests)
    if measured < len(columns.requests):
        yield (
            f"costs were measured for {measured} of {len(columns.requests)} requests; for the "
            "others the expected cost stands in"
        )


def _unevenness(requests: Sequence[LoggedRequest]) -> Iterator[str]:
    """Say so if outcomes of one path are known far more often than those of another."""
    known: dict[str, list[bool]] = {}
    for request in requests:
        if request.fault is None:
            name = request.decision.arms.names[request.decision.served]
            known.setdefault(name, []).append(request.success is not None)
    rates = {name: sum(seen) / len(seen) for name, seen in known.items() if len(seen) >= _ENOUGH}
    if len(rates) < 2:  # noqa: PLR2004 - a comparison takes two
        return
    least, most = min(rates, key=rates.__getitem__), max(rates, key=rates.__getitem__)
    if rates[most] > _OFTEN * rates[least]:
        yield (
            f"outcomes are known for {rates[least]:.0%} of the requests on {least!r}, but for "
            f"{rates[most]:.0%} on {most!r}: probably they are not missing at random"
        )
