"""Packs records for the script that counts them, and reads its answer: pure."""

from collections.abc import Mapping, Sequence
from struct import Struct

from armwise.errors import ConfigurationError
from armwise.storage.base import ArmKey, Record, ReportStatus
from armwise.storage.redis.keys import LEVELS, Clock, GoalKeys, arm_field, encoded, slice_of

MOST_AT_ONCE = 100
"""Records per script: 0.5 ms during which the server serves nobody else (measured)."""

LARGEST_REVISION = 65_535
_NOT_SENT = 65_535
_EXACT = 1 << 52
"""Below this an amount is added exactly by Lua, whose numbers are doubles."""

# Arm, three shards, decided at, count, three amounts, revision + 1, score + 1, flags, field.
_PACKED = Struct(">HHHHdddddIHB11s")
_COST, _TOKENS, _LATENCY, _FAULT, _SEED = 1, 2, 4, 8, 16

_ANSWERS = {
    ord("a"): ReportStatus.APPLIED,
    ord("d"): ReportStatus.DUPLICATE,
    ord("r"): ReportStatus.CORRECTED,
    ord("c"): ReportStatus.CONFLICT,
    ord("s"): ReportStatus.STALE,
    ord("e"): ReportStatus.EXPIRED,
}


def packed(
    records: Sequence[Record], keys: GoalKeys, clock: Clock, levels: Mapping[str, int]
) -> tuple[list[str], list[str | bytes]]:
    """Return the shards and the arguments that count these records.

    Args:
        records: What to count.
        keys: Of the goal.
        clock: In force.
        levels: How many levels of shards to send, per slice; one where nothing is said.

    Raises:
        ConfigurationError: If a number is larger than any that can be counted exactly.
    """
    shards: dict[str, int] = {}
    arms: dict[ArmKey, int] = {}
    lines: list[bytes] = []
    for record in records:
        field = record.nonce + bytes((record.attempt,))
        slice_name = slice_of(record, clock)
        numbers = [_NOT_SENT] * len(LEVELS)
        for level in range(levels.get(slice_name, 1)):
            shard = keys.shard(slice_name, level, field)
            numbers[level] = shards.setdefault(shard, len(shards))
        arm = arms.setdefault(record.arm, len(arms))
        lines.append(_line(record, field, arm, numbers) + slice_name.encode())
    named: list[str | bytes] = [str(len(arms))]
    for key in arms:
        named += (encoded(key.bucket), arm_field(key))
    return list(shards), [*named, *lines]


def _line(record: Record, field: bytes, arm: int, shards: Sequence[int]) -> bytes:
    facts = record.facts
    flags = (
        _COST * (facts.cost_nanousd is not None)
        + _TOKENS * (facts.output_tokens is not None)
        + _LATENCY * (facts.latency_us is not None)
        + _FAULT * facts.fault
        + _SEED * record.is_seed
    )
    amounts = (facts.cost_nanousd or 0, facts.output_tokens or 0, facts.latency_us or 0)
    if max(amounts) >= _EXACT or min(amounts) <= -_EXACT:
        raise ConfigurationError(
            f"cost, tokens and latency of one attempt must be below 2^52, got {amounts}: "
            "billionths of a dollar, tokens, microseconds."
        )
    revision = -1 if record.revision is None else record.revision
    if revision > LARGEST_REVISION:
        raise ConfigurationError(
            f"a revision is a number up to {LARGEST_REVISION}, got {revision}."
        )
    score = -1 if record.score is None else record.score
    return _PACKED.pack(
        arm,
        *shards,
        record.decided_at_ms,
        record.count,
        *amounts,
        revision + 1,
        score + 1,
        flags,
        field,
    )


def answers(text: bytes) -> list[ReportStatus]:
    """Return what became of each record."""
    return [_ANSWERS[code] for code in text]
