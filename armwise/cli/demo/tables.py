"""The demo's tables: beliefs and traffic per bucket, and money and quality in all."""

from collections.abc import Callable, Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from armwise.cli.demo.players import CHEAP, STRONG, PlayedModel
from armwise.cli.demo.score import Figures, Result, Scoreboard
from armwise.engine import ArmStats, Stats

_RECENT = 20  # requests of a bucket over which "now" is measured once the cheap model broke


def opening(board: Scoreboard) -> str:
    """Return the lines that say what will be seen."""
    return (
        f"{board.planned} requests through a real Router and LiteLLM to a local server that plays\n"
        f"{_described(CHEAP)}\n{_described(STRONG)}\n"
        "The Router knows the prices; the rest it learns from checked answers."
    )


def frame(board: Scoreboard, stats: Stats) -> RenderableType:
    """Return the live picture: progress, bucket table, totals, and what happened."""
    done = len(board.results())
    bar = Table.grid(padding=(0, 1))
    bar.add_row(
        ProgressBar(total=board.planned, completed=done, width=40),
        f"{done} of {board.planned} requests",
    )
    return Group(bar, board_table(board, stats), totals_table(board), _happening(board))


def board_table(board: Scoreboard, stats: Stats) -> Table:
    """Return beliefs (mean and 90 % interval), traffic share and success rate per bucket."""
    # The widest rows just fit into 80 columns.
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("bucket", no_wrap=True)
    table.add_column("seen", justify="right")
    table.add_column("cheap")
    table.add_column("strong")
    table.add_column("to cheap", justify="right")
    table.add_column("right", justify="right")
    before, after = board.halves()
    for bucket, arms in stats.buckets.items():
        then = [result for result in before if result.bucket == bucket]
        now = [result for result in after if result.bucket == bucket]
        cheap, strong = arms.get(CHEAP.name), arms.get(STRONG.name)
        table.add_row(
            bucket,
            str(len(then) + len(now)),
            _belief(cheap),
            _belief(strong),
            _change(lambda sums: sums.cheap_share, then, now),
            _change(lambda sums: sums.right_share, then, now),
        )
    return table


def totals_table(board: Scoreboard) -> Table:
    """Return money and quality, beside both models alone on the same prompts."""
    before, after = board.halves()
    spans = [("all", before + after)]
    if after:
        spans = [("before", before), ("after", after), *spans]
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading in ("", "requests", "right", "cost", "always-strong", "always-cheap", "saved"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, results in spans:
        sums = Figures.of(results)
        table.add_row(
            name,
            str(sums.requests),
            f"{sums.right_share:.1%}",
            f"${sums.cost_usd:.4f}",
            f"{sums.strong_right_share:.1%} ${sums.strong_cost_usd:.4f}",
            f"{sums.cheap_right_share:.1%} ${sums.cheap_cost_usd:.4f}",
            f"{sums.saved_share:.0%}",
        )
    return table


def progress_line(board: Scoreboard) -> str:
    """Return one line about the run so far."""
    before, after = board.halves()
    sums = Figures.of(before + after)
    recent = Figures.of((before + after)[-50:])
    line = (
        f"{sums.requests:>4} of {board.planned}: {sums.right_share:.1%} right for "
        f"${sums.cost_usd:.4f} (always-strong ${sums.strong_cost_usd:.4f}), "
        f"{recent.cheap_share:.0%} of the last {recent.requests} to cheap"
    )
    return f"{line}; it broke after {board.breaks_at}" if after else line


def _happening(board: Scoreboard) -> Text:
    _, after = board.halves()
    if after and CHEAP.broken:
        return Text(
            f"The cheap model broke after request {board.breaks_at}, which the Router is not told: "
            f"right on {_strengths(CHEAP.broken)}.",
            style="bold red",
        )
    return Text("The cheap model is healthy.", style="dim")


def _described(model: PlayedModel) -> str:
    return (
        f"  {model.name:<6}  right on {_strengths(model.strength)}; "
        f"${model.input_usd_per_mtok:.2f} / ${model.output_usd_per_mtok:.2f} per Mtok"
    )


def _strengths(strength: Mapping[str, float]) -> str:
    return ", ".join(f"{share:.0%} {name}" for name, share in strength.items())


def _belief(arm: ArmStats | None) -> str:
    if arm is None:
        return ""
    return f"{arm.mean:4.0%} [{100 * arm.low:.0f}-{100 * arm.high:.0f}]"


def _change(what: Callable[[Figures], float], then: list[Result], now: list[Result]) -> str:
    """Return a share before the cheap model broke and, after that, what it is lately."""
    before = f"{what(Figures.of(then)):.0%}" if then else "-"
    return f"{before} -> {what(Figures.of(now[-_RECENT:])):.0%}" if now else before
