"""Replays of complete outcome matrices: what every path would have done with every request."""

from armwise.offline.real.outcome_set import OutcomeSet
from armwise.offline.real.part import run
from armwise.offline.real.reading import read_outcome_set
from armwise.offline.real.replay import replay

__all__ = ["OutcomeSet", "read_outcome_set", "replay", "run"]
