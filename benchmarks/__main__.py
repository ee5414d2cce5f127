"""Runs every benchmark, each in a process of its own, and shows what was to be reached."""

import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.reporting import DEFAULT_SEED, figures_of, markdown_table, parse_options, show

NAMES = (
    "imports",
    "decide",
    "overhead",
    "threads",
    "demo",
    "sqlite_writers",
    "redis_store",
    "availability",
)


def main() -> int:
    """Run all; return 1 if a target was missed."""
    options = parse_options("benchmarks", "Run every benchmark and show its targets.")
    with ExitStack() as stack:
        out = options.out or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        words = [f"--seed={options.seed}", f"--out={out}", *(["--quick"] if options.quick else [])]
        for name in NAMES:
            subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *words], check=True)
        records = [json.loads((out / f"{name}.json").read_text("utf-8")) for name in NAMES]
        figures = [
            figure
            for record in records
            for figure in figures_of(record)
            if figure.target is not None
        ]
        show("What armwise promises, and what was measured", figures)
        if options.out is not None:
            (out / "summary.md").write_text(_summary(records), encoding="utf-8")
    return 0 if all(figure.is_met for figure in figures) else 1


def _summary(records: list[dict[str, Any]]) -> str:
    lines = ["# What armwise promises, and what was measured", ""]
    for record in records:
        promised = [figure for figure in figures_of(record) if figure.target is not None]
        if not promised:
            lines += [f"## [{record['title']}]({record['name']}.md)", "", "No target.", ""]
            continue
        lines += [
            f"## [{record['title']}]({record['name']}.md)",
            "",
            *markdown_table(promised),
            "",
        ]
    first = records[0]
    seed = "" if first["seed"] == DEFAULT_SEED else f" --seed {first['seed']}"
    machine = first["machine"]
    lines += [
        f"- Command: `python3 run.py --with peers python -m benchmarks{seed}`",
        f"- Machine: {machine['cpu']}, {machine['cores']} cores, {machine['system']}",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
