"""``armwise explain``: one request id retold, from the store and a decision log."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from armwise.cli.running import (
    USAGE,
    JsonOption,
    StoreOption,
    complain,
    one_line_errors,
    opened,
    print_json,
    say,
)
from armwise.cli.stats import arm_data
from armwise.engine.stored_explanation import StoredExplanation, explain_stored
from armwise.storage import MAX_AGE_S


def explain(
    request_id: Annotated[str, typer.Argument(help="What completion or decide returned.")],
    *,
    store: StoreOption = None,
    log: Annotated[
        Path | None, typer.Option("--log", help="A file of Router(decision_log=...).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a request id holds, whether it is genuine, and what is known of its arm now.

    With a decision log also why its path was chosen and what came of it. Exit code 2 if the
    signature is not good.
    """
    with one_line_errors("explain"):
        now_ms = time.time_ns() // 1_000_000
        with opened(store) as (held, shown):
            found = explain_stored(request_id, held, now_ms, log)
        if as_json:
            print_json({"store": shown, **_as_data(found)})
        else:
            say("\n".join(_told(found, now_ms)))
        if found.refusal:
            complain("explain", found.refusal)
            raise typer.Exit(USAGE)


def _told(found: StoredExplanation, now_ms: int) -> list[str]:
    token, arm = found.token, found.arm
    tenant = f" of namespace {token.namespace!r}" if token.namespace else ""
    decided = _moment(token.decided_at_ms)
    age_s = (now_ms - token.decided_at_ms) / 1000
    until = "" if age_s <= MAX_AGE_S else "; too old to be reported"
    played = f"attempt {token.attempt} on {token.path}, bucket {token.bucket}"
    rate = f"success rate {arm.mean:.3f} [{arm.low:.3f}, {arm.high:.3f}] by the prior Beta(1, 1)"
    counts = f"{arm.successes:.1f} won and {arm.failures:.1f} lost as they weigh now"
    lines = [
        f"request {token.nonce.hex()} of goal {token.goal_id!r}{tenant}",
        "signature: good" if not found.refusal else "signature: NOT good, anybody may have made it",
        f"decided {decided}, {_age(age_s)} ago, after {token.count} outcomes of its bucket{until}",
        f"{played}, after {token.earlier_failures} failed checks, epoch {token.epoch}",
        f"this arm now: {rate}; {counts}; {arm.attempts} attempts of the path in all",
    ]
    if found.epoch > token.epoch:
        lines.append(f"the arm has begun anew since and is in epoch {found.epoch}")
    logged = found.logged
    if logged is not None and logged.logged is None and not logged.steps:
        lines.append("the decision log holds nothing of this request")
    elif logged is not None:
        lines += str(logged).splitlines()[1:]
    return lines


def _as_data(found: StoredExplanation) -> dict[str, Any]:
    token, logged = found.token, found.logged
    return {
        "request": token.nonce.hex(),
        "goal": token.goal_id,
        "namespace": token.namespace,
        "bucket": token.bucket,
        "path": token.path,
        "attempt": token.attempt,
        "earlier_failures": token.earlier_failures,
        "epoch": token.epoch,
        "decided_at": _moment(token.decided_at_ms),
        "outcomes_before": token.count,
        "is_genuine": not found.refusal,
        "refusal": found.refusal or None,
        "arm": {**arm_data(found.arm), "epoch": token.epoch},
        "epoch_now": found.epoch,
        "log": None if logged is None else _log_data(found),
    }


def _log_data(found: StoredExplanation) -> dict[str, Any]:
    logged = found.logged
    decision = None if logged is None else logged.logged
    steps = () if logged is None else logged.steps
    return {
        "why": None if decision is None else decision.why(),
        "steps": [
            {
                "kind": type(step).__name__.lower(),
                **{name: getattr(step, name) for name in type(step).__dataclass_fields__},
            }
            for step in steps
        ],
    }


def _moment(at_ms: int) -> str:
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError):  # an id that nobody has signed says anything
        return f"{at_ms} ms after 1970"


def _age(age_s: float) -> str:
    for unit, length_s in (("days", 86_400.0), ("hours", 3600.0), ("minutes", 60.0)):
        if age_s >= 2 * length_s:
            return f"{age_s / length_s:.0f} {unit}"
    return f"{age_s:.0f} seconds"
