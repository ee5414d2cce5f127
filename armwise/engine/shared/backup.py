"""The last copy of a shared store in a file: what a process starts from while the store is down."""

import json
import os
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from armwise.errors import ConfigurationError
from armwise.storage import GoalEvidence
from armwise.storage.codec import from_plain, to_plain

_FORMAT = "armwise snapshot 1"


def save(root: Path, goal_id: str, evidence: GoalEvidence) -> None:
    """Write a goal's evidence, whole or not at all. A disk that cannot take it costs the file."""
    text = json.dumps({"format": _FORMAT, "goal": goal_id, "evidence": to_plain(evidence)})
    with suppress(OSError):
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=root, suffix=".new")  # mode 0600
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text)
            Path(name).replace(_path(root, goal_id))
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise


def load(root: Path, goal_id: str) -> GoalEvidence | None:
    """Return the evidence that was kept of a goal, None if there is none that can be read."""
    try:
        held = json.loads(_path(root, goal_id).read_text(encoding="ascii"))
        if held["format"] != _FORMAT or held["goal"] != goal_id:
            return None
        return from_plain(held["evidence"])
    except (OSError, ValueError, KeyError, TypeError, ConfigurationError):
        return None


def _path(root: Path, goal_id: str) -> Path:
    # Hashed: a goal's name may hold what file names cannot.
    return root / f"snapshot-{sha256(goal_id.encode()).hexdigest()[:24]}.json"
