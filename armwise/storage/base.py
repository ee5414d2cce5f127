"""What a store holds and promises.

A store keeps evidence per goal and arm, and a small dedupe record per attempt. Its promises:

* **The state is a function of the set of records.** Order, repetition, delay and the worker that
  sends them do not matter; only two different outcomes under one revision do, and then the first
  one holds and the second is answered with CONFLICT.
* **Evidence fades exactly.** An outcome's weight follows from when its request was decided, not
  from when it arrived (``armwise.bandit.decay``). A decision time in the future of the store's
  clock is taken for now.
* **A record is applied once.** Sent again, it is answered with DUPLICATE and changes nothing.
* **Call facts are applied once and never revised.** Cost, output tokens, latency and fault count
  from whichever record first carries them; a later value of the same fact is ignored.
* **An outcome is revised by number.** A higher revision replaces the outcome exactly (the old
  one is taken back to the last integer), a lower one is answered with STALE.
* **An epoch only grows.** Opening the same one twice, from two workers, opens it once.
* **A call is atomic and thread-safe.** A record is counted whole or not at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from armwise.bandit import Evidence
from armwise.bandit.decay import HalfLife
from armwise.errors import ConfigurationError

if TYPE_CHECKING:
    from armwise.storage.goal import GoalEvidence

MAX_AGE_S = 30 * 24 * 3600.0
"""How long after its decision an outcome is accepted, and so how long dedupe records are kept."""


SLICES = 8
"""Dedupe records are forgotten in slices of an eighth of the time that they are kept: whole tables
are dropped, nothing is searched."""

SLICE_MARGIN_MS = 3_600_000
"""A slice is dropped an hour after its last record expired, so that no report that is still
accepted can miss its dedupe record."""

BOOKS_PREFIX = "$"
"""What the names of books begin with."""


def is_book(bucket: str) -> bool:
    """Return whether a bucket is a book: kept by armwise about a goal, beside its beliefs.

    Books hold what workers have to tell each other, in the shape of evidence: who adds up, fits or
    lists evidence passes over them. No label of a user begins like one.
    """
    return bucket.startswith(BOOKS_PREFIX)


def stored_goal(namespace: str, goal_id: str) -> str:
    """Return the name under which stores know a goal of a tenant; "" is no tenant.

    Names are printable, so the separator cannot be part of one.
    """
    return f"{namespace}\x00{goal_id}" if namespace else goal_id


def split_goal(stored: str) -> tuple[str, str]:
    """Return tenant and goal of such a name."""
    namespace, separator, goal_id = stored.partition("\x00")
    return (namespace, goal_id) if separator else ("", stored)


def check_same_half_life(held: HalfLife, given: HalfLife) -> None:
    """Refuse to add evidence that fades by another clock.

    Raises:
        ConfigurationError: Naming both.
    """
    if held != given:
        raise ConfigurationError(
            f"this goal fades by a half-life of {held}, the evidence to be added by {given}: "
            "rebase it first (GoalEvidence.rebased)."
        )


class ReportStatus(StrEnum):
    """What became of a reported outcome.

    QUEUED: accepted, not yet delivered. APPLIED: counted. DUPLICATE: the same report was
    counted before. CORRECTED: it replaced an earlier revision. CONFLICT: another outcome
    holds this revision; report with a higher one. STALE: a higher revision already holds.
    EXPIRED: older than the store accepts.
    """

    QUEUED = "queued"
    APPLIED = "applied"
    DUPLICATE = "duplicate"
    CORRECTED = "corrected"
    CONFLICT = "conflict"
    STALE = "stale"
    EXPIRED = "expired"


class ArmKey(NamedTuple):
    """Which arm a piece of evidence belongs to, inside one goal.

    Attributes:
        bucket: "task type/level", such as "extraction/simple".
        path: Name of the path.
        earlier_failures: Failed checks in the same request before this attempt: 0, 1, 2, or 3
            for three and more. A path that is asked after another has failed has a harder task.
        epoch: 0, or how many times the arm was found changed and begun anew.
    """

    bucket: str
    path: str
    earlier_failures: int = 0
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What was measured of one attempt. None means not measured.

    Args:
        cost_nanousd: Cost in billionths of a US dollar.
        output_tokens: Tokens that the model wrote.
        latency_us: Time to the complete response, in microseconds.
        fault: The attempt ended in a provider's error.
    """

    cost_nanousd: int | None = None
    output_tokens: int | None = None
    latency_us: int | None = None
    fault: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One thing to be counted: facts of an attempt, its outcome, or both.

    Args:
        arm: The arm that was played.
        nonce: The request's random name, the same for all its attempts.
        attempt: Number of the attempt in its request, from 0.
        decided_at_ms: When the request was decided, milliseconds since 1970.
        facts: What was measured.
        revision: Revision of the outcome, from 0; None if the record carries no outcome.
        score: The outcome as 0..10000, or None for unknown. Ignored without a revision.
        count: How many outcomes its bucket had seen when the request was decided: the time of
            half-lives in outcomes.
        is_seed: It comes from an offline evaluation: its outcome counts, but it is no attempt, is
            in no report rate, and the bucket's count stays as it is.
    """

    arm: ArmKey
    nonce: bytes
    attempt: int
    decided_at_ms: int
    facts: CallFacts = CallFacts()
    revision: int | None = None
    score: int | None = None
    count: int = 0
    is_seed: bool = False


@runtime_checkable
class Store(Protocol):
    """Keeps evidence. See the module's docstring for the promises.

    Every method but ``close`` raises ``StoreError`` if the store cannot be reached or refuses; a
    call that raised has changed nothing, or is answered with DUPLICATE when it is made again.
    """

    def declare(self, goal_id: str, half_life: HalfLife) -> HalfLife:
        """Say how fast a goal's evidence is to fade; return the half-life that is in force.

        The first declaration holds, for evidence that fades by two clocks adds up to nothing. A
        goal that counted before anything was declared does not forget.
        """
        ...

    def apply(self, goal_id: str, records: Sequence[Record]) -> list[ReportStatus]:
        """Count records, all or none of them; return what became of each, in their order."""
        ...

    def read(self, goal_id: str, unless: int | None = None) -> "GoalEvidence | None":
        """Return all evidence of a goal; an empty one if nothing is known of it.

        Args:
            goal_id: The goal.
            unless: Version that the caller holds already; None is returned if it is still the
                present one.
        """
        ...

    def open_epoch(self, goal_id: str, bucket: str, path: str, epoch: int) -> None:
        """Begin an arm anew: its epoch becomes ``epoch``, unless it is there or beyond already."""
        ...

    def close(self) -> None:
        """Let go of files, connections and threads. May be called twice."""
        ...


@runtime_checkable
class Portable(Protocol):
    """A store whose evidence can be carried elsewhere."""

    def goals(self, namespace: str = "") -> list[str]:
        """Return the names of the goals of a tenant, as they are stored, sorted."""
        ...

    def absorb(self, goal_id: str, evidence: "GoalEvidence", once: str) -> bool:
        """Add the integers of another store's evidence to those of a goal, at their own ticks.

        Attempts that were counted there are not known here: an outcome of one of them that is
        reported here counts again.

        Args:
            goal_id: The goal; it must be declared with the half-life of ``evidence``.
            evidence: What to add. Epochs, counts and newest ticks become the higher of both.
            once: Name of this addition, 1 to 64 characters.

        Returns:
            False, and changes nothing, if an addition of this name was made before.
        """
        ...

    def change_half_life(self, goal_id: str, half_life: HalfLife) -> None:
        """Let a goal fade by another clock from now on.

        Outcomes go on at the weight that they have now; requests that were decided before can no
        longer be reported or corrected: they are answered with EXPIRED.
        """
        ...


@runtime_checkable
class Keyring(Protocol):
    """A store that shares the keys which request ids are signed with."""

    def signing_keys(self, namespace: str, fresh: bytes) -> list[bytes]:
        """Return the keys of a tenant, the one to sign with first; ``fresh`` if it has none yet.

        Of several processes that ask at once all get the same answer.
        """
        ...

    def add_signing_key(self, namespace: str, key: bytes) -> None:
        """Sign with another key from now on; ids signed by the earlier ones stay good."""
        ...


@runtime_checkable
class Tidied(Protocol):
    """A store that must be asked to forget what it no longer needs."""

    def tidy(self, goal_id: str) -> int:
        """Drop dedupe records that no report can need any more, and sums that have faded.

        Any worker may call it at any time; evidence that is read stays the same.

        Returns:
            How many keys or rows were dropped.
        """
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found out about a store.

    Args:
        name: What was looked at, such as "eviction".
        value: What was found.
        advice: What to change, "" if nothing.
        is_fatal: Whether the store cannot be used as it is.
    """

    name: str
    value: str
    advice: str = ""
    is_fatal: bool = False


