"""Where evidence lives: one contract, several homes."""

from armwise.storage.base import (
    MAX_AGE_S,
    ArmKey,
    BucketEvidence,
    CallFacts,
    Finding,
    Keyring,
    LocalEvidence,
    Portable,
    Probed,
    Record,
    ReportStatus,
    Store,
    Tidied,
    split_goal,
    stored_goal,
)
from armwise.storage.goal import Bucket, GoalEvidence
from armwise.storage.memory import MemoryStore
from armwise.storage.opening import STORE_VARIABLE, connect, shown_url

__all__ = [
    "MAX_AGE_S",
    "STORE_VARIABLE",
    "ArmKey",
    "Bucket",
    "BucketEvidence",
    "CallFacts",
    "Finding",
    "GoalEvidence",
    "Keyring",
    "LocalEvidence",
    "MemoryStore",
    "Portable",
    "Probed",
    "Record",
    "ReportStatus",
    "Store",
    "Tidied",
    "connect",
    "shown_url",
    "split_goal",
    "stored_goal",
]
