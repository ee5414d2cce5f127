"""What contextual libraries are given of a request: numbers of about the same size."""

import math
from typing import TYPE_CHECKING

from armwise.offline.learner import Request

if TYPE_CHECKING:
    from armwise.offline.contenders.money import Vector

TASK_SLOTS = 12
"""One-hot places for labels, taken in the order in which they turn up; later ones share one."""

WIDTH = TASK_SLOTS + 3
"""Labels, score, words, and a constant in the last place."""


class Features:
    """Turns requests into vectors: label one-hot, score / 10, log10 of the words / 4, and 1."""

    def __init__(self) -> None:
        self._slots: dict[str, int] = {}

    def slot(self, request: Request) -> int:
        """Return the one-hot place of a request's label."""
        free = min(len(self._slots), TASK_SLOTS - 1)
        return self._slots.setdefault(request.task_type, free)

    def numbers(self, request: Request) -> tuple[float, float]:
        """Return score and length, both between 0 and about 1."""
        return request.score / 10, math.log10(1 + request.words) / 4

    def vector(self, request: Request) -> "Vector":
        """Return the vector of a request, of length ``WIDTH``."""
        import numpy as np

        row: Vector = np.zeros(WIDTH)
        row[self.slot(request)] = 1.0
        row[TASK_SLOTS], row[TASK_SLOTS + 1] = self.numbers(request)
        row[-1] = 1.0
        return row
