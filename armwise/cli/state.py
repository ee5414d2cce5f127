"""``armwise state``: carries what was learned to another store, or lets it begin anew."""

import sys
from typing import Annotated, Any

import typer

from armwise.cli.half_life import half_life_shown, half_life_written
from armwise.cli.running import (
    JsonOption,
    NamespaceOption,
    StoreOption,
    confirm,
    count_of,
    note,
    one_line_errors,
    opened,
    print_json,
    say,
)
from armwise.errors import ConfigurationError
from armwise.storage import (
    PortableStore,
    State,
    arms_named,
    export_state,
    import_state,
    known_goals,
    load_state,
    merge_state,
    portable,
    read_goal,
    read_state,
    reset_arms,
    save_state,
    state_text,
)

state = typer.Typer(help="Move what was learned to another store, or let it begin anew.")

GoalsOption = Annotated[
    list[str] | None, typer.Option("--goal", help="Only this goal; repeat it. Default: all.")
]
TargetOption = Annotated[
    str | None,
    typer.Option("--namespace", help="The tenant to put it into; else the one that it is from."),
]
FileArgument = Annotated[str, typer.Argument(help="A file of 'state export'; '-' reads a pipe.")]
SureOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@state.command("export")
def export_(
    url: Annotated[str, typer.Argument(help="URL of the store.")],
    *,
    goal: GoalsOption = None,
    namespace: NamespaceOption = "",
    out: Annotated[str, typer.Option("--out", help="File; '-' is standard output.")] = "-",
    as_json: JsonOption = False,
) -> None:
    """Write what a store has learned as one JSON object: every integer, no prompt, no key."""
    with one_line_errors("state export"), opened(url) as (store, shown):
        found = export_state(portable(store), shown, goals=goal or (), namespace=namespace)
        if out == "-":
            sys.stdout.write(state_text(found))
            sys.stdout.flush()
            return
        save_state(found, out)
        if as_json:
            print_json({"file": out, **_described(found)})
        else:
            exported = f"{count_of(len(found.goals), 'goal')} exported to {out}"
            say(f"{shown}: {exported}: {_listed(list(found.goals))}")


@state.command("import")
def import_(
    file: FileArgument,
    *,
    store: StoreOption = None,
    goal: GoalsOption = None,
    namespace: TargetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put an exported state into goals that hold nothing yet, every integer as it was."""
    with one_line_errors("state import"):
        found = _read(file)
        with opened(store, must_exist=False) as (held, shown):
            goals = import_state(portable(held), found, goals=goal or (), namespace=namespace)
        if as_json:
            print_json({"store": shown, "export_id": found.export_id, "imported": goals})
        else:
            say(f"{shown}: {count_of(len(goals), 'goal')} imported: {_listed(goals)}")


@state.command()
def merge(
    file: FileArgument,
    *,
    store: StoreOption = None,
    goal: GoalsOption = None,
    namespace: TargetOption = None,
    yes: SureOption = False,
    as_json: JsonOption = False,
) -> None:
    """Add an exported state to what a store holds, at the weight that it has now; once."""
    with one_line_errors("state merge"):
        found = _read(file)
        with opened(store, must_exist=False) as (held, shown):
            if shown == found.source:
                confirm(
                    f"{file} was exported from {shown} itself: what is still there would count "
                    "twice. Merge it?",
                    is_sure=yes,
                )
            added = merge_state(portable(held), found, goals=goal or (), namespace=namespace)
        merged = [name for name, is_new in added.items() if is_new]
        before = [name for name, is_new in added.items() if not is_new]
        if as_json:
            data = {"store": shown, "export_id": found.export_id}
            print_json(data | {"merged": merged, "merged_before": before})
            return
        if merged:
            say(f"{shown}: {count_of(len(merged), 'goal')} merged: {_listed(merged)}")
        if before:
            say(f"{shown}: this export was added before, nothing changed: {_listed(before)}")


@state.command()
def reset(
    *,
    store: StoreOption = None,
    goal: Annotated[str, typer.Option("--goal", help="The goal.")],
    namespace: NamespaceOption = "",
    bucket: Annotated[str | None, typer.Option(help="Only arms of this bucket.")] = None,
    path: Annotated[str | None, typer.Option(help="Only arms of this path.")] = None,
    half_life: Annotated[
        str | None,
        typer.Option(help="Change how fast it fades instead: '1150 outcomes', '7d', 'never'."),
    ] = None,
    yes: SureOption = False,
    as_json: JsonOption = False,
) -> None:
    """Let arms of a goal begin anew, or let the goal fade by another half-life.

    Arms that begin anew are learned from the prior again; costs stay known. With --half-life
    nothing that was learned is lost, but requests that were decided before can no longer be
    reported.
    """
    with one_line_errors("state reset"), opened(store) as (held, shown):
        carried = portable(held)
        stored = known_goals(carried, [goal], namespace)[goal]
        data: dict[str, Any] = {"store": shown, "goal": goal, "namespace": namespace}
        if half_life is None:
            done = _begin_anew(carried, stored, bucket, path, f"{goal!r} in {shown}", is_sure=yes)
        elif bucket is None and path is None:
            done = _change_half_life(carried, stored, half_life, f"{goal!r}", is_sure=yes)
        else:
            raise ConfigurationError(
                "--half-life is of a whole goal: leave --bucket and --path out."
            )
        if as_json:
            print_json(data | done)


def _begin_anew(
    store: PortableStore,
    stored: str,
    bucket: str | None,
    path: str | None,
    where: str,
    *,
    is_sure: bool,
) -> dict[str, Any]:
    arms = arms_named(read_goal(store, stored), bucket, path)
    confirm(f"Let {count_of(len(arms), 'arm')} of goal {where} begin anew?", is_sure=is_sure)
    reset_arms(store, stored, arms)
    note(f"{count_of(len(arms), 'arm')} of goal {where} reset: learned from the prior again")
    begun = [{"bucket": arm.bucket, "path": arm.path, "epoch": arm.epoch + 1} for arm in arms]
    return {"arms": begun}


def _change_half_life(
    store: PortableStore, stored: str, written: str, goal: str, *, is_sure: bool
) -> dict[str, Any]:
    wanted = half_life_written(written)
    before, after = half_life_shown(read_goal(store, stored).half_life), half_life_shown(wanted)
    data = {"half_life_before": before, "half_life": after}
    if before == after:
        note(f"goal {goal} fades by {after} already: nothing was changed")
        return data
    confirm(
        f"Let goal {goal} fade by {after} instead of {before}? What was learned stays at its "
        "present weight. Lost are the outcomes of requests that were decided before now and are "
        "not reported yet: they are refused as expired, corrections too.",
        is_sure=is_sure,
    )
    store.change_half_life(stored, wanted)
    note(
        f"goal {goal} fades by {after} from now on; outcomes of requests that were decided before "
        f"are refused as expired. Give Routers half_life= to match, and start them again."
    )
    return data


def _read(file: str) -> State:
    if file != "-":
        return load_state(file)
    if sys.stdin.isatty():
        raise ConfigurationError("'-' reads a pipe, and nothing is piped in. Name a file.")
    return read_state(sys.stdin.read(), "standard input")


def _described(found: State) -> dict[str, Any]:
    return {
        "export_id": found.export_id,
        "source": found.source,
        "namespace": found.namespace,
        "exported_at": found.exported_at.isoformat(),
        "goals": sorted(found.goals),
    }


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, sorted(names))) or "none"
