"""Writes events to the standard ``logging`` module, under ``armwise``.

Decisions, attempts and reports are DEBUG. What an operator should see is a WARNING, once per
cause, so that a path that fails a thousand times does not fill a disk.
"""

import logging
import threading

from armwise.events import CheckRaised, Event, PathFaulted, PriceUnknown

_log = logging.getLogger("armwise")
_log.addHandler(logging.NullHandler())


class LogSink:
    """Logs events. Neither prompts nor answers are in any event, so none can be logged."""

    def __init__(self) -> None:
        self._said: set[str] = set()
        self._lock = threading.Lock()

    @property
    def wants_all(self) -> bool:
        """Whether anybody listens to DEBUG records; asked before an event is even built."""
        return _log.isEnabledFor(logging.DEBUG)

    def __call__(self, event: Event) -> None:
        """Log one event."""
        message = _warning(event)
        if message is None:
            _log.debug("%s", event, extra={"armwise_event": event})
        elif self._is_new(message):
            _log.warning("%s", message, extra={"armwise_event": event})
        else:
            _log.debug("%s", message, extra={"armwise_event": event})

    def _is_new(self, message: str) -> bool:
        with self._lock:
            if message in self._said:
                return False
            self._said.add(message)
            return True


def _warning(event: Event) -> str | None:
    match event:
        case PathFaulted(fault="misconfigured"):
            return (
                f"goal {event.goal_id!r}: path {event.path!r} is misconfigured and was passed "
                f"over: {event.error}"
            )
        case PathFaulted():
            return f"goal {event.goal_id!r}: path {event.path!r} had a {event.fault} error"
        case CheckRaised():
            return (
                f"goal {event.goal_id!r}: check {event.check!r} raised {event.error}; the outcome "
                "is unknown and nothing is learned from it"
            )
        case PriceUnknown():
            return (
                f"goal {event.goal_id!r}: no price is known for path {event.path!r} "
                f"({event.model}); it ranks as the dearest. Declare input_usd_per_mtok and "
                "output_usd_per_mtok on the path."
            )
        case _:
            return None
