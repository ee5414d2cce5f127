"""What a caller says of a request tells buckets apart, in a bounded number."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armwise import Router
from armwise.engine import Scope
from armwise.engine.naming import context_text, in_context, split_task, task_type_of
from armwise.errors import ConfigurationError
from armwise.testing import ScriptedAdapter

ASK = [{"role": "user", "content": "Which company makes the iPhone?"}]
LABELS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), min_size=1, max_size=12)


def router(**settings: Any) -> Router:
    """Return a router of which only the dear path answers right."""
    paths = [
        {"model": "cheap", "input_usd_per_mtok": 1, "output_usd_per_mtok": 1},
        {"model": "dear", "input_usd_per_mtok": 3, "output_usd_per_mtok": 3},
    ]
    adapter = ScriptedAdapter({"cheap": "wrong", "dear": "right"})
    return Router(paths, "context", adapter=adapter, seed=4, **settings)


@given(
    task=st.sampled_from(["extraction", "a/b", "x[y]"]),
    context=st.dictionaries(LABELS, LABELS, min_size=1, max_size=3),
    level=st.sampled_from(["simple", "unknown"]),
)
def test_a_bucket_names_its_task_type_whatever_the_context(
    task: str, context: dict[str, str], level: str
) -> None:
    """Any characters in keys and values leave task type, context and level to be told apart."""
    name = in_context(task, context_text(context))
    bucket = f"{name}/{level}"

    assert task_type_of(bucket) == task
    assert split_task(name) == (task, context_text(context))
    assert bucket.rpartition("/")[2] == level


@given(first=st.dictionaries(LABELS, LABELS), second=st.dictionaries(LABELS, LABELS))
def test_different_contexts_have_different_names(
    first: dict[str, str], second: dict[str, str]
) -> None:
    """No separator within a value makes two contexts one."""
    assert (context_text(first) == context_text(second)) == (first == second)


def test_the_order_of_keys_does_not_matter() -> None:
    """The same context is the same bucket."""
    one = router()

    buckets = {
        one.decide(ASK, task_type="label", context=context).bucket
        for context in ({"tenant": "acme", "tier": "gold"}, {"tier": "gold", "tenant": "acme"})
    }

    assert buckets == {"label[tenant=acme,tier=gold]/simple"}


def test_no_context_is_the_bucket_of_the_task_type() -> None:
    """An empty context is none."""
    one = router()

    assert one.decide(ASK, context={}).bucket == one.decide(ASK).bucket == "general/simple"


def test_contexts_are_bounded_in_number() -> None:
    """Beyond 64 pairs of task type and context, further ones share one bucket per task type."""
    one = router()

    buckets = [
        one.decide(ASK, task_type="label", context={"tenant": f"t{number}"}).bucket
        for number in range(100)
    ]

    assert len(set(buckets)) == 65
    assert buckets[-1] == "label[other]/simple"
    assert one.decide(ASK, task_type="sum", context={"tenant": "t0"}).bucket == "sum[other]/simple"
    assert one.decide(ASK, task_type="label", context={"tenant": "t0"}).bucket == buckets[0]
    assert task_type_of("label[other]/simple") == "label"


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ("acme", "must be a dict"),
        ({"tenant": 7}, r"context\['tenant'\]"),
        ({"tenant": ""}, r"context\['tenant'\]"),
        ({"tenant": "a\nb"}, r"context\['tenant'\]"),
        ({"": "acme"}, "a key of context"),
        ({"a": "1", "b": "2", "c": "3", "d": "4"}, "at most 3 keys"),
        ({"a": "x" * 90, "b": "y" * 90}, "150 bytes"),
    ],
)
def test_a_context_that_cannot_be_one_is_refused(context: Any, said: str) -> None:
    """Each error names what is wrong, before any call."""
    one = router()

    with pytest.raises(ConfigurationError, match=said):
        one.completion(ASK, context=context)

    assert one.stats().counters.decisions == 0


def test_a_pin_for_a_task_type_holds_in_every_context() -> None:
    """Scopes ask for the task type, not for the name with its context."""
    one = router()
    one.pin("dear", task_type="label")

    assert one.decide(ASK, task_type="label", context={"tenant": "acme"}).path == "dear"
    assert Scope(task_type="label").holds("label[tenant=acme]/simple")
    assert not Scope(task_type="label").holds("sum[tenant=acme]/simple")


def test_a_new_tenant_begins_with_what_the_goal_knows() -> None:
    """Its first beliefs are those of the other tenants, not those of a goal without outcomes."""
    one = router(success_when="text == 'right'")
    empty = router().decide(ASK).arms
    for number in range(200):
        one.completion(ASK, context={"tenant": f"t{number % 4}"})

    decision = one.decide(ASK, context={"tenant": "new"})

    means = dict(zip(decision.arms.names, decision.arms.means, strict=True))
    assert means["dear"] - means["cheap"] > 0.4
    assert max(empty.means) - min(empty.means) < 0.05
    assert decision.path == "dear"


def test_what_a_tenant_learns_stays_its_own() -> None:
    """Where tenants differ, each one's outcomes decide for it."""
    one = router()
    for number in range(400):
        tenant = "easy" if number % 2 else "hard"
        decision = one.decide(ASK, context={"tenant": tenant})
        one.report_outcome(decision.request_id, tenant == "easy" or decision.path == "dear")

    buckets = one.stats().buckets

    assert buckets["general[tenant=easy]/simple"]["cheap"].share > 0.75
    assert buckets["general[tenant=hard]/simple"]["dear"].share > 0.75
