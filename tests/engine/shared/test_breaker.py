"""When a store that has failed is tried again."""

import pytest

from armwise.engine.shared.breaker import FIRST_S, LONGEST_S, Breaker


def test_waits_double_up_to_the_longest() -> None:
    """Each failure doubles the wait; the longest is never passed."""
    breaker = Breaker(lambda: 1.0)

    waits = []
    for _ in range(10):
        breaker.failed(100.0)
        waits.append(breaker.wait_s(100.0))

    assert waits[:4] == pytest.approx([FIRST_S, 2 * FIRST_S, 4 * FIRST_S, 8 * FIRST_S])
    assert waits[-1] == LONGEST_S


def test_workers_do_not_come_back_in_step() -> None:
    """The random part halves the wait at most."""
    low, high = Breaker(lambda: 0.0), Breaker(lambda: 1.0)

    low.failed(0.0)
    high.failed(0.0)

    assert low.wait_s(0.0) == pytest.approx(high.wait_s(0.0) / 2)


def test_an_outage_has_one_beginning_and_one_end() -> None:
    """Only the first failure begins it, and only the first success ends it."""
    breaker = Breaker(lambda: 0.5)

    begins = [breaker.failed(now_s) for now_s in (10.0, 11.0, 12.0)]
    ends = [breaker.succeeded(now_s) for now_s in (15.0, 16.0)]

    assert begins == [True, False, False]
    assert ends == [5.0, None]
    assert breaker.wait_s(16.0) == 0.0
    assert not breaker.is_open


def test_a_thousand_failures_do_not_overflow() -> None:
    """The power of two is bounded."""
    breaker = Breaker(lambda: 1.0)

    for _ in range(5_000):
        breaker.failed(0.0)

    assert breaker.wait_s(0.0) == LONGEST_S
