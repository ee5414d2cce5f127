"""Cooldowns: a path that was down is passed over, tried by one request, and comes back."""

from collections.abc import Callable

import pytest

from armwise.adapters import Fault
from armwise.engine.cooling import Cooling
from armwise.engine.notices import Notices
from armwise.storage import MemoryStore


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def __call__(self) -> float:
        """Return the time that was set."""
        return self.now_s


Build = Callable[[], Cooling]


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


@pytest.fixture
def worker(clock: Clock) -> Build:
    """Return a function that makes one more worker on the same store."""
    store = MemoryStore(clock=clock)
    latencies_s = {("general/simple", "a"): 2.0}
    return lambda: Cooling(
        Notices("goal", store),
        clock=clock,
        mean_latency_s=lambda bucket, path: latencies_s.get((bucket, path)),
    )


@pytest.fixture
def cooling(worker: Build) -> Cooling:
    """Return what one worker knows."""
    return worker()


def out(cooling: Cooling, clock: Clock) -> list[str]:
    """Return the paths that are passed over now."""
    return list(cooling.excluded(clock.now_s))


def test_a_fault_leaves_a_path_out_until_its_cooldown_ends(cooling: Cooling, clock: Clock) -> None:
    """The first cooldown of a path of which nothing is known is 1 s over one third."""
    cooling.faulted("a", Fault.SERVER)

    reasons = cooling.excluded(clock.now_s)
    assert reasons == {"a": "cooling down for 3 s more after server"}
    clock.now_s += 2.99
    assert out(cooling, clock) == ["a"]
    clock.now_s += 0.02
    assert out(cooling, clock) == []


@pytest.mark.parametrize("retry_after_s", [0.0, 0.5, 12.0, 3600.0])
def test_retry_after_is_honoured_to_the_second(
    cooling: Cooling, clock: Clock, retry_after_s: float
) -> None:
    """A path is left alone for exactly as long as its provider asked."""
    cooling.faulted("a", Fault.RATE_LIMIT, retry_after_s=retry_after_s)

    clock.now_s += retry_after_s - 0.001
    assert out(cooling, clock) == (["a"] if retry_after_s else [])
    clock.now_s += 0.002
    assert out(cooling, clock) == []


def test_one_request_tries_the_path_and_the_others_pass_it_over(
    cooling: Cooling, clock: Clock
) -> None:
    """After a cooldown the first request that chooses the path is the only one."""
    cooling.faulted("a", Fault.SERVER)
    clock.now_s += 10.0
    assert out(cooling, clock) == []

    cooling.chosen("a", clock.now_s)

    assert cooling.excluded(clock.now_s) == {
        "a": "another request tries whether it answers again after server"
    }


def test_an_answer_brings_the_path_back_at_once(cooling: Cooling, clock: Clock) -> None:
    """Nothing of the cooldown is left after the probe was answered; the next one is a first one."""
    cooling.faulted("a", Fault.SERVER)
    clock.now_s += 10.0
    cooling.chosen("a", clock.now_s)

    cooling.answered("a", elapsed_s=0.5)

    assert out(cooling, clock) == []
    assert cooling.patience_s("general/simple", "a") is None


def test_faults_of_probes_make_cooldowns_grow(cooling: Cooling, clock: Clock) -> None:
    """Each probe that fails doubles the wait, up to a minute."""
    lengths_s: list[float] = []
    for _ in range(8):
        cooling.chosen("a", clock.now_s)
        cooling.faulted("a", Fault.SERVER)
        begun_s = clock.now_s
        while out(cooling, clock):
            clock.now_s += 0.25
        lengths_s.append(clock.now_s - begun_s)

    assert lengths_s == sorted(lengths_s)
    assert lengths_s[0] == 3.0
    assert lengths_s[-1] == 60.0


def test_calls_that_were_under_way_make_no_cooldown_longer(cooling: Cooling, clock: Clock) -> None:
    """Of fifty calls that fail together the first one counts."""
    cooling.faulted("a", Fault.SERVER, elapsed_s=1.0)
    for _ in range(49):
        cooling.faulted("a", Fault.SERVER, elapsed_s=1.0)

    clock.now_s += 3.01
    assert out(cooling, clock) == []


def test_an_answer_to_an_earlier_call_says_nothing(cooling: Cooling, clock: Clock) -> None:
    """A call that was begun before the path went down does not bring it back."""
    clock.now_s += 5.0
    cooling.faulted("a", Fault.SERVER)
    clock.now_s += 1.0

    cooling.answered("a", elapsed_s=4.0)

    assert out(cooling, clock) == ["a"]


