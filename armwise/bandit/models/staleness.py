"""When a fit has to be made anew."""

_SHARE = 20
_MOST_OUTCOMES = 50
"""A fit is renewed after a twentieth more outcomes, at least one and at most 50: its beliefs
would become narrower by a fortieth. What a cell has seen of its own since is added to it at once,
so only borrowing waits. The numbers are guesses that keep fitting below what a decision costs."""


def is_stale(fitted: float, unseen: float) -> bool:
    """Return whether a fit to ``fitted`` outcomes is to be renewed after ``unseen`` more."""
    return unseen >= max(1.0, min(_MOST_OUTCOMES, fitted / _SHARE))