@runtime_checkable
class Probed(Protocol):
    """A store that can be examined."""

    def examine(self) -> list[Finding]:
        """Write and remove a probe record, time it, and look at the settings that matter."""
        ...


@dataclass(frozen=True, slots=True)
class BucketEvidence:
    """The evidence of one bucket at one moment.

    Args:
        version: Differs from every other state of the bucket.
        arms: Evidence per arm, outcomes as they weigh at that moment, costs and the like of the
            arm's last 16 to 32 half-lives; a copy that stays as it is.
        epochs: Epoch per path; paths in epoch 0 may be missing.
        count: Attempts of the bucket whose outcome was counted, corrections not twice.
    """

    version: int
    arms: Mapping[ArmKey, Evidence]
    epochs: Mapping[str, int]
    count: int = 0


@runtime_checkable
class LocalEvidence(Protocol):
    """Evidence that is read from local memory: what a decision reads.

    A decision never waits for a network, so it reads from this view. A store in the process's
    own memory is such a view itself.
    """

    def version(self, goal_id: str, bucket: str) -> int:
        """Return a number that differs whenever the bucket's evidence has changed or faded."""
        ...

    def bucket(self, goal_id: str, bucket: str) -> BucketEvidence:
        """Return the evidence of one bucket."""
        ...

    def goal_version(self, goal_id: str) -> int:
        """Return a number that differs whenever any bucket's evidence has changed or faded."""
        ...

    def snapshot(self, goal_id: str) -> Mapping[str, BucketEvidence]:
        """Return the evidence of every bucket, all of one moment."""
        ...

    def evidence(self, goal_id: str) -> Mapping[ArmKey, Evidence]:
        """Return all evidence of a goal, of all epochs.

        Outcomes as they weigh now; attempts, costs, tokens and latencies of all time.
        """
        ...
