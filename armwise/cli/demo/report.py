"""The last word of a run, in sentences and as JSON; every figure is computed from its results."""

from dataclasses import asdict
from typing import Any

from armwise.cli.demo.score import Figures, Notice, Scoreboard, Turn
from armwise.engine import Stats


def sentences(board: Scoreboard) -> list[str]:
    """Return what was saved at what quality, before and after the cheap model broke."""
    before, after = board.halves()
    done = before + after
    if not done:
        return ["No request was finished."]
    said: list[str] = []
    if len(done) < board.planned:
        said.append(f"Stopped after {len(done)} of {board.planned} requests.")
    whole = Figures.of(done)
    said.append(
        f"{whole.requests} requests: {whole.right_share:.1%} right for ${whole.cost_usd:.4f}; "
        f"always-strong: {whole.strong_right_share:.1%} for ${whole.strong_cost_usd:.4f}. "
        f"{_balance(whole)}."
    )
    if after:
        said.append(f"Before the cheap model broke: {_balance(Figures.of(before)).lower()}.")
        said.append(f"After it broke: {_balance(Figures.of(after)).lower()}.")
    turn = board.turn()
    if turn is not None:
        said.append(_turned(turn, len(before)))
    return [*(_noticed(notice, board.breaks_at) for notice in board.notices()), *said]


def document(board: Scoreboard, stats: Stats, *, seed: int, spent_usd: float) -> dict[str, Any]:
    """Return the run as one JSON object.

    Args:
        board: The results.
        stats: The Router's beliefs at the end.
        seed: The run's seed.
        spent_usd: What the Router itself says was spent.
    """
    before, after = board.halves()
    turn = board.turn()
    return {
        "seed": seed,
        "planned": board.planned,
        "breaks_after": board.breaks_at,
        "spent_usd": spent_usd,
        "all": figures(Figures.of(before + after)),
        "before": figures(Figures.of(before)),
        "after": figures(Figures.of(after)) if after else None,
        "turn": None if turn is None else asdict(turn) | {"at_end": figures(turn.at_end)},
        "notices": [asdict(notice) for notice in board.notices()],
        "buckets": {
            bucket: {path: asdict(arm) for path, arm in arms.items()}
            for bucket, arms in stats.buckets.items()
        },
        "summary": sentences(board),
    }


def figures(sums: Figures) -> dict[str, Any]:
    """Return sums and the shares that follow from them."""
    return asdict(sums) | {
        "cheap_share": sums.cheap_share,
        "right_share": sums.right_share,
        "strong_right_share": sums.strong_right_share,
        "cheap_right_share": sums.cheap_right_share,
        "saved_share": sums.saved_share,
        "points": sums.points,
    }


def _turned(turn: Turn, broke_after: int) -> str:
    if turn.halved_after is None:
        pace = "did not halve within the run"
    else:
        pace = f"halved within {turn.halved_after} requests"
    return (
        f"When the cheap model broke after request {broke_after}, its share of "
        f"{turn.share_before:.0%} {pace}; over the last {turn.at_end.requests} requests it was "
        f"{turn.share_at_end:.0%}, with {turn.at_end.right_share:.1%} right against "
        f"{turn.at_end.strong_right_share:.1%} of always-strong."
    )


def _noticed(notice: Notice, breaks_at: int | None) -> str:
    since = ""
    if breaks_at is not None and notice.finished >= breaks_at:
        since = f", {notice.finished - breaks_at} requests after the break"
    return (
        f"It noticed that {notice.path} {notice.direction} in {notice.bucket}{since}, "
        "and began its belief there anew."
    )


def _balance(sums: Figures) -> str:
    verb = "Saved" if sums.saved_share >= 0 else "Overspent"
    return f"{verb} {abs(sums.saved_share):.0%} at {sums.points:+.1f} points"
