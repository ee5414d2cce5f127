"""The part "real": from files to tables, plot and gates."""

import json
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from armwise.errors import ConfigurationError
from armwise.offline import escalation
from armwise.offline.benchmark import BenchOptions
from armwise.offline.contenders import roster, static, textbook
from armwise.offline.learner import Contender
from armwise.offline.real import part, shipped
from armwise.offline.real.board import VALUES_USD, Board, Series, values_told
from armwise.offline.real.references import Point
from armwise.offline.real.replay import Replayed
from armwise.offline.real.tables import gates, plot
from armwise.offline.result import Measured, Section

CALLS: list[tuple[str, int]] = []
GONE = Contender("gone", "peer", "Not installed.", static.ByComplexity, needs="not-there")


@contextmanager
def counted(what: str, total: int) -> Generator[Callable[[], None]]:
    """Write down what is worked on, and how often it advances."""
    steps: list[None] = []
    yield lambda: steps.append(None)
    CALLS.append((what, total))
    assert len(steps) == total


@pytest.fixture(autouse=True)
def _few_contenders_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start no processes, and play what takes no time."""

    def everybody(*, peers: bool = True) -> tuple[Contender, ...]:
        return (*static.CONTENDERS, *textbook.CONTENDERS[:2], GONE)

    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    monkeypatch.setattr(roster, "everybody", everybody)
    CALLS.clear()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file with three models: the middle one is right nine times in ten."""
    rows = [
        {
            "task": "sums" if n % 2 else "chat",
            "success": [int(n % 10 < 5), int(n % 10 < 9), 1],
            "cost_usd": [0.0001, 0.001, 0.01],
        }
        for n in range(60)
    ]
    found = tmp_path / "made.jsonl"
    lines = [{"models": ["small", "middle", "large"]}, *rows]
    found.write_text("\n".join(json.dumps(line) for line in lines))
    return found


def played(file: Path, **changes: object) -> Section:
    """Run the part on a file, by two shuffles, without other libraries."""
    options = BenchOptions(runs=2, data=(file,), peers=False)
    return part.run(replace(options, **changes), counted)


def test_every_contender_has_a_row_in_every_table(file: Path) -> None:
    """Beside the policies in hindsight, which come first."""
    section = played(file)

    names = {one.name for one in roster.everybody()} - {"gone"}
    utility, points, above, unstated, about = section.tables
    assert section.name == "real"
    assert [table.title.partition(":")[0] for table in section.tables] == ["made"] * 5
    for table in (utility, points, above, about):
        assert {row[0] for row in table.rows} >= names
    assert {row[0] for row in unstated.rows} >= roster.BLIND_TO_VALUE & names
    for table in section.tables:
        assert {len(row) for row in table.rows} == {len(table.columns)}
    assert utility.rows[0] == (
        "best path in hindsight",
        "hindsight",
        *(Measured(best) for best in (0.8, 0.9 - 0.1 / 3, 0.9)),
    )
    assert "Not installed, so not shown: not-there. Run: pip install not-there." in utility.note
    assert CALLS[0][0] == "real: made"


def test_a_seed_fixes_all_but_the_times(file: Path) -> None:
    """Another seed gives other shuffles."""
    first, second, other = played(file), played(file), played(file, seed=9)

    assert first.tables[:4] == second.tables[:4]
    assert first.plots == second.plots
    assert first.tables[:4] != other.tables[:4]


def test_the_pool_of_the_options_is_used(file: Path) -> None:
    """Two of three models."""
    section = played(file, pools=(("small", "large"),))

    assert section.settings["sets"]["made"]["paths"] == ["small", "large"]


def test_every_file_has_a_pool_of_its_own(file: Path) -> None:
    """In the order of the files; an empty one takes all paths."""
    other = file.with_name("other.jsonl")
    other.write_text(file.read_text().replace('"middle"', '"medium"'))

    section = played(file, data=(file, other), pools=(("small", "middle"), ()))

    assert section.settings["sets"]["made"]["paths"] == ["small", "middle"]
    assert section.settings["sets"]["other"]["paths"] == ["small", "medium", "large"]


