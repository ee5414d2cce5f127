"""Pins and bans: which arms a decision may choose from, and why not the others."""

import logging
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armwise.bandit import Arms, Beta
from armwise.engine.eligibility import Eligibility, Kind, Restriction, Scope, end_of
from armwise.engine.naming import task_type_of
from armwise.errors import ConfigurationError

NOW_S = 1_800_000_000.0
NAMES = ("cheap", "middle", "dear")
ARMS = Arms.of([(name, Beta(1, 1), float(rank)) for rank, name in enumerate(NAMES)])
BUCKETS = ("label/simple", "label/complex", "general/simple")


def pinned(path: str, until: datetime | None = None, **scope: str) -> Restriction:
    """Return a pin."""
    return Restriction(Kind.PINNED, path, Scope(**scope), until)


def banned(path: str, until: datetime | None = None, **scope: str) -> Restriction:
    """Return a ban."""
    return Restriction(Kind.BANNED, path, Scope(**scope), until)


def after(seconds: float) -> datetime:
    """Return a moment so long after now."""
    return datetime.fromtimestamp(NOW_S + seconds, tz=UTC)


def test_a_ban_excludes_with_its_reason_and_its_end() -> None:
    """Only in its scope, and only until its end."""
    eligibility = Eligibility()
    eligibility.ban(banned("cheap", after(60), task_type="label"), NAMES, NOW_S)

    during = eligibility.eligible("label/simple", ARMS, NOW_S + 59)
    elsewhere = eligibility.eligible("general/simple", ARMS, NOW_S)
    later = eligibility.eligible("label/simple", ARMS, NOW_S + 60)

    assert during.among == (1, 2)
    assert during.exclusions == {
        "cheap": "banned for task type 'label' until 2027-01-15 08:01:00 UTC"
    }
    assert elsewhere.among == later.among == (0, 1, 2)
    assert elsewhere.exclusions == later.exclusions == {}
    assert eligibility.restrictions == ()


def test_a_pin_leaves_the_others_as_fallbacks() -> None:
    """The pinned path alone may be chosen; the others are named, and kept for its errors."""
    eligibility = Eligibility()
    eligibility.pin(pinned("dear"), NOW_S)

    may = eligibility.eligible("label/simple", ARMS, NOW_S)

    assert (may.among, may.fallbacks, may.note) == ((2,), (0, 1), "")
    assert may.exclusions == {"cheap": "pinned to dear", "middle": "pinned to dear"}


def test_the_more_special_pin_decides() -> None:
    """Bucket before task type before goal, whatever the order in which they were made."""
    eligibility = Eligibility()
    eligibility.pin(pinned("middle", bucket="label/simple"), NOW_S)
    eligibility.pin(pinned("cheap", task_type="label"), NOW_S)
    eligibility.pin(pinned("dear"), NOW_S)

    chosen = [eligibility.eligible(bucket, ARMS, NOW_S).among for bucket in BUCKETS]

    assert chosen == [(1,), (0,), (2,)]


def test_a_pin_of_the_same_scope_replaces_the_earlier_one() -> None:
    """There is one pin per scope; a ban made again moves its end."""
    eligibility = Eligibility()
    eligibility.pin(pinned("dear"), NOW_S)
    eligibility.pin(pinned("cheap"), NOW_S)
    eligibility.ban(banned("middle"), NAMES, NOW_S)
    eligibility.ban(banned("middle", after(5)), NAMES, NOW_S)

    assert eligibility.in_force(NOW_S) == (pinned("cheap"), banned("middle", after(5)))
    assert eligibility.in_force(NOW_S + 5) == (pinned("cheap"),)


def test_a_ban_beats_a_pin_while_it_lasts() -> None:
    """The pin rests, and holds again afterwards."""
    eligibility = Eligibility()
    eligibility.pin(pinned("dear"), NOW_S)
    eligibility.ban(banned("dear", after(60)), NAMES, NOW_S)

    assert eligibility.eligible("label/simple", ARMS, NOW_S).among == (0, 1)
    assert eligibility.eligible("label/simple", ARMS, NOW_S + 60).among == (2,)


def test_a_pin_to_a_banned_path_is_refused() -> None:
    """Where the ban covers all of its scope; where it covers a part, the pin holds elsewhere."""
    eligibility = Eligibility()
    eligibility.ban(banned("dear", task_type="label"), NAMES, NOW_S)

    with pytest.raises(ConfigurationError, match=r"'dear' cannot be pinned.*unban"):
        eligibility.pin(pinned("dear", bucket="label/simple"), NOW_S)
    eligibility.pin(pinned("dear"), NOW_S)

    assert eligibility.eligible("general/simple", ARMS, NOW_S).among == (2,)
    assert eligibility.eligible("label/simple", ARMS, NOW_S).among == (0, 1)


@pytest.mark.parametrize(
    ("first", "second", "last"),
    [
        ({}, {}, {}),
        ({}, {"task_type": "label"}, {"bucket": "label/simple"}),
        ({"bucket": "label/simple"}, {"task_type": "label"}, {}),
        ({"task_type": "label"}, {"bucket": "label/complex"}, {"bucket": "label/complex"}),
    ],
)
def test_a_ban_that_would_leave_no_path_is_refused(
    first: dict[str, str], second: dict[str, str], last: dict[str, str]
) -> None:
    """In any bucket of its scope; what was in force stays in force."""
    eligibility = Eligibility()
    eligibility.ban(banned("cheap", **first), NAMES, NOW_S)
    eligibility.ban(banned("middle", **second), NAMES, NOW_S)
    before = eligibility.restrictions

    with pytest.raises(ConfigurationError, match=r"would leave no path .*'cheap', 'dear'"):
        eligibility.ban(banned("dear", **last), NAMES, NOW_S)

    assert eligibility.restrictions == before


