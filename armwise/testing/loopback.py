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
import json
import socket
import socketserver
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from itertools import count
from typing import Any, Self

from armwise.errors import ConfigurationError
from armwise.testing.wire import (
    Answering,
    Behaviour,
    ChatRequest,
    Reply,
    Target,
    fixed,
    target_of,
)
from armwise.testing.wire.connecting import params_for
from armwise.testing.wire.format import json_object
from armwise.testing.wire.ollama import SHOWN
from armwise.testing.wire.openai import openai_error

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
        """Answer one request in the format that its URL speaks."""
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path == "/api/show":
            self._send_json(200, SHOWN, {})
            return
        target = target_of(self.path)
        if target is None:
            self._refuse(f"Unknown URL: POST {self.path}")
            return
        try:
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = target.wire.read(target, json_object(raw), headers)
        except (ValueError, LookupError, AttributeError, TypeError) as error:
            self._send_error(target, Reply(status=400, text=f"Invalid request: {error}"))
            return
        self.server.requests.append(request)
        reply = self.server.reply_to(request)
        self.server.pause(reply.latency_s)
        answering = Answering(request, reply, next(self.server.numbers), int(time.time()))
        comes_later = request.stream and reply.fails_after_chunks is not None
        if reply.is_error and not comes_later:
            self._send_error(target, reply)
        elif request.stream:
            self._send_stream(target, answering)
        else:
            cut = reply.cut_after_chunks is not None
            self._send_json(reply.status, target.wire.whole(answering), reply.headers, is_cut=cut)

    def do_GET(self) -> None:
        """List the models that have a name; everything else is unknown."""
        if self.path.partition("?")[0] != "/v1/models":
            self._refuse(f"Unknown URL: GET {self.path}")
            return
        listed = [
            {"id": name, "object": "model", "created": 0, "owned_by": "loopback"}
            for name in self.server.named
        ]
        self._send_json(200, {"object": "list", "data": listed}, {})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base
        """Stay silent: tests and demonstrations read stderr."""

    def _refuse(self, text: str) -> None:
        self._send_json(404, openai_error(Reply(status=404, text=text)), {})

    def _send_error(self, target: Target, reply: Reply) -> None:
        status, body, headers = target.wire.error(reply)
        self._send_json(status, body, {**headers, **reply.headers})

    def _send_json(
        self, status: int, value: object, headers: Mapping[str, str], *, is_cut: bool = False
    ) -> None:
        body = json.dumps(value).encode()
        head = self._head(status, "application/json", headers, len(body))
        if is_cut:
            self.close_connection = True
            body = body[: len(body) // 2]
        self.wfile.write(head + body)

    def _send_stream(self, target: Target, answering: Answering) -> None:
        """Write one HTTP chunk per event, so that a client which leaves is noticed."""
        reply = answering.reply
        status = 200 if reply.is_error else reply.status
        pending = self._head(status, target.wire.stream_type, reply.headers, None)
        sent = 0
        for piece in target.wire.stream(answering):
            if piece.has_content and sent == reply.fails_after_chunks:
                said = target.wire.failure(target.wire.error(replace(reply, text="")))
                self.wfile.write(pending + _http_chunk(said) + b"0\r\n\r\n")
                return
            if piece.has_content and sent == reply.cut_after_chunks:
                self.wfile.write(pending + (b"0\r\n\r\n" if reply.is_cut_quietly else b""))
                self.close_connection = True
                return
            sent += piece.has_content
            pending += _http_chunk(piece.data)
            if piece.has_content:
                self.wfile.write(pending)
                pending = b""
                self.server.pause(reply.chunk_latency_s)
        self.wfile.write(pending + b"0\r\n\r\n")

    def _head(
        self, status: int, content_type: str, extra: Mapping[str, str], length: int | None
    ) -> bytes:
        size = "transfer-encoding: chunked" if length is None else f"content-length: {length}"
        lines = [
            f"HTTP/1.1 {status} {_phrase(status)}",
            f"content-type: {content_type}",
            size,
            *(f"{name}: {value}" for name, value in extra.items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # 529 is Anthropic's own
        return "Overloaded"


def _http_chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"
