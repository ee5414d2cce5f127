"""Evidence as plain values that JSON can hold: what is exported, and kept in snapshot files."""

from collections.abc import Mapping
from dataclasses import astuple, fields
from typing import Any

from armwise.bandit import Evidence
from armwise.bandit.decay import Eras, half_life_name, half_life_named
from armwise.errors import ConfigurationError
from armwise.storage.base import ArmKey
from armwise.storage.goal import Bucket, GoalEvidence

SUMS = tuple(field.name for field in fields(Evidence))
"""Names of the integers of an arm, in the order in which they are written."""

_LARGEST = (1 << 63) - 1
"""What the integers of a store can hold."""


def to_plain(goal: GoalEvidence) -> dict[str, Any]:
    """Return all integers of a goal; two states are equal exactly if these are."""
    return {
        "half_life": half_life_name(goal.half_life),
        "buckets": {name: _bucket_to_plain(goal.buckets[name]) for name in sorted(goal.buckets)},
    }


def from_plain(plain: Mapping[str, Any]) -> GoalEvidence:
    """Return the evidence of such values.

    Raises:
        ConfigurationError: If something is missing, or is no integer from 0 where one belongs.
    """
    try:
        goal = GoalEvidence(half_life_named(plain["half_life"]))
        for name, held in plain["buckets"].items():
            goal.buckets[_text(name)] = _bucket_from_plain(name, held)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigurationError(
            f"the evidence cannot be read ({type(error).__name__}: {error}). Use a file that "
            "armwise has written, as it is."
        ) from error
    goal.changes = 1
    return goal


def _bucket_to_plain(bucket: Bucket) -> dict[str, Any]:
    return {
        "outcomes": bucket.outcomes,
        "count": bucket.count,
        "newest_tick": bucket.newest_tick,
        "epochs": dict(sorted(bucket.epochs.items())),
        "arms": [
            {
                "path": key.path,
                "earlier_failures": key.earlier_failures,
                "epoch": key.epoch,
                "era": eras.era,
                "newest": list(astuple(eras.newest)),
                "before": list(astuple(eras.before)),
                "archive": list(astuple(eras.archive)),
            }
            for key, eras in sorted(bucket.arms.items())
        ],
    }


def _bucket_from_plain(name: str, plain: Mapping[str, Any]) -> Bucket:
    bucket = Bucket()
    bucket.outcomes = _whole(plain["outcomes"])
    bucket.count = _whole(plain["count"])
    bucket.newest_tick = _whole(plain["newest_tick"])
    bucket.epochs = {_text(path): _whole(epoch) for path, epoch in plain["epochs"].items()}
    for arm in plain["arms"]:
        key = ArmKey(
            name, _text(arm["path"]), _whole(arm["earlier_failures"]), _whole(arm["epoch"])
        )
        if key in bucket.arms:
            raise ValueError(f"{key} comes twice")
        bucket.arms[key] = Eras(
            _whole(arm["era"]), _sums(arm["newest"]), _sums(arm["before"]), _sums(arm["archive"])
        )
    bucket.changes = 1
    return bucket


def _sums(values: Any) -> Evidence:
    if len(values) != len(SUMS):
        raise ValueError(f"{len(values)} sums of an arm instead of {len(SUMS)}")
    return Evidence(*map(_whole, values))


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number")
    if not 0 <= value <= _LARGEST:
        raise ValueError(f"{value} is not from 0 to {_LARGEST}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
