"""Plots with matplotlib: one axis, lines labelled where they end, armwise's own set off."""

import re
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO, StringIO
from typing import Any

from armwise.offline.result import Line, Plot

# matplotlib is an extra: it is imported by name, and what it makes is untyped here.
Axes = Any
Figure = Any

OWN = ("#0a6fb7", "#3d9be9", "#00897b", "#6a8fd8")
"""Blues and teals for armwise's own lines: legible on white and on black."""

OTHERS = ("#c2703d", "#8f7a3a", "#a05a8c", "#6f7f54", "#b5524e", "#7d7d86", "#5f8a8b")
"""Muted colours for the rest."""

LIMIT = "#8a8a8a"
_INK = "#1b1b1c"
"""Axes and text; in a page it becomes the colour of the page's text."""

_SIZE = (7.6, 4.4)
_LEFT, _RIGHT, _BOTTOM, _TOP_EDGE = 0.1, 0.985, 0.13, 0.88
_CHARACTER = 0.0096
"""About the width of a letter of a label, in widths of the figure."""

_FEW = 12
"""So few points are shown as points too."""

_LABEL_GAP = 0.052
"""Least distance of two labels, in heights of the axes."""


def can_draw() -> bool:
    """Return whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def png(plot: Plot) -> bytes:
    """Return a plot as a PNG on white."""
    out = BytesIO()
    figure = _drawn(plot, "white")
    figure.savefig(out, format="png", dpi=110, metadata={"Software": None})
    return out.getvalue()


def svg(plot: Plot) -> str:
    """Return a plot as an SVG file on white."""
    return _svg(plot, "white")


def inline_svg(plot: Plot) -> str:
    """Return a plot as an element for a page: no background, text in the page's colour."""
    drawn = _svg(plot, "none").replace(_INK, "currentColor")
    drawn = drawn[drawn.index("<svg") :]
    head, rest = drawn.split(">", 1)
    view = re.search(r'viewBox="[^"]*"', head)
    # Names inside are the page's as well: two plots may not share them.
    rest = re.sub(r'\bid="', f'id="{plot.name}-', rest)
    rest = re.sub(r'(url\(#|href="#)', rf"\g<1>{plot.name}-", rest)
    rest = re.sub(r"<metadata>.*?</metadata>", "", rest, flags=re.DOTALL)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'{view[0] if view else ""} role="img" aria-label="{_quoted(plot.title)}">{rest}'
    )


def _svg(plot: Plot, background: str) -> str:
    mpl = import_module("matplotlib")
    out = StringIO()
    # Text stays text, and the same plot gives the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": plot.name}):
        figure = _drawn(plot, background)
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _drawn(plot: Plot, background: str) -> Figure:
    mpl = import_module("matplotlib")
    style = {
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 9.5,
        "text.color": _INK,
        "axes.labelcolor": _INK,
        "axes.edgecolor": _INK,
        "xtick.color": _INK,
        "ytick.color": _INK,
    }
    with mpl.rc_context(style):
        figure = import_module("matplotlib.figure").Figure(figsize=_SIZE, facecolor=background)
        width = _RIGHT - _LEFT - _room(plot)
        place = (_LEFT, _BOTTOM, width, _TOP_EDGE - _BOTTOM)
        axes = figure.add_axes(place, facecolor=background)
        colours = _colours(plot.lines)
        for line, colour in zip(plot.lines, colours, strict=True):
            _draw(axes, line, colour)
        _frame(axes, plot)
        (_label_points if _is_scatter(plot) else _label_ends)(axes, plot, colours)
    return figure


def _room(plot: Plot) -> float:
    """Return the share of the figure's width that labels beside the axes need."""
    if _is_scatter(plot):
        return 0.0
    return min(0.42, 0.04 + _CHARACTER * max(len(line.name) for line in plot.lines))


def _is_scatter(plot: Plot) -> bool:
    return all(line.style == "points" for line in plot.lines)


def _frame(axes: Axes, plot: Plot) -> None:
    ticker = import_module("matplotlib.ticker")
    axes.set_title(plot.title, loc="left", fontsize=11, fontweight="bold", pad=10)
    axes.set_xlabel(plot.x_label)
    axes.set_ylabel(plot.y_label)
    axes.set_xscale("log" if plot.log_x else "linear")
    axes.set_yscale("log" if plot.log_y else "linear")
    for axis, is_log, limits in (
        (axes.xaxis, plot.log_x, axes.get_xlim),
        (axes.yaxis, plot.log_y, axes.get_ylim),
    ):
        if is_log:
            low, high = limits()
            steps = (1.0, 2.0, 5.0) if high < _NARROW * low else (1.0,)
            axis.set_major_locator(ticker.LogLocator(subs=steps))
            axis.set_minor_formatter(ticker.NullFormatter())
        axis.set_major_formatter(ticker.FuncFormatter(_tick))
    if not plot.log_y and min(min(line.y) for line in plot.lines if line.y) >= 0.0:
        axes.set_ylim(bottom=0.0)
    axes.spines[["top", "right"]].set_visible(False)
    if not _is_scatter(plot):  # its labels would be struck through
        axes.grid(visible=True, axis="y", color=LIMIT, alpha=0.25, linewidth=0.6)


