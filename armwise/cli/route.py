"""``armwise route``: one prompt, the user's own paths and keys."""

import json
import sys
from pathlib import Path as File
from typing import Annotated, Any

import typer
from rich.console import Console

from armwise.bandit import belief_record
from armwise.engine import Decision
from armwise.errors import AllPathsFailedError, ArmwiseError
from armwise.events import Attempted, Event
from armwise.router import Router

FAILED = 1
USAGE = 2
INTERRUPTED = 130


def route(
    prompt: Annotated[
        str | None,
        typer.Argument(help="The prompt; '-' or nothing reads standard input.", show_default=False),
    ] = None,
    *,
    path: Annotated[
        list[str] | None,
        typer.Option("--path", "-p", help="A model, such as openai/gpt-4o-mini; repeat it."),
    ] = None,
    file: Annotated[
        File | None, typer.Option("--file", "-f", help="Read the prompt from a file.")
    ] = None,
    task_type: Annotated[
        str | None, typer.Option(help="Kind of task: extraction, synthesis, ...")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Decide and explain; call no model.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    timeout_s: Annotated[
        float, typer.Option("--timeout-s", help="Deadline over all paths, in seconds.")
    ] = 120.0,
) -> None:
    """Send one prompt to the cheapest of your models that is good enough.

    Keys come from the environment, as LiteLLM reads them (OPENAI_API_KEY, ...). The answer goes to
    standard output, why it was routed so to standard error. Nothing is remembered afterwards.
    """
    try:
        _route(prompt, path or [], file, task_type, timeout_s, dry_run=dry_run, as_json=as_json)
    except AllPathsFailedError as error:
        _complain(str(error))
        raise typer.Exit(FAILED) from None
    except ArmwiseError as error:
        _complain(str(error))
        raise typer.Exit(USAGE) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def _route(
    prompt: str | None,
    paths: list[str],
    file: File | None,
    task_type: str | None,
    timeout_s: float,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    if not paths:
        _complain("no --path given. Write --path openai/gpt-4o-mini --path openai/gpt-4o")
        raise typer.Exit(USAGE)
    messages = [{"role": "user", "content": _read_prompt(prompt, file)}]
    attempts: list[Attempted] = []

    def remember(event: Event) -> None:
        if isinstance(event, Attempted):
            attempts.append(event)

    with Router(paths, "armwise-route", on_event=remember, timeout_s=timeout_s) as router:
        if dry_run:
            _print_decision(router.decide(messages, task_type=task_type), as_json=as_json)
            return
        try:
            with Console(stderr=True).status("asking ..."):
                response, request_id = router.completion(
                    messages, task_type=task_type, return_request_id=True
                )
        except ArmwiseError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a provider raises is shown, not traced
            _complain(f"{type(error).__name__}: {error}")
            raise typer.Exit(FAILED) from None
        explanation = router.explain(request_id)
    text = response.choices[0].message.content or ""
    if as_json:
        report = {} if explanation.decision is None else _described(explanation.decision)
        report |= {"text": text, "request_id": request_id, **_called(attempts[-1])}
        _print_json(report)
        return
    _explain(str(explanation))
    sys.stdout.write(text + "\n")


def _read_prompt(prompt: str | None, file: File | None) -> str:
    if file is not None:
        if prompt is not None:
            _complain("give the prompt or --file, not both")
            raise typer.Exit(USAGE)
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            _complain(f"cannot read {str(file)!r}: {error}")
            raise typer.Exit(USAGE) from None
    elif prompt not in (None, "-"):
        text = str(prompt)
    else:
        if sys.stdin.isatty():
            Console(stderr=True).print("prompt (end with Ctrl-D):", style="dim")
        text = sys.stdin.read()
    if not text.strip():
        _complain("the prompt is empty. Write armwise route 'your prompt' --path ...")
        raise typer.Exit(USAGE)
    return text


def _described(decision: Decision) -> dict[str, Any]:
    arms = {
        name: {
            **belief_record(decision.arms.beliefs[index]),
            "drawn": decision.draws[index],
            "expected_cost_usd": _finite(decision.arms.costs_usd[index]),
        }
        for index, name in enumerate(decision.arms.names)
    }
    return {
        "path": decision.path,
        "model": decision.model,
        "bucket": decision.bucket,
        "score": decision.assessment.score,
        "ranking": list(decision.ranking),
        "objective": decision.objective.name,
        "arms": arms,
    }


def _called(attempt: Attempted) -> dict[str, Any]:
    return {
        "path": attempt.path,
        "attempts": attempt.attempt + 1,
        "cost_usd": attempt.cost_usd,
        "latency_s": attempt.latency_s,
    }


def _finite(cost_usd: float) -> float | None:
    return None if cost_usd == float("inf") else cost_usd


def _print_decision(decision: Decision, *, as_json: bool) -> None:
    if as_json:
        _print_json(_described(decision))
        return
    sys.stdout.write(f"{decision.model}\n")
    _explain(decision.why())


def _print_json(report: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(report, indent=2, ensure_ascii=False) + "\n")


def _explain(text: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, style="dim", markup=False)


def _complain(message: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(
        f"armwise route: {message}", markup=False
    )
