"""What the benchmark found, for terminals, programs, spreadsheets, repositories and browsers."""

from armwise.offline.report.files import write
from armwise.offline.report.record import Record
from armwise.offline.report.terminal import show

__all__ = ["Record", "show", "write"]
