"""``armwise evaluate``: what another policy would have cost and achieved on logged traffic."""

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path as File
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from armwise.errors import ArmwiseError
from armwise.offline.evaluate import (
    KNOWN_POLICIES,
    Always,
    Estimate,
    Evaluation,
    Logged,
    Policy,
    PolicyValue,
    RequestLog,
    evaluate,
    policy_named,
    read_log,
)

USAGE = 2
INTERRUPTED = 130


def evaluate_log(
    log: Annotated[File, typer.Argument(help="A file of Router(decision_log=...).")],
    *,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            "-p",
            help=f"What to compare; repeat it: {KNOWN_POLICIES}. Default: each path always.",
        ),
    ] = None,
    goal: Annotated[str | None, typer.Option(help="Only requests of this goal.")] = None,
    namespace: Annotated[str | None, typer.Option(help="Only those of this tenant.")] = None,
    by_bucket: Annotated[
        bool, typer.Option("--by-bucket", help="One more table for each bucket.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell what other policies would have cost and achieved on your logged traffic.

    Each policy chooses by the beliefs that were logged at each decision: what it would have done
    with what was known then. Estimates are doubly robust, with 95 % intervals.
    """
    try:
        found = _evaluated(log, policy or [], goal, namespace, by_bucket=by_bucket)
    except ArmwiseError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"armwise evaluate: {error}", markup=False
        )
        raise typer.Exit(USAGE) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    if as_json:
        sys.stdout.write(json.dumps(_as_data(found), indent=2, ensure_ascii=False) + "\n")
    else:
        _show(found, log.name)


def _evaluated(
    file: File, wanted: Sequence[str], goal: str | None, namespace: str | None, *, by_bucket: bool
) -> Evaluation:
    log = read_log(file, goal_id=goal, namespace=namespace)
    policies = _policies(wanted, log)
    steps = track(
        range(len(log.requests) * (1 + len(policies))),
        description="evaluating",
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    progress = iter(steps)
    return evaluate(log, policies, by_bucket=by_bucket, advance=lambda: next(progress, None))


def _policies(wanted: Sequence[str], log: RequestLog) -> list[Policy]:
    """Return the policies asked for, each once, after the one that was at work."""
    asked: list[Policy] = [policy_named(text, log) for text in wanted]
    if not asked:
        asked = [Always(path) for path in log.paths]
    named: dict[str, Policy] = {each.name: each for each in (Logged(), *asked)}
    return list(named.values())


def _show(found: Evaluation, name: str) -> None:
    console = Console(highlight=False)
    console.print(_table(found.values, f"{found.requests} requests of {name}"))
    for bucket, values in found.buckets.items():
        console.print(_table(values, bucket))
    notes = [*found.notes]
    notes += [f"{value.policy}: {doubt}" for value in found.values for doubt in value.warnings]
    for note in notes:
        console.print(f"- {note}", markup=False, soft_wrap=True)


def _table(values: Sequence[PolicyValue], title: str) -> Table:
    table = Table(
        title=title,
        caption="± is half a 95 % interval; (!) see below",
        title_justify="left",
        caption_justify="left",
        box=None,
        pad_edge=False,
    )
    table.add_column("policy")
    for heading in ("success rate", "$ per 1,000", "saving", "eff. size"):
        table.add_column(heading, justify="right")
    for value in values:
        is_logged = value.policy == Logged().name
        table.add_row(
            value.policy + (" (!)" if value.warnings else ""),
            _measured(value.success, 1.0, "{:.3f}"),
            _measured(value.cost_usd, 1000.0, "{:.4f}"),
            "" if is_logged else _measured(value.saving, 1.0, "{:.0%}"),
            f"{value.effective_size:.0f}",
        )
    return table


def _measured(estimate: Estimate | None, units: float, form: str) -> str:
    if estimate is None:
        return "unknown"
    shown = form.format(units * estimate.value)
    if math.isinf(estimate.standard_error):
        return shown
    return f"{shown} ± {form.format(units * (estimate.high - estimate.value))}"


def _as_data(found: Evaluation) -> dict[str, Any]:
    return {
        "decisions": found.decisions,
        "requests": found.requests,
        "notes": list(found.notes),
        "policies": [_value_data(value) for value in found.values],
        "buckets": {
            bucket: [_value_data(value) for value in values]
            for bucket, values in found.buckets.items()
        },
    }


def _value_data(value: PolicyValue) -> dict[str, Any]:
    return {
        "policy": value.policy,
        "success": _estimate_data(value.success),
        "success_snips": _estimate_data(value.success_snips),
        "cost_usd": _estimate_data(value.cost_usd),
        "cost_usd_snips": _estimate_data(value.cost_usd_snips),
        "saving": _estimate_data(value.saving),
        "effective_size": value.effective_size,
        "smallest_propensity": value.smallest_propensity,
        "unsupported": value.unsupported,
        "warnings": list(value.warnings),
    }


def _estimate_data(estimate: Estimate | None) -> dict[str, float | None] | None:
    if estimate is None:
        return None
    is_known = math.isfinite(estimate.standard_error)
    return {
        "value": estimate.value,
        "low": estimate.low if is_known else None,
        "high": estimate.high if is_known else None,
    }
