"""Reports hold what was found, whole, in every form."""

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from armwise.errors import ConfigurationError
from armwise.offline.report import files, plots
from armwise.offline.report.files import as_csv, markdown, write
from armwise.offline.report.page import page
from armwise.offline.report.plots import spread
from armwise.offline.report.record import Record, shown
from armwise.offline.report.terminal import fitting, show
from armwise.offline.result import Gate, Line, Measured, Plot, Section, Table

TABLE = Table(
    "Regret & <more>",
    ("rule", "one [case]", "two"),
    (("armwise", Measured(1.25, 0.5, 2), 7), ("UCB|1", Measured(2.5, None, 1), "")),
    note="Lower is better.",
    marked=(0,),
)
PLOT = Plot(
    "case-1",
    'Regret "here" & <there>',
    "requests",
    "regret",
    (
        Line("armwise", (1.0, 10.0, 100.0), (1.0, 2.0, 3.0)),
        Line("UCB1", (1.0, 10.0, 100.0), (1.0, 2.0, 3.1)),
        Line("limit", (1.0, 100.0), (0.5, 4.0), "dashed"),
    ),
    log_x=True,
)
POINTS = Plot(
    "case-2",
    "Frontier",
    "cost",
    "quality",
    (Line("armwise", (1.0,), (2.0,), "points"), Line("others", (1.1,), (2.0,), "points")),
)
GATES = (Gate("regret", 1.0, 2.0, "<=", "a paper"), Gate("share", 0.25, 0.5, ">=", "a guess"))
SECTION = Section(
    "case", "A case", "How it was done.", {"runs": 3}, (TABLE,), (PLOT, POINTS), GATES
)
RECORD = Record(
    SECTION,
    "armwise bench case",
    20,
    False,
    1.5,
    "2026-01-02",
    {"cpu": "a processor", "cores": 2, "system": "Linux x86_64"},
    {"python": "CPython 3.11.9", "armwise": "1.0"},
)
ORDER = ("case", "other")


class Outline(HTMLParser):
    """Checks that elements are closed as they were opened; collects what is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        found = dict(attrs)
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [
            value or "" for name, value in attrs if name in ("href", "src", "xlink:href")
        ]
        if tag not in ("meta", "br", "link", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open and close an element."""
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Close the element that was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Collect text."""
        self.text += data


def outline(html: str) -> Outline:
    """Return the outline of a page."""
    found = Outline()
    found.feed(html)
    assert [] == found.open
    return found


def test_a_record_comes_back_from_json_as_it_was() -> None:
    """Through text, with every figure."""
    text = json.dumps(RECORD.as_json(), allow_nan=False)

    assert Record.from_json(json.loads(text), Path("case.json")) == RECORD


def test_json_of_another_format_is_refused() -> None:
    """The message says what to do."""
    with pytest.raises(ConfigurationError, match=r"case\.json.*--out DIR"):
        Record.from_json({"format": 99}, Path("somewhere/case.json"))


def test_csv_has_a_column_of_errors_beside_the_figures() -> None:
    """Cells are plain numbers."""
    rows = list(csv.reader(StringIO(as_csv(TABLE))))

    assert rows == [
        ["rule", "one [case]", "one [case] (standard error)", "two"],
        ["armwise", "1.25", "0.5", "7"],
        ["UCB|1", "2.5", "", ""],
    ]


def test_markdown_has_tables_gates_and_how_to_repeat_it() -> None:
    """Bars inside a cell do not break the table; armwise's own row is bold."""
    text = "\n".join(markdown(RECORD, has_plots=True))

    assert "| **armwise** | **1.25 ± 0.50** | **7** |" in text
    assert r"| UCB\|1 | 2.5 |  |" in text
    assert "| regret | 1 | <= 2 | met |" in text
    assert "| share | 0.25 | >= 0.5 | **missed** |" in text
    assert "(case-1.svg)" in text
    assert "`armwise bench case`" in text
    assert "seed 20" in text
    assert "svg" not in "\n".join(markdown(RECORD, has_plots=False))


def test_a_quick_run_says_that_it_is_no_evidence() -> None:
    """In the repository and on the page."""
    quick = replace(RECORD, is_quick=True)

    assert any("no evidence" in line for line in markdown(quick, has_plots=False))
    assert "no evidence" in page([quick], draws=False)
    assert "no evidence" not in page([RECORD], draws=False)


def test_the_page_is_whole_and_needs_nothing_else() -> None:
    """Every element is closed, and no link leaves the page."""
    found = outline(page([RECORD], draws=False))

    assert ["#case"] == found.links
    assert ["case"] == found.ids
    for text in ("1 of 2", "UCB|1", "Regret & <more>", "missed", "a paper", "armwise bench case"):
        assert text in found.text


def test_the_page_holds_its_plots() -> None:
    """As SVG in the page's own colour; names inside are unique, and every reference is to one."""
    pytest.importorskip("matplotlib")
    html = page([RECORD, replace(RECORD, section=replace(SECTION, plots=()))], draws=True)
    drawn = re.findall(r"<svg.*?</svg>", html, re.DOTALL)

    assert 2 == len(drawn)
    names: list[str] = []
    for one in drawn:
        names += re.findall(r'\bid="([^"]+)"', one)
        ET.fromstring(one)  # noqa: S314 - drawn here
        assert "currentColor" in one
    assert len(set(names)) == len(names)
    used = re.findall(r'url\(#([^)]+)\)|xlink:href="#([^"]+)"', "".join(drawn))
    assert {one or other for one, other in used} <= set(names)
    assert ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"] * 2 == re.findall(
        r"https?://[^\"')\s]+", html
    )


