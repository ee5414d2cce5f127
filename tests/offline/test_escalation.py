"""Several attempts per request, on outcome sets that can be worked out by hand."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from armwise.offline.benchmark import BenchOptions
from armwise.offline.escalation import hindsight, run
from armwise.offline.escalation.climbing import NOISY_PRICES, PLANNED, FixedOrder, Way
from armwise.offline.escalation.playing import Check, Game, climb
from armwise.offline.learner import Request
from armwise.offline.real.outcome_set import OutcomeSet

# Of ten requests the cheap path can do six, the middle one two more, the dear one nine.
CHEAP = (1.0,) * 6 + (0.0,) * 4
MIDDLE = (0.0,) * 4 + (1.0,) * 4 + (0.0,) * 2
DEAR = (1.0,) * 9 + (0.0,)


def outcomes(times: int = 1) -> OutcomeSet:
    """Return the ten requests, several times over."""
    rows = tuple(zip(CHEAP, MIDDLE, DEAR, strict=True)) * times
    return OutcomeSet(
        "ten",
        ("cheap", "middle", "dear"),
        tuple(Request(task_type="any") for _ in rows),
        rows,
        tuple((0.001, 0.002, 0.02) for _ in rows),
    )


def always(*order: int) -> Way:
    """Return the way of one order."""
    return Way("fixed", "always the same", lambda *_: FixedOrder(order))


def test_an_order_stops_at_the_first_success() -> None:
    """Cheap does six, middle two of four, dear one of two: nine, for 10 + 8 + 40 thousandths."""
    climbed = climb(outcomes(), always(0, 1, 2), Game(0.1, 3), seed=1)

    assert climbed.point.accuracy == pytest.approx(0.9)
    assert climbed.point.cost_usd == pytest.approx((10 * 0.001 + 4 * 0.002 + 2 * 0.02) / 10)
    assert climbed.attempts == pytest.approx(1.6)


def test_hindsight_finds_the_best_order_by_trying_all() -> None:
    """At a dime the three in turn; at a cent the dear one is not worth it; with one try, it is."""
    assert hindsight.best_order(outcomes(), 0.1, 3) == (0, 1, 2)
    assert hindsight.best_order(outcomes(), 0.01, 3) == (0, 1)
    assert hindsight.best_order(outcomes(), 1.0, 1) == (2,)
    assert hindsight.true_price_order(outcomes(), 2) == (0, 1)
    assert hindsight.outcome_of(outcomes(), (0, 1, 2)).accuracy == pytest.approx(0.9)


def test_the_best_order_per_task_is_no_worse_than_one_for_all() -> None:
    """Two tasks of which each path can do one."""
    split = replace(
        outcomes(),
        requests=tuple(Request(task_type="a" if at < 6 else "b") for at in range(10)),
    )

    per_task = hindsight.best_order_per_task(split, 0.1, 2)
    for_all = hindsight.outcome_of(split, hindsight.best_order(split, 0.1, 2))
    assert per_task.utility(0.1) > for_all.utility(0.1) + 0.01


@pytest.mark.parametrize("value_usd", [0.01, 0.1])
def test_the_plan_comes_close_to_the_best_order(value_usd: float) -> None:
    """After 400 requests its whole pass is within .05 of what hindsight knows."""
    many = outcomes(40)
    best = hindsight.outcome_of(many, hindsight.best_order(many, value_usd, 3))

    planned = climb(many, PLANNED, Game(value_usd, 3), seed=1).point

    assert planned.utility(value_usd) > best.utility(value_usd) - 0.05


def test_a_pass_is_repeated_by_its_seed() -> None:
    """And another seed plays another pass."""
    game = Game(0.03, 3, Check(0.1, 0.1))

    first = climb(outcomes(5), PLANNED, game, seed=1)
    assert first == climb(outcomes(5), PLANNED, game, seed=1)
    assert first != climb(outcomes(5), PLANNED, game, seed=2)


def test_a_check_that_errs_changes_what_is_seen_and_not_what_is_true() -> None:
    """One that passes everything answers by the first attempt; one that passes nothing pays all."""
    blind = climb(outcomes(), always(0, 1, 2), Game(0.1, 3, Check(false_passes=1.0)), seed=1)
    assert (blind.attempts, blind.point.accuracy) == (1.0, pytest.approx(0.6))

    strict = climb(outcomes(), always(0, 1, 2), Game(0.1, 3, Check(false_fails=1.0)), seed=1)
    assert (strict.attempts, strict.point.accuracy) == (3.0, pytest.approx(0.9))


def test_a_hopeless_value_still_answers_every_request() -> None:
    """One attempt is made even where no success is worth its cost."""
    assert climb(outcomes(), PLANNED, Game(1e-6, 3), seed=1).attempts == 1


def test_the_order_of_list_prices_believes_what_it_is_told() -> None:
    """It takes at most as many attempts as there are."""
    assert climb(outcomes(), NOISY_PRICES, Game(0.1, 2), seed=1).attempts <= 2


@contextmanager
def silent(what: str, total: int) -> Generator[Callable[[], None]]:
    """Show nothing."""
    yield lambda: None


def _written(folder: Path, rows: Sequence[str]) -> Path:
    file = folder / "ten.jsonl"
    header = '{"header": true, "models": ["cheap", "dear"], "arrays": ["success", "cost_usd"]}'
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file


def test_the_part_reports_every_way_at_every_value(tmp_path: Path) -> None:
    """Tables for three and four attempts and a poor check, with hindsight beside."""
    rows = [
        f'{{"task": "any", "success": [{int(at % 5 < 3)}, 1], "cost_usd": [0.001, 0.02]}}'
        for at in range(20)
    ]

    section = run(BenchOptions(quick=True, data=(_written(tmp_path, rows),)), silent)

    assert [len(table.rows) for table in section.tables] == [8, 7, 4]
    assert section.tables[0].rows[0][0] == "armwise, planned"
    assert all(len(row) == len(table.columns) for table in section.tables for row in table.rows)
    assert len(section.plots) == 1
