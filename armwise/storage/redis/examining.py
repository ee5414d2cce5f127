"""Looks at a server: is it fast enough, and set so that evidence stays?"""

import time
from collections.abc import Callable
from typing import Any

from armwise.errors import StoreRefusedError
from armwise.storage.base import Finding
from armwise.storage.redis.connecting import Client
from armwise.storage.redis.url import Address

_PROBES = 5
_SLOW_MS = 20.0
"""A guess: reports travel in the background, so this only says that the server is far or busy."""

_OLDEST = (6, 2)
"""The oldest version that the tests were run against."""


def examined(client: Client, probe_key: str) -> list[Finding]:
    """Return what was found.

    Args:
        client: Asks.
        probe_key: Where the probe record is written.

    Raises:
        StoreUnavailableError: If the server does not answer.
    """
    findings = [_probe(client, probe_key), _transport(client.address)]
    try:
        info: dict[str, Any] = client.call("INFO", key=probe_key)
    except StoreRefusedError:
        findings.append(
            Finding(
                "settings",
                "not shown",
                "the user may not call INFO: allow +info to have eviction, persistence and "
                "replication looked at.",
            )
        )
        return findings
    return [*findings, *(look(info) for look in _LOOKS)]


def _probe(client: Client, key: str) -> Finding:
    """Write, read and remove a record; time it."""
    taken_ms: list[float] = []
    try:
        for number in range(_PROBES):
            start = time.perf_counter()
            client.run("command", [key], ["HSET", "probe", number])
            held = client.run("command", [key], ["HGET", "probe"])
            client.run("command", [key], ["UNLINK"])
            taken_ms.append((time.perf_counter() - start) * 1000 / 3)
            if held != b"%d" % number:
                return Finding("probe", f"wrote {number}, read {held!r}", "", is_fatal=True)
    except StoreRefusedError as error:
        return Finding("probe", "refused", str(error), is_fatal=True)
    middle = sorted(taken_ms)[len(taken_ms) // 2]
    slow = "it is far away or busy; decisions do not wait for it." if middle > _SLOW_MS else ""
    return Finding("probe", f"{middle:.2f} ms per call", slow)


def _transport(address: Address) -> Finding:
    if address.tls:
        return Finding("transport", "TLS")
    if address.is_local:
        return Finding("transport", "plain, on this machine")
    if address.password:
        return Finding(
            "transport",
            "plain",
            "the password crosses the network unencrypted: write rediss:// and let the server "
            "speak TLS.",
        )
    return Finding(
        "transport", "plain", "without TLS and password anybody on the network can change evidence."
    )


def _version(info: dict[str, Any]) -> Finding:
    """Return which server it is."""
    version = str(info.get("valkey_version") or info.get("redis_version", "unknown"))
    name = str(info.get("server_name", "redis"))
    parts = tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
    old = f"older than {_OLDEST[0]}.{_OLDEST[1]}: not tested." if parts < _OLDEST else ""
    return Finding("version", f"{name} {version}", old)


def _eviction(info: dict[str, Any]) -> Finding:
    """Return whether the server may throw evidence away."""
    policy = str(info.get("maxmemory_policy", "unknown"))
    if policy.startswith("allkeys"):
        return Finding(
            "eviction",
            policy,
            "when memory is full the server deletes evidence and dedupe records, and outcomes "
            "count twice: set maxmemory-policy to noeviction or volatile-lru.",
            is_fatal=True,
        )
    return Finding("eviction", policy)


def _memory(info: dict[str, Any]) -> Finding:
    """Return how much memory is left."""
    used, most = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    if not most:
        return Finding(
            "memory",
            f"{used / 1e6:.1f} MB used, no limit",
            "without maxmemory the operating system ends the server when memory is full.",
        )
    full = "nearly full: soon outcomes are refused." if used > 0.9 * most else ""
    return Finding("memory", f"{used / 1e6:.1f} of {most / 1e6:.1f} MB used", full)


def _persistence(info: dict[str, Any]) -> Finding:
    """Return what survives a crash of the server."""
    if int(info.get("aof_enabled", 0)):
        is_written = info.get("aof_last_write_status") == "ok"
        failing = "" if is_written else "the last write failed: look at the server's disk."
        return Finding("persistence", "append-only file", failing, is_fatal=not is_written)
    if info.get("rdb_last_bgsave_status") != "ok":
        return Finding(
            "persistence", "snapshots", "the last one failed: look at the server's disk.", True
        )
    if int(info.get("rdb_saves", info.get("rdb_last_bgsave_time_sec", -1))) > 0:
        return Finding(
            "persistence",
            "snapshots",
            "a crash loses what came after the last one: set appendonly yes, appendfsync everysec.",
        )
    return Finding(
        "persistence",
        "none seen",
        "a restart may lose all evidence: set appendonly yes, appendfsync everysec.",
    )


def _replication(info: dict[str, Any]) -> Finding:
    """Return whether a second server holds the evidence too."""
    if info.get("role") == "slave":
        return Finding(
            "replication", "a replica", "it takes no outcomes: name the master.", is_fatal=True
        )
    replicas = int(info.get("connected_slaves", 0))
    if not replicas:
        return Finding("replication", "no replica")
    if "min_slaves_good_slaves" in info:
        return Finding("replication", f"{replicas} replicas, writes need one")
    return Finding(
        "replication",
        f"{replicas} replicas",
        "a master that is cut off goes on taking outcomes that are lost when a replica takes over: "
        "set min-replicas-to-write 1 and min-replicas-max-lag 5.",
    )


_LOOKS: tuple[Callable[[dict[str, Any]], Finding], ...] = (
    _version,
    _eviction,
    _memory,
    _persistence,
    _replication,
)
