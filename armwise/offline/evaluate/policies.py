"""Policies by name: what would have been chosen, and how likely, with what was known then."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from armwise.bandit import Budget, Objective
from armwise.engine import LoggedDecision
from armwise.errors import ConfigurationError
from armwise.offline.evaluate.log import RequestLog
from armwise.offline.evaluate.rules import KNOWN, Shares, rule_named

LOGGED = "logged"
"""Name of the policy that was at work while the log was written."""

KNOWN_POLICIES = f"{KNOWN}, always PATH-OR-MODEL, {LOGGED}"
"""Every policy as it is written, with a number that it could have."""


class Policy(Protocol):
    """Says how likely it is to serve each arm of a logged decision."""

    @property
    def name(self) -> str:
        """How the policy is written."""
        ...

    def shares(
        self, decision: LoggedDecision, logged: Sequence[float], exact: Shares
    ) -> Sequence[float]:
        """Return a probability per arm of the decision, in its order.

        Called once per decision, in the order of the log.

        Args:
            decision: The decision, with the beliefs and costs of its moment.
            logged: How likely the logged policy was to serve each arm.
            exact: Computes how likely rules are to choose.
        """
        ...


@dataclass(frozen=True, slots=True)
class Following:
    """A policy that follows one rule.

    Args:
        objective: The rule.
    """

    objective: Objective

    @property
    def name(self) -> str:
        """How the policy is written."""
        return self.objective.name

    def shares(
        self, decision: LoggedDecision, logged: Sequence[float], exact: Shares
    ) -> Sequence[float]:
        """Return what the rule would have chosen; see ``Policy.shares``."""
        return exact.of(self.objective, decision).shares


@dataclass(slots=True)
class Pacing:
    """A policy that follows a budget, whose price moves with what it is expected to spend.

    Args:
        rule: The budget with its price at the beginning of the log.
    """

    rule: Budget
    _now: Budget = field(init=False)

    def __post_init__(self) -> None:
        self._now = self.rule

    @property
    def name(self) -> str:
        """How the policy is written."""
        return self.rule.name

    def shares(
        self, decision: LoggedDecision, logged: Sequence[float], exact: Shares
    ) -> Sequence[float]:
        """Return what the budget would have chosen; see ``Policy.shares``."""
        found = exact.of(self._now, decision).shares
        priced = zip(found, decision.arms.costs_usd, strict=True)
        spent_usd = math.fsum(share * cost for share, cost in priced if math.isfinite(cost))
        self._now = self._now.paced(spent_usd)
        return found


@dataclass(frozen=True, slots=True)
class Always:
    """A policy that serves one path wherever it could be chosen, and else what was logged.

    Args:
        path: Name of the path.
    """

    path: str

    @property
    def name(self) -> str:
        """How the policy is written."""
        return f"always {self.path}"

    def shares(
        self, decision: LoggedDecision, logged: Sequence[float], exact: Shares
    ) -> Sequence[float]:
        """Return 1 for the path; see ``Policy.shares``."""
        names = decision.arms.names
        if not any(names[index] == self.path for index in decision.eligible):
            return logged
        return [1.0 if name == self.path else 0.0 for name in names]


@dataclass(frozen=True, slots=True)
class Logged:
    """The policy that was at work."""

    @property
    def name(self) -> str:
        """How the policy is written."""
        return LOGGED

    def shares(
        self, decision: LoggedDecision, logged: Sequence[float], exact: Shares
    ) -> Sequence[float]:
        """Return what is known already; see ``Policy.shares``."""
        return logged


def policy_named(text: str, log: RequestLog) -> Policy:
    """Return the policy that a text names.

    Args:
        text: Such as "cheapest-within 0.1" or "always openai/gpt-4o".
        log: The log that it will be evaluated on; it says which paths there are.

    Raises:
        ConfigurationError: If there is no such policy; the message lists those that there are.
    """
    word, _, rest = text.strip().partition(" ")
    if text.strip() == LOGGED:
        return Logged()
    if word == "always" and rest:
        return Always(_path(rest.strip(), log))
    rule = rule_named(text)
    if isinstance(rule, Budget):
        return Pacing(rule)
    if rule is not None:
        return Following(rule)
    raise ConfigurationError(
        f"unknown policy {text!r}. Known: {KNOWN_POLICIES}. Write --policy 'cheapest-within 0.1'."
    )


def _path(name: str, log: RequestLog) -> str:
    """Return the path of a name, or the only path of a model."""
    if name in log.paths:
        return name
    models: dict[str, set[str]] = {}
    for request in log.requests:
        decision = request.decision
        for path, model in zip(decision.arms.names, decision.models, strict=True):
            models.setdefault(model, set()).add(path)
    found = sorted(models.get(name, ()))
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigurationError(
            f"model {name!r} is behind several paths: {', '.join(found)}. Name one of them."
        )
    raise ConfigurationError(f"path {name!r} is not in the log. Paths: {', '.join(log.paths)}.")
