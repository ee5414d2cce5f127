"""Several attempts at one request: what the user allows, and what to try next."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from armwise.bandit.escalation import plan
from armwise.bandit.objectives import Objective, Planned, Utility
from armwise.engine.beliefs import BucketBeliefs
from armwise.errors import ConfigurationError
from armwise.storage.forking import register

_MOST_ATTEMPTS = 255
"""An attempt's number is one byte of its request id."""

DEFAULT_WORTH = 30.0
"""What a success is worth where nobody says so, in costs of the dearest path: at most 3.3 points of
success are given up to save that whole price. Good on every set of real outcomes that was replayed
(docs/explanation/regret.md)."""


@dataclass(frozen=True, slots=True)
class Escalate:
    """Try another path when a check fails, as long as that is worth its cost.

    Args:
        max_attempts: Most calls for one request, from 1. As long as no path has answered at all,
            provider's errors go on past it.
        success_value_usd: What a success is worth, in US dollars. None: that of ``Utility``, else
            30 times what the dearest path is expected to cost.
        deadline_s: No further attempt is begun so many seconds after the first; the best answer so
            far is returned. None: only the Router's own deadline holds.

    Raises:
        ConfigurationError: If a value cannot be used.
    """

    max_attempts: int = 3
    success_value_usd: float | None = None
    deadline_s: float | None = None

    def __post_init__(self) -> None:
        is_whole = isinstance(self.max_attempts, int) and not isinstance(self.max_attempts, bool)
        if not is_whole or not 1 <= self.max_attempts <= _MOST_ATTEMPTS:
            raise ConfigurationError(
                f"Escalate(max_attempts) must be a whole number from 1 to {_MOST_ATTEMPTS}, got "
                f"{self.max_attempts!r}. 3 tries two more paths at most."
            )
        for name, example in (("success_value_usd", "0.02"), ("deadline_s", "30")):
            value = getattr(self, name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and not (is_number and 0.0 < value < math.inf):
                raise ConfigurationError(
                    f"Escalate({name}) must be a number above 0 or None, got {value!r}. "
                    f"Write {name}={example}."
                )


def escalation(
    escalate: object, objective: Objective | None, longest_s: float | None
) -> Escalate | None:
    """Return what ``escalate=`` asks for, with the value of a success that the rule states.

    Args:
        escalate: None, a number of attempts, or ``Escalate``.
        objective: The rule that the Router was given, if any.
        longest_s: The longest time-out of a path, None if none has one.

    Raises:
        ConfigurationError: If it is none of these, contradicts the rule, or has no time for a call.
    """
    if escalate is None:
        return None
    asked = escalate if isinstance(escalate, Escalate) else Escalate(escalate)  # type: ignore[arg-type]
    if asked.deadline_s is not None and longest_s is not None and asked.deadline_s < longest_s:
        raise ConfigurationError(
            f"Escalate(deadline_s={asked.deadline_s!r}) is shorter than one call may take "
            f"(timeout_s={longest_s!r} of a path): raise the one or lower the other."
        )
    if objective is None:
        return asked
    if not isinstance(objective, Utility):
        raise ConfigurationError(
            f"escalate= plans by what a success is worth, which objective={objective.name} does "
            "not say. Leave the objective out, or use Utility(success_value_usd=...)."
        )
    stated = objective.success_value_usd
    if asked.success_value_usd not in (None, stated):
        raise ConfigurationError(
            f"a success is worth {stated!r} by Utility and {asked.success_value_usd!r} by "
            "Escalate. State it once."
        )
    return Escalate(asked.max_attempts, stated, asked.deadline_s)


class Climbing:
    """Plans requests of one goal; safe to share among threads and forks.

    Args:
        escalate: What the user allows.
        seed: Makes the plans repeatable; None draws from fresh entropy.
    """

    def __init__(self, escalate: Escalate, seed: int | None) -> None:
        from numpy.random import default_rng

        self.escalate = escalate
        self._rng = default_rng(None if seed is None else [seed, 3])
        register(self)

    def rule(self, beliefs: BucketBeliefs, attempts: int | None = None) -> Planned:
        """Return the rule of one request.

        One standard normal number is drawn per path. It moves what is believed of the path after
        any number of failures alike, so that a plan does not hope for two different worlds.

        Args:
            beliefs: What is believed of the bucket.
            attempts: Most attempts; None: as many as the user allows.
        """
        arms = beliefs.sampler.arms
        most = self.escalate.max_attempts if attempts is None else attempts
        moves = self._rng.standard_normal(len(arms.names)).tolist()
        rows = beliefs.after_failures[:most]
        rates = tuple(
            tuple(belief.at(move) for belief, move in zip(row, moves, strict=True)) for row in rows
        )
        value_usd = self.escalate.success_value_usd
        if value_usd is None:
            known = [cost_usd for cost_usd in arms.costs_usd if cost_usd < math.inf]
            value_usd = DEFAULT_WORTH * max(known, default=1.0)
        return Planned(rates, value_usd, most, rows)

    def next(
        self,
        beliefs: BucketBeliefs,
        failed: Sequence[str],
        closed: Collection[str],
        request_usd: Mapping[str, float],
    ) -> str | None:
        """Return the path that is best now, None if no further attempt is worth its cost.

        Args:
            beliefs: What is believed of the bucket now.
            failed: Paths whose answers have failed the check, in order.
            closed: Paths that cannot be called.
            request_usd: What this request was expected to cost per path when it was decided; of
                a path that is missing, what the bucket's requests cost.
        """
        rule, arms = self.rule(beliefs), beliefs.sampler.arms
        position = {name: index for index, name in enumerate(arms.names)}
        costs_usd = [
            math.inf if name in closed else request_usd.get(name, cost_usd)
            for name, cost_usd in zip(arms.names, arms.costs_usd, strict=True)
        ]
        tried = [position[name] for name in failed if name in position]
        order = plan(rule.rates, costs_usd, rule.success_value_usd, rule.attempts, tried).order
        return arms.names[order[0]] if order else None

    def before_fork(self) -> None:
        """Do nothing: a generator is guarded by its own lock."""

    def after_fork(self, *, in_child: bool) -> None:
        """Draw from fresh entropy in the child: siblings must not plan alike."""
        if in_child:
            from numpy.random import default_rng

            self._rng = default_rng()
