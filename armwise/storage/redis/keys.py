"""Names of keys and fields: pure.

Every key of a goal holds ``{tenant/goal}``, so that a cluster keeps all of them in one hash slot,
and rights end at a tenant: ``armwise:v1:{tenant/*``. Names given by users are percent-encoded: no
text can end a part early.

    armwise:v1:{tenant/goal}:meta              half-life in force (the clock), names of additions
    armwise:v1:{tenant/goal}:e:CLOCK           version, and evidence: a field per sum, arm and era
    armwise:v1:{tenant/goal}:i                 which slices of dedupe records there are
    armwise:v1:{tenant/goal}:d:GEN:SLICE:N     dedupe records: shard N of a slice
    armwise:v1:{tenant/}:goals, :keys, :probe  of a tenant: its goals, its signing keys

Dedupe records lie in small hashes, which servers keep as flat lists: 20 bytes a record instead of
75. A flat list holds up to 128 fields, so a slice has shards enough for what it has to hold: it
begins with 64, goes on to 1,024 more where these are full, and to 16,384 more after that. A record
goes to the first level whose shard has room; shards never shrink, so a shard with room proves that
no level above it holds the record. A worker sends the names of the first level's shards only, until
the script answers that these are full.
"""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote
from zlib import crc32

from armwise.bandit.decay import HalfLife, half_life_name, half_life_named
from armwise.storage.base import MAX_AGE_S, SLICES, ArmKey, Record, split_goal

PREFIX = "armwise:v1:"

LEVELS = (64, 1_024, 16_384)
"""Shards per level of a slice: together two million records in flat lists. What is beyond costs
more memory and stays right. A guess, settled by ``python -m benchmarks.redis_store``."""

SHARD_FIELDS = 128
"""Records per shard: what a server keeps as a flat list by default (hash-max-listpack-entries)."""

MAX_AGE_MS = int(MAX_AGE_S * 1000)
SLICE_MS = MAX_AGE_MS // SLICES

SEEDS = "s"
"""The slice of seeds; it is never forgotten."""

_STARTS = tuple(sum(LEVELS[:level]) for level in range(len(LEVELS)))
_TAKEN_BITS = (0, 6, 16)
"""Which bits of the checksum choose the shard of each level: not the same ones twice."""


@lru_cache(maxsize=4096)
def encoded(name: str) -> str:
    """Return a name as it stands in keys and fields; no part of it can be taken for a separator."""
    return quote(name, safe=" ")


@dataclass(frozen=True, slots=True)
class Clock:
    """By what a goal fades, and how often that was changed.

    Evidence of two clocks never meets: the clock is part of the keys, and a script that is sent
    with another clock than the one in force changes nothing.

    Args:
        half_life: The half-life in force.
        generation: How often it was changed.
    """

    half_life: HalfLife = None
    generation: int = 0

    @property
    def name(self) -> str:
        """The clock as a word, such as "1150o.0"."""
        return f"{half_life_name(self.half_life)}.{self.generation}"


@lru_cache(maxsize=1024)
def clock_named(name: str) -> Clock:
    """Return the clock of such a word."""
    half_life, _, generation = name.rpartition(".")
    return Clock(half_life_named(half_life), int(generation))


@dataclass(frozen=True, slots=True)
class GoalKeys:
    """Names of the keys of one goal.

    Args:
        stem: What they all begin with.
    """

    stem: str

    @property
    def meta(self) -> str:
        """Hash of the goal's clock, version and additions."""
        return f"{self.stem}:meta"

    @property
    def slices(self) -> str:
        """Hash of the slices of dedupe records: per slice the highest level that is in use."""
        return f"{self.stem}:i"

    def evidence(self, clock: Clock) -> str:
        """Hash of the evidence that fades by a clock."""
        return f"{self.stem}:e:{clock.name}"

    def shards(self, slice_name: str, level: int) -> list[str]:
        """Return the names of all shards of a slice, up to a level.

        Args:
            slice_name: As ``slice_of`` gives it.
            level: Highest level.
        """
        return [f"{self.stem}:d:{slice_name}:{n}" for n in range(_STARTS[level] + LEVELS[level])]

    def shard(self, slice_name: str, level: int, field: bytes) -> str:
        """Return the shard that holds a record, if it is on this level."""
        number = _STARTS[level] + (crc32(field) >> _TAKEN_BITS[level]) % LEVELS[level]
        return f"{self.stem}:d:{slice_name}:{number}"


@lru_cache(maxsize=1024)
def goal_keys(goal_id: str) -> GoalKeys:
    """Return the keys of a goal, named as stores know it."""
    tenant, goal = split_goal(goal_id)
    return GoalKeys(f"{PREFIX}{{{encoded(tenant)}/{encoded(goal)}}}")


def tenant_key(tenant: str, what: str) -> str:
    """Return a key that belongs to a whole tenant."""
    return f"{PREFIX}{{{encoded(tenant)}/}}:{what}"


def slice_of(record: Record, clock: Clock) -> str:
    """Return the slice of a record's dedupe record: by its decision, so that all agree."""
    if record.is_seed:
        return f"{clock.generation}:{SEEDS}"
    return f"{clock.generation}:{record.decided_at_ms // SLICE_MS}"


@lru_cache(maxsize=4096)
def arm_field(arm: ArmKey) -> str:
    """Return what the fields of an arm begin with, after its bucket."""
    return f"{encoded(arm.path)}|{arm.earlier_failures}|{arm.epoch}"


@lru_cache(maxsize=4096)
def arm_named(bucket: str, path: str, earlier_failures: str, epoch: str) -> ArmKey:
    """Return the arm of the parts of a field."""
    return ArmKey(unquote(bucket), unquote(path), int(earlier_failures), int(epoch))
