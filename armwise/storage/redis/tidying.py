"""Forgets dedupe records that no report can need any more, and folds sums that have faded."""

from armwise.storage.base import SLICE_MARGIN_MS
from armwise.storage.redis.connecting import Client, Word
from armwise.storage.redis.evidence import foldable
from armwise.storage.redis.keys import MAX_AGE_MS, SEEDS, SLICE_MS, Clock, GoalKeys

_SHARDS_AT_ONCE = 500
"""Shards per script, 128 records each: a guess that keeps the server below a millisecond."""

_FOLDS_AT_ONCE = 200


def tidied(client: Client, keys: GoalKeys, clock: Clock, now_ms: int | str) -> int:
    """Drop what is not needed; return how many shards and fields were dropped.

    Args:
        client: Runs the scripts.
        keys: Of the goal.
        clock: In force.
        now_ms: Time of a test, "" for the server's own.
    """
    flat = client.run("command", [keys.slices], ["HGETALL"])
    dropped = 0
    for name, level in zip(flat[::2], flat[1::2], strict=True):
        if name.decode().rpartition(":")[2] != SEEDS or not _is_present(name.decode(), clock):
            dropped += _forget(client, keys, name.decode(), int(level), now_ms)
    return dropped + _fold(client, keys, clock)


def _is_present(slice_name: str, clock: Clock) -> bool:
    return slice_name.partition(":")[0] == str(clock.generation)


def _forget(client: Client, keys: GoalKeys, slice_name: str, level: int, now_ms: int | str) -> int:
    """Drop a slice if the server agrees that it is old; its shards may be many, so by portions."""
    shards = keys.shards(slice_name, level)
    words: list[Word] = [slice_name, now_ms, MAX_AGE_MS + SLICE_MARGIN_MS, SLICE_MS]
    dropped = 0
    for start in range(0, len(shards), _SHARDS_AT_ONCE):
        portion = shards[start : start + _SHARDS_AT_ONCE]
        is_last = "1" if start + _SHARDS_AT_ONCE >= len(shards) else ""
        count = client.run("forget", [keys.meta, keys.slices, *portion], [*words, is_last])
        if count < 0:
            return dropped
        dropped += count
    return dropped


def _fold(client: Client, keys: GoalKeys, clock: Clock) -> int:
    flat = client.run("command", [keys.evidence(clock)], ["HGETALL"])
    pairs = foldable(flat)
    dropped = 0
    for start in range(0, len(pairs), _FOLDS_AT_ONCE):
        words = [word for pair in pairs[start : start + _FOLDS_AT_ONCE] for word in pair]
        hashes = [keys.meta, keys.evidence(clock)]
        dropped += client.run("fold", hashes, [clock.name, *words])
    return dropped
