"""Books: buckets that armwise keeps beside the beliefs are seen by no belief and no sum."""

import time
from dataclasses import replace

import pytest

from armwise import Router
from armwise.bandit.decay import DEFAULT_HALF_LIFE
from armwise.engine.stored_stats import stored_stats
from armwise.errors import ConfigurationError
from armwise.storage import ArmKey, CallFacts, MemoryStore, Record, arms_named, is_book
from armwise.testing import ScriptedAdapter

ASK = [{"role": "user", "content": "What is the capital of France?"}]
PATHS = [
    {"model": "small", "input_usd_per_mtok": 1, "output_usd_per_mtok": 1},
    {"model": "large", "input_usd_per_mtok": 9, "output_usd_per_mtok": 9},
]


def router(store: MemoryStore) -> Router:
    """Return a router that knows what "yes" is worth."""
    adapter = ScriptedAdapter({"small": "yes", "large": "yes"})
    return Router(
        PATHS, "books", store=store, adapter=adapter, seed=1, success_when="'yes' in text"
    )


def written_in(store: MemoryStore) -> None:
    """Write a thousand failures of the small path, and a high epoch, into a book."""
    records = [
        Record(
            ArmKey("$book/x", "small"),
            number.to_bytes(10),
            0,
            int(time.time() * 1000),
            CallFacts(cost_nanousd=10**12),
            revision=0,
            score=0,
        )
        for number in range(1000)
    ]
    store.declare("books", DEFAULT_HALF_LIFE)
    store.apply("books", records)
    store.open_epoch("books", "$book/x", "small", 10**12)


def test_beliefs_and_sums_do_not_see_books() -> None:
    """What a book holds changes no belief, no statistic and no cost report."""
    plain, booked = MemoryStore(), MemoryStore()
    written_in(booked)
    routers = [router(plain), router(booked)]

    for one in routers:
        for _ in range(20):
            one.completion(ASK)

    without, beside = (
        {
            bucket: {name: replace(arm, mean_latency_s=None) for name, arm in arms.items()}
            for bucket, arms in one.stats().buckets.items()
        }
        for one in routers
    )
    assert without == beside
    assert routers[1].stats().report_rates == routers[0].stats().report_rates
    assert routers[0].cost_report("large") == routers[1].cost_report("large")


def test_a_reset_leaves_books_alone() -> None:
    """To begin everything anew does not touch what a book says."""
    store = MemoryStore()
    written_in(store)
    one = router(store)
    one.completion(ASK)

    one.reset()

    assert store.bucket("books", "$book/x").epochs == {"small": 10**12}


def test_no_label_begins_like_a_book() -> None:
    """A task type that would be taken for a book is refused, with what to write instead."""
    one = router(MemoryStore())

    with pytest.raises(ConfigurationError, match="Write 'spend'"):
        one.completion(ASK, task_type="$spend")

    assert not is_book("spend/simple")


def test_what_is_read_of_a_store_by_itself_shows_no_books() -> None:
    """Statistics of stored evidence, and the arms that a command may reset, leave books out."""
    store = MemoryStore()
    written_in(store)
    router(store).completion(ASK)
    held = store.read("books")
    assert held is not None

    shown = stored_stats("books", held, int(time.time() * 1000))

    assert list(shown.buckets) == ["general/simple"]
    assert shown.attempts == 1
    assert {arm.bucket for arm in arms_named(held)} == {"general/simple"}
