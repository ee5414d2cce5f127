"""Where an outcome belongs: the coordinates of evidence, as a model of beliefs sees them."""

from collections.abc import Mapping
from typing import NamedTuple


class Cell(NamedTuple):
    """One path on one kind of request.

    Attributes:
        task: The task type, such as "extraction".
        level: The level of complexity inside it, such as "simple".
        path: Name of the path.
        earlier_failures: Failed checks in the same request before, 0 to 3.
    """

    task: str
    level: str
    path: str
    earlier_failures: int = 0


Counts = Mapping[Cell, tuple[float, float]]
"""Successes and failures per cell, faded with age; fractions where scores were graded."""
