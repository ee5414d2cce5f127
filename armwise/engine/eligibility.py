"""Which paths may be chosen: an operator's pins and bans, each with its scope and its end."""

import logging
import math
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from armwise.bandit import Arms
from armwise.engine.context import check_label
from armwise.engine.naming import task_type_of
from armwise.errors import ConfigurationError
from armwise.storage.forking import register

_log = logging.getLogger("armwise.engine")


@dataclass(frozen=True, slots=True)
class Scope:
    """The requests that a pin, a ban or a reset is about; of the whole goal if both are None.

    Args:
        bucket: Those of one bucket, "task type/level".
        task_type: Those of one task type, whatever their level and context.

    Raises:
        ConfigurationError: If both are given, or one is no label.
    """

    bucket: str | None = None
    task_type: str | None = None

    def __post_init__(self) -> None:
        if self.bucket is not None and self.task_type is not None:
            raise ConfigurationError(
                f"bucket={self.bucket!r} and task_type={self.task_type!r} exclude each other: a "
                "bucket is one level of one task type. Give the one that you mean."
            )
        if self.task_type is not None:
            check_label(self.task_type, "task_type", "extraction")

    def holds(self, bucket: str) -> bool:
        """Return whether requests of this bucket are in scope."""
        if self.bucket is not None:
            return self.bucket == bucket
        return self.task_type is None or self.task_type == task_type_of(bucket)

    def covers(self, other: "Scope") -> bool:
        """Return whether every request of another scope is in this one."""
        if other.bucket is not None:
            return self.holds(other.bucket)
        return self.bucket is None and self.task_type in (None, other.task_type)

    @property
    def depth(self) -> int:
        """0 for the goal, 1 for a task type, 2 for a bucket: the more special one decides."""
        return 2 if self.bucket is not None else int(self.task_type is not None)

    def __str__(self) -> str:
        if self.bucket is not None:
            return f"in bucket {self.bucket!r}"
        return "in every bucket" if self.task_type is None else f"for task type {self.task_type!r}"


class Kind(StrEnum):
    """What an operator said of a path."""

    PINNED = "pinned"
    BANNED = "banned"


@dataclass(frozen=True, slots=True)
class Restriction:
    """A pin or a ban.

    Args:
        kind: Which of the two.
        path: Name of the path.
        scope: The requests that it holds for.
        until: When it ends; None: when it is lifted.
    """

    kind: Kind
    path: str
    scope: Scope = Scope()
    until: datetime | None = None

    @property
    def until_s(self) -> float:
        """When it ends, in seconds since 1970; infinite without an end."""
        return math.inf if self.until is None else self.until.timestamp()

    @property
    def reason(self) -> str:
        """Why a path is not chosen, such as "banned for task type 'label' until ..."."""
        where = f" {self.scope}" if self.scope.depth else ""
        end = "" if self.until is None else f" until {self.until:%Y-%m-%d %H:%M:%S %Z}"
        what = f"pinned to {self.path}" if self.kind is Kind.PINNED else "banned"
        return f"{what}{where}{end}"

    def __str__(self) -> str:
        return self.reason if self.kind is Kind.PINNED else f"{self.path} {self.reason}"


_NONE: Mapping[str, str] = {}


class Eligible(NamedTuple):
    """Which arms one decision may choose from.

    Attributes:
        among: Indices of the arms that may be chosen, ascending, at least one.
        fallbacks: Indices of those that may only be tried after an error of these.
        exclusions: Reason per path that may not be chosen.
        note: What else ``why()`` has to say, "" for nothing.
    """

    among: tuple[int, ...]
    fallbacks: tuple[int, ...]
    exclusions: Mapping[str, str]
    note: str


