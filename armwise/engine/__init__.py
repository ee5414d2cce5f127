"""Deciding and learning: beliefs from evidence, a rule, signed request ids. No model is called."""

from armwise.engine.costs import CostReport, PathCost, PathPrices
from armwise.engine.decision import Decision
from armwise.engine.engine import Engine, LocalStore
from armwise.engine.path import (
    Path,
    check_name,
    check_timeout,
    parse_paths,
    path_named,
    refuse_owned_params,
)
from armwise.engine.recall import Explanation
from armwise.engine.request_id import KEY_VARIABLE, Signer, Token, check_secret
from armwise.engine.stats import ArmStats, Stats
from armwise.engine.tally import Counters

__all__ = [
    "KEY_VARIABLE",
    "ArmStats",
    "CostReport",
    "Counters",
    "Decision",
    "Engine",
    "Explanation",
    "LocalStore",
    "Path",
    "PathCost",
    "PathPrices",
    "Signer",
    "Stats",
    "Token",
    "check_name",
    "check_secret",
    "check_timeout",
    "parse_paths",
    "path_named",
    "refuse_owned_params",
]
