"""One keep-alive connection to the local server: requests in, replies, streams and errors out."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol

from armwise.testing.wire import Answering, Behaviour, ChatRequest, Reply, Target, target_of
from armwise.testing.wire.format import json_object
from armwise.testing.wire.ollama import SHOWN
from armwise.testing.wire.openai import openai_error


class Playing(Protocol):
    """What a connection needs of its server.

    Attributes:
        named: The played models that have a name.
        requests: Where requests are remembered.
        numbers: Makes the ids of answers.
    """

    named: Mapping[str, Behaviour]
    requests: deque[ChatRequest]
    numbers: Iterator[int]

    def reply_to(self, request: ChatRequest) -> Reply:
        """Return what the named model answers."""
        ...

    def pause(self, seconds: float) -> None:
        """Wait, unless the server is being closed."""
        ...


class Connection(BaseHTTPRequestHandler):
    """One keep-alive connection: requests in, replies out."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Playing  # type: ignore[assignment] # pyright: ignore[reportIncompatibleVariableOverride] - it is the only one

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
