"""A disk that takes no journal costs safety against kills, one warning, and no outcome."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Scripts = Callable[[str], Any]


def test_without_a_directory_reports_are_kept_in_memory(
    script: Scripts, outcomes: Callable[[], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no journal can be made, one warning says so, and everything is delivered."""
    (tmp_path / "file").write_text("no directory")
    monkeypatch.setenv("ARMWISE_JOURNAL_DIR", str(tmp_path / "file" / "journals"))

    worker = script(
        "router = opened()\nreport(router, 100)\nsay(router.stats().store.has_journal)\n"
        "router.flush(10.0)\nrouter.close()\n"
    )
    said = worker.hear()
    code, _, warned = worker.end()

    assert said == "False"
    assert code == 0, warned
    assert warned.count("no journal can be written in") == 1
    assert outcomes() == 100


FULL = """
import resource
router = opened()
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
report(router, 10)
say(router.stats().store.has_journal)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, hard))
report(router, 100)
say(router.stats().store.has_journal)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
report(router, 10)
say(router.stats().store.has_journal)
hear()
"""


@pytest.mark.parametrize("limit", [0, 3000])
def test_a_full_disk_is_told_once_and_passes(
    script: Scripts, outcomes: Callable[[], int], limit: int, server: Any
) -> None:
    """The kernel refuses to let files grow: memory has to do, until there is room again."""
    worker = script(FULL.format(limit=limit))

    said = [worker.hear() for _ in range(3)]
    worker.say()
    code, _, warned = worker.end()

    assert said[0] == said[2] == "True"
    assert said[1] == ("False" if limit == 0 else said[1])
    assert code == 0, warned
    assert warned.count("the journal takes no more") >= 1
    assert warned.count("the journal takes no more") <= (1 if limit == 0 else 100)
    assert "Traceback" not in warned
    assert outcomes() == 120
