"""What graded scores are worth: the less they scatter, the more each of them says.

A Beta takes an outcome for a coin's, which scatters by m(1 - m) around its mean m. Scores of a
judge scatter far less: three of them near .8 say more than three coins. Counted as so many coins
as would know the mean equally well, they narrow the belief as fast as they deserve.
"""

from armwise.bandit.evidence import UNIT, Evidence

LEAST_OUTCOMES = 10.0
"""Outcomes below which no variance is estimated, and a score counts like a coin."""

MOST_COINS = 20.0
"""The most coins that one score is worth, so that a constant score makes no belief certain."""

_PSEUDO_OUTCOMES = 2.0
_PSEUDO_VARIANCE = 0.25
"""The sample variance is shrunk as if two outcomes had scattered as widely as outcomes can.

These numbers are those of a simulation of three arms (means .75, .73, .60; 10,000 requests; scores
with a standard deviation of .08), in which the regret was a sixth of that of unscaled scores; a
smaller one is tests/bandit/test_graded.py. Whether other numbers do better was not played.
"""


def coins(evidence: Evidence) -> float:
    """Return how many coin flips one outcome of this evidence is worth, from 1 to 20.

    Exactly 1 where every outcome was a success or a failure, and below ten outcomes.
    """
    won, lost = evidence.successes, evidence.failures
    # The sum of weight x score x (1 - score): nothing where all scores are 0 or 1.
    between = won - evidence.squares
    outcomes = (won + lost) / UNIT
    if between <= 0 or won <= 0 or lost <= 0 or outcomes < LEAST_OUTCOMES:
        return 1.0
    of_a_coin = (won / (won + lost)) * (lost / (won + lost))
    scattered = max(0.0, of_a_coin - between / UNIT / outcomes)
    shrunk = (outcomes * scattered + _PSEUDO_OUTCOMES * _PSEUDO_VARIANCE) / (
        outcomes + _PSEUDO_OUTCOMES
    )
    return min(max(of_a_coin / shrunk, 1.0), MOST_COINS)


def counted(evidence: Evidence) -> tuple[float, float]:
    """Return successes and failures as a belief takes them, in coin flips; their mean is kept."""
    worth = coins(evidence)
    if worth == 1.0:
        return evidence.successes / UNIT, evidence.failures / UNIT
    return worth * (evidence.successes / UNIT), worth * (evidence.failures / UNIT)
