"""The lines of a decision log, written: what is kept of a decision and of an outcome.

One JSON object per line, each with the version of the format. Paths, labels, numbers and reasons
are written; the text of a prompt or of an answer never is. ``armwise.engine.logged`` reads them.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from armwise.bandit import (
    BestQuality,
    Budget,
    CheapestWithin,
    Objective,
    TargetRate,
    Utility,
    belief_record,
)
from armwise.bandit.objectives import Planned
from armwise.engine.decision import Decision
from armwise.events import Attempted, Reported
from armwise.storage import CallFacts

FORMAT_VERSION = 2
"""Version of the format, in the field "v" of every line. Version 1 is the same without the
parameter ``price_tolerance``: its rules took costs for the same price only if they were equal."""

_OWN_PARAMETERS: dict[type[Objective], tuple[str, ...]] = {
    rule: tuple(rule.__dataclass_fields__)
    for rule in (CheapestWithin, BestQuality, TargetRate, Utility, Budget)
}


def arms_text(decision: Decision, models: Mapping[str, str]) -> str:
    """Return the JSON of a decision's paths: the long part, the same while nothing is learned."""
    arms = decision.arms
    return _text(
        [
            {
                "name": name,
                "model": models.get(name, name),
                "belief": belief_record(belief),
                "cost_usd": None if cost_usd == math.inf else cost_usd,
                "epoch": decision.epochs.get(name, 0),
            }
            for name, belief, cost_usd in zip(arms.names, arms.beliefs, arms.costs_usd, strict=True)
        ]
    )


def decision_line(decision: Decision, paths_text: str) -> str:
    """Return the line of a decision.

    Args:
        decision: The decision.
        paths_text: Its ``arms_text``.
    """
    names = decision.arms.names
    line: dict[str, Any] = {
        "v": FORMAT_VERSION,
        "kind": "decision",
        "request": decision.nonce.hex(),
        "goal": decision.goal_id,
        "namespace": decision.namespace,
        "time_ms": decision.decided_at_ms,
        "bucket": decision.bucket,
        "rule": decision.objective.name,
        "parameters": _parameters(decision.objective),
        "mode": decision.serving.mode,
        "chosen": decision.preferred,
        "served": decision.path,
        "eligible": [names[index] for index in decision.eligible],
        "excluded": dict(decision.exclusions),
        "draws": decision.draws,
    }
    if decision.serving.mode == "canary":
        # What each path's probability of being served follows from: see ``Serving``.
        line |= {"share": decision.serving.share, "default": decision.serving.default_path}
    if isinstance(decision.objective, Planned):
        line |= _planned(decision.objective)
    return f'{_text(line)[:-1]},"paths":{paths_text}}}\n'


def attempt_line(attempted: Attempted, revision: int | None, status: str | None) -> str:
    """Return the line of an attempt with its automatic outcome.

    Args:
        attempted: What happened.
        revision: 0 if a check has found an outcome, else None.
        status: What became of the record; None if no store took it.
    """
    return _outcome_line(
        attempted,
        revision,
        status,
        cost_usd=attempted.cost_usd,
        latency_s=attempted.latency_s,
        fault=attempted.fault,
        # The name of a check. What a user writes as the category of a report stays out.
        category=attempted.category,
    )


def report_line(reported: Reported, facts: CallFacts) -> str:
    """Return the line of a report or correction, with what was measured along with it."""
    return _outcome_line(
        reported,
        reported.revision,
        reported.status,
        cost_usd=None if facts.cost_nanousd is None else facts.cost_nanousd / 1e9,
        latency_s=None if facts.latency_us is None else facts.latency_us / 1e6,
        fault=None,
    )


def _planned(rule: Planned) -> dict[str, Any]:
    """Return what a plan was made of beyond the first attempt; see ``LoggedPlan``."""
    later = rule.beliefs[1:]
    return {
        "parameters": {"attempts": rule.attempts, "success_value_usd": rule.success_value_usd},
        "later_draws": rule.rates[1:],
        "later_beliefs": [[belief_record(belief) for belief in row] for row in later],
    }


def _parameters(objective: Objective) -> dict[str, float]:
    """Return what a rule of armwise was built with: its name is rounded. Of others, nothing."""
    names = _OWN_PARAMETERS.get(type(objective), ())
    return {name: getattr(objective, name) for name in names}


def _outcome_line(
    event: Attempted | Reported, revision: int | None, status: str | None, **measured: Any
) -> str:
    line = {
        "v": FORMAT_VERSION,
        "kind": "outcome",
        "request": event.nonce,
        "goal": event.goal_id,
        "source": "report" if isinstance(event, Reported) else "attempt",
        "attempt": event.attempt,
        "path": event.path,
        "revision": revision,
        "score": event.outcome,
        "status": status,
        **measured,
    }
    return _text(line) + "\n"


# Built once: dumps() would build one for each line.
_text = json.JSONEncoder(separators=(",", ":")).encode