class Eligibility:
    """Pins and bans of one goal in this process, safe to share among threads and forks.

    A ban beats a pin: a pin to a path that is banned rests while the ban lasts. Of several pins
    the one for the bucket beats the one for its task type, and that the one for the goal.

    Attributes:
        restrictions: What is in force, or has ended since the last decision; empty most of the
            time, so a decision asks for nothing else then.
    """

    def __init__(self) -> None:
        self.restrictions: tuple[Restriction, ...] = ()
        self._lock = threading.Lock()
        self._has_warned = False
        register(self)

    def pin(self, pin: Restriction, now_s: float) -> None:
        """Send all requests of a scope to one path; an earlier pin of the same scope ends.

        Raises:
            ConfigurationError: If a ban of the path covers all that scope.
        """
        with self._lock:
            held = self._living(now_s)
            for ban in held:
                is_same_path = ban.kind is Kind.BANNED and ban.path == pin.path
                if is_same_path and ban.scope.covers(pin.scope):
                    raise ConfigurationError(
                        f"path {pin.path!r} cannot be pinned: it is {ban.reason}. "
                        f"unban({pin.path!r}) it first, with the arguments of that ban."
                    )
            self._set([*(r for r in held if not _is_pin_of(r, pin.scope)), pin])

    def ban(self, ban: Restriction, paths: Collection[str], now_s: float) -> None:
        """Keep a path from all requests of a scope; the same ban again only moves its end.

        Raises:
            ConfigurationError: If no path would be left somewhere in that scope.
        """
        with self._lock:
            held = [r for r in self._living(now_s) if not _is_ban_of(r, ban.path, ban.scope)]
            bans = [r for r in [*held, ban] if r.kind is Kind.BANNED]
            for place in (r.scope for r in bans if ban.scope.covers(r.scope)):
                banned = {r.path for r in bans if r.scope.covers(place)}
                if banned.issuperset(paths):
                    raise ConfigurationError(
                        f"banning {ban.path!r} would leave no path {place}: "
                        f"{', '.join(map(repr, sorted(banned)))} would all be banned. Unban one "
                        "of them or add a path first."
                    )
            self._set([*held, ban])

    def unpin(self, scope: Scope, path: str | None, now_s: float) -> bool:
        """End the pin of exactly this scope, if it is to this path (None: to any)."""
        with self._lock:
            held = self._living(now_s)
            left = [r for r in held if not (_is_pin_of(r, scope) and path in (None, r.path))]
            self._set(left)
            return len(left) < len(held)

    def unban(self, path: str, scope: Scope, now_s: float) -> bool:
        """End the ban of a path in exactly this scope; return whether there was one."""
        with self._lock:
            held = self._living(now_s)
            left = [r for r in held if not _is_ban_of(r, path, scope)]
            self._set(left)
            return len(left) < len(held)

    def forget(self, path: str) -> None:
        """Drop what was said of a path that is removed."""
        with self._lock:
            self._set([r for r in self.restrictions if r.path != path])

    def in_force(self, now_s: float) -> tuple[Restriction, ...]:
        """Return the pins and bans that have not ended."""
        return tuple(self._living(now_s))

    def eligible(
        self, bucket: str, arms: Arms, now_s: float, refused: Mapping[str, str] = _NONE
    ) -> Eligible:
        """Return which arms may be chosen for a request of a bucket.

        Bans that leave none, which only removing paths can bring about, are set aside with one
        warning: a request is served whatever an operator has left over.

        Args:
            bucket: The bucket.
            arms: Its arms.
            now_s: Seconds since 1970.
            refused: Reason per path that cannot take this request. It beats pins and bans; where
                it leaves none, ``among`` is empty.
        """
        if any(r.until_s <= now_s for r in self.restrictions):
            self._drop_ended(now_s)
        here = [r for r in self.restrictions if r.until_s > now_s and r.scope.holds(bucket)]
        bans = _lasting([r for r in here if r.kind is Kind.BANNED])
        note = ""
        if bans.keys() >= set(arms.names):
            note = "every path is banned here, so the bans are ignored"
            self._warn(bucket)
            bans = {}
        reasons = {**{name: ban.reason for name, ban in bans.items()}, **refused}
        exclusions = {name: reasons[name] for name in arms.names if name in reasons}
        left = tuple(index for index in arms.every if arms.names[index] not in reasons)
        allowed = {arms.names[index] for index in left}
        pins = [r for r in here if r.kind is Kind.PINNED and r.path in allowed]
        if not pins:
            return Eligible(left, (), exclusions, note)
        pin = max(pins, key=lambda r: r.scope.depth)
        among = tuple(index for index in left if arms.names[index] == pin.path)
        fallbacks = tuple(index for index in left if arms.names[index] != pin.path)
        exclusions |= {arms.names[index]: pin.reason for index in fallbacks}
        return Eligible(among, fallbacks, exclusions, note)

    def before_fork(self) -> None:
        """Wait until nothing is being changed."""
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; the child keeps what was said before."""
        self._lock.release()

    def _living(self, now_s: float) -> list[Restriction]:
        return [r for r in self.restrictions if r.until_s > now_s]

    def _set(self, restrictions: Sequence[Restriction]) -> None:
        self.restrictions = tuple(restrictions)
        self._has_warned = False

    def _drop_ended(self, now_s: float) -> None:
        with self._lock:
            self.restrictions = tuple(self._living(now_s))

    def _warn(self, bucket: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            _log.warning("every path is banned in bucket %r; the bans are ignored", bucket)


def _is_pin_of(restriction: Restriction, scope: Scope) -> bool:
    return restriction.kind is Kind.PINNED and restriction.scope == scope


def _is_ban_of(restriction: Restriction, path: str, scope: Scope) -> bool:
    is_ban = restriction.kind is Kind.BANNED
    return is_ban and restriction.path == path and restriction.scope == scope


def _lasting(bans: Sequence[Restriction]) -> dict[str, Restriction]:
    """Return per path the ban that lasts longest: the one to wait for."""
    return {ban.path: ban for ban in sorted(bans, key=lambda ban: ban.until_s)}


def end_of(until: object, now_s: float) -> datetime | None:
    """Return when a pin or a ban ends.

    Args:
        until: A timedelta from now, a datetime with a time zone, or None for no end.
        now_s: Now, in seconds since 1970.

    Raises:
        ConfigurationError: If it is neither, has no time zone, or is past; the message says what
            to write.
    """
    if until is None:
        return None
    now = datetime.fromtimestamp(now_s, tz=UTC)
    if isinstance(until, timedelta):
        if until <= timedelta(0):
            raise ConfigurationError(f"until must be a time after now, got {until!r}.")
        try:
            return now + until
        except OverflowError:
            raise ConfigurationError(
                f"until={until!r} is further than dates go. Leave it out for one without an end."
            ) from None
    if not isinstance(until, datetime):
        meant = f": write timedelta(seconds={until!r})" if isinstance(until, int | float) else ""
        raise ConfigurationError(
            "until must be a timedelta such as timedelta(hours=2), or a datetime with a time "
            f"zone, got {until!r}{meant}."
        )
    if until.tzinfo is None or until.utcoffset() is None:
        raise ConfigurationError(
            f"until={until!r} has no time zone. Write datetime(..., tzinfo=UTC), or a timedelta."
        )
    if until <= now:
        raise ConfigurationError(f"until must be a time after now ({now}), got {until}.")
    return until.astimezone(UTC)
