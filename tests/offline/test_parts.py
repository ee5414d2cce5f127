"""The synthetic parts add up what they say, and their gates can be missed."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from armwise.errors import ConfigurationError
from armwise.offline import (
    benchmark,
    delay,
    delay_play,
    parallel,
    routing,
    routing_budget,
    routing_report,
    scaling,
    textbook,
)
from armwise.offline.benchmark import BenchOptions, chosen, parts
from armwise.offline.bernoulli import World, in_lockstep
from armwise.offline.published import INSTANCES
from armwise.offline.routing_cases import CASES
from armwise.offline.rules import Thompson

FOUR = World((0.95, 0.93, 0.90, 0.70), range(3), seed=3, requests=600)


@contextmanager
def silent(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show no progress, but count it."""
    done: list[int] = []
    yield lambda: done.append(1)
    assert len(done) == total


def here(
    work: Callable[[Any], Any], items: Sequence[Any], advance: Callable[[], object] = lambda: None
) -> list[Any]:
    """Do the work of ``parallel.each`` in this process, where things may be patched."""
    found = []
    for item in items:
        found.append(work(item))
        advance()
    return found


def test_what_is_found_does_not_depend_on_the_number_of_processes() -> None:
    """Pieces are played alike in one process and in two, and come back in order."""
    pieces = [
        textbook.Piece("IMED", 7, World((0.9, 0.8, 0.7), range(2), seed, requests=50))
        for seed in (1, 2, 3)
    ]

    alone = parallel.each(textbook.play, pieces, processes=1)
    together = parallel.each(textbook.play, pieces, processes=2)

    assert [one.tolist() for one in alone] == [one.tolist() for one in together]


def test_without_a_name_the_parts_that_need_no_data_run() -> None:
    """With data, those that read it run too."""
    names = [part.name for part in chosen((), BenchOptions())]

    assert ["textbook", "routing", "prices", "change", "default", "delay", "scaling"] == names
    with_data = chosen((), BenchOptions(data=(routing_budget.__file__,)))  # type: ignore[arg-type]
    assert {*names, "real"} <= {part.name for part in with_data}


def test_parts_run_in_their_order_however_they_are_named() -> None:
    """The order is that of the page."""
    assert ["textbook", "delay"] == [
        part.name for part in chosen(("delay", "textbook"), BenchOptions())
    ]


def test_an_unknown_part_is_refused_with_the_known_ones() -> None:
    """The message names them all."""
    with pytest.raises(ConfigurationError, match=r"'textbok'.*textbook, routing") as refused:
        chosen(("textbok",), BenchOptions())

    assert all(name in str(refused.value) for name in parts())


def test_a_part_without_a_module_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is neither listed nor run."""
    missing = benchmark.Part("later", "not written", "armwise.offline.nowhere.part")
    monkeypatch.setattr(benchmark, "KNOWN", (*benchmark.KNOWN, missing))

    assert "later" not in parts()


def test_textbook_runs_from_pieces_to_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small run has a column per instance, the limit of Lai and Robbins and three gates."""
    monkeypatch.setattr(textbook.parallel, "each", here)
    monkeypatch.setattr(textbook, "RULES", [rule for rule in textbook.RULES if rule.name == "IMED"])

    section = textbook.run(BenchOptions(quick=True, runs=2), silent)

    table = section.tables[0]
    assert ("rule", ".1 ... .9", "low", ".9/.8/.7") == table.columns
    assert ["armwise (Thompson)", "IMED", "C ln T (Lai & Robbins)"] == [r[0] for r in table.rows]
    assert 3 == len(section.gates)
    assert {"armwise (Thompson)", "IMED", "C ln T"} == {one.name for one in section.plots[0].lines}


def test_a_sampler_that_explores_too_much_misses_the_gates_of_the_textbook() -> None:
    """Twice the regret is not within four standard errors."""
    curves = {
        ("armwise", number): np.array([[2 * one.reference[0] + shift for shift in (-1, 0, 1)]] * 61)
        for number, one in enumerate(INSTANCES)
    }

    assert [False] * 3 == [gate.is_met for gate in textbook.section(curves).gates]


def test_regret_against_the_right_arm_is_counted_in_quality_and_in_cost() -> None:
    """.70/.88/.90 at 1/16, 1/5, 1: good enough is .855, so the second arm is right."""
    case = next(case for case in CASES if case.name == ".70/.88/.90")
    pulls = np.array([[10, 20, 5]])

    assert 1 == case.right()
    assert routing_report.quality_regret(case, pulls).tolist() == pytest.approx([10 * 0.155])
    assert routing_report.cost_regret(case, pulls).tolist() == pytest.approx([5 * 0.8])
    assert 2 == case.right(0.02)
    assert routing_report.quality_regret(case, pulls, 0.02).tolist() == pytest.approx(
        [10 * (0.882 - 0.7) + 20 * 0.002]
    )


def all_pulls(arm_of: Callable[[int], int]) -> dict[tuple[str, int], Any]:
    """Return the pulls of a gated player who always plays one arm, nearly."""
    pulls = {}
    for number, case in enumerate(CASES):
        world = World(case.rates, range(4), 0, costs=case.costs)
        marks = np.array(world.marks())
        played = np.zeros((len(marks), 4, len(case.rates)), np.int32)
        played[:, :, arm_of(number)] = marks[:, None]
        played[:, :2, -1] += 1  # runs differ a little, as runs do
        pulls["gated", number] = played
    return pulls


