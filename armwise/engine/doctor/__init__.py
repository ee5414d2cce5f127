"""The doctor: what keeps a goal from learning, or wastes money, and what to write instead.

Pure: a picture of the goal in, diagnoses out. One module per organ.
"""

from collections.abc import Callable

from armwise.engine.doctor.diagnosis import Diagnosis, Severity, of_finding
from armwise.engine.doctor.learning import learning
from armwise.engine.doctor.money import money
from armwise.engine.doctor.outcomes import outcomes
from armwise.engine.doctor.picture import Picture, PricedArm, deviation_of, priced_arms
from armwise.engine.doctor.plumbing import plumbing
from armwise.engine.doctor.rolling import rolling

_ORGANS: tuple[Callable[[Picture], list[Diagnosis]], ...] = (
    outcomes,
    learning,
    money,
    plumbing,
    rolling,
)


def examine(picture: Picture) -> list[Diagnosis]:
    """Return what is wrong with a goal, the worst first; nothing if nothing is."""
    found = [each for organ in _ORGANS for each in organ(picture)]
    return sorted(found, key=lambda each: each.severity.rank)


__all__ = [
    "Diagnosis",
    "Picture",
    "PricedArm",
    "Severity",
    "deviation_of",
    "examine",
    "of_finding",
    "priced_arms",
]
