"""Evidence on a Redis or Valkey server."""

import secrets
import struct
from collections.abc import Callable, Sequence
from typing import Any

from armwise.bandit.decay import HalfLife, check_half_life
from armwise.errors import StoreRefusedError, StoreUnavailableError
from armwise.storage.base import (
    SLICES,
    Finding,
    Record,
    ReportStatus,
    check_same_half_life,
    split_goal,
    stored_goal,
)
from armwise.storage.goal import GoalEvidence
from armwise.storage.redis.connecting import Client, Word
from armwise.storage.redis.evidence import epoch_field, fields, read_evidence
from armwise.storage.redis.examining import examined
from armwise.storage.redis.keys import (
    MAX_AGE_MS,
    SHARD_FIELDS,
    Clock,
    GoalKeys,
    clock_named,
    goal_keys,
    tenant_key,
)
from armwise.storage.redis.records import MOST_AT_ONCE, answers, packed
from armwise.storage.redis.tidying import tidied
from armwise.storage.redis.url import parse_url

_MOST_CLOCKS = 5
"""Times that a call meets another clock than it was told a moment ago, before it gives up."""

_MOST_REBASES = 50
"""Times that a goal's evidence is computed anew because somebody has reported meanwhile."""

_MOST_SLICES = 4 * SLICES
"""Slices per goal whose levels are remembered: all that are accepted, and some more."""

_VERSION_STEPS = 1 << 16
"""A version grows by a random step, so that a replica which was promoted before the last writes
had reached it does not repeat the master's versions."""


