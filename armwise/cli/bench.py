"""``armwise bench``: the offline regret benchmark."""

import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path as File
from typing import TYPE_CHECKING, Annotated

import typer

from armwise.errors import ConfigurationError
from armwise.offline.benchmark import DEFAULT_SEED, BenchOptions, Part, chosen, parts

if TYPE_CHECKING:
    from armwise.offline.report import Record

MISSED = 1
USAGE = 2
INTERRUPTED = 130
_EIGHTHS = 8


def bench(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PART]...", help=f"Parts: {', '.join(parts())}.", show_default=False
        ),
    ] = None,
    *,
    quick: Annotated[
        bool, typer.Option("--quick", help="Small numbers, seconds instead of minutes.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same figures.")] = DEFAULT_SEED,
    runs: Annotated[
        int | None, typer.Option(min=2, help="Runs per cell.", show_default="by part")
    ] = None,
    data: Annotated[
        list[File] | None, typer.Option(help="A file of recorded outcomes; repeat it.")
    ] = None,
    pool: Annotated[
        list[str] | None,
        typer.Option(
            help="Paths of a file to use, by name and comma; else all. Once per --data.",
            metavar="A,B",
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Score from which on an outcome is a success."),
    ] = None,
    peers: Annotated[
        bool, typer.Option("--peers/--no-peers", help="Play installed libraries too.")
    ] = True,
    out: Annotated[
        File | None, typer.Option(help="Folder for JSON, CSV, Markdown, plots and a page.")
    ] = None,
) -> None:
    """Measure how well armwise chooses, against published figures, rules and libraries.

    Without a part all run that need no data. No model is called, no key is needed. The exit code
    is 1 if a figure is missed that has to be reached.
    """
    options = BenchOptions(
        quick=quick,
        seed=seed,
        runs=runs,
        data=tuple(data or ()),
        peers=peers,
        pools=tuple(
            tuple(name.strip() for name in names_of_one.split(",") if name.strip())
            for names_of_one in pool or ()
        ),
        threshold=threshold,
    )
    try:
        records = _run(tuple(names or ()), options, out)
    except ConfigurationError as error:
        typer.echo(f"armwise bench: {error}", err=True)
        raise typer.Exit(USAGE) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    if not all(gate.is_met for record in records for gate in record.section.gates):
        raise typer.Exit(MISSED)


def _run(names: tuple[str, ...], options: BenchOptions, out: File | None) -> "Sequence[Record]":
    from rich.console import Console

    from armwise.offline.report import show, write

    is_terminal = sys.stdout.isatty()
    # Tables in a pipe are as wide as they need to be, and FORCE_COLOR does not colour them.
    console = Console(
        highlight=False, force_terminal=is_terminal, width=None if is_terminal else _PIPE_WIDTH
    )
    records: list[Record] = []
    for part in chosen(names, options):
        record = _record(part, options)
        show(record, console)
        records.append(record)
    if options.quick:
        console.print("\nA quick run: these figures are no evidence.", style="yellow")
    if out is not None:
        for complaint in write(records, out, tuple(parts())):
            typer.echo(complaint, err=True)
        typer.echo(f"written to {out}: open regret.html there", err=True)
    return records


_PIPE_WIDTH = 400


def _record(part: Part, options: BenchOptions) -> "Record":
    from armwise.offline.report import Record

    begun_s = time.monotonic()
    section = part.run(options, progress)
    return Record.of(
        section,
        command=command(part.name, options),
        seed=options.seed,
        is_quick=options.quick,
        took_s=time.monotonic() - begun_s,
    )


def command(part: str, options: BenchOptions) -> str:
    """Return the command line that repeats a part; data files by their names alone."""
    words = ["armwise", "bench", part]
    words += ["--quick"] if options.quick else []
    words += [f"--seed {options.seed}"] if options.seed != DEFAULT_SEED else []
    words += [f"--runs {options.runs}"] if options.runs is not None else []
    words += [f"--data {file.name}" for file in options.data]
    words += [f"--pool {','.join(pool) or repr('')}" for pool in options.pools]
    words += [f"--threshold {options.threshold:g}"] if options.threshold is not None else []
    words += [] if options.peers else ["--no-peers"]
    return " ".join(words)


@contextmanager
def progress(what: str, total: int) -> Generator[Callable[[], None]]:
    """Show how far a piece of work is: a bar on a terminal, else a line per eighth.

    Args:
        what: Name of the piece.
        total: How often ``advance`` will be called; it may be called by any thread.
    """
    if sys.stderr.isatty():
        with _bar(what, total) as advance:
            yield advance
        return
    lock, done = threading.Lock(), 0

    def advance_line() -> None:
        nonlocal done
        with lock:
            done += 1
            if _EIGHTHS * done // total > _EIGHTHS * (done - 1) // total:
                typer.echo(f"{what}: {done} of {total}", err=True)

    yield advance_line


@contextmanager
def _bar(what: str, total: int) -> Generator[Callable[[], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    # Drawn inside advance() alone: a thread of its own would run in the middle of what is timed.
    with Progress(
        *columns, console=Console(stderr=True), auto_refresh=False, transient=True
    ) as bar:
        task = bar.add_task(what, total=total)
        bar.refresh()
        yield lambda: bar.update(task, advance=1, refresh=True)
