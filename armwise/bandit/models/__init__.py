"""Models of beliefs: what is believed of an arm, given the counts of all arms of a goal."""

from armwise.bandit.models.additive import LogisticThompson
from armwise.bandit.models.cells import Cell, Counts
from armwise.bandit.models.default import default_model
from armwise.bandit.models.hierarchical import Hierarchical
from armwise.bandit.models.hierarchical_beta import HierarchicalBeta
from armwise.bandit.models.independent import Independent
from armwise.bandit.models.model import BeliefModel, Fit
from armwise.bandit.models.noise import matured
from armwise.bandit.models.pooled import Pooled
from armwise.bandit.models.staleness import has_faded, is_stale

__all__ = [
    "BeliefModel",
    "Cell",
    "Counts",
    "Fit",
    "Hierarchical",
    "HierarchicalBeta",
    "Independent",
    "LogisticThompson",
    "Pooled",
    "default_model",
    "has_faded",
    "is_stale",
    "matured",
]
