"""What is sent to a shared store, as bytes of a journal: one JSON array each."""

import json
from dataclasses import dataclass

from armwise.storage import ArmKey, CallFacts, Record

_RECORD, _OPENING = "r1", "e1"


@dataclass(frozen=True, slots=True)
class Opening:
    """An epoch to be opened.

    Args:
        bucket: "task type/level".
        path: The path that begins anew.
        epoch: Its new epoch.
    """

    bucket: str
    path: str
    epoch: int


Item = Record | Opening


def encode(goal: str, item: Item) -> bytes:
    """Return an item of a goal as one line of JSON."""
    if isinstance(item, Opening):
        fields: list[object] = [_OPENING, goal, item.bucket, item.path, item.epoch]
    else:
        arm, facts = item.arm, item.facts
        fields = [
            *(_RECORD, goal, arm.bucket, arm.path, arm.earlier_failures, arm.epoch),
            *(item.nonce.hex(), item.attempt, item.decided_at_ms),
            *(facts.cost_nanousd, facts.output_tokens, facts.latency_us, facts.fault),
            *(item.revision, item.score, item.count, item.is_seed),
        ]
    return json.dumps(fields, separators=(",", ":")).encode("ascii")


def decode(body: bytes) -> tuple[str, Item]:
    """Return the goal and the item of such a line.

    Raises:
        ValueError: If it is none that this version writes.
    """
    try:
        kind, goal, *rest = json.loads(body)
        if kind == _OPENING:
            return goal, Opening(*rest)
        if kind != _RECORD:
            rest = []  # not enough for a record
        bucket, path, failures, epoch, nonce, attempt, decided, *rest = rest
        cost, tokens, latency, fault, revision, score, count, is_seed = rest
        return goal, Record(
            ArmKey(bucket, path, failures, epoch),
            bytes.fromhex(nonce),
            attempt,
            decided,
            CallFacts(cost, tokens, latency, fault),
            revision,
            score,
            count,
            is_seed,
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f"not a journal record of this version: {error}") from error
