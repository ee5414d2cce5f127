"""When to try a store again that has failed."""

from collections.abc import Callable

FIRST_S, LONGEST_S = 0.05, 2.0
"""The waiting time doubles from the first to the longest. After an outage of 3 s everything is to
be delivered within 5 s (``benchmarks.outage``), so the longest wait may take 2 of them."""


class Breaker:
    """Lets calls through until one fails; then one probe after ever longer waits.

    Args:
        uniform: Returns a random number from 0 to 1: workers that failed together do not come
            back together.
    """

    def __init__(self, uniform: Callable[[], float]) -> None:
        self._uniform = uniform
        self._failures = 0
        self._began_s = 0.0
        self._until_s = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the last call has failed."""
        return self._failures > 0

    def wait_s(self, now_s: float) -> float:
        """Return how long to wait before the next call, 0 for not at all."""
        return max(0.0, self._until_s - now_s) if self._failures else 0.0

    def failed(self, now_s: float) -> bool:
        """Take notice of a failure; return whether an outage begins with it."""
        begins = not self._failures
        if begins:
            self._began_s = now_s
        wait_s = min(LONGEST_S, FIRST_S * 2.0 ** min(self._failures, 30))
        self._until_s = now_s + wait_s * (0.5 + 0.5 * self._uniform())
        self._failures += 1
        return begins

    def succeeded(self, now_s: float) -> float | None:
        """Take notice of a success; return how long the outage was that ends, None for none."""
        if not self._failures:
            return None
        self._failures = 0
        return now_s - self._began_s
