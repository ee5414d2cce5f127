"""One part's result with what is needed to repeat it, and its form as JSON."""

import math
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from armwise.errors import ConfigurationError
from armwise.offline.result import Cell, Gate, Line, Measured, Plot, Section, Table

FORMAT = 1
LIBRARIES = (
    "armwise",
    "numpy",
    "scipy",
    "litellm",
    "mabwiser",
    "pybandits",
    "bayesianbandits",
    "river",
    "vowpalwabbit",
    "paretobandit",
)


@dataclass(frozen=True, slots=True)
class Record:
    """What a part found, and how to find it again.

    Args:
        section: What was found.
        command: The command that repeats it.
        seed: The seed.
        is_quick: Whether it was run with small numbers, which are no evidence.
        took_s: How long it took, in seconds.
        date: The day, as YYYY-MM-DD.
        machine: Processor, cores and system.
        versions: Versions of Python and of the libraries that are installed.
    """

    section: Section
    command: str
    seed: int
    is_quick: bool
    took_s: float
    date: str
    machine: Mapping[str, Any]
    versions: Mapping[str, str]

    @classmethod
    def of(
        cls, section: Section, *, command: str, seed: int, is_quick: bool, took_s: float
    ) -> "Record":
        """Return the record of a part that has just run on this machine."""
        today = datetime.now(UTC).date().isoformat()
        return cls(section, command, seed, is_quick, took_s, today, machine(), versions())

    def as_json(self) -> dict[str, Any]:
        """Return what the JSON file holds; ``from_json`` reads it back."""
        section = self.section
        return {
            "format": FORMAT,
            "name": section.name,
            "title": section.title,
            "command": self.command,
            "seed": self.seed,
            "quick": self.is_quick,
            "took_s": round(self.took_s, 1),
            "date": self.date,
            "machine": dict(self.machine),
            "versions": dict(self.versions),
            "about": section.about,
            "settings": dict(section.settings),
            "gates": [asdict(gate) | {"is_met": gate.is_met} for gate in section.gates],
            "tables": [_table_as_json(table) for table in section.tables],
            "plots": [asdict(plot) for plot in section.plots],
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any], file: Path) -> "Record":
        """Return the record that a JSON file holds.

        Raises:
            ConfigurationError: If it is not one that this version writes.
        """
        if record.get("format") != FORMAT:
            raise ConfigurationError(
                f"{file.name} is not a benchmark result of format {FORMAT}. "
                "Move it away, or write the results to another folder with --out DIR."
            )
        section = Section(
            name=record["name"],
            title=record["title"],
            about=record["about"],
            settings=record["settings"],
            tables=tuple(_table_from_json(table) for table in record["tables"]),
            plots=tuple(_plot_from_json(plot) for plot in record["plots"]),
            gates=tuple(
                Gate(
                    gate["what"],
                    _number(gate["value"]),
                    gate["target"],
                    gate["sense"],
                    gate["source"],
                )
                for gate in record["gates"]
            ),
        )
        return cls(
            section,
            record["command"],
            record["seed"],
            record["quick"],
            record["took_s"],
            record["date"],
            record["machine"],
            record["versions"],
        )


def shown(value: float) -> str:
    """Return a number with the digits that mean something: three, or all before the point."""
    return f"{value:,.0f}" if abs(value) >= _WHOLE else f"{value:.3g}"


_WHOLE = 1000.0


def machine() -> dict[str, Any]:
    """Return the facts that times depend on."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that may take part, where installed."""
    found = {"python": f"{platform.python_implementation()} {platform.python_version()}"}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _cpu() -> str:
    if sys.platform == "linux":
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        if names:
            return names[0]
    return platform.processor() or "unknown"


def _table_as_json(table: Table) -> dict[str, Any]:
    rows = [
        [asdict(cell) if isinstance(cell, Measured) else cell for cell in row] for row in table.rows
    ]
    return asdict(table) | {"rows": rows}


def _table_from_json(table: Mapping[str, Any]) -> Table:
    return Table(
        title=table["title"],
        columns=tuple(table["columns"]),
        rows=tuple(tuple(_cell(cell) for cell in row) for row in table["rows"]),
        note=table["note"],
        marked=tuple(table["marked"]),
    )


def _number(value: float | None) -> float:
    """Return a number from JSON, which has none for what is no number."""
    return math.nan if value is None else value


def _cell(cell: Any) -> Cell:
    if isinstance(cell, dict):
        return Measured(_number(cell["value"]), cell["error"], cell["digits"])
    known: str | int = cell
    return known


def _plot_from_json(plot: Mapping[str, Any]) -> Plot:
    fields: dict[str, Any] = dict(plot)
    fields["lines"] = tuple(_line_from_json(line) for line in plot["lines"])
    return Plot(**fields)


def _line_from_json(line: Mapping[str, Any]) -> Line:
    return Line(line["name"], _numbers(line["x"]), _numbers(line["y"]), line["style"])


def _numbers(values: Sequence[float | None]) -> tuple[float, ...]:
    return tuple(_number(value) for value in values)
