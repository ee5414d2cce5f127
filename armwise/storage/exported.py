"""State in a file: the evidence of some goals as versioned JSON, never anything that is executed.

A file holds every integer of its goals, and who wrote it, when, and from where (never a password).
Its random id lets a store refuse to add the same file twice.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import metadata
from typing import Any

from armwise.bandit.decay import ERA_TICKS
from armwise.errors import ConfigurationError
from armwise.storage.codec import from_plain, to_plain
from armwise.storage.goal import Bucket, GoalEvidence

FORMAT = "armwise-state"
FORMAT_VERSION = 1

_CLOCKS_APART = timedelta(days=1)
"""How far the clock of the host that exported may be behind that of the store."""

_MOST_EARLIER_FAILURES = 3
_LONGEST_ID = 64


def own_version() -> str:
    """Return the version of armwise, "unknown" where it runs without being installed."""
    try:
        return metadata.version("armwise")
    except metadata.PackageNotFoundError:
        return "unknown"


@dataclass(frozen=True, slots=True)
class State:
    """The evidence of some goals of one tenant at one moment.

    Args:
        goals: Evidence by the goal's name, without the tenant.
        namespace: The tenant that it was exported from, "" for none.
        source: URL of the store that it was exported from, without its password.
        export_id: Random name of this export.
        exported_at: When, with a time zone.
        armwise: Version of the armwise that wrote it.
    """

    goals: Mapping[str, GoalEvidence]
    namespace: str = ""
    source: str = ""
    export_id: str = field(default_factory=lambda: secrets.token_hex(16))
    exported_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    armwise: str = field(default_factory=own_version)


def state_text(state: State) -> str:
    """Return the JSON of a state, one line that ends with a line feed."""
    plain = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "armwise": state.armwise,
        "export_id": state.export_id,
        "exported_at": state.exported_at.astimezone(UTC).isoformat(),
        "source": state.source,
        "namespace": state.namespace,
        "goals": {name: to_plain(state.goals[name]) for name in sorted(state.goals)},
    }
    return json.dumps(plain, ensure_ascii=False) + "\n"


def read_state(text: str, name: str) -> State:
    """Return the state that such JSON holds. Every value is checked, for a file may hold anything.

    Args:
        text: The JSON.
        name: Of the file, for messages.

    Raises:
        ConfigurationError: If it is no such JSON, of a newer version, or damaged.
    """
    try:
        plain = json.loads(text, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{name} is no JSON, or not all of it: {error}") from None
    if not isinstance(plain, Mapping) or plain.get("format") != FORMAT:
        raise ConfigurationError(
            f'{name} is no exported state: it has no "format": "{FORMAT}". Write one with: '
            "armwise state export URL --out FILE"
        )
    _check_version(plain.get("version"), name)
    try:
        return _checked(plain)
    except KeyError as error:
        raise _damaged(name, f"{error.args[0]!r} is missing") from None
    except (ConfigurationError, ValueError, TypeError) as error:
        raise _damaged(name, str(error)) from None


def _check_version(version: object, name: str) -> None:
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise _damaged(name, f"its version is {version!r}, no whole number from 1")
    if version > FORMAT_VERSION:
        raise ConfigurationError(
            f"{name} was written by a newer armwise: it is of version {version} of the format, and "
            f"armwise {own_version()} reads up to {FORMAT_VERSION}. Upgrade: pip install -U armwise"
        )


def _checked(plain: Mapping[str, Any]) -> State:
    exported_at = datetime.fromisoformat(_text(plain, "exported_at"))
    if exported_at.tzinfo is None:
        raise ValueError(f"'exported_at' has no time zone: {exported_at}")
    export_id = _text(plain, "export_id")
    if not 1 <= len(export_id) <= _LONGEST_ID:
        raise ValueError(f"'export_id' must have 1 to {_LONGEST_ID} characters: {export_id!r}")
    goals = plain["goals"]
    if not isinstance(goals, Mapping):
        raise TypeError(f"'goals' is no object: {goals!r}")
    latest_ms = int((exported_at + _CLOCKS_APART).timestamp() * 1000)
    return State(
        goals={_name(goal, "goal"): _goal(goal, held, latest_ms) for goal, held in goals.items()},
        namespace=_name(_text(plain, "namespace"), "namespace", may_be_empty=True),
        source=_text(plain, "source"),
        export_id=export_id,
        exported_at=exported_at,
        armwise=_text(plain, "armwise"),
    )


def _goal(name: str, plain: Any, latest_ms: int) -> GoalEvidence:
    try:
        goal = from_plain(plain)
        for bucket_name, bucket in goal.buckets.items():
            _name(bucket_name, "bucket")
            for path in {*bucket.epochs, *(key.path for key in bucket.arms)}:
                _name(path, "path")
            _check_clock(bucket_name, bucket, goal.fading.tick(latest_ms, bucket.count))
    except (ConfigurationError, ValueError) as error:
        raise ValueError(f"goal {name!r}: {error}") from None
    return goal


def _check_clock(name: str, bucket: Bucket, latest: int) -> None:
    """Refuse clocks that cannot be right: a tick of the future would let all else fade."""
    if bucket.outcomes > bucket.count or bucket.newest_tick > latest:
        raise ValueError(
            f"the clock of bucket {name!r} cannot be right: outcomes {bucket.outcomes}, count "
            f"{bucket.count}, newest_tick {bucket.newest_tick}"
        )
    for key, eras in bucket.arms.items():
        is_ahead = eras.era > bucket.newest_tick // ERA_TICKS
        if is_ahead or key.earlier_failures > _MOST_EARLIER_FAILURES:
            raise ValueError(f"an arm cannot be right: {key}, era {eras.era}")


def _each_once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name, value in pairs:
        if name in read:
            raise ValueError(f"{name!r} comes twice")
        read[name] = value
    return read


def _text(plain: Mapping[str, Any], name: str) -> str:
    value = plain[name]
    if not isinstance(value, str):
        raise TypeError(f"{name!r} is no text: {value!r}")
    return value


def _name(value: str, what: str, *, may_be_empty: bool = False) -> str:
    """Refuse what could not be the name of anything: a separator in it would cross tenants."""
    if not value.isprintable() or not (value or may_be_empty):
        raise ValueError(f"{value!r} is no name of a {what}")
    return value


def _damaged(name: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"{name} is damaged: {why}")
