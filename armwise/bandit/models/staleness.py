"""When a fit has to be made anew."""

_SHARE = 20
_MOST_OUTCOMES = 50
"""A fit is renewed after a twentieth more outcomes, at least one and at most 50. What a cell has
seen of its own since is added to it at once, so only borrowing waits. On replays of real outcomes
fitting after every outcome gained nothing that could be measured (part "real" of the regret
benchmark)."""


def is_stale(fitted: float, unseen: float) -> bool:
    """Return whether a fit to ``fitted`` outcomes is to be renewed after ``unseen`` more."""
    return unseen >= max(1.0, min(_MOST_OUTCOMES, fitted / _SHARE))
