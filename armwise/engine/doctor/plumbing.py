"""Does what is learned reach the store, the log and the hooks?"""

from armwise.engine.doctor.diagnosis import Diagnosis, Severity
from armwise.engine.doctor.picture import Picture
from armwise.engine.shared import StoreHealth
from armwise.engine.tally import Counters

STALE_S = 60.0
"""Age of a snapshot from which it is stale: it is read anew every second, and every 30 s by workers
that were told of no change."""


def plumbing(picture: Picture) -> list[Diagnosis]:
    """Return what is lost on its way."""
    found = [] if picture.store is None else _store(picture.store)
    return found if picture.counters is None else [*found, *_counters(picture.counters)]


def _store(store: StoreHealth) -> list[Diagnosis]:
    found: list[Diagnosis] = []
    if not store.is_up:
        found.append(
            Diagnosis(
                "the store is down",
                Severity.BAD,
                f"{store.waiting} records wait, {store.faults} calls failed",
                f"Run armwise store check {store.store}; requests go on with what was last known.",
            )
        )
    age_s = store.snapshot_age_s
    if age_s is None or age_s > STALE_S:
        found.append(
            Diagnosis(
                "the local copy of the evidence is stale",
                Severity.BAD,
                "never read" if age_s is None else f"read {age_s:.0f} s ago",
                f"Run armwise store check {store.store}: other workers' outcomes do not arrive.",
            )
        )
    if store.dropped:
        found.append(
            Diagnosis(
                "records were given up",
                Severity.BAD,
                f"{store.dropped} since the start",
                "Bring the store back sooner, or look in the logger 'armwise' for the record that "
                "it refuses.",
            )
        )
    if not store.has_journal:
        found.append(
            Diagnosis(
                "waiting records are in memory only, and die with the process",
                Severity.WARNING,
                f"{store.waiting} wait now",
                "Set ARMWISE_JOURNAL_DIR to a folder that this process may write.",
            )
        )
    return found


def _counters(counters: Counters) -> list[Diagnosis]:
    counted = (
        (
            counters.store_errors,
            "the store did not take records",
            Severity.BAD,
            "See the first error in the logger 'armwise', and run armwise store check URL.",
        ),
        (
            counters.log_errors,
            "the decision log lost lines",
            Severity.WARNING,
            "Give decision_log= a file on a disk with room that this process may write.",
        ),
        (
            counters.hooks_raised,
            "on_event= raises",
            Severity.WARNING,
            "Catch errors inside the hook; the logger 'armwise' shows the first one.",
        ),
    )
    return [
        Diagnosis(what, severity, f"{number} times", fix)
        for number, what, severity, fix in counted
        if number
    ]
