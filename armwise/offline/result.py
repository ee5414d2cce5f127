"""What a benchmark found, as values: tables, plots, gates and notes, for any kind of report."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Measured:
    """A number and how sure it is.

    Args:
        value: The mean, or what else the column says.
        error: Its standard error over the runs, None where there is none.
        digits: Digits behind the decimal point to show.
    """

    value: float
    error: float | None = None
    digits: int = 4

    @classmethod
    def of(cls, values: Sequence[float], digits: int = 4) -> "Measured":
        """Return mean and standard error of one value per run, at least one."""
        runs = len(values)
        mean = math.fsum(values) / runs
        if runs == 1:
            return cls(mean, None, digits)
        spread = math.fsum((value - mean) ** 2 for value in values) / (runs - 1)
        return cls(mean, math.sqrt(spread / runs), digits)

    def __str__(self) -> str:
        shown = f"{self.value:,.{self.digits}f}"
        return shown if self.error is None else f"{shown} ± {self.error:.{self.digits}f}"


Cell = str | int | Measured
"""One cell of a table."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Args:
        title: What it shows.
        columns: Headings, the first one of the names of the rows.
        rows: Cells, as many per row as there are columns.
        note: What a reader must know to read it, one or two sentences.
        marked: Numbers of rows to set off, such as armwise's own.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    marked: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line, or one set of points, of a plot: ``x`` and ``y`` are equally long."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    style: Literal["line", "dashed", "points"] = "line"


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot of lines or points.

    Args:
        name: Short and stable, for file names.
        title: What it shows.
        x_label: What is along, with its unit.
        y_label: What is up, with its unit.
        lines: What is drawn.
        log_x: Logarithmic axis.
        log_y: Logarithmic axis.
    """

    name: str
    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    log_x: bool = False
    log_y: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """A figure that has to be reached.

    Args:
        what: The figure, in words.
        value: What was measured.
        target: What it has to reach.
        sense: Whether the target is an upper or a lower limit.
        source: Where the target comes from.
    """

    what: str
    value: float
    target: float
    sense: Literal["<=", ">="]
    source: str

    @property
    def is_met(self) -> bool:
        """Whether the target is reached."""
        return self.value <= self.target if self.sense == "<=" else self.value >= self.target


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the benchmark: what was run and what came of it.

    Args:
        name: Short and stable: "textbook", "routing", ...
        title: What it measures, in one line.
        about: How it was measured: sentences for people who want to doubt it.
        settings: Numbers that it was run with.
        tables: The tables.
        plots: The plots.
        gates: The figures that have to be reached.
    """

    name: str
    title: str
    about: str
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()
    gates: tuple[Gate, ...] = ()
