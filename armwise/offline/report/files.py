"""JSON, CSV, Markdown, plots and the page, in one folder.

Every part has a JSON file of its own, and the page shows all that are in the folder, so that parts
may be run one by one.
"""

import csv
import json
import math
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from armwise.errors import ConfigurationError
from armwise.offline.report.page import page
from armwise.offline.report.plots import can_draw, png, svg
from armwise.offline.report.record import Record, shown
from armwise.offline.result import Cell, Measured, Table

PAGE = "regret.html"
MISSING = (
    "no plots: matplotlib is not installed. Write pip install 'armwise[bench]' for them, "
    "or python3 run.py --with bench bench in a clone."
)


def write(records: Sequence[Record], folder: Path, order: Sequence[str]) -> list[str]:
    """Write the parts that have run, and the page of all parts in the folder.

    Args:
        records: Parts that have run.
        folder: Where to; made if it is not there.
        order: Names of the parts, in the order of the page.

    Returns:
        What could not be done, in sentences.

    Raises:
        ConfigurationError: If the folder cannot be written to, or holds results that cannot be
            read.
    """
    draws = can_draw()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for record in records:
            _write_part(record, folder, draws=draws)
        everything = list(_all_in(folder, order))
        (folder / PAGE).write_text(page(everything, draws=draws), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot write results to {str(folder)!r}: {error}") from None
    return [] if draws else [MISSING]


def _write_part(record: Record, folder: Path, *, draws: bool) -> None:
    section = record.section
    text = json.dumps(_finite(record.as_json()), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / f"{section.name}.json").write_text(text + "\n", encoding="utf-8")
    names = [f"{section.name}-{number}" for number, _ in enumerate(section.tables, 1)]
    for name, table in zip(names, section.tables, strict=True):
        (folder / f"{name}.csv").write_text(as_csv(table), encoding="utf-8")
    if draws:
        for plot in section.plots:
            (folder / f"{plot.name}.svg").write_text(svg(plot), encoding="utf-8")
            (folder / f"{plot.name}.png").write_bytes(png(plot))
    lines = markdown(record, has_plots=draws)
    (folder / f"{section.name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _all_in(folder: Path, order: Sequence[str]) -> Iterator[Record]:
    for name in order:
        file = folder / f"{name}.json"
        if file.is_file():
            try:
                record = json.loads(file.read_text(encoding="utf-8"))
            except ValueError:
                record = {}
            yield Record.from_json(record, file)


def as_csv(table: Table) -> str:
    """Return a table as CSV; a column with errors is followed by a column of them."""
    has_error = [
        any(
            isinstance(row[number], Measured) and _error(row[number]) is not None
            for row in table.rows
        )
        for number in range(len(table.columns))
    ]
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    heads: list[str] = []
    for heading, errs in zip(table.columns, has_error, strict=True):
        heads += [heading, f"{heading} (standard error)"] if errs else [heading]
    writer.writerow(heads)
    for row in table.rows:
        cells: list[Any] = []
        for cell, errs in zip(row, has_error, strict=True):
            cells.append(cell.value if isinstance(cell, Measured) else cell)
            if errs:
                cells.append(_error(cell))
        writer.writerow(cells)
    return text.getvalue()


def markdown(record: Record, *, has_plots: bool) -> list[str]:
    """Return the lines of a part's Markdown page."""
    section = record.section
    lines = [f"# {section.title}", "", section.about, ""]
    if record.is_quick:
        lines += ["**A quick run: these figures are no evidence.**", ""]
    if section.gates:
        lines += ["| what | measured | wanted | |", "| --- | ---: | ---: | --- |"]
        lines += [
            f"| {_escaped(gate.what)} | {shown(gate.value)} | {gate.sense} {shown(gate.target)} | "
            f"{'met' if gate.is_met else '**missed**'} |"
            for gate in section.gates
        ]
        lines += [""]
    for table in section.tables:
        lines += [f"## {table.title}", "", *_markdown_table(table), ""]
        if table.note:
            lines += [table.note, ""]
    if has_plots:
        for plot in section.plots:
            lines += [f"![{plot.title}]({plot.name}.svg)", ""]
    return [*lines, "## How to repeat it", "", *repeating(record)]


def repeating(record: Record) -> list[str]:
    """Return a Markdown list of what is needed to repeat a part."""
    machine = record.machine
    settings = ", ".join(
        f"{name} {value}"
        for name, value in record.section.settings.items()
        if not isinstance(value, dict)
    )
    return [
        f"- Command: `{record.command}`, {record.took_s:.0f} s on {record.date}",
        f"- Settings: {settings}; seed {record.seed}",
        f"- Machine: {machine['cpu']}, {machine['cores']} cores, {machine['system']}",
        "- Versions: " + ", ".join(f"{name} {what}" for name, what in record.versions.items()),
    ]


def _markdown_table(table: Table) -> list[str]:
    def side(number: int) -> str:
        is_text = all(isinstance(row[number], str) for row in table.rows)
        return "---" if number == 0 or is_text else "---:"

    def text_of(number: int, cell: Cell) -> str:
        text = _escaped(str(cell))
        return f"**{text}**" if number in table.marked and text else text

    heads = [_escaped(heading) for heading in table.columns]
    rows = [heads, [side(number) for number in range(len(heads))]]
    rows += [[text_of(number, cell) for cell in row] for number, row in enumerate(table.rows)]
    return ["| " + " | ".join(row) + " |" for row in rows]


def _escaped(text: str) -> str:
    return re.sub(r"([|*_<])", r"\\\1", text)


def _error(cell: Cell) -> float | None:
    return cell.error if isinstance(cell, Measured) else None


def _finite(value: Any) -> Any:
    """Return a JSON value with None for what JSON has no number for."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
