"""What each worker of the soak wrote down beside its reports, in files of its own.

Before a report a worker writes a line into its file of intentions, by a single call; after
``report_outcome`` has returned, a byte into its file of returns. One thread does both, so a worker
that is killed leaves at most one line of which nobody knows whether the report was taken.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Reported:
    """One report.

    Args:
        goal: The goal of the request.
        request_id: As ``decide`` returned it.
        is_success: The outcome.
        revision: Of the outcome.
        cost_usd: Cost of the call, None if it is not told.
        latency_s: Its latency, None if it is not told.
    """

    goal: str
    request_id: str
    is_success: bool
    revision: int
    cost_usd: float | None
    latency_s: float | None

    def line(self) -> bytes:
        """Return it as a line of text."""
        words = (self.goal, self.request_id, int(self.is_success), self.revision)
        return " ".join(map(str, (*words, self.cost_usd, self.latency_s))).encode() + b"\n"

    @classmethod
    def of(cls, line: str) -> Self:
        """Return what a line says."""
        goal, request_id, is_success, revision, cost, latency = line.split()
        return cls(
            goal,
            request_id,
            is_success == "1",
            int(revision),
            None if cost == "None" else float(cost),
            None if latency == "None" else float(latency),
        )


class Ledger:
    """The two files of one worker.

    Args:
        directory: Where they are.
        name: Of the worker, each incarnation another.
    """

    def __init__(self, directory: Path, name: str) -> None:
        flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND
        self._intended = os.open(directory / f"{name}.intended", flags)
        self._returned = os.open(directory / f"{name}.returned", flags)

    def intend(self, reported: Reported) -> None:
        """Write down a report that is about to be made."""
        os.write(self._intended, reported.line())

    def returned(self) -> None:
        """Write down that the last one has returned."""
        os.write(self._returned, b".")


def returns(directory: Path) -> int:
    """Return how many reports of all workers have returned so far."""
    return sum(path.stat().st_size for path in directory.glob("*.returned"))


def intended(directory: Path) -> Iterator[tuple[Reported, bool]]:
    """Return all reports that were intended, and whether each is known to have returned."""
    for path in sorted(directory.glob("*.intended")):
        known = path.with_suffix(".returned").stat().st_size
        with path.open() as file:
            for number, line in enumerate(file):
                if line.endswith("\n"):  # else the worker died while it wrote, before the report
                    yield Reported.of(line), number < known
