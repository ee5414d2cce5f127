"""Evidence as the fields of a hash, and back: pure.

v                               the version
BUCKET|b                        the bucket's clock: outcomes, count, newest tick
BUCKET|p|PATH                   epoch of a path
BUCKET|PATH|K|EPOCH|ERA         sums of an arm in one era, or in ERA "a", the archive of eras that
                                have faded

Sums of one arm and era are one value, so that an outcome changes one field instead of nine, and
a reader parses a twelfth. See ``sums.lua`` for what is in it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from struct import Struct
from typing import NamedTuple
from urllib.parse import unquote

from armwise.bandit import Evidence
from armwise.bandit.decay import Eras
from armwise.storage.base import ArmKey
from armwise.storage.codec import SUMS
from armwise.storage.goal import Bucket, GoalEvidence
from armwise.storage.redis.keys import Clock, arm_field, arm_named, encoded

WIDE = 1 << 52
"""What the second half of a value counts in; parts below it add exactly in Lua's doubles."""

_SUMS = Struct(f">{len(SUMS)}d")
_CLOCK = Struct(">3d")
_ARCHIVE = "a"
_SUM_PARTS = 5

Field = tuple[str, bytes | int]


class Fields(NamedTuple):
    """Evidence as fields and values.

    Attributes:
        sums: Of arms and eras.
        buckets: Clocks of buckets.
        epochs: Of paths.
    """

    sums: list[Field]
    buckets: list[Field]
    epochs: list[Field]


def epoch_field(bucket: str, path: str) -> str:
    """Return the field of a path's epoch."""
    return f"{encoded(bucket)}|p|{encoded(path)}"


def read_evidence(version: int, clock: Clock, flat: Sequence[bytes]) -> GoalEvidence:
    """Return the evidence of the fields and values of a hash."""
    goal = GoalEvidence(clock.half_life, version)
    goal.changes = 1
    arms: defaultdict[ArmKey, dict[str, Evidence]] = defaultdict(dict)
    for field, value in zip(flat[::2], flat[1::2], strict=True):
        parts = field.decode().split("|")
        if len(parts) == _SUM_PARTS:
            arms[arm_named(*parts[:4])][parts[4]] = _read_sums(value)
        elif len(parts) == 3:  # noqa: PLR2004 - as above
            goal.of(unquote(parts[0])).epochs[unquote(parts[2])] = int(value)
        elif len(parts) == 2:  # noqa: PLR2004 - as above
            bucket = goal.of(unquote(parts[0]))
            bucket.outcomes, bucket.count, bucket.newest_tick = map(int, _CLOCK.unpack(value))
    for arm, sums in arms.items():
        goal.of(arm.bucket).arms[arm] = _eras(sums)
    return goal


def _eras(sums: dict[str, Evidence]) -> Eras:
    """Return the sums by era; ``Eras`` itself archives those that have faded."""
    archive = sums.pop(_ARCHIVE, Evidence())
    eras = Eras(max(map(int, sums)), archive=archive)
    for era, held in sums.items():
        eras += Eras(int(era), held)
    return eras


def _read_sums(value: bytes) -> Evidence:
    low = map(int, _SUMS.unpack_from(value))
    if len(value) == _SUMS.size:
        return Evidence(*low)
    high = map(int, _SUMS.unpack_from(value, _SUMS.size))
    return Evidence(*(one * WIDE + other for one, other in zip(high, low, strict=True)))


def _write_sums(evidence: Evidence) -> bytes:
    sums = astuple(evidence)
    high = [abs(each) // WIDE * (1 if each > 0 else -1) for each in sums]
    low = [each - one * WIDE for each, one in zip(sums, high, strict=True)]
    return _SUMS.pack(*low) + (_SUMS.pack(*high) if any(high) else b"")


def fields(evidence: GoalEvidence) -> Fields:
    """Return evidence as fields and values."""
    written = Fields([], [], [])
    for name, bucket in evidence.buckets.items():
        count = max(bucket.count, bucket.outcomes)
        clock = _CLOCK.pack(bucket.outcomes, count, bucket.newest_tick)
        written.buckets.append((f"{encoded(name)}|b", clock))
        written.epochs.extend(
            (epoch_field(name, path), epoch) for path, epoch in bucket.epochs.items()
        )
        written.sums.extend(_arms(encoded(name), bucket))
    return written


def _arms(stem: str, bucket: Bucket) -> Iterable[Field]:
    for arm, eras in bucket.arms.items():
        start = f"{stem}|{arm_field(arm)}|"
        # The newest era says how old the others are, so it is there even if its sums are nothing.
        yield f"{start}{eras.era}", _write_sums(eras.newest)
        if eras.before != Evidence():
            yield f"{start}{eras.era - 1}", _write_sums(eras.before)
        if eras.archive != Evidence():
            yield f"{start}{_ARCHIVE}", _write_sums(eras.archive)


def foldable(flat: Sequence[bytes]) -> list[tuple[str, str]]:
    """Return the fields of eras that have faded, each with the field of its archive.

    Args:
        flat: Fields and values of a hash.
    """
    names = [field.decode().split("|") for field in flat[::2]]
    sums = [parts for parts in names if len(parts) == _SUM_PARTS and parts[4] != _ARCHIVE]
    newest: defaultdict[tuple[str, ...], int] = defaultdict(int)
    for parts in sums:
        arm = tuple(parts[:4])
        newest[arm] = max(newest[arm], int(parts[4]))
    return [
        ("|".join(parts), "|".join((*parts[:4], _ARCHIVE)))
        for parts in sums
        if int(parts[4]) < newest[tuple(parts[:4])] - 1
    ]
