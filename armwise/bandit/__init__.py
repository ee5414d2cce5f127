"""The pure core: values and a random generator in, values out. No clock, no I/O, no threads."""

from armwise.bandit.arms import Arms
from armwise.bandit.belief import Belief
from armwise.bandit.belief_record import belief_record, read_belief
from armwise.bandit.change import ChangeDetector
from armwise.bandit.complexity import Assessment, Complexity, FourSignals
from armwise.bandit.decay import Outcomes
from armwise.bandit.escalation import Plan, plan
from armwise.bandit.evidence import UNIT, Evidence, outcome_evidence
from armwise.bandit.graded import counted
from armwise.bandit.logit import LogitNormal
from armwise.bandit.messages import demands_structure, last_user_text
from armwise.bandit.objectives import (
    BestQuality,
    Budget,
    CheapestWithin,
    Objective,
    TargetRate,
    Utility,
    ranking,
)
from armwise.bandit.outcome import Outcome, stored_score
from armwise.bandit.posterior import Beta
from armwise.bandit.propensity import Propensities, propensities
from armwise.bandit.sampler import Sampler

__all__ = [
    "UNIT",
    "Arms",
    "Assessment",
    "Belief",
    "BestQuality",
    "Beta",
    "Budget",
    "ChangeDetector",
    "CheapestWithin",
    "Complexity",
    "Evidence",
    "FourSignals",
    "LogitNormal",
    "Objective",
    "Outcome",
    "Outcomes",
    "Plan",
    "Propensities",
    "Sampler",
    "TargetRate",
    "Utility",
    "belief_record",
    "counted",
    "demands_structure",
    "last_user_text",
    "outcome_evidence",
    "plan",
    "propensities",
    "ranking",
    "read_belief",
    "stored_score",
]
