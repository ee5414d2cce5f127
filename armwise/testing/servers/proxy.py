"""A network between client and server that can be made bad."""

import contextlib
import socket
import struct
import threading
import time
from typing import Self

_CHUNK = 65_536
_POLL_S = 0.05


class FaultyProxy:
    """Passes bytes on to a server, unless it is told not to.

    Args:
        port: Port of the server on 127.0.0.1.

    Attributes:
        port: Port of the proxy on 127.0.0.1.
        delay_s: Seconds by which every reply is late.
        is_black_hole: Nothing arrives in either direction, and nobody is told.
        drops_replies: Requests arrive, replies are lost.
        keeps_bytes: Whether what passes is kept in ``seen``.
        seen: What has passed in both directions, in the order in which it came.
        lost_replies: How many pieces of a reply were lost so far.
    """

    def __init__(self, port: int) -> None:
        self.delay_s = 0.0
        self.is_black_hole = False
        self.drops_replies = False
        self.keeps_bytes = False
        self.seen = bytearray()
        self.lost_replies = 0
        self._server_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        threading.Thread(target=self._accept, name="armwise-proxy", daemon=True).start()

    @property
    def url(self) -> str:
        """The URL of a store behind this proxy."""
        return f"redis://127.0.0.1:{self.port}/0"

    def heal(self) -> None:
        """Make the network good again."""
        self.delay_s = 0.0
        self.is_black_hole = self.drops_replies = False

    def reset(self) -> None:
        """Cut every connection with a TCP reset."""
        with self._lock:
            cut, self._open = self._open, set()
        for connection in cut:
            with contextlib.suppress(OSError):
                # Lingering for 0 s sends a reset instead of an orderly end.
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
            connection.close()

    def close(self) -> None:
        """Cut everything and stop listening."""
        self._closing.set()
        self._listener.close()
        self.reset()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._server_port), timeout=1.0)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            with self._lock:
                self._open |= {client, server}
            for source, target, is_reply in ((client, server, False), (server, client, True)):
                threading.Thread(
                    target=self._pump, args=(source, target, is_reply), daemon=True
                ).start()

    def _pump(self, source: socket.socket, target: socket.socket, is_reply: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                while self.is_black_hole and not self._closing.is_set():
                    time.sleep(_POLL_S)
                if self.keeps_bytes:
                    self.seen += data
                if is_reply and self.drops_replies:
                    self.lost_replies += 1
                    continue
                if is_reply and self.delay_s:
                    time.sleep(self.delay_s)
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
            with self._lock:
                self._open.discard(end)
