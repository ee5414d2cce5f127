"""How a run is shown: a live table on a terminal, plain lines elsewhere, or JSON."""

import json
import sys

from rich.console import Console
from rich.live import Live

from armwise.cli.demo.report import document, sentences
from armwise.cli.demo.run import Run
from armwise.cli.demo.tables import board_table, frame, opening, progress_line, totals_table

_FRAMES_PER_S = 4


def show(run: Run, *, as_json: bool) -> None:
    """Run the demo and show it; an interrupted run still shows what it has.

    Raises:
        KeyboardInterrupt: After the partial result was shown.
    """
    is_terminal = sys.stdout.isatty()
    # FORCE_COLOR would put escape codes into a pipe.
    console = Console(highlight=False, force_terminal=is_terminal)
    try:
        if as_json:
            run.warmup()
            run.go(lambda: None, 1.0)
        elif is_terminal and not console.is_dumb_terminal:
            _live(run, console)
        else:
            _plain(run, console)
    finally:
        if as_json:
            spent = run.spent_usd()
            report = document(run.board, run.stats(), seed=run.seed, spent_usd=spent)
            sys.stdout.write(json.dumps(report, indent=2) + "\n")
        else:
            _close(run, console)


def _live(run: Run, console: Console) -> None:
    console.print(opening(run.board))
    with console.status("loading LiteLLM, about 3 s ..."):
        run.warmup()
    with Live(console=console, auto_refresh=False, transient=True) as live:
        run.go(lambda: live.update(frame(run.board, run.stats()), refresh=True), 1 / _FRAMES_PER_S)


def _plain(run: Run, console: Console) -> None:
    console.print(opening(run.board))
    console.print("loading LiteLLM, about 3 s ...")
    run.warmup()
    planned = run.board.planned
    said = 0

    def watch() -> None:
        nonlocal said
        eighth = 8 * len(run.board.results()) // planned
        if eighth > said:
            said = eighth
            console.print(progress_line(run.board), soft_wrap=True)

    run.go(watch, 0.1)


def _close(run: Run, console: Console) -> None:
    if run.board.results():
        console.print()
        console.print(board_table(run.board, run.stats()))
        console.print()
        console.print(totals_table(run.board))
        console.print()
    for sentence in sentences(run.board):
        console.print(sentence, style="bold", soft_wrap=not console.is_terminal)
