"""``armwise report``: tells how a request ended, from a shell, a webhook or a job."""

from typing import Annotated

import typer

from armwise.cli.running import (
    REFUSED,
    JsonOption,
    NamespaceOption,
    StoreOption,
    one_line_errors,
    opened,
    print_json,
    say,
)
from armwise.engine.direct import DirectReports
from armwise.errors import ConfigurationError
from armwise.storage import ReportStatus

_NOT_COUNTED = (ReportStatus.CONFLICT, ReportStatus.STALE, ReportStatus.EXPIRED)
_MEANING = {
    ReportStatus.APPLIED: "counted",
    ReportStatus.DUPLICATE: "the same report was counted before",
    ReportStatus.CORRECTED: "it replaces an earlier revision",
    ReportStatus.CONFLICT: "another outcome holds this revision; correct it with --revision",
    ReportStatus.STALE: "a higher revision holds already",
    ReportStatus.EXPIRED: "the request is older than the store accepts",
}


def report(
    request_id: Annotated[str, typer.Argument(help="What completion or decide returned.")],
    outcome: Annotated[str, typer.Argument(help="success, failure, unknown, or 0 to 1.")],
    *,
    store: StoreOption = None,
    revision: Annotated[int, typer.Option(help="Higher than 1 corrects an earlier report.")] = 1,
    cost_usd: Annotated[
        float | None, typer.Option(help="Cost of the attempt in US dollars, if not measured.")
    ] = None,
    latency_s: Annotated[
        float | None, typer.Option(help="Its latency in seconds, if not measured.")
    ] = None,
    namespace: NamespaceOption = "",
    as_json: JsonOption = False,
) -> None:
    """Tell how a request ended; prints what became of the report.

    Exit code 0: it counts (applied, corrected) or did before (duplicate). 1: it does not (conflict,
    stale, expired). 2: an argument or the request id was refused. 3: the store cannot be reached.
    """
    with one_line_errors("report"):
        said = _score_or_word(outcome)
        with opened(store) as (held, shown):
            status = DirectReports(held).report(
                request_id,
                said,
                cost_usd=cost_usd,
                latency_s=latency_s,
                revision=revision,
                namespace=namespace,
            )
        if as_json:
            print_json({"store": shown, "status": status.value})
        else:
            say(f"{status.value}: {_MEANING.get(status, 'on its way')}")
        if status in _NOT_COUNTED:
            raise typer.Exit(REFUSED)


def _score_or_word(text: str) -> float | str:
    word = text.strip().lower()
    if word in ("success", "failure", "unknown"):
        return word
    try:
        return float(word)
    except ValueError:
        raise ConfigurationError(
            f"outcome must be success, failure, unknown or a score from 0 to 1, got {text!r}."
        ) from None