def test_bans_of_different_buckets_do_not_add_up() -> None:
    """Every bucket keeps a path."""
    eligibility = Eligibility()
    for path, bucket in zip(NAMES, BUCKETS, strict=True):
        eligibility.ban(banned(path, bucket=bucket), NAMES, NOW_S)

    assert [len(eligibility.eligible(bucket, ARMS, NOW_S).among) for bucket in BUCKETS] == [2] * 3


def test_bans_that_leave_none_are_ignored_with_one_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """After a path was removed; the request is served, and told why."""
    eligibility = Eligibility()
    eligibility.ban(banned("cheap"), NAMES, NOW_S)
    eligibility.ban(banned("middle"), NAMES, NOW_S)
    left = Arms.of([("cheap", Beta(1, 1), 1.0), ("middle", Beta(1, 1), 2.0)])

    answers = [eligibility.eligible("label/simple", left, NOW_S) for _ in range(3)]

    assert answers[0].among == (0, 1)
    assert answers[0].exclusions == {}
    assert "bans are ignored" in answers[0].note
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1


def test_lifting_needs_the_same_scope() -> None:
    """What was said of a task type is not lifted by a word on the goal."""
    eligibility = Eligibility()
    eligibility.ban(banned("cheap", task_type="label"), NAMES, NOW_S)
    eligibility.pin(pinned("dear"), NOW_S)

    assert not eligibility.unban("cheap", Scope(), NOW_S)
    assert eligibility.unban("cheap", Scope(task_type="label"), NOW_S)
    assert not eligibility.unpin(Scope(), "cheap", NOW_S)
    assert eligibility.unpin(Scope(), "dear", NOW_S)
    assert eligibility.restrictions == ()


def test_the_longest_ban_is_the_reason() -> None:
    """It is the one to wait for."""
    eligibility = Eligibility()
    eligibility.ban(banned("cheap", after(90), bucket="label/simple"), NAMES, NOW_S)
    eligibility.ban(banned("cheap", after(30)), NAMES, NOW_S)

    reason = eligibility.eligible("label/simple", ARMS, NOW_S).exclusions["cheap"]

    assert reason == "banned in bucket 'label/simple' until 2027-01-15 08:01:30 UTC"


restrictions = st.builds(
    Restriction,
    st.sampled_from(Kind),
    st.sampled_from(NAMES),
    st.one_of(
        st.just(Scope()),
        st.builds(Scope, bucket=st.sampled_from(BUCKETS)),
        st.builds(Scope, task_type=st.sampled_from(["label", "general"])),
    ),
    st.one_of(st.none(), st.floats(1, 100).map(after)),
)


@given(said=st.lists(restrictions, max_size=12), at=st.floats(0, 200))
def test_whatever_an_operator_says_some_path_may_be_chosen(
    said: list[Restriction], at: float
) -> None:
    """Refusals keep bans from covering all; every arm is chosen, a fallback, or banned."""
    eligibility = Eligibility()
    for restriction in said:
        try:
            if restriction.kind is Kind.PINNED:
                eligibility.pin(restriction, NOW_S)
            else:
                eligibility.ban(restriction, NAMES, NOW_S)
        except ConfigurationError:
            pass

    for bucket in BUCKETS:
        may = eligibility.eligible(bucket, ARMS, NOW_S + at)
        tried = {ARMS.names[index] for index in (*may.among, *may.fallbacks)}
        excluded = {name for name, why in may.exclusions.items() if why.startswith("banned")}
        assert may.among
        assert may.note == ""
        assert tried | excluded == set(NAMES)
        assert not tried & excluded


@pytest.mark.parametrize(
    ("until", "message"),
    [
        (3600, r"timedelta\(seconds=3600\)"),
        (1.5, "timedelta"),
        ("tomorrow", "timedelta"),
        (timedelta(0), "after now"),
        (timedelta(seconds=-1), "after now"),
        (timedelta.max, "further than dates go"),
        (datetime(2099, 1, 1), "no time zone"),  # noqa: DTZ001 - what is refused
        (datetime(2020, 1, 1, tzinfo=UTC), "after now"),
    ],
)
def test_an_end_that_cannot_be_meant_is_refused(until: Any, message: str) -> None:
    """The error says what to write."""
    with pytest.raises(ConfigurationError, match=message):
        end_of(until, NOW_S)


def test_ends_are_moments_in_utc() -> None:
    """A timedelta counts from now; another zone's datetime is the same moment."""
    berlin = timezone(timedelta(hours=1))

    assert end_of(None, NOW_S) is None
    assert end_of(timedelta(minutes=1), NOW_S) == after(60)
    assert end_of(after(60).astimezone(berlin), NOW_S) == after(60)


def test_a_scope_is_a_bucket_or_a_task_type() -> None:
    """Both at once is refused; a task type with a slash is told from its levels."""
    with pytest.raises(ConfigurationError, match="exclude each other"):
        Scope(bucket="label/simple", task_type="label")
    with pytest.raises(ConfigurationError, match="task_type"):
        Scope(task_type="")

    assert task_type_of("a/b/simple") == "a/b"
    assert Scope().covers(Scope(task_type="label"))
    assert Scope(task_type="label").covers(Scope(bucket="label/simple"))
    assert not Scope(task_type="label").covers(Scope(task_type="general"))
    assert not Scope(bucket="label/simple").covers(Scope(task_type="label"))
