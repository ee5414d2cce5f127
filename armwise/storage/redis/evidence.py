"""Evidence as the fields of a hash, and back: pure.

v                                               the version
BUCKET|outcomes, BUCKET|count, BUCKET|newest    the bucket's clock
BUCKET|p|PATH                                   epoch of a path
BUCKET|PATH|K|EPOCH|ERA|SUM                     one sum of an arm in one era, or in ERA "a",
                                                the archive of eras that have faded
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from typing import NamedTuple
from urllib.parse import unquote

from armwise.bandit import Evidence
from armwise.bandit.decay import Eras
from armwise.storage.base import ArmKey
from armwise.storage.codec import SUMS
from armwise.storage.goal import Bucket, GoalEvidence
from armwise.storage.redis.keys import Clock, arm_field, arm_named, encoded

CODES = {
    "successes": "s",
    "failures": "f",
    "squares": "q",
    "attempts": "n",
    "faults": "x",
    "cost_nanousd": "c",
    "costed": "cn",
    "output_tokens": "t",
    "tokened": "tn",
    "latency_us": "l",
    "timed": "ln",
    "reported": "r",
}
"""How each sum is named in a field; ``apply.lua`` uses the same."""

WEIGHTED = ("s", "f", "q")
"""Codes of the sums that fade: they are not archived."""

_NAMES = {code: name for name, code in CODES.items()}
_ARCHIVE = "a"
_CLOCK_PARTS = {"outcomes": "outcomes", "count": "count", "newest": "newest_tick"}
_SUM_PARTS = 6


class Additions(NamedTuple):
    """What makes a hash hold evidence in addition to its own.

    Attributes:
        sums: Fields whose values are added.
        higher: Fields that become the higher of both values.
        buckets: Buckets whose count is at least their outcomes afterwards.
    """

    sums: list[tuple[str, int]]
    higher: list[tuple[str, int]]
    buckets: list[str]


def epoch_field(bucket: str, path: str) -> str:
    """Return the field of a path's epoch."""
    return f"{encoded(bucket)}|p|{encoded(path)}"


def read_evidence(version: int, clock: Clock, flat: Sequence[bytes]) -> GoalEvidence:
    """Return the evidence of the fields and values of a hash."""
    goal = GoalEvidence(clock.half_life, version)
    goal.changes = 1
    arms: defaultdict[ArmKey, dict[str, dict[str, int]]] = defaultdict(dict)
    for field, value in zip(flat[::2], flat[1::2], strict=True):
        parts = field.decode().split("|")
        if len(parts) == _SUM_PARTS:
            eras = arms[arm_named(*parts[:4])]
            eras.setdefault(parts[4], {})[_NAMES[parts[5]]] = int(value)
        elif len(parts) == 1:
            continue  # the version
        elif parts[1] == "p":
            goal.of(unquote(parts[0])).epochs[unquote(parts[2])] = int(value)
        else:
            setattr(goal.of(unquote(parts[0])), _CLOCK_PARTS[parts[1]], int(value))
    for arm, sums in arms.items():
        goal.of(arm.bucket).arms[arm] = _eras(sums)
    return goal


def _eras(sums: dict[str, dict[str, int]]) -> Eras:
    """Return the sums by era; ``Eras`` itself archives those that have faded."""
    archive = Evidence(**sums.pop(_ARCHIVE, {}))
    newest = max(map(int, sums))
    eras = Eras(newest, archive=archive)
    for era, held in sums.items():
        eras += Eras(int(era), Evidence(**held))
    return eras


def additions(evidence: GoalEvidence) -> Additions:
    """Return what adds evidence to a hash, at its own ticks."""
    added = Additions([], [], [])
    for name, bucket in evidence.buckets.items():
        stem = encoded(name)
        added.buckets.append(stem)
        added.sums.append((f"{stem}|outcomes", bucket.outcomes))
        added.higher.append((f"{stem}|count", max(bucket.count, bucket.outcomes)))
        added.higher.append((f"{stem}|newest", bucket.newest_tick))
        added.higher.extend(
            (epoch_field(name, path), epoch) for path, epoch in bucket.epochs.items()
        )
        added.sums.extend(_sums(stem, bucket))
    return added


def _sums(stem: str, bucket: Bucket) -> Iterable[tuple[str, int]]:
    for arm, eras in bucket.arms.items():
        start = f"{stem}|{arm_field(arm)}|"
        # The newest era says how old the others are, so it is there even if its sums are nothing.
        yield f"{start}{eras.era}|{CODES['attempts']}", eras.newest.attempts
        for era, evidence in (
            (str(eras.era), eras.newest),
            (str(eras.era - 1), eras.before),
            (_ARCHIVE, eras.archive),
        ):
            for name, amount in zip(SUMS, astuple(evidence), strict=True):
                is_written = era == str(eras.era) and name == "attempts"
                if amount and not is_written:
                    yield f"{start}{era}|{CODES[name]}", amount


def foldable(flat: Sequence[bytes]) -> list[tuple[str, str]]:
    """Return the fields of eras that have faded, each with the field of its archive.

    Args:
        flat: Fields and values of a hash.

    Returns:
        Pairs of field and archive; "" for outcomes, which have faded to nothing.
    """
    fields = [field.decode().split("|") for field in flat[::2]]
    sums = [parts for parts in fields if len(parts) == _SUM_PARTS and parts[4] != _ARCHIVE]
    newest: defaultdict[tuple[str, ...], int] = defaultdict(int)
    for parts in sums:
        arm = tuple(parts[:4])
        newest[arm] = max(newest[arm], int(parts[4]))
    return [
        (
            "|".join(parts),
            "" if parts[5] in WEIGHTED else "|".join((*parts[:4], _ARCHIVE, parts[5])),
        )
        for parts in sums
        if int(parts[4]) < newest[tuple(parts[:4])] - 1
    ]
