"""``armwise demo``: the router at work on a machine without keys or network."""

from typing import Annotated

import typer

FAILED = 1
INTERRUPTED = 130


def demo(
    requests: Annotated[
        int, typer.Option("--requests", "-n", min=20, max=5000, help="How many requests to route.")
    ] = 400,
    *,
    seed: Annotated[int, typer.Option(min=0, help="Other seed, other prompts and models.")] = 7,
    drift: Annotated[
        bool, typer.Option("--drift/--no-drift", help="Degrade the cheap model half way.")
    ] = True,
    fast: Annotated[
        bool,
        typer.Option("--fast", help="No latencies, one request at a time: repeatable."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Route a few hundred requests between a cheap and a strong model that a local server plays.

    The prompts, their checks, the Router and LiteLLM are real; the models' strengths, prices and
    latencies are played. No key and no network is needed. Half way the cheap model degrades.
    """
    from armwise.cli.demo.run import Run
    from armwise.cli.demo.show import show

    workers = 1 if fast else 8
    with Run(requests, seed, drifts=drift, workers=workers, has_latency=not fast) as run:
        try:
            show(run, as_json=as_json)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except Exception as error:
            typer.echo(f"armwise demo: {type(error).__name__}: {error}", err=True)
            raise typer.Exit(FAILED) from error
