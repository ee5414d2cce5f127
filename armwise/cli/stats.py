"""``armwise stats``: what a store alone tells of its goals, while workers serve or rest."""

import time
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from armwise.bandit.decay import half_life_name
from armwise.cli.half_life import half_life_shown
from armwise.cli.running import (
    JsonOption,
    NamespaceOption,
    StoreOption,
    one_line_errors,
    opened,
    output,
    print_json,
)
from armwise.engine import ArmStats
from armwise.engine.stored_stats import StoredStats, stored_stats
from armwise.storage import known_goals, portable, read_goal

PRIOR_NOTE = (
    "Success rates are those of this evidence and the prior Beta(1, 1), each bucket for itself; a "
    "Router adds the priors of its own paths and borrows between buckets."
)


def stats(
    *,
    store: StoreOption = None,
    goal: Annotated[
        list[str] | None, typer.Option("--goal", help="Only this goal; repeat it. Default: all.")
    ] = None,
    namespace: NamespaceOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show beliefs, counts, report rates and costs per bucket and path, from the store alone."""
    with one_line_errors("stats"), opened(store) as (held, shown):
        now_ms = time.time_ns() // 1_000_000
        known = known_goals(portable(held), goal or (), namespace)
        found = [
            stored_stats(name, read_goal(held, stored), now_ms) for name, stored in known.items()
        ]
        if as_json:
            print_json(
                {
                    "store": shown,
                    "namespace": namespace,
                    "prior": {"alpha": 1.0, "beta": 1.0},
                    "goals": {each.goal_id: _as_data(each) for each in found},
                }
            )
        else:
            for each in found:
                _show(each)
            output().print(Text(PRIOR_NOTE), soft_wrap=True)


def _show(found: StoredStats) -> None:
    console = output()
    half_life = f"half-life {half_life_shown(found.half_life)}"
    console.print(Text(f"goal {found.goal_id!r} ({half_life})"))
    if not any(found.buckets.values()):
        console.print(Text("nothing was counted yet"))
    else:
        console.print(_table(found, console.width))
    for name, rate in found.report_rates.items():
        if rate.share is not None:
            shown = f"{name}: {rate.share:.0%} of {rate.answered} answers have an outcome"
            console.print(Text(shown), soft_wrap=True)
    unpriced = found.attempts - found.priced
    missing = f"; {unpriced} without a measured cost" if unpriced else ""
    spent = f"spent ${found.spent_usd:.6f} in {found.attempts} attempts{missing}\n"
    console.print(Text(spent), soft_wrap=True)


def _table(found: StoredStats, width: int) -> Table:
    """Return a table, with less in it on a narrow terminal."""
    table = Table(box=None, pad_edge=False)
    columns = _COLUMNS if width >= _WIDE else {name: _COLUMNS[name] for name in _NARROW}
    table.add_column("bucket", overflow="fold")
    table.add_column("path", overflow="fold")
    for heading in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    for bucket, arms in found.buckets.items():
        for number, (path, arm) in enumerate(arms.items()):
            cells = [shown(arm) for shown in columns.values()]
            table.add_row(Text("" if number else bucket), Text(path), *cells)
    return table


_COLUMNS: dict[str, Callable[[ArmStats], str]] = {
    "success": lambda arm: f"{arm.mean:.3f}",
    "90 %": lambda arm: f"{arm.low:.3f}-{arm.high:.3f}",
    "won": lambda arm: f"{arm.successes:.1f}",
    "lost": lambda arm: f"{arm.failures:.1f}",
    "attempts": lambda arm: str(arm.attempts),
    "share": lambda arm: f"{arm.share:.0%}",
    "faults": lambda arm: str(arm.faults),
    "judged": lambda arm: "" if arm.report_rate is None else f"{arm.report_rate:.0%}",
    "cost $": lambda arm: "unknown" if arm.mean_cost_usd is None else f"{arm.mean_cost_usd:.6f}",
    "latency s": lambda arm: "" if arm.mean_latency_s is None else f"{arm.mean_latency_s:.3f}",
    "epoch": lambda arm: str(arm.epoch),
}
_NARROW = ("success", "90 %", "attempts", "cost $")
_WIDE = 120
"""Columns that a terminal needs for all of them, with names of usual length."""


def _as_data(found: StoredStats) -> dict[str, Any]:
    return {
        "half_life": half_life_name(found.half_life),
        "attempts": found.attempts,
        "priced": found.priced,
        "spent_usd": found.spent_usd,
        "report_rates": {
            name: {"answered": rate.answered, "reported": rate.reported}
            for name, rate in found.report_rates.items()
        },
        "buckets": {
            name: {path: arm_data(arm) for path, arm in arms.items()}
            for name, arms in found.buckets.items()
        },
    }


def arm_data(arm: ArmStats) -> dict[str, Any]:
    """Return what is known of an arm for JSON."""
    return {name: getattr(arm, name) for name in ArmStats.__dataclass_fields__}