_NARROW = 60.0
"""A logarithmic axis over less than this factor gets ticks at 2 and 5 too."""


def _tick(value: float, _: object) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def _colours(lines: Sequence[Line]) -> list[str]:
    own, others = iter(OWN * len(lines)), iter(OTHERS * len(lines))
    colours: list[str] = []
    for line in lines:
        if line.style == "dashed":
            colours.append(LIMIT)
        else:
            colours.append(next(own) if is_own(line) else next(others))
    return colours


def is_own(line: Line) -> bool:
    """Return whether a line shows armwise, by its name."""
    return line.name.startswith("armwise")


def _draw(axes: Axes, line: Line, colour: str) -> None:
    own = is_own(line)
    if line.style == "points":
        axes.plot(
            line.x,
            line.y,
            linestyle="none",
            marker="o",
            markersize=8 if own else 5.5,
            color=colour,
            zorder=4 if own else 3,
        )
        return
    axes.plot(
        line.x,
        line.y,
        linestyle="--" if line.style == "dashed" else "-",
        linewidth=2.4 if own else 1.3,
        marker="o" if len(line.x) <= _FEW else None,
        markersize=4,
        color=colour,
        zorder=4 if own else 3,
    )


def _label_ends(axes: Axes, plot: Plot, colours: Sequence[str]) -> None:
    """Write the names beside the ends of the lines, pushed apart where they would overlap."""
    ends = _last_points(axes, plot)
    heights = spread([y for _, y in ends], _LABEL_GAP)
    for line, colour, end, height in zip(plot.lines, colours, ends, heights, strict=True):
        _leader(axes, end, (1.03, height), colour)
        _name(axes, line, colour, (1.04, height), "left")


def _label_points(axes: Axes, plot: Plot, colours: Sequence[str]) -> None:
    """Write the names beside the points: to the left of those on the right, and the reverse."""
    ends = _last_points(axes, plot)
    for is_left in (True, False):
        side = [number for number, end in enumerate(ends) if (end[0] > _MIDDLE) == is_left]
        heights = spread([ends[number][1] for number in side], _LABEL_GAP)
        shift = -_BESIDE if is_left else _BESIDE
        for number, height in zip(side, heights, strict=True):
            place = (ends[number][0] + shift, height)
            _leader(axes, ends[number], place, colours[number])
            alignment = "right" if is_left else "left"
            _name(axes, plot.lines[number], colours[number], place, alignment)


_MIDDLE, _BESIDE = 0.45, 0.025


def _last_points(axes: Axes, plot: Plot) -> list[tuple[float, float]]:
    """Return where the lines end, in widths and heights of the axes."""
    to_axes = axes.transData + axes.transAxes.inverted()
    points = [to_axes.transform((line.x[-1], line.y[-1])) for line in plot.lines]
    return [(float(x), float(y)) for x, y in points]


def _leader(axes: Axes, begin: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    axes.plot(
        (begin[0], end[0]),
        (begin[1], end[1]),
        transform=axes.transAxes,
        clip_on=False,
        color=colour,
        linewidth=0.6,
        alpha=0.6,
    )


def _name(axes: Axes, line: Line, colour: str, place: tuple[float, float], alignment: str) -> None:
    axes.text(
        *place,
        line.name,
        transform=axes.transAxes,
        color=colour,
        horizontalalignment=alignment,
        verticalalignment="center",
        fontweight="bold" if is_own(line) else "normal",
        fontsize=8.5,
    )


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Return heights moved as little as is needed to be at least ``gap`` apart, in their order.

    Args:
        heights: Where labels want to be.
        gap: Least distance between two of them.
    """
    order = sorted(range(len(heights)), key=heights.__getitem__)
    # Neighbours that are too close become a block, centred on where its members want to be.
    blocks: list[tuple[float, list[int]]] = []
    for index in order:
        blocks.append((heights[index], [index]))
        while len(blocks) > 1 and _top(blocks[-2], gap) + gap > _bottom(blocks[-1], gap):
            centre, upper = blocks.pop()
            below, lower = blocks.pop()
            members = lower + upper
            middle = (below * len(lower) + centre * len(upper)) / len(members)
            blocks.append((middle, members))
    placed = [0.0] * len(heights)
    for centre, members in blocks:
        for place, index in enumerate(members):
            placed[index] = centre + (place - (len(members) - 1) / 2) * gap
    return placed


def _top(block: tuple[float, list[int]], gap: float) -> float:
    return block[0] + (len(block[1]) - 1) / 2 * gap


def _bottom(block: tuple[float, list[int]], gap: float) -> float:
    return block[0] - (len(block[1]) - 1) / 2 * gap


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
