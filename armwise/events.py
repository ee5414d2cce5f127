"""What happened, as values: handed to the ``on_event`` callable of a Router, and to its log.

No event carries the text of a prompt or of an answer.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decided:
    """A path was chosen.

    Args:
        goal_id: The goal.
        nonce: The request's random name in hex, shared by all its events.
        bucket: "task type/level".
        path: The path to be called first.
        preferred: The path that the objective chose; differs from ``path`` where the default
            path is served instead.
    """

    goal_id: str
    nonce: str
    bucket: str
    path: str
    preferred: str


@dataclass(frozen=True, slots=True)
class Attempted:
    """One call to one path ended.

    Args:
        goal_id: The goal.
        nonce: The request's random name in hex.
        bucket: "task type/level".
        path: The path that was called.
        attempt: Number of the attempt in its request, from 0.
        fault: Kind of the provider's error, "abandoned" for a stream that nobody read to its
            end, or None.
        outcome: What the automatic check says, 0..1; None for unknown or no check.
        cost_usd: Measured cost in US dollars, None if the price or the usage is not known.
        latency_s: Seconds until the answer was complete.
        category: Name of the check that failed, or that gave the lowest of graded scores; None
            for a full success, an unknown outcome, or no check.
        is_shadow: It was called beside the served path, and nobody was handed its answer.
    """

    goal_id: str
    nonce: str
    bucket: str
    path: str
    attempt: int
    fault: str | None = None
    outcome: float | None = None
    cost_usd: float | None = None
    latency_s: float | None = None
    category: str | None = None
    is_shadow: bool = False


@dataclass(frozen=True, slots=True)
class Reported:
    """An outcome was reported by the user.

    Args:
        goal_id: The goal.
        nonce: The request's random name in hex.
        bucket: "task type/level".
        path: The path that the outcome is about.
        attempt: Number of the attempt in its request.
        outcome: 0..1, or None for unknown.
        revision: The report's revision.
        status: What became of it, a ``ReportStatus`` value.
        category: The caller's word for the kind of failure, if any.
    """

    goal_id: str
    nonce: str
    bucket: str
    path: str
    attempt: int
    outcome: float | None
    revision: int
    status: str
    category: str | None = None


@dataclass(frozen=True, slots=True)
class CheckRaised:
    """A check of ``success_when`` raised: the outcome is unknown, nothing is learned.

    Args:
        goal_id: The goal.
        check: Name of the check.
        error: The error's class and message.
    """

    goal_id: str
    check: str
    error: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A judge was asked about an answer. Its cost is its own, not that of the path it judged.

    Args:
        goal_id: The goal.
        nonce: The request's random name in hex.
        check: Name of the check.
        path: The judge's path.
        score: What it says, 0..1; None if it could not be asked, or gave no grade.
        cost_usd: Measured cost in US dollars, None if the price or the usage is not known.
        latency_s: Seconds that it took.
    """

    goal_id: str
    nonce: str
    check: str
    path: str
    score: float | None
    cost_usd: float | None
    latency_s: float


@dataclass(frozen=True, slots=True)
class PathFaulted:
    """A path answered with an error that another path may not have.

    Args:
        goal_id: The goal.
        path: The path.
        fault: Kind of the error, such as "rate_limit" or "misconfigured".
        error: The error's class and message.
    """

    goal_id: str
    path: str
    fault: str
    error: str


@dataclass(frozen=True, slots=True)
class EpochOpened:
    """An arm's success rate has broken: its belief begins anew.

    Args:
        goal_id: The goal.
        bucket: "task type/level".
        path: The path.
        epoch: Number of the new epoch.
        direction: "fell" or "rose".
        rate_before: The success rate that no longer holds, 0..1.
    """

    goal_id: str
    bucket: str
    path: str
    epoch: int
    direction: str
    rate_before: float


@dataclass(frozen=True, slots=True)
class PriceUnknown:
    """No price is known for a path: it ranks as the dearest until one is declared.

    Args:
        goal_id: The goal.
        path: The path.
        model: Its model.
    """

    goal_id: str
    path: str
    model: str


@dataclass(frozen=True, slots=True)
class ReportRatesDiffer:
    """Outcomes of one path are known so much more often than another's that learning is biased.

    Args:
        goal_id: The goal.
        path: The path whose outcomes are known less often.
        rate: Share of its answers that have an outcome, 0..1.
        other: The path whose outcomes are known most often.
        other_rate: Its share.
    """

    goal_id: str
    path: str
    rate: float
    other: str
    other_rate: float


@dataclass(frozen=True, slots=True)
class ReturnedToDefault:
    """A canary did worse than the default path: all requests are served that path again.

    Args:
        goal_id: The goal.
        default_path: The path.
        rate: Success rate of the requests that were served what was chosen, 0..1.
        default_rate: Success rate of those that were served the default path.
        outcomes: How many outcomes the former rests on.
        default_outcomes: How many the latter rests on.
        margin: How much worse was allowed.
    """

    goal_id: str
    default_path: str
    rate: float
    default_rate: float
    outcomes: int
    default_outcomes: int
    margin: float


@dataclass(frozen=True, slots=True)
class StoreFaulted:
    """The store has begun to fail: outcomes are kept until it works again.

    Args:
        store: The store's URL without its password.
        fault: "unavailable", "refused" or "damaged".
        error: The error's class and message.
    """

    store: str
    fault: str
    error: str


@dataclass(frozen=True, slots=True)
class StoreRecovered:
    """The store works again.

    Args:
        store: The store's URL without its password.
        outage_s: Seconds since it had begun to fail.
        waiting: How many records wait to be sent.
    """

    store: str
    outage_s: float
    waiting: int


@dataclass(frozen=True, slots=True)
class RecordsDropped:
    """Records were given up: they will never be counted.

    Args:
        store: The store's URL without its password.
        number: How many.
        reason: "full" (more were waiting than may) or "poison" (the store refuses this record and
            takes others).
    """

    store: str
    number: int
    reason: str


Event = (
    Decided
    | Attempted
    | Reported
    | CheckRaised
    | Judged
    | PathFaulted
    | EpochOpened
    | PriceUnknown
    | ReportRatesDiffer
    | ReturnedToDefault
    | StoreFaulted
    | StoreRecovered
    | RecordsDropped
)
