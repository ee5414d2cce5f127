"""A master with a replica, watched by sentinels that promote the replica when the master dies."""

import contextlib
import time
from pathlib import Path
from typing import Self

from armwise.testing.servers.server import RedisServer

SERVICE = "mymaster"
_READY_WITHIN_S = 30.0


class RedisSentinels:
    """One master, one replica, three sentinels.

    Args:
        binary: The program; found by ``find_server`` if it is not given.
        down_after_ms: Silence after which a sentinel takes the master for dead.
    """

    def __init__(self, *, binary: Path | None = None, down_after_ms: int = 300) -> None:
        self._binary = binary
        self._down_after_ms = down_after_ms
        self.servers = [RedisServer(binary=binary)]
        self.sentinels: list[RedisServer] = []

    @property
    def url(self) -> str:
        """The URL of a store in the service that the sentinels watch."""
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{hosts}/{SERVICE}/0"

    @property
    def master(self) -> RedisServer:
        """The server that was the master at the start."""
        return self.servers[0]

    def start(self) -> Self:
        """Start everything; return when all sentinels see each other and the replica."""
        try:
            self.master.start()
            replica = RedisServer(
                "--replicaof", "127.0.0.1", str(self.master.port), binary=self._binary
            )
            self.servers.append(replica)
            replica.start()
            for _ in range(3):
                sentinel = RedisServer("--sentinel", binary=self._binary, config=self._config())
                self.sentinels.append(sentinel)
                sentinel.start()
            self._wait()
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """End all processes."""
        for server in [*self.sentinels, *self.servers]:
            server.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _config(self) -> list[str]:
        return [
            f"sentinel monitor {SERVICE} 127.0.0.1 {self.master.port} 2",
            f"sentinel down-after-milliseconds {SERVICE} {self._down_after_ms}",
            f"sentinel failover-timeout {SERVICE} 3000",
        ]

    def _wait(self) -> None:
        import redis

        deadline = time.monotonic() + _READY_WITHIN_S
        for sentinel in self.sentinels:
            client = sentinel.client()
            while True:
                with contextlib.suppress(redis.RedisError):
                    state = client.sentinel_masters()[SERVICE]
                    if state["num-other-sentinels"] == 2 and state["num-slaves"] == 1:  # noqa: PLR2004 - three in all
                        break
                if time.monotonic() > deadline:
                    raise RuntimeError(f"the sentinels do not see each other:\n{sentinel.log}")
                time.sleep(0.05)
            client.close()
