"""A bad network: waiting is bounded, nothing is counted twice, and it heals by itself."""

import time
from collections.abc import Iterator

import pytest

from armwise.errors import StoreUnavailableError
from armwise.storage import ReportStatus
from armwise.storage.redis import RedisStore
from armwise.testing.contracts.histories import fresh_goal, record
from armwise.testing.contracts.store import total
from armwise.testing.servers import FaultyProxy, RedisServer

_FAR_BELOW_THE_LIBRARYS_OWN_S = 3.0
"""The library's defaults wait for a minute, ours for 0.2 s; a busy machine may need a while."""


@pytest.fixture
def proxy(redis_server: RedisServer) -> Iterator[FaultyProxy]:
    """Return a network to the server that all tests share."""
    with FaultyProxy(redis_server.port) as started:
        yield started


@pytest.fixture
def store(proxy: FaultyProxy) -> Iterator[RedisStore]:
    """Return a store behind the network."""
    opened = RedisStore(proxy.url)
    yield opened
    opened.close()


def test_a_delay_below_the_time_out_is_only_slow(store: RedisStore, proxy: FaultyProxy) -> None:
    """50 ms more per answer change nothing but the time."""
    proxy.delay_s = 0.05

    assert store.apply(fresh_goal(), [record()]) == [ReportStatus.APPLIED]


@pytest.mark.parametrize("fault", ["delay", "black hole"])
def test_a_silent_server_is_given_up_on(store: RedisStore, proxy: FaultyProxy, fault: str) -> None:
    """A call ends after the time-out, once, and the next one after healing works."""
    goal_id = fresh_goal()
    store.apply(goal_id, [record()])
    proxy.delay_s, proxy.is_black_hole = 1.0 * (fault == "delay"), fault == "black hole"

    start = time.monotonic()
    with pytest.raises(StoreUnavailableError, match=r"does not answer within 0\.2 s"):
        store.apply(goal_id, [record(1)])
    taken_s = time.monotonic() - start

    proxy.heal()
    assert 0.2 <= taken_s < _FAR_BELOW_THE_LIBRARYS_OWN_S
    assert store.apply(goal_id, [record(2)]) == [ReportStatus.APPLIED]


def test_the_wait_is_set_by_the_url(proxy: FaultyProxy) -> None:
    """A link to another continent needs more than 0.2 s."""
    proxy.delay_s = 0.3
    store = RedisStore(f"{proxy.url}?timeout=5")

    assert store.apply(fresh_goal(), [record()]) == [ReportStatus.APPLIED]
    store.close()


def test_a_lost_reply_is_answered_with_duplicate(store: RedisStore, proxy: FaultyProxy) -> None:
    """The server counted and the answer was lost: made again, the call counts nothing."""
    goal_id = fresh_goal()
    store.apply(goal_id, [record()])
    proxy.drops_replies = True

    with pytest.raises(StoreUnavailableError):
        store.apply(goal_id, [record(1)])

    proxy.heal()
    assert proxy.lost_replies == 1
    assert store.apply(goal_id, [record(1)]) == [ReportStatus.DUPLICATE]
    assert total(store, goal_id).attempts == 2


def test_a_reset_is_one_error_at_most_and_a_new_connection(
    store: RedisStore, proxy: FaultyProxy
) -> None:
    """The library connects anew without a word; the counter tells."""
    goal_id = fresh_goal()
    store.apply(goal_id, [record()])
    connections = store.connections

    proxy.reset()
    try:
        answers = store.apply(goal_id, [record(1)])
    except StoreUnavailableError:
        answers = store.apply(goal_id, [record(1)])

    assert answers == [ReportStatus.APPLIED]
    assert store.connections == connections + 1


def test_a_hanging_server_is_given_up_on_and_comes_back(own_server: RedisServer) -> None:
    """A stopped process accepts connections and answers nothing."""
    store, goal_id = RedisStore(own_server.url), fresh_goal()
    store.apply(goal_id, [record()])

    own_server.suspend()
    start = time.monotonic()
    for _ in range(2):
        with pytest.raises(StoreUnavailableError):
            store.apply(goal_id, [record(1)])
    taken_s = time.monotonic() - start
    own_server.resume()

    assert taken_s < 2 * _FAR_BELOW_THE_LIBRARYS_OWN_S
    assert store.apply(goal_id, [record(1)])[0] in (ReportStatus.APPLIED, ReportStatus.DUPLICATE)
    assert total(store, goal_id).attempts == 2
    store.close()
