"""The ``armwise`` command; one module per command or group of commands."""

import gc
import io
import sys
from typing import Annotated

import typer

import armwise
from armwise.cli.bench import bench
from armwise.cli.demo import demo
from armwise.cli.doctor import doctor
from armwise.cli.evaluate import evaluate_log
from armwise.cli.explain import explain
from armwise.cli.report import report
from armwise.cli.route import route
from armwise.cli.state import state
from armwise.cli.stats import stats
from armwise.cli.store import store

app = typer.Typer(
    name="armwise",
    help="Send each LLM request to the cheapest model that is good enough, and learn which is.",
    no_args_is_help=True,
    add_completion=False,
    # A traceback with local variables would print prompts and keys.
    pretty_exceptions_show_locals=False,
)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"armwise {armwise.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Take the options that stand before a subcommand."""


app.command()(bench)
app.command()(demo)
app.command()(route)
app.command("evaluate")(evaluate_log)
app.command()(report)
app.command()(stats)
app.command()(explain)
app.command()(doctor)
app.add_typer(state, name="state", no_args_is_help=True)
app.add_typer(store, name="store", no_args_is_help=True)


def main() -> None:
    """Run the command line."""
    for output in (sys.stdout, sys.stderr):
        if isinstance(output, io.TextIOWrapper):
            output.reconfigure(errors="replace")  # an answer in any script reaches any terminal
    try:
        app()
    finally:
        # The interpreter's last garbage collection would walk through all of LiteLLM's objects,
        # which takes a second or two; atexit handlers and open files are not concerned.
        gc.freeze()
