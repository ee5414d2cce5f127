"""Which model of beliefs goes with which rule."""

from armwise.bandit.models.hierarchical import Hierarchical
from armwise.bandit.models.hierarchical_beta import HierarchicalBeta
from armwise.bandit.models.model import BeliefModel
from armwise.bandit.objectives import Budget, Objective, Utility


def default_model(objective: Objective) -> BeliefModel:
    """Return the model of beliefs that a rule is played with where none is named.

    Rules that weigh money against success take ``Hierarchical``: it explores least, and what
    staying with a dear path costs is little by the rule's own measure. Rules that ask whether a
    cheap path is good enough take ``HierarchicalBeta``, which finds that out soon where success
    rates are near 1 (part "routing" of the regret benchmark; docs/explanation/beliefs.md).
    """
    return Hierarchical() if isinstance(objective, Utility | Budget) else HierarchicalBeta()