@pytest.mark.parametrize("plot", [PLOT, POINTS], ids=["lines", "points"])
def test_plots_are_drawn_and_labelled_directly(plot: Plot) -> None:
    """Every name stands in the drawing; the same plot gives the same file."""
    pytest.importorskip("matplotlib")
    drawn = plots.svg(plot)

    ET.fromstring(drawn)  # noqa: S314 - drawn here
    for line in plot.lines:
        assert f">{line.name}<" in drawn
    assert plots.svg(plot) == drawn
    assert plots.png(plot).startswith(b"\x89PNG")


@given(st.lists(st.integers(0, 100).map(lambda share: share / 100), max_size=12))
def test_labels_keep_their_order_and_their_distance(heights: list[float]) -> None:
    """Whatever the heights; labels that are far enough apart stay where they are."""
    placed = spread(heights, 0.05)
    order = sorted(range(len(heights)), key=heights.__getitem__)
    ranked = [placed[index] for index in order]

    assert all(b - a >= 0.05 - 1e-9 for a, b in pairwise(ranked))
    wanted = sorted(heights)
    if all(b - a > 0.05 for a, b in pairwise(wanted)):
        assert placed == heights


def test_all_files_are_written(tmp_path: Path) -> None:
    """JSON, CSV, Markdown and the page, and the folder is made."""
    write([RECORD], tmp_path / "new" / "folder", ORDER)

    names = {file.name for file in (tmp_path / "new" / "folder").iterdir()}
    assert {"case.json", "case-1.csv", "case.md", "regret.html"} <= names


def test_the_page_shows_parts_of_earlier_runs_too(tmp_path: Path) -> None:
    """Parts may be run one by one into the same folder; their order is that of the parts."""
    other = replace(RECORD, section=replace(SECTION, name="other", title="Another case", plots=()))
    write([other], tmp_path, ORDER)
    write([replace(RECORD, section=replace(SECTION, plots=()))], tmp_path, ORDER)

    links = outline((tmp_path / "regret.html").read_text("utf-8")).links
    assert ["#case", "#other"] == links


def test_without_matplotlib_everything_but_the_plots_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence says which extra to install."""
    monkeypatch.setattr(files, "can_draw", lambda: False)

    (complaint,) = write([RECORD], tmp_path, ORDER)

    assert "armwise[bench]" in complaint
    assert {"case.json", "case-1.csv", "case.md", "regret.html"} == {
        file.name for file in tmp_path.iterdir()
    }


def test_numbers_that_json_does_not_have_become_null(tmp_path: Path) -> None:
    """A gate without a value is missed, and its file can be read by any program."""
    gate = Gate("ratio", float("nan"), 1.0, "<=", "a guess")
    record = replace(RECORD, section=replace(SECTION, gates=(gate,), plots=()))
    write([record], tmp_path, ORDER)

    written = json.loads((tmp_path / "case.json").read_text("utf-8"))
    assert written["gates"][0]["value"] is None
    assert written["gates"][0]["is_met"] is False


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    """A file of that name is in the way."""
    (tmp_path / "taken").write_text("")

    with pytest.raises(ConfigurationError, match="taken"):
        write([RECORD], tmp_path / "taken", ORDER)


def printed(record: Record, **options: Any) -> str:
    """Return what a console prints of a record."""
    console = Console(record=True, highlight=False, file=StringIO(), **options)
    show(record, console)
    return console.export_text()


def test_the_terminal_shows_tables_notes_and_gates() -> None:
    """Brackets in names are no markup."""
    text = printed(RECORD, width=100)

    for what in ("A CASE", "one [case]", "1.25 ± 0.50", "Lower is better.", "MISSED share: 0.25"):
        assert what in text


def test_a_table_that_is_too_wide_is_continued_with_its_first_column() -> None:
    """No cell is lost, and no piece is wider than the terminal."""
    wide = Table(
        "Wide",
        ("rule", *(f"case {number}" for number in range(12))),
        (("armwise", *(Measured(1.0, 0.5) for _ in range(12))),),
    )
    pieces = list(fitting(wide, 80))

    assert len(pieces) > 1
    assert all(piece.rows[0][0] == "armwise" for piece in pieces)
    assert sum(len(piece.rows[0]) - 1 for piece in pieces) == 12
    text = printed(
        replace(RECORD, section=replace(SECTION, tables=(wide,))), width=80, force_terminal=True
    )
    assert max(map(len, text.splitlines())) <= 80
    assert [wide] == list(fitting(wide, None))


@pytest.mark.parametrize(
    ("value", "text"), [(0.123456, "0.123"), (-1.5, "-1.5"), (12345.6, "12,346"), (4.0, "4")]
)
def test_numbers_have_the_digits_that_mean_something(value: float, text: str) -> None:
    """Three, or all before the point."""
    assert shown(value) == text
