"""Off-policy evaluation: what another policy would have cost and achieved on logged traffic."""

from armwise.offline.evaluate.estimators import Estimate
from armwise.offline.evaluate.evaluation import Evaluation, evaluate
from armwise.offline.evaluate.log import LoggedRequest, RequestLog, read_log
from armwise.offline.evaluate.policies import (
    KNOWN_POLICIES,
    Always,
    Following,
    Logged,
    Pacing,
    Policy,
    policy_named,
)
from armwise.offline.evaluate.valuing import PolicyValue

__all__ = [
    "KNOWN_POLICIES",
    "Always",
    "Estimate",
    "Evaluation",
    "Following",
    "Logged",
    "LoggedRequest",
    "Pacing",
    "Policy",
    "PolicyValue",
    "RequestLog",
    "evaluate",
    "policy_named",
    "read_log",
]
