"""A user's own rule, guarded: whatever it does, a request gets a path."""

import logging
from collections.abc import Sequence

from armwise.bandit import (
    Arms,
    BestQuality,
    Budget,
    CheapestWithin,
    Objective,
    TargetRate,
    Utility,
)

_log = logging.getLogger("armwise.engine")
_FALLBACK = BestQuality()
_OWN = (BestQuality, Budget, CheapestWithin, TargetRate, Utility)


def guarded(objective: Objective) -> Objective:
    """Return the objective, with a guard around it unless it is one of armwise's own."""
    return objective if type(objective) in _OWN else Guarded(objective)


class Guarded:
    """Replaces what a rule must not answer (an error, an arm that may not be chosen) by quality.

    Args:
        objective: The user's rule. Its first fault is logged, further ones are not.
    """

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._has_warned = False

    @property
    def name(self) -> str:
        """The rule's own name, or its class."""
        name = getattr(self._objective, "name", None)
        return name if isinstance(name, str) else type(self._objective).__name__

    def choose(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> int:
        """Return the rule's choice, or the best draw; see ``Objective.choose``."""
        try:
            chosen = self._objective.choose(arms, draws, among)
            if chosen in among:
                return int(chosen)
            self._warn(f"chose {chosen!r}, which is not one of {list(among)}")
        except Exception as error:  # noqa: BLE001 - a user's own rule must not fail a request
            self._warn(f"raised {type(error).__name__}: {error}")
        return _FALLBACK.choose(arms, draws, among)

    def reason(self, arms: Arms, draws: Sequence[float], among: Sequence[int]) -> str:
        """Return the rule's reason, or say that it gave none; see ``Objective.reason``."""
        try:
            return str(self._objective.reason(arms, draws, among))
        except Exception:  # noqa: BLE001 - as above
            return f"{arms.names[self.choose(arms, draws, among)]} was chosen; no reason was given"

    def _warn(self, what: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            _log.warning("objective %s %s; choosing by quality instead", self.name, what)
