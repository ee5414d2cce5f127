"""How every command about stores ends: one line that says what is wrong, and an exit code."""

import json
import os
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from armwise.errors import ArmwiseError, ConfigurationError, StoreError
from armwise.storage import STORE_VARIABLE, Store, connect_shared, shown_url

REFUSED = 1
USAGE = 2
UNREACHABLE = 3
INTERRUPTED = 130

_PIPED_WIDTH = 200
"""Columns of a table where no terminal says how many there are: nothing is cut off."""

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        help=f"URL of the store, such as sqlite:///evidence.db; else {STORE_VARIABLE}.",
        show_default=False,
    ),
]
NamespaceOption = Annotated[str, typer.Option("--namespace", help="The tenant; else none.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@contextmanager
def one_line_errors(command: str) -> Generator[None]:
    """Turn what armwise raises into one line on standard error and an exit code."""
    try:
        yield
        sys.stdout.flush()  # a reader that is gone is noticed here, where it is no traceback
    except StoreError as error:
        complain(command, str(error))
        raise typer.Exit(UNREACHABLE) from None
    except ArmwiseError as error:
        complain(command, str(error))
        raise typer.Exit(USAGE) from None
    except (KeyboardInterrupt, typer.Abort):
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def opened(url: str | None, *, must_exist: bool = True) -> Generator[tuple[Store, str]]:
    """Connect to the store that an option, else the environment, names; return its shown URL too.

    Raises:
        ConfigurationError: If none is named, or it cannot be one.
    """
    named = url or os.environ.get(STORE_VARIABLE)
    if not named:
        raise ConfigurationError(
            f"no store is named. Write --store sqlite:///evidence.db, or set {STORE_VARIABLE}."
        )
    with closing(connect_shared(named, must_exist=must_exist)) as store:
        yield store, shown_url(named)


def complain(command: str, message: str) -> None:
    """Write one line to standard error."""
    said = " ".join(message.split("\n"))
    note(f"armwise {command}: {said}")


def note(text: str) -> None:
    """Write what belongs beside the output to standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(text))


def output() -> Console:
    """Return the console of standard output; a pipe gets wide lines without colours."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_WIDTH)


def say(text: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(text + "\n")


def count_of(number: int, what: str) -> str:
    """Return a number with its noun: "1 goal", "2 goals"."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def print_json(data: Any) -> None:
    """Write one JSON object to standard output."""
    say(json.dumps(data, indent=2, ensure_ascii=False))


def confirm(question: str, *, is_sure: bool) -> None:
    """Ask before something that cannot be undone.

    Raises:
        ConfigurationError: If there is nobody to ask.
    """
    if is_sure:
        return
    if not sys.stdin.isatty():
        raise ConfigurationError(f"{question} Nobody can answer here: add --yes if you are sure.")
    if not typer.confirm(question, err=True):
        note("nothing was changed")
        raise typer.Exit(REFUSED)
