"""When a fit has to be made anew."""

_SHARE = 20
_OUTCOMES = 50
_OUTCOMES_PER_CELL = 0.25
"""A fit is renewed after a twentieth more outcomes, at least one and at most 50: its beliefs
would become narrower by a fortieth. A fit of many cells takes long, so there the most is a quarter
of an outcome per cell. What a cell has seen of its own since is added to it at once, so only
borrowing waits. The numbers are guesses that keep fitting below what a decision costs."""

_FADED = 0.04
"""A fit is renewed too when a cell has lost this share of the outcomes that it was fitted to: by
fading while nothing happened, or by corrections."""


def is_stale(fitted: float, unseen: float, cells: int = 0) -> bool:
    """Return whether a fit to ``fitted`` outcomes of so many cells is due after ``unseen`` more."""
    most = max(_OUTCOMES, _OUTCOMES_PER_CELL * cells)
    return unseen >= max(1.0, min(most, fitted / _SHARE))


def has_faded(fitted: tuple[float, float], now: tuple[float, float]) -> bool:
    """Return whether a cell has lost outcomes since it was fitted, by its two counts."""
    return any(had - has > max(_FADED * had, 0.5) for had, has in zip(fitted, now, strict=True))
