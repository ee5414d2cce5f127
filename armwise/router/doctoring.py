"""The doctor of a Router: what keeps it from learning or wastes money, each with its fix."""

from armwise.engine import Diagnosis, Engine
from armwise.router.recording import Recorder


class Doctoring:
    """What a Router finds wrong with itself."""

    _engine: Engine
    _recorder: Recorder

    def doctor(self) -> list[Diagnosis]:
        """Examine the goal; return what is wrong, the worst first.

        Looks at this process's counts and at all evidence of the goal: missing outcomes, checks
        that raise, unknown prices, arms that cannot be told apart and what exploring them costs,
        paths that are never tried or always fail, a store that is down or stale, a rollout that
        does not end. It calls no model. Takes milliseconds per bucket: not for every request.

        Returns:
            Diagnoses with ``what``, ``severity`` ("bad", "warning", "note"), ``figure`` and
            ``fix``; an empty list if nothing is wrong.
        """
        is_checked = self._recorder.checks.are_given
        return self._engine.examined(self._engine.stats(), is_checked=is_checked)
