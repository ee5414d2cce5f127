"""One thing that the doctor has found."""

from dataclasses import dataclass
from enum import StrEnum

from armwise.storage import Finding


class Severity(StrEnum):
    """How bad a diagnosis is.

    BAD: what is learned is wrong, lost, or nothing at all. WARNING: learning is slow, or money is
    wasted. NOTE: worth knowing.
    """

    BAD = "bad"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that is wrong, or worth a look.

    Args:
        what: What it is.
        severity: How bad it is.
        figure: The numbers behind it.
        fix: What to write or do, in one sentence.
    """

    what: str
    severity: Severity
    figure: str
    fix: str

    def __str__(self) -> str:
        return f"{self.severity.upper()}: {self.what} ({self.figure}). {self.fix}"


def of_finding(finding: Finding) -> Diagnosis | None:
    """Return what the examination of a store has found; None if it needs nothing."""
    if not finding.advice and not finding.is_fatal:
        return None
    severity = Severity.BAD if finding.is_fatal else Severity.WARNING
    return Diagnosis(f"store: {finding.name}", severity, finding.value, finding.advice)
