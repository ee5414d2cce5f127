"""The value of one policy on logged requests, with every reason to doubt it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import mul
from typing import TYPE_CHECKING, Any

from armwise.offline.evaluate.estimators import (
    Estimate,
    doubly_robust_terms,
    effective_size,
    mean_of,
    saved_share,
    self_normalised,
)
from armwise.offline.evaluate.log import LoggedRequest

if TYPE_CHECKING:
    from numpy.typing import NDArray

Shares = Sequence[float]
"""A probability per arm of one decision, in its order."""

RARE = 1e-3
"""Propensity below which a single request may decide an estimate."""

FEW = 50.0
"""Effective sample size below which the normal interval is not to be trusted. Both limits are
those at which the coverage of the intervals began to fall in simulated logs."""

_WANTED = 0.01
"""Probability from which a path is one that the policy wants."""

_NONE = 1e-9
"""A propensity that is none."""

_ACCURACY = 1e-6
"""Error of a computed propensity. What was served had a chance; it is taken for no less."""

_NEGLIGIBLE = 1e-3
"""Share of a policy's choices about whose cost nothing needs to be known."""


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """What a policy would have achieved.

    Args:
        policy: The policy as it is written.
        success: Mean outcome per request, doubly robust; for "logged" the plain mean.
        success_snips: The same by SNIPS; None if nothing that was served would have been.
        cost_usd: Mean cost per request, doubly robust; None where costs are not known.
        cost_usd_snips: The same by SNIPS.
        saving: Share of the logged policy's cost that it would have saved, from differences per
            request; None where costs are not known.
        effective_size: How many requests of its own the log is worth for it.
        smallest_propensity: The smallest chance that the log gave to a path which the policy
            would have served with a probability of .01 or more.
        unsupported: Share of its choices that had no chance at all in the log.
        warnings: Reasons to doubt the figures.
    """

    policy: str
    success: Estimate
    success_snips: Estimate | None
    cost_usd: Estimate | None
    cost_usd_snips: Estimate | None
    saving: Estimate | None
    effective_size: float
    smallest_propensity: float
    unsupported: float
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """What estimation needs of requests, one row each.

    Args:
        requests: The requests, all with an outcome.
        logged: How likely each arm was to be served.
        success: The outcomes, shape (n,).
        cost_usd: Measured cost of what was served, expected where none was measured, shape (n,).
        expected_usd: Expected cost per arm; NaN where nothing is known of it.
        standard_error: The largest one of a propensity, where some were sampled and not computed.
        final_success: The outcomes with all attempts of a request, shape (n,).
        final_cost_usd: The costs of all attempts, shape (n,).
    """

    requests: Sequence[LoggedRequest]
    logged: Sequence[Shares]
    success: "NDArray[Any]"
    cost_usd: "NDArray[Any]"
    expected_usd: Sequence[Shares]
    standard_error: float
    final_success: "NDArray[Any]"
    final_cost_usd: "NDArray[Any]"

    def only(self, rows: Sequence[int]) -> "Columns":
        """Return some of the rows."""
        return Columns(
            [self.requests[row] for row in rows],
            [self.logged[row] for row in rows],
            self.success[list(rows)],
            self.cost_usd[list(rows)],
            [self.expected_usd[row] for row in rows],
            self.standard_error,
            self.final_success[list(rows)],
            self.final_cost_usd[list(rows)],
        )

    @property
    def served(self) -> list[int]:
        """Index of the arm that was served, per request."""
        return [request.decision.served for request in self.requests]


