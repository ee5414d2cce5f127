"""Rules by the names that logs and people write, and how likely they made each choice."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from armwise.bandit import (
    Arms,
    BestQuality,
    Budget,
    CheapestWithin,
    Objective,
    Propensities,
    TargetRate,
    Utility,
    propensities,
)
from armwise.bandit.objectives import Planned
from armwise.engine import LoggedDecision
from armwise.errors import ConfigurationError

if TYPE_CHECKING:
    from numpy.random import Generator

_WITH_A_NUMBER: dict[str, Callable[..., Objective]] = {
    "cheapest-within": CheapestWithin,
    "target-rate": TargetRate,
    "utility": Utility,
    "budget": Budget,
}

KNOWN = "cheapest-within 0.1, best-quality, target-rate 0.9, utility 0.02, budget 0.002"
"""Every rule of armwise as it is written, with a number that it could have."""

_PLANNED = "escalate"
"""First word of the name of a rule that plans several attempts."""

_KEPT = 4096
"""Propensities kept: many decisions in a row are made on the same beliefs."""


def rule_named(text: str) -> Objective | None:
    """Return the rule that a text such as "cheapest-within 0.1" names, None if it names none.

    Raises:
        ConfigurationError: If the rule is known, but its number is missing or impossible.
    """
    word, _, rest = text.strip().partition(" ")
    if word == "best-quality" and not rest:
        return BestQuality()
    rule = _WITH_A_NUMBER.get(word)
    if rule is None:
        return None
    try:
        number = float(rest)
    except ValueError:
        raise ConfigurationError(
            f"{text!r}: {word} needs one number, as in {_example(word)!r}."
        ) from None
    return rule(number)


def logged_rule(decision: LoggedDecision, rules: Mapping[str, Objective]) -> Objective:
    """Return the rule that made a logged decision.

    Args:
        decision: The decision.
        rules: Rules of the user's own, by their name in the log.

    Raises:
        ConfigurationError: If the rule is neither one of armwise's nor in ``rules``, or its
            parameters are impossible.
    """
    if decision.rule in rules:
        return rules[decision.rule]
    word = decision.rule.partition(" ")[0]
    if decision.rule == "best-quality":
        return BestQuality()
    if word == _PLANNED:
        return _planned(decision)
    rule = _WITH_A_NUMBER.get(word)
    if rule is None or not decision.parameters:
        raise ConfigurationError(
            f"rule {decision.rule!r} is none of armwise's own ({KNOWN}), so how likely its choices "
            "were is not known. Pass it to evaluate(rules={name: objective}), or write "
            '"propensities" into each line.'
        )
    try:
        return rule(**decision.parameters)
    except TypeError:
        raise ConfigurationError(
            f"rule {decision.rule!r} has no parameters {sorted(decision.parameters)}."
        ) from None


def _planned(decision: LoggedDecision) -> Planned:
    """Return the rule of a decision that several attempts were planned for.

    Raises:
        ConfigurationError: If the line does not hold what the plan was made with.
    """
    given, plan = decision.parameters, decision.plan
    if plan is None or set(given) != {"attempts", "success_value_usd"}:
        raise ConfigurationError(
            f"rule {decision.rule!r} planned several attempts (Router(escalate=...)), but the line "
            "does not hold the beliefs about later ones: an armwise that did not write them yet "
            "wrote it. How likely its choices were cannot be computed. Keep a new log with this "
            'version, or write "propensities" into each line.'
        )
    if not (given["attempts"] >= 1 and given["success_value_usd"] > 0.0):
        raise ConfigurationError(f"rule {decision.rule!r} has impossible parameters: {given}.")
    return Planned(
        (decision.draws, *plan.draws),
        given["success_value_usd"],
        int(given["attempts"]),
        (decision.arms.beliefs, *plan.beliefs),
    )


class Shares:
    """How likely rules are to choose each arm of logged decisions, remembered where they repeat.

    Args:
        rng: What rules without a formula are sampled with.
    """

    def __init__(self, rng: "Generator") -> None:
        self._rng = rng
        self._kept: dict[tuple[Objective, Arms, tuple[int, ...]], Propensities] = {}

    def of(self, objective: Objective, decision: LoggedDecision) -> Propensities:
        """Return how likely a rule is to choose each arm, on the beliefs that were logged."""
        arms, eligible = decision.arms, decision.eligible
        among = arms.every if len(eligible) == len(arms.every) else eligible
        if isinstance(objective, Planned):
            objective = replace(objective, rates=())  # one request's, and no propensity's
        key = (objective, arms, eligible)
        try:
            found = self._kept.get(key)
        except TypeError:  # a user's own rule that cannot be hashed
            return propensities(objective, arms, among, self._rng)
        if found is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            found = self._kept[key] = propensities(objective, arms, among, self._rng)
        return found


def _example(word: str) -> str:
    return next(example for example in KNOWN.split(", ") if example.startswith(word))