class RedisStore:
    """A ``Store`` on one server, in a cluster, or where sentinels say that the master is.

    Nothing is connected until the first call. Every call waits at most as long as the address
    says, tries nothing twice, and may be made again: what was counted is answered with DUPLICATE.
    Safe to use from several threads, and after a fork.

    Args:
        url: As ``parse_url`` reads it, such as "redis://localhost:6379/0".
        clock: Seconds since 1970; replaced in tests. None, the default, takes the server's, which
            is the same for all.

    Raises:
        ConfigurationError: If the URL cannot be used.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] | None = None) -> None:
        self.address = parse_url(url)
        self._client = Client(self.address)
        self._time = clock
        self._clocks: dict[str, Clock] = {}
        self._levels: dict[str, dict[str, int]] = {}
        self._listed: dict[str, int] = {}

    @property
    def connections(self) -> int:
        """How many connections were made so far; see ``Client.connections``."""
        return self._client.connections

    def ping(self) -> None:
        """Ask the server for an answer.

        Raises:
            StoreError: If there is none.
        """
        self._client.call("PING", key=self._probe_key)

    def declare(self, goal_id: str, half_life: HalfLife) -> HalfLife:
        """Say how fast a goal's evidence is to fade; see ``Store.declare``."""
        wanted = Clock(check_half_life(half_life))
        name = self._client.run("declare", [goal_keys(goal_id).meta], [wanted.name])
        self._clocks[goal_id] = clock_named(name.decode())
        self._list(goal_id)
        return self._clocks[goal_id].half_life

    def apply(self, goal_id: str, records: Sequence[Record]) -> list[ReportStatus]:
        """Count records; see ``Store.apply``.

        At most 100 go into one script, which counts all of them or none. Of a longer call a first
        part may have been counted when the rest fails; made again, it is answered with DUPLICATE.
        """
        statuses: list[ReportStatus] = []
        for start in range(0, len(records), MOST_AT_ONCE):
            statuses += self._apply(goal_id, records[start : start + MOST_AT_ONCE])
        self._list(goal_id)
        return statuses

    def read(self, goal_id: str, unless: int | None = None) -> GoalEvidence | None:
        """Return all evidence of a goal; see ``Store.read``."""
        held = "" if unless is None else str(unless)
        clock, answer = self._run("read", goal_id, lambda _: ([], [held]))
        if answer is None:
            return None if unless == 0 else GoalEvidence(None)
        if not isinstance(answer, list):
            return None
        try:
            return read_evidence(int(answer[0]), clock, answer[1])
        except (ValueError, struct.error) as error:
            raise StoreRefusedError(
                f"{self.address}: the evidence of goal {goal_id!r} is damaged ({error}): somebody "
                "writes to keys that begin with 'armwise:'. Remove what is foreign in "
                f"{goal_keys(goal_id).evidence(clock)}."
            ) from error

    def open_epoch(self, goal_id: str, bucket: str, path: str, epoch: int) -> None:
        """Begin an arm anew; see ``Store.open_epoch``."""
        field = epoch_field(bucket, path)
        self._run("open_epoch", goal_id, lambda _: ([], [_step(), field, epoch]))
        self._list(goal_id)

    def goals(self, namespace: str = "") -> list[str]:
        """Return the goals of a tenant; see ``Portable.goals``."""
        flat = self._client.run("command", [tenant_key(namespace, "goals")], ["HGETALL"])
        return sorted(stored_goal(namespace, name.decode()) for name in flat[::2])

    def absorb(self, goal_id: str, evidence: GoalEvidence, once: str) -> bool:
        """Add another store's evidence, once; see ``Portable.absorb``."""
        parts = fields(evidence)
        words: list[Word] = [_step(), once, *map(len, parts)]
        words += [word for part in parts for field in part for word in field]

        def arguments(clock: Clock) -> tuple[list[str], list[Word]]:
            check_same_half_life(clock.half_life, evidence.half_life)
            return [], words

        if goal_id not in self._clocks:
            self.read(goal_id)
        is_new = bool(self._run("absorb", goal_id, arguments)[1])
        self._list(goal_id)
        return is_new

    def change_half_life(self, goal_id: str, half_life: HalfLife) -> None:
        """Let a goal fade by another clock from now on; see ``Portable.change_half_life``."""
        check_half_life(half_life)
        for _ in range(_MOST_REBASES):
            if self._rebase(goal_id, half_life):
                self._list(goal_id)
                return
        raise StoreUnavailableError(
            f"{self.address}: outcomes arrive faster than the evidence of this goal can be "
            "recomputed; change the half-life while less is going on."
        )

    def signing_keys(self, namespace: str, fresh: bytes) -> list[bytes]:
        """Return the keys of a tenant; see ``Keyring.signing_keys``."""
        flat = self._client.run("sign", [tenant_key(namespace, "keys")], [fresh, ""])
        numbers = dict(zip(flat[::2], map(int, flat[1::2]), strict=True))
        return sorted(numbers, key=numbers.__getitem__, reverse=True)

    def add_signing_key(self, namespace: str, key: bytes) -> None:
        """Sign with another key from now on; see ``Keyring.add_signing_key``."""
        self._client.run("sign", [tenant_key(namespace, "keys")], [key, "1"])

    def tidy(self, goal_id: str) -> int:
        """Drop what no report needs any more; see ``Tidied.tidy``."""
        self.read(goal_id)  # for the clock in force
        clock = self._clocks.get(goal_id, Clock())
        return tidied(self._client, goal_keys(goal_id), clock, self._now_ms())

    def examine(self) -> list[Finding]:
        """Write and remove a probe, and look at the settings; see ``Probed.examine``."""
        return examined(self._client, self._probe_key)

    def close(self) -> None:
        """Let go of the connections; see ``Store.close``."""
        self._client.close()

    @property
    def _probe_key(self) -> str:
        return tenant_key(self.address.tenant, "probe")

    def _now_ms(self) -> int | str:
        """Return the test's time, "" for the server's."""
        return "" if self._time is None else int(self._time() * 1000)

    def _apply(self, goal_id: str, records: Sequence[Record]) -> list[ReportStatus]:
        keys = goal_keys(goal_id)

        def arguments(clock: Clock) -> tuple[list[str], list[Word]]:
            shards, words = packed(records, keys, clock, levels)
            head: list[Word] = [self._now_ms(), MAX_AGE_MS, SHARD_FIELDS, _step()]
            return [keys.slices, *shards], [*head, *words]

        while True:
            levels = self._levels.get(goal_id, {})
            answer = self._run("apply", goal_id, arguments)[1]
            if not isinstance(answer, list):
                return answers(answer)
            full = {name.decode() for name in answer[1:]}
            grown = {name: levels.get(name, 1) + 1 for name in full}
            # Replaced, not changed: other threads read it. Slices that have expired drop out.
            self._levels[goal_id] = {**dict(list(levels.items())[-_MOST_SLICES:]), **grown}

    def _run(
        self,
        name: str,
        goal_id: str,
        arguments: Callable[[Clock], tuple[list[str], list[Word]]],
    ) -> tuple[Clock, Any]:
        """Run a script of a goal by the clock in force; return this clock and the answer.

        Args:
            name: Of the script. It answers with {clock} if another one is in force.
            goal_id: The goal.
            arguments: Returns keys after meta and evidence, and arguments after the clock.
        """
        keys = goal_keys(goal_id)
        for _ in range(_MOST_CLOCKS):
            clock = self._clocks.get(goal_id, Clock())
            more_keys, words = arguments(clock)
            answer = self._client.run(
                name, [keys.meta, keys.evidence(clock), *more_keys], [clock.name, *words]
            )
            if not isinstance(answer, list) or len(answer) != 1:
                return clock, answer
            self._clocks[goal_id] = clock_named(answer[0].decode())
        raise StoreUnavailableError(
            f"{self.address}: the half-life of this goal changes while it is used; try again."
        )

    def _rebase(self, goal_id: str, half_life: HalfLife) -> bool:
        """Replace the evidence by its present weight, unless it changes meanwhile."""
        before = self.read(goal_id) or GoalEvidence(None)
        clock = self._clocks.get(goal_id, Clock())
        if clock.half_life != before.half_life:
            return False
        now_ms = self._now_ms() or self._server_ms()
        after = fields(before.rebased(half_life, None, int(now_ms)))
        wanted = Clock(half_life, clock.generation + 1)
        keys: GoalKeys = goal_keys(goal_id)
        words: list[Word] = [clock.name, before.version, wanted.name, self._now_ms(), _step()]
        words += [word for part in after for field in part for word in field]
        hashes = [keys.meta, keys.evidence(clock), keys.evidence(wanted)]
        answer = self._client.run("rebase", hashes, words)
        if isinstance(answer, list):
            self._clocks[goal_id] = clock_named(answer[0].decode())
            return False
        if answer:
            self._clocks[goal_id] = wanted
        return bool(answer)

    def _server_ms(self) -> int:
        seconds, microseconds = self._client.call("TIME", key=self._probe_key)
        return int(seconds) * 1000 + int(microseconds) // 1000

    def _list(self, goal_id: str) -> None:
        """Enter a goal into its tenant's list: once, and again after a new connection.

        The list lies in another slot than the goal, so it cannot be written by the same script;
        and a server that was started anew may have lost it. After the call that it belongs to, so
        that a connection which that call made is noticed.
        """
        connections = self._client.connections
        if self._listed.get(goal_id) == connections:
            return
        tenant, goal = split_goal(goal_id)
        self._client.run("command", [tenant_key(tenant, "goals")], ["HSET", goal, 1])
        self._listed[goal_id] = self._client.connections


def _step() -> int:
    return secrets.randbelow(_VERSION_STEPS) + 1