def test_a_rule_that_always_takes_the_right_arm_meets_the_gates_of_routing() -> None:
    """Its regret is below every figure."""
    section = routing_report.section(all_pulls(lambda n: CASES[n].right()), "gated", ["gated"], [])

    assert 10 == len(section.gates)
    assert all(gate.is_met for gate in section.gates)


def test_a_rule_that_always_takes_the_cheapest_misses_the_quality_gates() -> None:
    """And one that always takes the dearest the cost gates."""
    cheap = routing_report.section(all_pulls(lambda _: 0), "gated", ["gated"], [])
    dear = routing_report.section(all_pulls(lambda _: -1), "gated", ["gated"], [])

    assert {"quality"} == {g.what.split()[0] for g in cheap.gates if not g.is_met}
    assert {"cost"} == {g.what.split()[0] for g in dear.gates if not g.is_met}


def test_every_player_of_routing_plays() -> None:
    """Pulls add up to the requests, on three arms with prices."""
    world = World((0.7, 0.88, 0.9), range(2), seed=1, requests=40, costs=(0.1, 0.2, 1.0))

    for player in routing.PLAYERS:
        assert (player.play(world)[-1].sum(axis=1) == 40).all(), player.name


def test_the_best_mix_spends_the_budget_on_the_two_arms_beside_it() -> None:
    """Half way between two prices lies half way between two rates; money left over is no use."""
    assert routing_budget.best_mix((0.6, 0.8), (0.0, 1.0), 0.5) == pytest.approx(0.7)
    assert routing_budget.best_mix((0.6, 0.8), (0.0, 1.0), 5.0) == pytest.approx(0.8)
    assert routing_budget.best_mix((0.9, 0.8), (0.0, 1.0), 0.5) == pytest.approx(0.9)
    assert routing_budget.best_mix((0.2, 0.3, 0.8), (0.0, 0.5, 1.0), 0.5) == pytest.approx(0.5)


def test_one_worker_that_always_looks_is_not_stale() -> None:
    """It plays what plain Thompson sampling plays, number for number."""
    stale = delay_play.stale(FOUR, 1, 1, overlays=False, at_once=False)

    assert stale.tolist() == FOUR.regret(in_lockstep(Thompson(), FOUR)[-1]).tolist()


def test_a_worker_that_never_looks_learns_only_from_itself() -> None:
    """Without its own outcomes it stays at the prior, and gives up the mean gap of .08."""
    blind = delay_play.stale(FOUR, 2, 10_000, overlays=False, at_once=True)
    overlaid = delay_play.stale(FOUR, 2, 10_000, overlays=True, at_once=True)

    assert blind.tolist() == pytest.approx([600 * 0.08] * 3, rel=0.15)
    assert (overlaid < blind).all()


def test_outcomes_that_all_come_too_late_or_never_teach_nothing() -> None:
    """The prior is played to the end."""
    for regret in (delay_play.late(FOUR, 1e9), delay_play.lost(FOUR, 1.0)):
        assert regret.tolist() == pytest.approx([600 * 0.08] * 3, rel=0.15)


def test_outcomes_that_come_in_time_teach_as_much_as_ever() -> None:
    """Delay 0 and loss 0 find the only arm that succeeds."""
    world = World((0.0, 1.0), range(3), seed=1, requests=300)

    assert (delay_play.late(world, 1e-9) < 20).all()
    assert (delay_play.lost(world, 0.0) < 20).all()


def test_delay_compares_every_setting_with_its_earlier_figure() -> None:
    """The very figures meet the gates; twice of them misses all."""
    kinds: tuple[delay.Kind, ...] = ("stale", "overlaid", "late", "lost")
    found = {
        (setting, name): [figure - 1.0, figure, figure + 1.0]
        for kind in kinds
        for name in delay.INSTANCES
        for setting, figure in zip(delay.settings(kind), delay.EARLIER[kind, name], strict=True)
    }
    twice = {key: [2 * value for value in values] for key, values in found.items()}

    assert [True] * 8 == [gate.is_met for gate in delay.section(found).gates]
    assert [False] * 8 == [gate.is_met for gate in delay.section(twice).gates]


def test_scaling_gates_what_grows_faster_than_the_paths() -> None:
    """Times that double meet the gate, times that quadruple miss it."""
    flat = {count: [8.0, 9.0, 10.0] for count in scaling.BUCKETS}
    linear = {paths: [1.0 * paths] * 3 for paths in scaling.PATHS}
    square = {paths: [1.0 * paths**2] * 3 for paths in scaling.PATHS}
    rising = {count: [1.0 * count] * 3 for count in scaling.BUCKETS}

    assert [True, True] == [gate.is_met for gate in scaling.section(linear, flat).gates]
    assert [False, False] == [gate.is_met for gate in scaling.section(square, rising).gates]


def test_scaling_times_every_number_of_paths_and_buckets() -> None:
    """A small run has a row per number."""
    section = scaling.run(BenchOptions(quick=True, runs=2), silent)

    assert [str(paths) for paths in scaling.PATHS] == [row[0] for row in section.tables[0].rows]
    assert ["1", "10", "100", "1,000"] == [row[0] for row in section.tables[1].rows]