def value_of(
    name: str, shares: Sequence[Shares], columns: Columns, *, is_logged: bool
) -> PolicyValue:
    """Return what a policy would have achieved.

    Args:
        name: The policy as it is written.
        shares: How likely it would have served each arm, per request.
        columns: The requests.
        is_logged: It is the policy that was at work: what happened needs no estimate.
    """
    import numpy as np

    weights = np.array(
        [
            likely[index] / max(logged[index], _ACCURACY)
            for likely, logged, index in zip(shares, columns.logged, columns.served, strict=True)
        ]
    )
    if is_logged:
        weights = np.ones(len(shares))
        success = seen = columns.final_success
        cost_usd = paid_usd = columns.final_cost_usd
    else:
        seen, paid_usd = columns.success, columns.cost_usd
        means = [request.decision.arms.means for request in columns.requests]
        success = _terms(weights, seen, means, shares, columns.served)
        cost_usd = _terms(weights, paid_usd, columns.expected_usd, shares, columns.served)
    has_costs = _knows_costs(shares, columns)
    value = PolicyValue(
        policy=name,
        success=mean_of(success),
        success_snips=self_normalised(weights, seen),
        cost_usd=mean_of(cost_usd) if has_costs else None,
        cost_usd_snips=self_normalised(weights, paid_usd) if has_costs else None,
        saving=saved_share(columns.final_cost_usd, cost_usd) if has_costs else None,
        effective_size=effective_size(weights),
        smallest_propensity=_smallest(shares, columns.logged),
        unsupported=_unsupported(shares, columns.logged),
        warnings=(),
    )
    return value if is_logged else replace(value, warnings=tuple(_doubts(value, columns)))


def _terms(
    weights: "NDArray[Any]",
    seen: "NDArray[Any]",
    model: Sequence[Shares],
    shares: Sequence[Shares],
    served: Sequence[int],
) -> "NDArray[Any]":
    import numpy as np

    known = [[0.0 if math.isnan(value) else value for value in row] for row in model]
    of_served = np.array([row[index] for row, index in zip(known, served, strict=True)])
    of_policy = np.array(
        [math.fsum(map(mul, row, likely)) for row, likely in zip(known, shares, strict=True)]
    )
    return doubly_robust_terms(weights, seen, of_served, of_policy)


def _knows_costs(shares: Sequence[Shares], columns: Columns) -> bool:
    """Return whether the costs are known of what was served and of what the policy wants."""
    import numpy as np

    if np.isnan(columns.final_cost_usd).any():
        return False
    unknown = [
        sum(share for share, cost_usd in zip(likely, row, strict=True) if math.isnan(cost_usd))
        for likely, row in zip(shares, columns.expected_usd, strict=True)
    ]
    return math.fsum(unknown) <= _NEGLIGIBLE * len(unknown)


def _smallest(shares: Sequence[Shares], logged: Sequence[Shares]) -> float:
    wanted = (
        chance
        for likely, chances in zip(shares, logged, strict=True)
        for share, chance in zip(likely, chances, strict=True)
        if share >= _WANTED
    )
    return min(wanted, default=1.0)  # with very many paths none may be wanted that much


def _unsupported(shares: Sequence[Shares], logged: Sequence[Shares]) -> float:
    lost = [
        sum(share for share, chance in zip(likely, chances, strict=True) if chance < _NONE)
        for likely, chances in zip(shares, logged, strict=True)
    ]
    return math.fsum(lost) / len(lost)


def _doubts(value: PolicyValue, columns: Columns) -> list[str]:
    doubts: list[str] = []
    if value.unsupported > _NEGLIGIBLE:
        doubts.append(
            f"{value.unsupported:.1%} of its choices had no chance in the log: of those only the "
            "belief is known, not the truth"
        )
    elif value.smallest_propensity < RARE:
        doubts.append(
            f"the log would have made some of its choices with a probability of only "
            f"{value.smallest_propensity:.1e}: the interval may be too narrow"
        )
    if value.effective_size < FEW:
        doubts.append(
            f"the log is worth only {value.effective_size:.0f} requests of its own: too few for "
            "the interval"
        )
    if columns.standard_error > 0.0:
        doubts.append(
            "the log's propensities were sampled, not computed: each with a standard error of up "
            f"to {columns.standard_error:.3f}"
        )
    if value.cost_usd is None:
        doubts.append("costs of paths that it wants are not known")
    return doubts
