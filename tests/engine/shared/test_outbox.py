"""The outbox: what waits, and when the journal may forget it."""

import time
from pathlib import Path

from armwise.engine.shared.journal import Journal
from armwise.engine.shared.outbox import Entry, Outbox
from armwise.storage import ArmKey, Record, ReportStatus


def entry(number: int) -> Entry:
    """Return an entry of one request."""
    arm = ArmKey("general/simple", "cheap")
    return Entry("goal", Record(arm, number.to_bytes(10), 0, 1_800_000_000_000, revision=1))


def test_an_entry_dropped_while_on_its_way_frees_no_other_one(tmp_path: Path) -> None:
    """The segment of the journal stays until each entry in it was delivered, not before."""
    outbox = Outbox(most_waiting=2, most_recent=10, window_s=0.0)
    outbox.write_to(Journal(tmp_path))
    for number in range(2):
        outbox.put(entry(number))
    under_way = outbox.take("goal", 1)
    outbox.put(entry(2))  # drops the one that is under way

    outbox.acknowledge(under_way, [ReportStatus.APPLIED])
    outbox.acknowledge(outbox.take("goal", 1), [ReportStatus.APPLIED])
    time.sleep(0.01)
    outbox.heard()
    outbox.tidy()

    assert outbox.waiting == 1
    assert [path.name for path in tmp_path.glob("*/*.journal")] == ["00000000.journal"]
    outbox.acknowledge(outbox.take("goal", 1), [ReportStatus.APPLIED])
    time.sleep(0.01)
    outbox.heard()
    outbox.tidy()
    assert [path.name for path in tmp_path.glob("*/*.journal")] == ["00000001.journal"]
    outbox.close()
