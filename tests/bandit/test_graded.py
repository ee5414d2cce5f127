"""What graded scores are worth beside coin flips."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armwise.bandit import UNIT, Evidence, counted, outcome_evidence
from armwise.bandit.graded import MOST_COINS, coins

scores = st.integers(min_value=0, max_value=10_000)
MEANS = np.array([0.75, 0.73, 0.60])


def seen(*scores: int) -> Evidence:
    """Return the evidence of these scores, 0..10000."""
    return sum((outcome_evidence(score) for score in scores), Evidence())


@given(outcomes=st.lists(st.sampled_from([0, 10_000]), max_size=200), weight=st.integers(1, UNIT))
def test_successes_and_failures_count_as_they_are(outcomes: list[int], weight: int) -> None:
    """To the last bit, however faded they are: nothing is learned differently from yes and no."""
    evidence = sum((outcome_evidence(outcome, weight) for outcome in outcomes), Evidence())

    assert counted(evidence) == (evidence.successes / UNIT, evidence.failures / UNIT)


@given(graded=st.lists(scores, max_size=200))
def test_the_mean_is_kept_and_a_score_is_worth_one_to_twenty_coins(graded: list[int]) -> None:
    """Whatever the scores, only how sure the belief is changes."""
    evidence = seen(*graded)

    won, lost = counted(evidence)

    assert 1.0 <= coins(evidence) <= MOST_COINS
    assert won * evidence.failures == pytest.approx(lost * evidence.successes)


def test_the_worth_is_the_shrunk_ratio_of_variances() -> None:
    """Forty scores of .7 and .9: .16 over (40 x .01 + 2 x .25) / 42."""
    evidence = seen(*[7_000, 9_000] * 20)

    assert coins(evidence) == pytest.approx(0.16 / ((40 * 0.01 + 0.5) / 42), rel=1e-4)


def test_below_ten_outcomes_a_score_is_one_coin() -> None:
    """Nine scores say too little about their variance; ten are enough."""
    assert coins(seen(*[8_000] * 9)) == 1.0
    assert coins(seen(*[8_000] * 10)) > 1.0


def test_a_score_that_never_varies_is_worth_twenty_coins_at_most() -> None:
    """A thousand equal scores make a narrow belief, not a certain one."""
    assert coins(seen(*[8_000] * 1_000)) == MOST_COINS


def test_damaged_evidence_is_passed_on_as_it_is() -> None:
    """Sums that no history can have are for the belief to refuse."""
    assert counted(Evidence(successes=-20 * UNIT, failures=40 * UNIT)) == (-20.0, 40.0)


def regret(is_scaled: bool, deviation: float) -> float:
    """Return the mean regret of 40 runs of Thompson sampling over 2,000 graded outcomes."""
    rng = np.random.default_rng(3)
    runs = np.arange(40)
    won, played, squares = (np.zeros((40, 3)) for _ in range(3))
    worth = np.ones((40, 3))
    lost = 0.0
    for _ in range(2_000):
        arm = rng.beta(1 + worth * won, 1 + worth * (played - won)).argmax(axis=1)
        score = np.clip(rng.normal(MEANS[arm], deviation), 0, 1)
        won[runs, arm] += score
        played[runs, arm] += 1
        squares[runs, arm] += score * score
        lost += float((MEANS.max() - MEANS[arm]).mean())
        if is_scaled:
            for run, of in enumerate(arm.tolist()):
                successes, total = int(won[run, of] * UNIT), int(played[run, of] * UNIT)
                square = int(squares[run, of] * UNIT)
                worth[run, of] = coins(Evidence(successes, total - successes, square))
    return lost


@pytest.mark.parametrize(("deviation", "most"), [(0.08, 0.4), (0.2, 0.7)])
def test_scaled_scores_find_the_best_arm_for_less(deviation: float, most: float) -> None:
    """Means .75, .73, .60: the less scores scatter, the more of the regret is spared."""
    assert regret(True, deviation) < most * regret(False, deviation)
