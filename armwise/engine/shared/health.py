"""How a shared store is doing, for people and metrics."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """How a shared store is doing, as this process sees it.

    Args:
        store: Its URL without the password.
        is_up: Whether the last call to it worked.
        waiting: Records that wait to be delivered.
        dropped: Records that were given up since the start: too many waited, or the store never
            took them.
        faults: Calls to the store that failed since the start.
        has_journal: Whether waiting records are on disk as well; else they die with the process.
        snapshot_age_s: Seconds since the goal was last read from the store; None: never.
    """

    store: str
    is_up: bool
    waiting: int
    dropped: int
    faults: int
    has_journal: bool
    snapshot_age_s: float | None

    def __str__(self) -> str:
        age_s = self.snapshot_age_s
        read = "never read" if age_s is None else f"read {age_s:.1f} s ago"
        where = "on disk" if self.has_journal else "in memory"
        return (
            f"store {self.store}: {'up' if self.is_up else 'DOWN'}, {read}, {self.waiting} records "
            f"wait {where}, {self.dropped} dropped, {self.faults} faults"
        )