def test_a_probe_that_is_never_heard_of_lets_another_one_follow(
    cooling: Cooling, clock: Clock
) -> None:
    """A request that was abandoned, or that hangs, does not keep the path out for ever."""
    cooling.faulted("a", Fault.TIMEOUT)
    clock.now_s += 10.0
    cooling.chosen("a", clock.now_s)

    clock.now_s += 60.0

    assert out(cooling, clock) == []


def test_a_path_that_answers_a_lot_is_forgiven_one_fault(cooling: Cooling, clock: Clock) -> None:
    """Between two answers one fault passes; the second one in a row begins a cooldown."""
    for _ in range(100):
        clock.now_s += 0.1
        cooling.answered("a")

    cooling.faulted("a", Fault.SERVER)
    assert out(cooling, clock) == []
    cooling.answered("a")
    cooling.faulted("a", Fault.SERVER)
    assert out(cooling, clock) == []
    cooling.faulted("a", Fault.SERVER)
    assert out(cooling, clock) == ["a"]


def test_a_rate_limit_is_never_forgiven(cooling: Cooling, clock: Clock) -> None:
    """A provider that says "not now" is believed however well it answered before."""
    for _ in range(100):
        cooling.answered("a")

    cooling.faulted("a", Fault.RATE_LIMIT)

    assert out(cooling, clock) == ["a"]


def test_a_misconfigured_path_is_tried_again_every_so_often(cooling: Cooling, clock: Clock) -> None:
    """A wrong key is no outage: half a minute, a minute, and so on; availability is not touched."""
    cooling.faulted("a", Fault.MISCONFIGURED)

    assert cooling.availability("a") == 0.5
    clock.now_s += 29.0
    assert cooling.excluded(clock.now_s) == {"a": "cooling down for 1 s more after misconfigured"}
    clock.now_s += 2.0
    cooling.chosen("a", clock.now_s)
    cooling.faulted("a", Fault.MISCONFIGURED)
    clock.now_s += 59.0
    assert out(cooling, clock) == ["a"]


def test_patience_is_for_paths_that_were_down_only(cooling: Cooling) -> None:
    """A path that answers is waited for as long as the user says; one that was down is not."""
    assert cooling.patience_s("general/simple", "a") is None

    cooling.faulted("a", Fault.TIMEOUT)
    cooling.faulted("never", Fault.TIMEOUT)

    assert cooling.patience_s("general/simple", "a") == 6.0
    assert cooling.patience_s("general/simple", "never") is None


def test_the_path_whose_cooldown_ends_first_is_named_first(cooling: Cooling, clock: Clock) -> None:
    """Where nothing else is left, that is the one to try."""
    cooling.faulted("a", Fault.RATE_LIMIT, retry_after_s=30.0)
    cooling.faulted("b", Fault.RATE_LIMIT, retry_after_s=5.0)
    cooling.faulted("c", Fault.RATE_LIMIT, retry_after_s=10.0)

    assert out(cooling, clock) == ["b", "c", "a"]


def test_a_clock_that_is_set_back_ends_a_cooldown(cooling: Cooling, clock: Clock) -> None:
    """A path is not left out for the hour by which a clock was wrong."""
    cooling.faulted("a", Fault.SERVER)

    clock.now_s -= 3600.0

    assert out(cooling, clock) == []


def test_a_path_that_hangs_is_found_out_before_its_calls_time_out(
    cooling: Cooling, clock: Clock
) -> None:
    """Two calls that are waited for three mean latencies, and no answer since, are enough."""
    cooling.began("a")
    clock.now_s += 3.0
    cooling.began("a")
    clock.now_s += 5.9
    assert not cooling.excluded(clock.now_s, "general/simple")
    clock.now_s += 0.2

    reasons = cooling.excluded(clock.now_s, "general/simple")

    assert reasons == {"a": "cooling down for 2 s more after timeout"}


def test_a_late_answer_shows_that_a_path_did_not_hang(cooling: Cooling, clock: Clock) -> None:
    """Either of the calls that were waited for brings the path back."""
    cooling.began("a")
    cooling.began("a")
    clock.now_s += 7.0
    assert cooling.excluded(clock.now_s, "general/simple")

    cooling.answered("a", elapsed_s=7.0)

    assert not cooling.excluded(clock.now_s, "general/simple")


def test_one_long_answer_is_no_hanging_path(cooling: Cooling, clock: Clock) -> None:
    """Neither one call alone, nor several with answers in between, are suspicious."""
    cooling.began("a")
    clock.now_s += 100.0
    assert not cooling.excluded(clock.now_s, "general/simple")

    for _ in range(20):
        cooling.began("a")
        clock.now_s += 1.0
        cooling.answered("a", elapsed_s=1.0)
    assert not cooling.excluded(clock.now_s, "general/simple")
