"""A copy with many own outcomes over it is put together while decisions and reports go on."""

import threading
import time

from armwise.bandit import UNIT
from armwise.engine.shared.outbox import Entry
from armwise.engine.shared.view import View
from armwise.storage import ArmKey, GoalEvidence, Record
from armwise.storage.ledger import Settlement

ARM = ArmKey("general/simple", "cheap")


def record(number: int) -> Record:
    """Return a success of one request."""
    return Record(ARM, number.to_bytes(10), 0, 1_800_000_000_000, revision=1, score=10_000)


class Interrupted(GoalEvidence):
    """Evidence during whose making somebody reports."""

    view: View

    def copy(self) -> GoalEvidence:
        """Return evidence that is interrupted."""
        copied = Interrupted(None, self.version)
        copied.view = self.view
        return copied

    def add(self, record_: Record, settlement: Settlement) -> bool:
        """Let another outcome be laid over before the first one is added."""
        if not self.changes:
            self.changes = 1
            self.view.lay_over(Entry("goal", record(2)))
        return super().add(record_, settlement)


def test_reports_do_not_wait_while_own_outcomes_are_laid_over_a_copy() -> None:
    """One that comes meanwhile neither waits nor is missing or doubled afterwards."""
    view = View(time.time, lambda _: None)
    view.hold("goal", None)
    view.lay_over(Entry("goal", record(1)))
    copy = Interrupted(None, 1)
    copy.view = view
    copy.of("other/simple")  # the store knows the goal

    renewing = threading.Thread(target=view.replace, args=("goal", copy, []), daemon=True)
    renewing.start()
    renewing.join(5.0)

    assert not renewing.is_alive()
    assert view.bucket("goal", ARM.bucket).arms[ARM].successes == 2 * UNIT
