"""A server on 127.0.0.1 that plays models, for tests and demonstrations.

>>> with LoopbackServer({"cheap": fixed("Paris")}) as server:
...     server.api_base.startswith("http://127.0.0.1:")
True

It speaks the wire formats of OpenAI, Azure, Anthropic, Gemini, Ollama and Bedrock over keep-alive
HTTP/1.1, streams included, and needs no key. What a model answers is a function of the request,
so a test decides about texts, tool calls, token counts, errors, latency and cut connections.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import sys
import threading
from collections import deque
from collections.abc import Mapping
from itertools import count
from typing import Any, Self

from armwise.errors import ConfigurationError
from armwise.testing.loopback_connection import Connection
from armwise.testing.wire import (
    Behaviour,
    ChatRequest,
    Reply,
    fixed,
)
from armwise.testing.wire.connecting import params_for

__all__ = ["Behaviour", "ChatRequest", "LoopbackServer", "Reply", "fixed"]

_CLOSE_TIMEOUT_S = 5.0


class LoopbackServer:
    """A server of all wire formats for this process and its children.

    Point an OpenAI-compatible client at ``api_base``, others at ``url``; ``path`` gives what a
    Router needs. The key does not matter. One thread serves each connection, so that 64 clients
    and more are answered side by side.

    Args:
        models: A behaviour per model name, or one behaviour that plays every model.
            A name that is missing from the mapping is answered with 404.
        keep_requests: How many requests ``requests`` remembers; the oldest go first.

    Raises:
        ConfigurationError: If a value of ``models`` is not a callable.
    """

    def __init__(
        self, models: Mapping[str, Behaviour] | Behaviour, *, keep_requests: int = 10_000
    ) -> None:
        named, default = ({}, models) if callable(models) else (dict(models), None)
        for name, behaviour in named.items():
            if not callable(behaviour):
                raise ConfigurationError(
                    f"the played model {name!r} must be a callable that takes a ChatRequest, "
                    f'not {behaviour!r}; for a constant answer write fixed("text")'
                )
        self._tcp = _Server(named, default, keep_requests)
        self._acceptor: threading.Thread | None = None

    @property
    def api_base(self) -> str:
        """The base URL for clients, for example ``http://127.0.0.1:40123/v1``."""
        return f"{self.url}/v1"

    @property
    def url(self) -> str:
        """The server's address, without the path that a provider's clients add."""
        return f"http://127.0.0.1:{self._tcp.server_address[1]}"

    def path(self, model: str, **fields: Any) -> dict[str, Any]:
        """Return a path for ``Router(paths=[...])`` that LiteLLM sends to this server.

        Args:
            model: As LiteLLM names it, such as "anthropic/claude-sonnet-4-5".
            **fields: Further fields of the path; its ``params`` go before the server's own.

        Raises:
            ConfigurationError: If the provider's wire format is not played here.
        """
        params = params_for(model, self.url) | fields.pop("params", {})
        return {"model": model, "params": params, **fields}

    @property
    def requests(self) -> list[ChatRequest]:
        """The requests received so far, oldest first, unknown models included."""
        return list(self._tcp.requests)

    def start(self) -> Self:
        """Begin to answer; entering the context does this.

        Returns:
            The server itself.
        """
        if self._acceptor is None:
            self._acceptor = threading.Thread(
                target=self._tcp.serve_forever, args=(0.05,), name="armwise-loopback", daemon=True
            )
            self._acceptor.start()
        return self

    def close(self) -> None:
        """Cut all connections and wait for every thread to end; a second call does nothing."""
        if self._tcp.closing.is_set():
            return
        self._tcp.closing.set()
        if self._acceptor is not None:
            self._tcp.shutdown()
            self._acceptor.join(_CLOSE_TIMEOUT_S)
        self._tcp.server_close()
        self._tcp.cut_connections()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(socketserver.ThreadingTCPServer):
    """The listening socket, its connections, and the models behind them.

    ``http.server.HTTPServer`` would look up the host's name in the DNS; this does not.
    """

    daemon_threads = True
    block_on_close = False  # threads are joined by ``cut_connections``, which first wakes them
    request_queue_size = 256

    def __init__(
        self, named: Mapping[str, Behaviour], default: Behaviour | None, keep_requests: int
    ) -> None:
        self.named = named
        self.default = default
        self.requests: deque[ChatRequest] = deque(maxlen=keep_requests)
        self.numbers = count(1)
        self.closing = threading.Event()
        self._open: dict[Any, threading.Thread] = {}
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Connection)

    def reply_to(self, request: ChatRequest) -> Reply:
        """Return what the named model answers, an error if there is none or it raises."""
        behaviour = self.named.get(request.model, self.default)
        if behaviour is None:
            text = f"The model `{request.model}` does not exist or you do not have access to it."
            return Reply(status=404, text=text, error_code="model_not_found")
        try:
            return behaviour(request)
        except Exception as error:  # noqa: BLE001 - the client is told what the played model raised
            text = f"The played model raised {type(error).__name__}: {error}"
            return Reply(status=500, text=text)

    def pause(self, seconds: float) -> None:
        """Wait, unless the server is being closed."""
        if seconds > 0 and self.closing.wait(seconds):
            raise ConnectionAbortedError("the server is closing")

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection in a thread of its own."""
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            name="armwise-loopback-connection",
            daemon=True,
        )
        with self._lock:
            self._open[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        """Close one connection and forget it."""
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report a failure, unless the client merely went away."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def cut_connections(self) -> None:
        """Wake every thread that waits on a socket, and wait for it to end."""
        with self._lock:
            threads = dict(self._open)
        for connection in threads:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads.values():
            thread.join(_CLOSE_TIMEOUT_S)
