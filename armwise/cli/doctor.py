"""``armwise doctor``: what keeps a goal from learning or wastes money, each with its fix."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path as File
from typing import Annotated, Any

import typer
from rich.text import Text

from armwise.cli.running import (
    REFUSED,
    JsonOption,
    NamespaceOption,
    StoreOption,
    count_of,
    one_line_errors,
    opened,
    output,
    print_json,
    say,
)
from armwise.engine import Diagnosis, Severity
from armwise.engine.doctor import Picture, examine, of_finding, priced_arms
from armwise.engine.stored_stats import stored_stats
from armwise.offline.evaluate import read_log
from armwise.offline.log_picture import log_pictures
from armwise.storage import Probed, Store, known_goals, portable, read_goal

_STYLES = {Severity.BAD: "red", Severity.WARNING: "yellow", Severity.NOTE: ""}

Diagnoses = Mapping[str, Sequence[Diagnosis]]
"""What was found, per goal or other thing that was looked at."""


def doctor(
    *,
    store: StoreOption = None,
    goal: Annotated[
        list[str] | None, typer.Option("--goal", help="Only this goal; repeat it. Default: all.")
    ] = None,
    log: Annotated[
        File | None, typer.Option("--log", help="A file of Router(decision_log=...) as well.")
    ] = None,
    namespace: NamespaceOption = "",
    as_json: JsonOption = False,
) -> None:
    """Look for what keeps goals from learning or wastes money, and say what to write instead.

    From the store, and from a decision log if one is named; with a log alone, --store may be left
    out. A running Router knows more of itself: router.doctor(). Ends with 1 if something is bad.
    """
    with one_line_errors("doctor"):
        found: dict[str, Sequence[Diagnosis]] = {}
        if store is not None or log is None:
            with opened(store) as (held, shown):
                found[f"store {shown}"] = _store_itself(held)
                found |= _stored(held, goal or (), namespace)
        if log is not None:
            found |= _logged(log, goal or (), namespace)
        if as_json:
            print_json(_as_data(found))
        else:
            _show(found)
    if any(each.severity is Severity.BAD for held in found.values() for each in held):
        raise typer.Exit(REFUSED)


def _store_itself(store: Store) -> list[Diagnosis]:
    findings = store.examine() if isinstance(store, Probed) else []
    return [each for each in map(of_finding, findings) if each is not None]


def _stored(store: Store, goals: Sequence[str], namespace: str) -> Diagnoses:
    """Return what the evidence of goals alone tells."""
    now_ms = time.time_ns() // 1_000_000
    found: dict[str, Sequence[Diagnosis]] = {}
    for name, stored in known_goals(portable(store), goals, namespace).items():
        stats = stored_stats(name, read_goal(store, stored), now_ms)
        arms = priced_arms(stats.buckets)
        found[f"goal {name!r}"] = examine(Picture(name, stats.buckets, stats.report_rates, arms))
    return found


def _logged(file: File, goals: Sequence[str], namespace: str) -> Diagnoses:
    found: dict[str, Sequence[Diagnosis]] = {}
    for only in goals or (None,):
        log = read_log(file, goal_id=only, namespace=namespace)
        for picture in log_pictures(log):
            found[f"goal {picture.goal_id!r} in {log.name}"] = examine(picture)
    return found


def _show(found: Diagnoses) -> None:
    console = output()
    for name, diagnoses in found.items():
        state = f"{count_of(len(diagnoses), 'thing')} to look at" if diagnoses else "fine"
        say(f"{name}: {state}")
        for each in diagnoses:
            head = Text(f"  {each.severity.upper():<8}{each.what}", style=_STYLES[each.severity])
            console.print(head, soft_wrap=True)
            console.print(Text(f"          {each.figure}"), soft_wrap=True)
            console.print(Text(f"          {each.fix}"), soft_wrap=True)


def _as_data(found: Diagnoses) -> dict[str, Any]:
    return {
        "is_bad": any(each.severity is Severity.BAD for held in found.values() for each in held),
        "found": {
            name: [
                {
                    "what": each.what,
                    "severity": each.severity.value,
                    "figure": each.figure,
                    "fix": each.fix,
                }
                for each in diagnoses
            ]
            for name, diagnoses in found.items()
        },
    }
