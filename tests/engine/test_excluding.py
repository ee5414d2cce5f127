"""Everybody who excludes paths is asked in order: hard reasons, pins and bans, soft reasons."""

from collections.abc import Mapping

import pytest

from armwise.bandit import Arms, Beta, Sampler
from armwise.engine.beliefs import BucketBeliefs
from armwise.engine.eligibility import Eligibility, Kind, Restriction
from armwise.engine.excluding import Ask, Excluder, Excluding
from armwise.engine.needs import needs_of
from armwise.engine.wants import NO_WANTS
from armwise.errors import NoEligiblePathError

NOW_S = 1_800_000_000.0
NAMES = ("cheap", "middle", "dear")
ARMS = Arms.of([(name, Beta(1, 1), float(rank)) for rank, name in enumerate(NAMES)])


@pytest.fixture
def ask() -> Ask:
    """Return a plain request."""
    from numpy.random import default_rng

    sampler = Sampler(ARMS, default_rng(1))
    beliefs = BucketBeliefs(0, sampler, {}, 0, None)  # type: ignore[arg-type]
    return Ask("label/simple", beliefs, [], {}, NO_WANTS, NOW_S, needs_of([], {}))


def excluder(*names: str, why: str = "broken") -> Excluder:
    """Return one that always excludes these paths."""

    def excluded(ask: Ask) -> Mapping[str, str]:
        return dict.fromkeys(names, why)

    return excluded


def test_without_any_reason_all_arms_may_be_chosen(ask: Ask) -> None:
    """And then nothing is copied: the very tuple that says so is handed on."""
    may = Excluding("goal", Eligibility(), hard=(excluder(),)).eligible(ask)

    assert may.among is ARMS.every
    assert may.exclusions == {}


def test_the_first_reason_of_a_path_is_given(ask: Ask) -> None:
    """Several who exclude the same path are asked in order."""
    hard = (excluder("dear", why="too slow"), excluder("dear", "cheap", why="too old"))

    may = Excluding("goal", Eligibility(), hard).eligible(ask)

    assert may.among == (1,)
    assert may.exclusions == {"cheap": "too old", "dear": "too slow"}


def test_hard_reasons_for_every_path_refuse_the_request(ask: Ask) -> None:
    """The error lists every path with its reason, bans among them."""
    eligibility = Eligibility()
    eligibility.ban(Restriction(Kind.BANNED, "dear"), NAMES, NOW_S)
    excluding = Excluding("goal", eligibility, hard=(excluder("cheap", "middle"),))

    with pytest.raises(NoEligiblePathError) as error:
        excluding.eligible(ask)

    assert error.value.exclusions == {"cheap": "broken", "middle": "broken", "dear": "banned"}
    assert "  dear: banned" in str(error.value)


def test_a_hard_reason_beats_a_pin(ask: Ask) -> None:
    """A pin to a path that cannot take the request rests, as it does while the path is banned."""
    eligibility = Eligibility()
    eligibility.pin(Restriction(Kind.PINNED, "cheap"), NOW_S)

    may = Excluding("goal", eligibility, hard=(excluder("cheap"),)).eligible(ask)

    assert (may.among, may.fallbacks) == ((1, 2), ())


def test_what_is_avoided_stays_a_fallback(ask: Ask) -> None:
    """A soft reason keeps a path from being chosen, not from being tried after an error."""
    may = Excluding("goal", Eligibility(), soft=(excluder("cheap"),)).eligible(ask)

    assert (may.among, may.fallbacks) == ((1, 2), (0,))
    assert may.exclusions == {"cheap": "broken"}


def test_a_pinned_path_to_avoid_is_taken_all_the_same(ask: Ask) -> None:
    """What an operator says holds; the note says what speaks against it."""
    eligibility = Eligibility()
    eligibility.pin(Restriction(Kind.PINNED, "cheap"), NOW_S)

    may = Excluding("goal", eligibility, soft=(excluder("cheap"),)).eligible(ask)

    assert (may.among, may.fallbacks) == ((0,), (1, 2))
    assert may.note == "cheap is tried although broken: it is pinned"


def test_of_paths_that_are_all_to_be_avoided_the_first_named_is_taken(ask: Ask) -> None:
    """A request is not refused because everything is to be avoided; the note says so."""
    reasons = excluder("removed", "middle", "cheap", "dear")
    may = Excluding("goal", Eligibility(), soft=(reasons,)).eligible(ask)

    assert (may.among, may.fallbacks) == ((1,), (0, 2))
    assert set(may.exclusions) == {"cheap", "dear"}
    assert may.note == "middle is tried although broken: no other path is there"


def test_a_soft_reason_that_cannot_be_found_out_refuses_no_request(
    ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    """A store that cannot be read costs what it would have told; one warning says so."""

    def broken(ask: Ask) -> Mapping[str, str]:
        raise OSError("gone")

    excluding = Excluding("goal", Eligibility(), soft=(broken, excluder("cheap")))

    assert [excluding.eligible(ask).among for _ in range(2)] == [(1, 2), (1, 2)]
    assert caplog.text.count("paths to avoid could not be found out (OSError)") == 1
