"""Writes events to the standard ``logging`` module, under ``armwise``.

Decisions, attempts and reports are DEBUG. What an operator should see is a WARNING, once per
cause, so that a path that fails a thousand times does not fill a disk.
"""

import logging

from armwise.events import (
    CheckRaised,
    EpochOpened,
    Event,
    PathFaulted,
    PriceUnknown,
    ReportRatesDiffer,
    ReturnedToDefault,
)

_log = logging.getLogger("armwise")
_log.addHandler(logging.NullHandler())

Cause = tuple[str, str, str]
Warned = (
    PathFaulted | CheckRaised | PriceUnknown | EpochOpened | ReportRatesDiffer | ReturnedToDefault
)


class LogSink:
    """Logs events. Neither prompts nor answers are in any event, so none can be logged."""

    def __init__(self) -> None:
        self._said: set[Cause] = set()

    @property
    def wants_all(self) -> bool:
        """Whether anybody listens to DEBUG records; asked before an event is even built."""
        return _log.isEnabledFor(logging.DEBUG)

    def __call__(self, event: Event) -> None:
        """Log one event."""
        if isinstance(event, Warned) and self._is_new(_cause(event)):
            _log.warning("%s", _message(event), extra={"armwise_event": event})
        elif self.wants_all:
            _log.debug("%s", event, extra={"armwise_event": event})

    def _is_new(self, cause: Cause) -> bool:
        # No lock that a fork could leave held: two threads may at worst both say it.
        if cause in self._said:
            return False
        self._said.add(cause)
        return True


def _cause(event: Warned) -> Cause:
    """Return what a warning is given once for.

    Names only, never an error's text: texts carry request ids, and would make every one new.
    """
    match event:
        case PathFaulted():
            return ("fault", event.path, event.fault)
        case CheckRaised():
            return ("check", event.check, event.error)
        case PriceUnknown():
            return ("price", event.path, event.model)
        case EpochOpened():
            return ("epoch", f"{event.bucket} {event.path}", str(event.epoch))
        case ReportRatesDiffer():
            return ("report rates", event.goal_id, "")
        case ReturnedToDefault():  # after resume() it may happen again, and is news again
            seen = f"{event.rate} of {event.outcomes}"
            return ("returned", event.goal_id, f"{seen}, {event.default_outcomes}")


def _message(event: Warned) -> str:
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
        case EpochOpened():
            return (
                f"goal {event.goal_id!r}: the success rate of path {event.path!r} in "
                f"{event.bucket!r} {event.direction} from about {event.rate_before:.2f}; its "
                "belief begins anew"
            )
        case ReportRatesDiffer():
            return (
                f"goal {event.goal_id!r}: {event.rate:.0%} of the answers of path {event.path!r} "
                f"have an outcome, but {event.other_rate:.0%} of those of {event.other!r}. If the "
                "missing ones are not like the known ones, what is learned is biased: report all "
                "outcomes, or say by on_timeout= what silence means"
            )
        case ReturnedToDefault():
            return (
                f"goal {event.goal_id!r}: {event.rate:.1%} of {event.outcomes} requests that were "
                f"served what was chosen succeeded, but {event.default_rate:.1%} of "
                f"{event.default_outcomes} that were served {event.default_path!r}: more than "
                f"{event.margin:g} worse. All are served {event.default_path!r} again, until "
                "router.resume()"
            )
        case PriceUnknown():
            return (
                f"goal {event.goal_id!r}: no price is known for path {event.path!r} "
                f"({event.model}); it ranks as the dearest. Declare input_usd_per_mtok and "
                "output_usd_per_mtok on the path."
            )
