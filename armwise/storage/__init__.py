"""Where evidence lives: one contract, several homes."""

from armwise.storage.base import (
    MAX_AGE_S,
    ArmKey,
    BucketEvidence,
    CallFacts,
    LocalEvidence,
    Record,
    ReportStatus,
    Store,
)
from armwise.storage.memory import MemoryStore
from armwise.storage.opening import STORE_VARIABLE, open_store

__all__ = [
    "MAX_AGE_S",
    "STORE_VARIABLE",
    "ArmKey",
    "BucketEvidence",
    "CallFacts",
    "LocalEvidence",
    "MemoryStore",
    "Record",
    "ReportStatus",
    "Store",
    "open_store",
]
