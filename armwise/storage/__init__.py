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
from armwise.storage.carrying import (
    PortableStore,
    arms_named,
    export_state,
    import_state,
    known_goals,
    merge_state,
    portable,
    read_goal,
    reset_arms,
)
from armwise.storage.existing import connect_shared, missing_file
from armwise.storage.exported import State, read_state, state_text
from armwise.storage.goal import Bucket, GoalEvidence
from armwise.storage.memory import MemoryStore
from armwise.storage.opening import STORE_VARIABLE, connect, shown_url
from armwise.storage.state_files import load_state, save_state

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
    "PortableStore",
    "Probed",
    "Record",
    "ReportStatus",
    "State",
    "Store",
    "Tidied",
    "arms_named",
    "connect",
    "connect_shared",
    "export_state",
    "import_state",
    "known_goals",
    "load_state",
    "merge_state",
    "missing_file",
    "portable",
    "read_goal",
    "read_state",
    "reset_arms",
    "save_state",
    "shown_url",
    "split_goal",
    "state_text",
    "stored_goal",
]
