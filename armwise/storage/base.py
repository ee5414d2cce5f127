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
from typing import NamedTuple, Protocol

from armwise.bandit import Evidence
from armwise.bandit.decay import HalfLife

MAX_AGE_S = 30 * 24 * 3600.0
"""How long after its decision an outcome is accepted, and so how long dedupe records are kept."""


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


class Store(Protocol):
    """Keeps evidence. See the module's docstring for the promises."""

    def declare(self, goal_id: str, half_life: HalfLife) -> HalfLife:
        """Say how fast a goal's evidence is to fade; return the half-life that is in force.

        The first declaration holds, for evidence that fades by two clocks adds up to nothing. A
        goal that counted before anything was declared does not forget.
        """
        ...

    def apply(self, goal_id: str, records: Sequence[Record]) -> list[ReportStatus]:
        """Count records; return what became of each, in their order."""
        ...

    def evidence(self, goal_id: str) -> Mapping[ArmKey, Evidence]:
        """Return all evidence of a goal, of all epochs.

        Outcomes as they weigh now; attempts, costs, tokens and latencies of all time.
        """
        ...

    def open_epoch(self, goal_id: str, bucket: str, path: str, epoch: int) -> None:
        """Begin an arm anew: its epoch becomes ``epoch``, unless it is there or beyond already."""
        ...

    def close(self) -> None:
        """Let go of files, connections and threads."""
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
