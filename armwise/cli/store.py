"""``armwise store``: is a store fit for work, and with which key are request ids signed?"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from armwise.cli.running import (
    REFUSED,
    JsonOption,
    NamespaceOption,
    complain,
    count_of,
    note,
    one_line_errors,
    opened,
    output,
    print_json,
    say,
)
from armwise.engine import KEY_VARIABLE, environment_signer
from armwise.engine.direct import rotate_key
from armwise.errors import ConfigurationError, StoreError
from armwise.storage import MAX_AGE_S, Finding, Probed, missing_file, shown_url

store = typer.Typer(help="Look at a store, and change the key of its request ids.")

UrlArgument = Annotated[
    str, typer.Argument(help="Such as sqlite:///evidence.db or redis://localhost:6379/0.")
]


@store.command()
def check(url: UrlArgument, *, as_json: JsonOption = False) -> None:
    """Say whether a store can be used, and what to set otherwise.

    Connects, writes a probe record, takes it away again, and looks at the settings that matter.
    """
    with one_line_errors("store check"):
        if missing_file(url) is not None:
            note(f"{shown_url(url)} did not exist: it is created")
        try:
            findings = _examined(url)
        except StoreError as error:
            if as_json:
                print_json(_as_data(url, [], str(error)))
            else:
                complain("store check", str(error))
            raise typer.Exit(REFUSED) from None
        if as_json:
            print_json(_as_data(url, findings))
        else:
            _show(url, findings)
        if any(finding.is_fatal for finding in findings):
            raise typer.Exit(REFUSED)


@store.command("rotate-key")
def rotate(
    url: UrlArgument, *, namespace: NamespaceOption = "", as_json: JsonOption = False
) -> None:
    """Sign request ids with a fresh key from now on; ids that were signed before stay good."""
    with one_line_errors("store rotate-key"), opened(url) as (held, shown):
        key_id, number = rotate_key(held, namespace)
        until = datetime.now(UTC) + timedelta(seconds=MAX_AGE_S)
        is_overruled = environment_signer() is not None
        if as_json:
            print_json(
                {
                    "store": shown,
                    "namespace": namespace,
                    "key_id": key_id.hex(),
                    "keys": number,
                    "earlier_needed_until": until.isoformat(timespec="seconds"),
                }
            )
        else:
            say(f"{shown}: request ids are signed with the fresh key {key_id.hex()} from now on")
            earlier = count_of(number - 1, "earlier key")
            say(
                f"Ids of {earlier} stay good; no outcome of such an id is accepted after "
                f"{until:%Y-%m-%d}, so what is older may be dropped then."
            )
            say("Running workers take the key over within a minute or at their next connection.")
        if is_overruled:
            note(f"{KEY_VARIABLE} is set here: where it is, it signs, and the store's key does not")


def _examined(url: str) -> list[Finding]:
    with opened(url, must_exist=False) as (held, _):
        if not isinstance(held, Probed):
            raise ConfigurationError(f"store {type(held).__name__} cannot be examined.")
        return held.examine()


def _show(url: str, findings: list[Finding]) -> None:
    say(shown_url(url))
    table = Table(box=None, pad_edge=False)
    for heading in ("what", "found", "advice"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        advice = f"FATAL: {finding.advice}" if finding.is_fatal else finding.advice
        style = "red" if finding.is_fatal else "yellow" if finding.advice else ""
        table.add_row(Text(finding.name), Text(finding.value), Text(advice, style=style))
    output().print(table)
    is_usable = not any(finding.is_fatal for finding in findings)
    advised = sum(bool(finding.advice) for finding in findings)
    say(f"{'usable' if is_usable else 'NOT usable'}; {count_of(advised, 'thing')} to look at")


def _as_data(url: str, findings: list[Finding], error: str | None = None) -> dict[str, Any]:
    return {
        "store": shown_url(url),
        "is_usable": error is None and not any(finding.is_fatal for finding in findings),
        "error": error,
        "findings": [
            {
                "name": finding.name,
                "value": finding.value,
                "advice": finding.advice,
                "is_fatal": finding.is_fatal,
            }
            for finding in findings
        ],
    }