@pytest.mark.parametrize("run", [part.run, escalation.run], ids=["real", "escalation"])
def test_one_pool_for_several_files_is_refused(
    file: Path, run: Callable[[BenchOptions, Any], Section]
) -> None:
    """Their paths differ, so a pool belongs to one of them; the message says what to write."""
    options = BenchOptions(runs=2, data=(file, file), peers=False, pools=(("small", "large"),))

    with pytest.raises(ConfigurationError, match=r"2 outcome sets but 1 pools.*once per --data"):
        run(options, counted)
    assert CALLS == []


def test_several_files_give_several_sets(file: Path) -> None:
    """Each with its own tables and plot."""
    other = file.with_name("other.jsonl")
    other.write_bytes(file.read_bytes())

    section = played(file, data=(file, other))

    assert [plot.name for plot in section.plots] == ["real_made", "real_other"]
    assert len(section.tables) == 10


def test_a_bad_file_is_refused_before_anything_is_played(file: Path) -> None:
    """Even if a good one comes first."""
    bad = file.with_name("bad.jsonl")
    bad.write_text(file.read_text().replace("0.001", "-1"))

    with pytest.raises(ConfigurationError, match=r"bad\.jsonl, line 2, column 'cost_usd'"):
        played(file, data=(file, bad))
    assert CALLS == []


def test_without_data_the_shipped_set_is_used_or_its_command_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is missing is one installation."""
    part.load.cache_clear()

    def absent(name: str) -> None:
        raise shipped.PackageNotFoundError(name)

    monkeypatch.setattr(shipped, "distribution", absent)

    with pytest.raises(ConfigurationError, match="pip install paretobandit"):
        part.run(BenchOptions(runs=1, peers=False), counted)


def test_the_plot_has_paths_mixes_and_families(file: Path) -> None:
    """In mUSD, on a logarithmic axis, the line of mixes from the cheapest to the best path."""
    (found,) = played(file).plots

    lines = {line.name: line for line in found.lines}
    assert found.log_x
    assert lines["paths"].x == pytest.approx((0.1, 1, 10))
    assert lines["paths"].y == pytest.approx((0.5, 0.9, 1))
    assert lines["random mixes"].x[::59] == pytest.approx((0.1, 10))
    assert lines["random mixes"].y[::59] == pytest.approx((0.5, 1))
    assert {"static", "textbook"} <= set(lines)


def own(name: str = "armwise") -> Contender:
    """Return a contender that counts as armwise's; it is never built."""
    return Contender(name, "armwise", "Plays.", static.ByComplexity)


def test_armwise_plays_without_a_value_and_with_the_one_it_is_judged_by() -> None:
    """Others play at the stated values, or once where none can be told."""
    blind, other = (
        Contender(name, "peer", "", own().build) for name in ("LiteLLM's rule", "Beta TS")
    )

    assert values_told(own(), 4.5) == (*VALUES_USD, 4.5, None)
    assert values_told(other, 4.5) == VALUES_USD
    assert values_told(own("armwise, a variant"), 4.5) == VALUES_USD
    assert values_told(blind, 4.5) == (None,)


def test_gates_compare_armwise_with_its_rivals_and_the_mix(file: Path) -> None:
    """Only armwise as shipped has to reach them; paths cost 0.1, 1 and 10 mUSD."""
    outcomes = part.load(part.Source(file))
    rival = roster.named("Beta TS, per task", textbook.CONTENDERS)
    contenders = [own(), own("armwise, another"), rival]
    points = {"armwise": 0.88, "armwise, another": 0.1, "Beta TS, per task": 0.91}
    found = {
        (one.name, value): Series(one, (Replayed(Point(points[one.name], 0.001), 1.0),))
        for one in contenders
        for value in VALUES_USD
    }

    board = Board(outcomes, contenders, found)

    assert [(gate.value, gate.is_met) for gate in gates(board)] == [
        (pytest.approx(-0.03), False),
        (pytest.approx(-0.02), False),
    ] * len(VALUES_USD)
    assert gates(Board(outcomes, contenders[2:], found)) == ()
    assert "armwise, another" in [line.name for line in plot(board).lines]
