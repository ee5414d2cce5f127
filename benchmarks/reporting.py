"""What every benchmark shares: options, progress, facts about the machine, and result files."""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
DEFAULT_SEED = 20
LIBRARIES = (
    "armwise",
    "litellm",
    "numpy",
    "scipy",
    "mabwiser",
    "bayesianbandits",
    "openai",
    "httpx",
    "redis",
    "hiredis",
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number.

    Args:
        name: Short and stable, for programs that read the JSON.
        what: What was measured, for people.
        value: The number, usually a median.
        unit: Its unit, such as "us"; "x" for a ratio.
        low: Lower end of its spread or interval, None if there is none.
        high: Upper end.
        target: What it has to reach, None if it only stands beside others.
        sense: Whether the target is an upper or a lower limit.
    """

    name: str
    what: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    target: float | None = None
    sense: Literal["<=", ">="] = "<="

    @property
    def is_met(self) -> bool | None:
        """Whether the target is reached, None without one."""
        if self.target is None:
            return None
        return self.value <= self.target if self.sense == "<=" else self.value >= self.target

    def cells(self) -> tuple[str, str, str, str, str]:
        """Return the columns of a table: what, measured, spread, target, verdict."""
        spread = ""
        if self.low is not None and self.high is not None:
            spread = f"{_number(self.low)} to {_number(self.high)}"
        target = "" if self.target is None else f"{self.sense} {_number(self.target)} {self.unit}"
        verdict = {None: "", True: "met", False: "missed"}[self.is_met]
        return self.what, f"{_number(self.value)} {self.unit}", spread, target, verdict


@dataclass(frozen=True, slots=True)
class Report:
    """What a benchmark found.

    Args:
        name: Name of its module and of its result files.
        title: What it measures, in one line.
        figures: The numbers.
        spread: What the ends of the figures' spreads are.
        settings: Numbers that the run was made with.
        notes: How it was measured, as a Markdown list.
        module: Its module, if that has another name.
        group: The dependency group, or extra, that it needs.
    """

    name: str
    title: str
    figures: Sequence[Figure]
    spread: str
    settings: dict[str, Any]
    notes: str
    module: str = ""
    group: str = "peers"


@dataclass(frozen=True, slots=True)
class Options:
    """How a benchmark was asked to run.

    Args:
        quick: Small numbers, to try the program; nothing is written unless ``out`` is given.
        out: Folder to write into, None to write nothing.
        seed: Seeds whatever is random.
        words: Further words of the command line.
    """

    quick: bool
    out: Path | None
    seed: int
    words: tuple[str, ...] = ()


def run(name: str, measure: Callable[[Options], Report]) -> None:
    """Run a benchmark as a program: read the options, measure, show, write.

    Args:
        name: The benchmark's name, as in ``python -m benchmarks.NAME``.
        measure: Does the work.
    """
    options = parse_options(f"benchmarks.{name}", measure.__doc__)
    busy = os.getloadavg()[0]
    report = measure(options)
    show(report.title, report.figures)
    if options.out is not None:
        write(report, options, busy)


def parse_options(module: str, about: str | None) -> Options:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=about)
    parser.add_argument("--quick", action="store_true", help="small numbers, writes nothing")
    parser.add_argument("--out", type=Path, help=f"folder to write to (default: {RESULTS.name})")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    given = parser.parse_args()
    out: Path | None = given.out or (None if given.quick else RESULTS)
    return Options(given.quick, out, given.seed)


@contextmanager
def progress(what: str, total: int) -> Generator[Callable[[], None]]:
    """Show a bar on standard error; yield a function that advances it by one.

    The bar is drawn inside that function only, never by a thread of its own, which would run
    in the middle of what is measured.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, auto_refresh=False, transient=True) as bar:
        task = bar.add_task(what, total=total)
        bar.refresh()
        yield lambda: bar.update(task, advance=1, refresh=True)


def show(title: str, figures: Sequence[Figure]) -> None:
    """Print figures as a table."""
    table = Table(title=title, title_justify="left")
    for heading, side in _HEADINGS:
        table.add_column(heading, justify=side)
    for figure in figures:
        style = "red" if figure.is_met is False else None
        table.add_row(*figure.cells(), style=style)
    Console().print(table)


def write(report: Report, options: Options, busy: float) -> None:
    """Write a report as JSON and as Markdown into the folder of the options.

    Args:
        report: What to write.
        options: Say where, and how it was run.
        busy: Processes that were running before the benchmark, by the load average.
    """
    if options.out is None:
        return
    record = as_record(report, options)
    record["machine"]["load_before"] = round(busy, 2)
    options.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, indent=2) + "\n"
    (options.out / f"{report.name}.json").write_text(text, encoding="utf-8")
    (options.out / f"{report.name}.md").write_text(_markdown(record, report), encoding="utf-8")
    print(f"written: {report.name}.json and {report.name}.md in {options.out}")


def as_record(report: Report, options: Options) -> dict[str, Any]:
    """Return what the JSON file holds: the report, how to repeat it, and where it was run."""
    words = [*(["--quick"] if options.quick else []), *options.words]
    if options.seed != DEFAULT_SEED:
        words.append(f"--seed {options.seed}")
    command = " ".join(["python -m", f"benchmarks.{report.module or report.name}", *words])
    return {
        "name": report.name,
        "title": report.title,
        "command": f"python3 run.py --with {report.group} {command}",
        "date": datetime.now(UTC).date().isoformat(),
        "seed": options.seed,
        "machine": machine(),
        "versions": versions(),
        "settings": report.settings,
        "spread": report.spread,
        "figures": [asdict(figure) | {"is_met": figure.is_met} for figure in report.figures],
        "notes": report.notes,
    }


def figures_of(record: dict[str, Any]) -> list[Figure]:
    """Return the figures that a JSON file holds."""
    rows = [{key: row[key] for key in row if key != "is_met"} for row in record["figures"]]
    return [Figure(**row) for row in rows]


def machine() -> dict[str, Any]:
    """Return the facts that absolute times depend on."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that take part, where installed."""
    found = {"python": f"{platform.python_implementation()} {platform.python_version()}"}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


_HEADINGS: tuple[tuple[str, Literal["left", "right"]], ...] = (
    ("what", "left"),
    ("measured", "right"),
    ("spread", "right"),
    ("target", "right"),
    ("", "left"),
)


def markdown_table(figures: Sequence[Figure]) -> list[str]:
    """Return the lines of a Markdown table of figures."""
    heads = [heading for heading, _ in _HEADINGS]
    sides = ["---" if side == "left" else "---:" for _, side in _HEADINGS]
    rows = [heads, sides, *(figure.cells() for figure in figures)]
    return ["| " + " | ".join(row) + " |" for row in rows]


def _markdown(record: dict[str, Any], report: Report) -> str:
    machine_line = f"{record['machine']['cpu']}, {record['machine']['cores']} cores"
    version_line = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    settings_line = ", ".join(f"{name} {value}" for name, value in report.settings.items())
    lines = [
        f"# {report.title}",
        "",
        *markdown_table(report.figures),
        "",
        f"Spread: {report.spread}.",
        "",
        f"{report.notes}",
        f"- Command: `{record['command']}`",
        f"- Settings: {settings_line}; seed {record['seed']}",
        (
            f"- Machine: {machine_line}, {record['machine']['system']}, load "
            f"{record['machine']['load_before']} before the run; {record['date']}"
        ),
        f"- Versions: {version_line}",
    ]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    """Write a number with the digits that mean something: three, or all of a count."""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.1f}"


def _cpu_model() -> str:
    if sys.platform == "darwin":
        words = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"
