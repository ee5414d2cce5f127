"""How likely the logged policy was to serve each path, and whether the log bears that out."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from armwise.bandit import Objective
from armwise.bandit.propensity import SAMPLED_CHOICES
from armwise.engine import LoggedDecision
from armwise.errors import ConfigurationError
from armwise.offline.evaluate.log import LoggedRequest, RequestLog
from armwise.offline.evaluate.rules import Shares, logged_rule

_FIXED = ("observe", "shadow")
"""Modes that serve the default path whatever is chosen."""

_FAR_OFF = 4.0
"""Standard deviations between what a path was expected and seen to be served that are worth a
word: by chance they happen once in 16,000 logs."""


class Behaviour(NamedTuple):
    """Probabilities of one logged decision.

    Attributes:
        shares: How likely each arm was to be served.
        standard_error: The largest one of a probability, where they were sampled and not computed.
    """

    shares: Sequence[float]
    standard_error: float = 0.0


def check(log: RequestLog, rules: Mapping[str, Objective]) -> None:
    """Refuse a log that its own rules, beliefs and draws contradict, with or without outcomes.

    Args:
        log: The log.
        rules: Rules of the user's own, by their name in the log.

    Raises:
        ConfigurationError: Naming the line.
    """
    for request in log.requests:
        if not _is_stated(request.decision):
            try:
                _check(request.decision, logged_rule(request.decision, rules))
            except ConfigurationError as error:
                raise ConfigurationError(f"{log.name}, line {request.line}: {error}") from None


def behaviour_of(
    decision: LoggedDecision, rules: Mapping[str, Objective], exact: Shares
) -> Behaviour:
    """Return how likely each arm of a decision was to be served."""
    if decision.propensities is not None:
        return Behaviour(decision.propensities)
    if decision.mode in _FIXED:
        certain = [0.0] * len(decision.arms.names)
        certain[decision.served] = 1.0
        return Behaviour(certain)
    found = exact.of(logged_rule(decision, rules), decision)
    shares = list(found.shares)
    if found.standard_error > 0.0:  # what was chosen was possible, though perhaps never sampled
        shares[decision.chosen] = max(shares[decision.chosen], 1.0 / SAMPLED_CHOICES)
    if decision.default is not None:
        shares = [decision.share * share for share in shares]
        shares[decision.default] += 1.0 - decision.share
    return Behaviour(shares, decision.share * found.standard_error)


def misfits(requests: Sequence[LoggedRequest], shares: Sequence[Sequence[float]]) -> list[str]:
    """Return in words which paths were served far more or less often than their propensities say.

    Under the right propensities the difference is a martingale with variance sum of b (1 - b).
    """
    seen: dict[str, float] = {}
    expected: dict[str, float] = {}
    variance: dict[str, float] = {}
    for request, likely in zip(requests, shares, strict=True):
        decision = request.decision
        for index, (name, share) in enumerate(zip(decision.arms.names, likely, strict=True)):
            seen[name] = seen.get(name, 0.0) + (index == decision.served)
            expected[name] = expected.get(name, 0.0) + share
            variance[name] = variance.get(name, 0.0) + share * (1.0 - share)
    return [
        f"the log does not bear out its propensities: path {name!r} was served "
        f"{seen[name]:.0f} times, {expected[name]:.1f} were to be expected"
        for name in seen
        if abs(seen[name] - expected[name]) > 1.0 + _FAR_OFF * math.sqrt(variance[name])
    ]


def _is_stated(decision: LoggedDecision) -> bool:
    """Return whether the propensities of a decision are known without its rule."""
    return decision.propensities is not None or decision.mode in _FIXED


def _check(decision: LoggedDecision, rule: Objective) -> None:
    """Refuse a decision that its own rule, beliefs and draws contradict."""
    names = decision.arms.names
    if decision.served not in (decision.chosen, decision.default):
        raise ConfigurationError(
            f"path {names[decision.chosen]!r} was chosen but {names[decision.served]!r} was "
            f"served, which mode {decision.mode!r} does not do."
        )
    among = decision.eligible
    again = rule.choose(decision.arms, decision.draws, among)
    if again != decision.chosen:
        raise ConfigurationError(
            f"path {names[decision.chosen]!r} cannot have been chosen: on these draws rule "
            f"{decision.rule!r} chooses {names[again]!r}. Its propensities would be wrong."
        )
