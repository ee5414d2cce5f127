"""Excludes the paths that a caller does not want for a request."""

from collections.abc import Mapping

from armwise.engine.excluding import Ask
from armwise.engine.roster import Roster

_NONE: Mapping[str, str] = {}


class Wishes:
    """Excludes what ``exclude=`` names.

    Args:
        roster: The paths.
    """

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    def __call__(self, ask: Ask) -> Mapping[str, str]:
        """Return what is excluded; see ``Excluder``.

        Raises:
            ConfigurationError: If a name is no path's; the message lists the names.
        """
        unwanted = ask.wants.exclude
        if not unwanted:
            return _NONE
        for name in sorted(unwanted - self._roster.known.keys()):
            self._roster.named(name, "exclude")
        return dict.fromkeys(unwanted, "excluded by this call (exclude=)")
