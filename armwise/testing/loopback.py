"""A chat-completions server on 127.0.0.1 that plays models, for tests and demonstrations.

>>> with LoopbackServer({"cheap": fixed("Paris")}) as server:
...     server.api_base.startswith("http://127.0.0.1:")
True

It speaks OpenAI's wire format over keep-alive HTTP/1.1, streams included, and needs no key.
What a model answers is a function of the request, so a test decides about texts, token
counts, errors, latency and cut connections.
"""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any, Self

from armwise.errors import ConfigurationError
from armwise.testing.chat_format import (
    Behaviour,
    ChatRequest,
    Reply,
    completion_body,
    error_body,
    fixed,
    parse_request,
    stream_bodies,
)

__all__ = ["Behaviour", "ChatRequest", "LoopbackServer", "Reply", "fixed"]

_CLOSE_TIMEOUT_S = 5.0


class LoopbackServer:
    """An OpenAI-compatible server for this process and its children.

    Point any client at ``api_base``; the key does not matter. One thread serves each
    connection, so that 64 clients and more are answered side by side.

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
        return f"http://127.0.0.1:{self._tcp.server_address[1]}/v1"

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
        super().__init__(("127.0.0.1", 0), _Connection)

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


class _Connection(BaseHTTPRequestHandler):
    """One keep-alive connection: requests in, replies out."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride] - it is the only one

    def do_POST(self) -> None:
        """Answer one chat-completions request."""
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path.partition("?")[0] != "/v1/chat/completions":
            self._send_error_reply(Reply(status=404, text=f"Unknown URL: POST {self.path}"))
            return
        try:
            request = parse_request(raw, dict(self.headers.items()))
        except ValueError as error:
            self._send_error_reply(Reply(status=400, text=f"Invalid request: {error}"))
            return
        self.server.requests.append(request)
        reply = self.server.reply_to(request)
        self.server.pause(reply.latency_s)
        if reply.status >= HTTPStatus.BAD_REQUEST:
            self._send_error_reply(reply)
        elif request.body.get("stream"):
            self._send_stream(request, reply)
        else:
            self._send_completion(request, reply)

    def do_GET(self) -> None:
        """List the models that have a name; everything else is unknown."""
        if self.path.partition("?")[0] != "/v1/models":
            self._send_error_reply(Reply(status=404, text=f"Unknown URL: GET {self.path}"))
            return
        listed = [
            {"id": name, "object": "model", "created": 0, "owned_by": "loopback"}
            for name in self.server.named
        ]
        body = json.dumps({"object": "list", "data": listed}).encode()
        self.wfile.write(self._head(200, "application/json", {}, len(body)) + body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base
        """Stay silent: tests and demonstrations read stderr."""

    def _send_completion(self, request: ChatRequest, reply: Reply) -> None:
        number, now = next(self.server.numbers), int(time.time())
        body = json.dumps(completion_body(request, reply, number, now)).encode()
        head = self._head(reply.status, "application/json", reply.headers, len(body))
        if reply.cut_after_chunks is not None:
            self.close_connection = True
            body = body[: len(body) // 2]
        self.wfile.write(head + body)

    def _send_error_reply(self, reply: Reply) -> None:
        body = json.dumps(error_body(reply)).encode()
        head = self._head(reply.status, "application/json", reply.headers, len(body))
        self.wfile.write(head + body)

    def _send_stream(self, request: ChatRequest, reply: Reply) -> None:
        """Write one HTTP chunk per event, so that a client which leaves is noticed."""
        number, now = next(self.server.numbers), int(time.time())
        pending = self._head(reply.status, "text/event-stream", reply.headers, None)
        sent = 0
        for has_content, body in stream_bodies(request, reply, number, now):
            if has_content and sent == reply.cut_after_chunks:
                self.wfile.write(pending)
                self.close_connection = True
                return
            sent += has_content
            pending += _http_chunk(json.dumps(body))
            if has_content:
                self.wfile.write(pending)
                pending = b""
                self.server.pause(reply.chunk_latency_s)
        self.wfile.write(pending + _http_chunk("[DONE]") + b"0\r\n\r\n")

    def _head(
        self, status: int, content_type: str, extra: Mapping[str, str], length: int | None
    ) -> bytes:
        size = "transfer-encoding: chunked" if length is None else f"content-length: {length}"
        lines = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            f"content-type: {content_type}",
            size,
            *(f"{name}: {value}" for name, value in extra.items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _http_chunk(event: str) -> bytes:
    data = f"data: {event}\n\n".encode()
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"
