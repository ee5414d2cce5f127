"""Rules that choose among sampled arms: what "good enough" and "cheapest" mean."""

from armwise.bandit.objectives.best_quality import BestQuality
from armwise.bandit.objectives.budget import Budget
from armwise.bandit.objectives.cheapest_within import CheapestWithin
from armwise.bandit.objectives.objective import Objective, ranking
from armwise.bandit.objectives.planned import Planned
from armwise.bandit.objectives.target_rate import TargetRate
from armwise.bandit.objectives.utility import Utility

__all__ = [
    "BestQuality",
    "Budget",
    "CheapestWithin",
    "Objective",
    "Planned",
    "TargetRate",
    "Utility",
    "ranking",
]
