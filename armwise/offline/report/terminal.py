"""Tables for a terminal, or for a pipe."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from armwise.offline.report.record import Record, shown
from armwise.offline.result import Gate, Table

if TYPE_CHECKING:
    from rich.console import Console

_GAP = 3
"""What a column takes beside its text: the space around it."""


def show(record: Record, console: "Console") -> None:
    """Print a part: tables, then gates. Tables that are too wide are continued below.

    Args:
        record: What was found.
        console: Where to; in a pipe tables keep their width.
    """
    section = record.section
    console.print()
    console.print(section.title.upper(), style="bold", markup=False)
    for table in section.tables:
        for piece in fitting(table, console.width if console.is_terminal else None):
            console.print()
            console.print(piece.title, style="bold", markup=False)
            _print_table(piece, console)
        if table.note:
            console.print(table.note, style="dim", markup=False, soft_wrap=not console.is_terminal)
    if section.gates:
        console.print()
    for gate in section.gates:
        style = "green" if gate.is_met else "bold red"
        console.print(told(gate), style=style, markup=False, soft_wrap=not console.is_terminal)


def told(gate: Gate) -> str:
    """Return a gate in one line."""
    verdict = "met   " if gate.is_met else "MISSED"
    sign = "≤" if gate.sense == "<=" else "≥"
    return f"{verdict} {gate.what}: {shown(gate.value)} {sign} {shown(gate.target)}"


def fitting(table: Table, width: int | None) -> Iterator[Table]:
    """Yield the table in pieces that are at most so wide, each with the first column.

    Args:
        table: Any table.
        width: Columns of text; None: any number.
    """
    widths = [
        max(len(heading), *(len(str(row[number])) for row in table.rows), 0) + _GAP
        for number, heading in enumerate(table.columns)
    ]
    pieces: list[list[int]] = [[]]
    used = widths[0]
    for number, needed in enumerate(widths[1:], 1):
        if width is not None and pieces[-1] and used + needed > width:
            pieces.append([])
            used = widths[0]
        pieces[-1].append(number)
        used += needed
    for part, columns in enumerate(pieces):
        yield _columns(table, [0, *columns], " (continued)" if part else "")


def _columns(table: Table, numbers: Sequence[int], suffix: str) -> Table:
    return Table(
        table.title + suffix,
        tuple(table.columns[number] for number in numbers),
        tuple(tuple(row[number] for number in numbers) for row in table.rows),
        table.note,
        table.marked,
    )


def _print_table(table: Table, console: "Console") -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table as RichTable

    printed = RichTable(
        box=box.SIMPLE_HEAD,
        padding=(0, 1),
        pad_edge=False,
        show_edge=False,
    )
    for number, heading in enumerate(table.columns):
        is_text = number == 0 or all(isinstance(row[number], str) for row in table.rows)
        no_wrap = not console.is_terminal
        printed.add_column(escape(heading), justify="left" if is_text else "right", no_wrap=no_wrap)
    for number, row in enumerate(table.rows):
        style = "bold cyan" if number in table.marked else None
        printed.add_row(*(escape(str(cell)) for cell in row), style=style)
    console.print(printed)
