"""The algebra of evidence: integers that add in any order and can be taken back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armwise.bandit import UNIT, Beta, Evidence, Outcome, outcome_evidence, stored_score
from armwise.errors import InvalidBeliefError, InvalidOutcomeError

counts = st.integers(min_value=0, max_value=2**50)
evidence = st.builds(Evidence, *[counts] * 11)
scores = st.integers(min_value=0, max_value=10_000)


@given(a=evidence, b=evidence, c=evidence)
def test_evidence_adds_in_any_order_and_grouping(a: Evidence, b: Evidence, c: Evidence) -> None:
    """Addition commutes, associates, has a zero, and can be undone exactly."""
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a + Evidence() == a
    assert a + b - b == a


@given(first=scores, second=scores)
def test_a_correction_leaves_no_trace_of_what_it_corrected(first: int, second: int) -> None:
    """Taking an outcome back and adding another equals having had the other alone."""
    corrected = Evidence() + outcome_evidence(first) - outcome_evidence(first)
    corrected += outcome_evidence(second)

    assert outcome_evidence(second) == corrected


@given(score=scores)
def test_an_outcome_weighs_one_unit_whatever_its_score(score: int) -> None:
    """Success and failure always sum to one full outcome, and the square is never above."""
    seen = outcome_evidence(score)

    assert UNIT == seen.successes + seen.failures
    assert 0 <= seen.squares <= seen.successes + 1
    assert seen.successes / UNIT == pytest.approx(score / 10_000, abs=1e-6)


@given(scores=st.lists(scores, max_size=50))
def test_the_posterior_is_the_prior_plus_the_outcomes(scores: list[int]) -> None:
    """Alpha and beta grow by the successes and failures that were seen."""
    seen = sum((outcome_evidence(score) for score in scores), Evidence())

    belief = seen.posterior(Beta(2, 3))

    assert belief.alpha == pytest.approx(2 + sum(scores) / 10_000, abs=1e-4)
    assert belief.alpha + belief.beta == pytest.approx(5 + len(scores))


def test_damaged_evidence_makes_no_belief() -> None:
    """Sums that no history can have are refused, not sampled."""
    with pytest.raises(InvalidBeliefError):
        Evidence(failures=-2 * UNIT).posterior(Beta(1, 1))


@pytest.mark.parametrize(
    ("outcome", "score"),
    [
        (Outcome.SUCCESS, 10_000),
        (Outcome.FAILURE, 0),
        (Outcome.UNKNOWN, None),
        pytest.param("success", 10_000, id="text"),
        (True, 10_000),
        (False, 0),
        (0.25, 2_500),
        (1, 10_000),
    ],
)
def test_outcomes_are_kept_as_integers(outcome: Outcome | float | str, score: int | None) -> None:
    """Every form of an outcome has one integer form."""
    assert score == stored_score(outcome)


@pytest.mark.parametrize(
    "outcome", [1.01, -0.01, float("nan"), "won", None, [], 10_000, 10**400, b"1"]
)
def test_what_is_no_outcome_is_refused_with_its_value(outcome: object) -> None:
    """Nothing outside Outcome, bool and 0..1 is learned from."""
    with pytest.raises(InvalidOutcomeError, match="SUCCESS, FAILURE, UNKNOWN"):
        stored_score(outcome)  # type: ignore[arg-type]
