"""A cluster of server processes, put together without any other tool."""

import time
from pathlib import Path
from typing import Any, Self

from armwise.testing.servers.server import RedisServer

_SLOTS = 16_384
_READY_WITHIN_S = 40.0


class RedisCluster:
    """Masters that share the hash slots, some of them with a replica.

    Args:
        masters: How many, from 3.
        replicas: How many of the masters have one replica each.
        binary: The program; found by ``find_server`` if it is not given.
        node_timeout_ms: Silence after which a node is taken for dead.
    """

    def __init__(
        self,
        masters: int = 3,
        replicas: int = 0,
        *,
        binary: Path | None = None,
        node_timeout_ms: int = 1_000,
    ) -> None:
        options = ("--cluster-enabled", "yes", "--cluster-node-timeout", str(node_timeout_ms))
        nodes = [RedisServer(*options, binary=binary) for _ in range(masters + replicas)]
        self.masters = nodes[:masters]
        self.replicas = nodes[masters:]

    @property
    def nodes(self) -> list[RedisServer]:
        """All nodes, masters first."""
        return [*self.masters, *self.replicas]

    @property
    def url(self) -> str:
        """The URL of a store in this cluster."""
        hosts = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        return f"redis+cluster://{hosts}"

    def slots_of(self, number: int) -> range:
        """Return the slots that a master was given."""
        count = len(self.masters)
        return range(_SLOTS * number // count, _SLOTS * (number + 1) // count)

    def start(self) -> Self:
        """Start the nodes and join them; return when every node sees the cluster as whole."""
        try:
            for node in self.nodes:
                node.start()
            clients = [node.client() for node in self.nodes]
            self._join(clients)
            for client in clients:
                client.close()
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """End all nodes."""
        for node in self.nodes:
            node.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _join(self, clients: list[Any]) -> None:
        for number, client in enumerate(clients):
            if number < len(self.masters):
                client.execute_command("CLUSTER ADDSLOTS", *self.slots_of(number))
            client.execute_command("CLUSTER SET-CONFIG-EPOCH", number + 1)
        for node in self.nodes[1:]:
            clients[0].execute_command("CLUSTER MEET", "127.0.0.1", node.port)
        _wait(lambda: all(len(_known(client)) == len(clients) for client in clients))
        for number, client in enumerate(clients[len(self.masters) :]):
            master = clients[number].execute_command("CLUSTER MYID")
            client.execute_command("CLUSTER REPLICATE", master)
        _wait(lambda: all(_is_whole(client) for client in clients))
        replicas = clients[len(self.masters) :]
        _wait(lambda: all(_is_synced(client) for client in replicas))


def _known(client: Any) -> dict[str, Any]:
    known: dict[str, Any] = client.execute_command("CLUSTER NODES")
    return {name: node for name, node in known.items() if "handshake" not in node["flags"]}


def _is_whole(client: Any) -> bool:
    state = client.execute_command("CLUSTER INFO")
    return bool(state["cluster_state"] == "ok" and state["cluster_slots_ok"] == str(_SLOTS))


def _is_synced(client: Any) -> bool:
    return bool(client.info("replication").get("master_link_status") == "up")


def _wait(condition: Any) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"the cluster was not ready within {_READY_WITHIN_S:.0f} s")
        time.sleep(0.05)
