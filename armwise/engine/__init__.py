"""Deciding and learning: beliefs from evidence, a rule, signed request ids. No model is called."""

from armwise.engine.cost_report import CostReport, PathCost
from armwise.engine.costs import PathPrices
from armwise.engine.decision import Decision
from armwise.engine.decision_log import DecisionLog
from armwise.engine.doctor import Diagnosis, Severity
from armwise.engine.eligibility import Restriction, Scope
from armwise.engine.engine import Engine
from armwise.engine.escalating import Escalate, escalation
from armwise.engine.keys import environment_signer
from armwise.engine.logged import LoggedDecision, LoggedOutcome, read_line
from armwise.engine.opening import LocalStore, ProcessStore, open_store
from armwise.engine.path import (
    Path,
    check_name,
    check_timeout,
    parse_paths,
    path_named,
    refuse_owned_params,
)
from armwise.engine.recall import Explanation
from armwise.engine.report_rates import ReportRate
from armwise.engine.reporting import measured_facts
from armwise.engine.request_id import KEY_VARIABLE, Signer, Token
from armwise.engine.rollout import RolloutPlan, RolloutStats, ShadowStats
from armwise.engine.serving import MODES, Mode, Serving
from armwise.engine.shared import SharedStore, StoreHealth
from armwise.engine.spend_cap import SpendCap, Spent
from armwise.engine.stats import ArmStats, Stats
from armwise.engine.tally import Counters, EscalationStats, JudgeStats
from armwise.engine.waiting import Silence
from armwise.engine.wants import NO_WANTS, Wants, wants_of
from armwise.engine.warm_start import MOST, TRUST, WarmStart

__all__ = [
    "KEY_VARIABLE",
    "MODES",
    "MOST",
    "NO_WANTS",
    "TRUST",
    "ArmStats",
    "CostReport",
    "Counters",
    "Decision",
    "DecisionLog",
    "Diagnosis",
    "Engine",
    "Escalate",
    "EscalationStats",
    "Explanation",
    "JudgeStats",
    "LocalStore",
    "LoggedDecision",
    "LoggedOutcome",
    "Mode",
    "Path",
    "PathCost",
    "PathPrices",
    "ProcessStore",
    "ReportRate",
    "Restriction",
    "RolloutPlan",
    "RolloutStats",
    "Scope",
    "Serving",
    "Severity",
    "ShadowStats",
    "SharedStore",
    "Signer",
    "Silence",
    "SpendCap",
    "Spent",
    "Stats",
    "StoreHealth",
    "Token",
    "Wants",
    "WarmStart",
    "check_name",
    "check_timeout",
    "environment_signer",
    "escalation",
    "measured_facts",
    "open_store",
    "parse_paths",
    "path_named",
    "read_line",
    "refuse_owned_params",
    "wants_of",
]
