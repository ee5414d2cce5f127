"""What a request starts beside its own way, without waiting for it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Beside:
    """Work that a flow yields to have it started.

    Args:
        start: Starts it where the flow is driven by blocking: in a thread.
        astart: Starts it where the flow is driven by awaiting: as a task of the running loop.
    """

    start: Callable[[], object]
    astart: Callable[[], object]
