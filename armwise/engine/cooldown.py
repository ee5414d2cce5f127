"""One cooldown of one path: why, and until when."""

from dataclasses import dataclass

from armwise.adapters import Fault
from armwise.bandit.availability import cooldown_s, repair_s

LONGEST_RETRY_AFTER_S = 86_400.0
"""The longest wait that a provider is believed: a quota per day is the longest there is."""


@dataclass(frozen=True, slots=True)
class Cooldown:
    """Why and how long a path is left alone. It stays until the path has answered.

    Args:
        fault: What the last call ended in.
        begun_s: When that was, seconds since 1970.
        until_s: Until when the path is left alone.
        since_s: Calls begun from then on lift it when they are answered.
        step: How many cooldowns in a row, from 1; 0: another worker has told of it.
        is_probed: A request of this worker tries the path; ``until_s`` is how long it is awaited.
    """

    fault: Fault
    begun_s: float
    until_s: float
    since_s: float
    step: int
    is_probed: bool = False

    def is_over(self, now_s: float) -> bool:
        """Return whether the path may be tried. A clock that was set back ends it too."""
        return now_s >= self.until_s or now_s < self.begun_s

    def reason(self, now_s: float) -> str:
        """Say why the path is passed over."""
        if self.is_probed:
            return f"another request tries whether it answers again after {self.fault}"
        told = ", as another worker has told" if not self.step else ""
        return f"cooling down for {self.until_s - now_s:.0f} s more after {self.fault}{told}"


def length_s(fault: Fault, step: int, mean: float) -> float:
    """Return how long a path is left alone of which its provider said nothing, in seconds."""
    return repair_s(step) if fault is Fault.MISCONFIGURED else cooldown_s(step, mean)


def wait_s(fault: Fault, step: int, mean: float, retry_after_s: float | None) -> float:
    """Return how long to leave a path alone: as long as its provider said, if it did."""
    if retry_after_s is not None and fault.is_outage:
        return min(retry_after_s, LONGEST_RETRY_AFTER_S)
    return length_s(fault, step, mean)
