"""What one goal does with the news of a shared store, in that store's background thread."""

from collections.abc import Callable, Sequence

from armwise.engine.beliefs import Beliefs
from armwise.events import Event
from armwise.storage import Record, ReportStatus


class Following:
    """Follows a shared store for one goal; see ``shared.Subscriber``.

    Args:
        stored_goal: The goal's name in the store.
        beliefs: Fitted anew when the local copy has changed, so that no request has to.
        watch: Takes outcomes of this process that the store has counted.
        emit: Takes events.
        hear: Called when notices of other workers may have come in.
    """

    def __init__(
        self,
        stored_goal: str,
        beliefs: Beliefs,
        watch: Callable[[Record, ReportStatus], object],
        emit: Callable[[Event], object],
        *,
        hear: Callable[[], object],
    ) -> None:
        self._stored_goal = stored_goal
        self._beliefs = beliefs
        self._watch = watch
        self._emit = emit
        self._hear = hear

    @property
    def stored_goal(self) -> str:
        """The goal's name in the store."""
        return self._stored_goal

    def delivered(self, records: Sequence[Record], answers: Sequence[ReportStatus]) -> None:
        """Show delivered outcomes to the change detector."""
        for record, status in zip(records, answers, strict=True):
            self._watch(record, status)

    def refreshed(self) -> None:
        """Fit the beliefs to the new copy, and take notice of what others have told."""
        self._hear()
        self._beliefs.refit()

    def told(self, event: Event) -> None:
        """Pass on what happened to the store."""
        self._emit(event)
