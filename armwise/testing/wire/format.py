"""What a wire format has to be able to do, and what several of them need for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NamedTuple, Protocol, cast

from armwise.testing.wire.reply import Answering, ChatRequest, Piece, Reply

LIMIT_TOKENS = 8192
"""The context window that played models name when a prompt is too long for them."""


class Address(Protocol):
    """What of an HTTP request is not its body."""

    @property
    def model(self) -> str:
        """The model's name in the URL, "" where it is in the body."""
        ...

    @property
    def action(self) -> str:
        """The last part of the URL, such as "generateContent"."""
        ...


class Refusal(NamedTuple):
    """An error as it goes over the wire."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]


class WireFormat(Protocol):
    """One provider's way to write requests, replies, streams and errors. Only values, no I/O.

    Attributes:
        name: What ``ChatRequest.wire`` says.
        stream_type: The content type of a stream.
    """

    name: ClassVar[str]
    stream_type: ClassVar[str]

    def read(
        self, address: Address, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> ChatRequest:
        """Return the request that a body holds.

        Raises:
            ValueError: If something is missing; its message is sent with the refusal.
        """
        ...

    def whole(self, answering: Answering) -> dict[str, Any]:
        """Return the body of an answer that is not streamed."""
        ...

    def stream(self, answering: Answering) -> Iterator[Piece]:
        """Yield the stream's bytes, usage included."""
        ...

    def error(self, reply: Reply) -> Refusal:
        """Return an error in the provider's own words, and with its own status for it."""
        ...

    def failure(self, refusal: Refusal) -> bytes:
        """Return what a stream says when the error comes in the middle of it."""
        ...


def server_sent(event: object, name: str | None = None) -> bytes:
    """Return one server-sent event; a string is sent as it is."""
    data = event if isinstance(event, str) else json.dumps(event)
    head = "" if name is None else f"event: {name}\n"
    return f"{head}data: {data}\n\n".encode()


def json_object(raw: bytes) -> dict[str, Any]:
    """Return the JSON object that a body holds.

    Raises:
        ValueError: If it holds none.
    """
    body: object = json.loads(raw)  # its error is a ValueError too
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004 - one kind of refusal
    return cast("dict[str, Any]", body)


def list_in(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Return a required list of a body.

    Raises:
        ValueError: If it is missing or no list.
    """
    value = body.get(name)
    if not isinstance(value, list):
        raise ValueError(f"you must provide a list of {name}")  # noqa: TRY004 - one kind of refusal
    return cast("list[dict[str, Any]]", value)


def name_in(body: Mapping[str, Any]) -> str:
    """Return the model's name of a body.

    Raises:
        ValueError: If it is missing or no string.
    """
    model = body.get("model")
    if not isinstance(model, str):
        raise ValueError("you must provide a model parameter")  # noqa: TRY004 - one kind of refusal
    return model
