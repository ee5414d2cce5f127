"""OpenAI's Responses API, and Azure's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, cast

from armwise.testing.wire.format import Address, Refusal, name_in, server_sent
from armwise.testing.wire.openai import openai_error
from armwise.testing.wire.reply import Answering, ChatRequest, Piece, Reply, calls_of, halves, words

_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}


class OpenAIResponses:
    """Responses, whole or as named server-sent events."""

    name: ClassVar[str] = "openai"
    stream_type: ClassVar[str] = "text/event-stream"

    def read(
        self, address: Address, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> ChatRequest:
        """Return the request; see ``WireFormat.read``."""
        asked: object = body.get("input")
        items = [{"role": "user", "content": asked}] if isinstance(asked, str) else asked
        if not isinstance(items, list) or not items:
            raise ValueError("you must provide input: a text or a list of items")
        instructions = body.get("instructions")
        head = [{"role": "system", "content": instructions}] if instructions else []
        messages = head + cast("list[dict[str, Any]]", items)
        wire = "azure" if address.model else self.name
        is_stream = bool(body.get("stream"))
        return ChatRequest(name_in(body), messages, body, headers, wire, "responses", is_stream)

    def whole(self, answering: Answering) -> dict[str, Any]:
        """Return the response; see ``WireFormat.whole``."""
        return _response(answering, _items(answering), is_done=True)

    def stream(self, answering: Answering) -> Iterator[Piece]:
        """Yield the events; the last holds the whole response."""
        numbers = iter(range(1_000_000))

        def event(kind: str, *, has_content: bool = False, **fields: Any) -> Piece:
            body = {"type": kind, "sequence_number": next(numbers), **fields}
            return Piece(server_sent(body, kind), has_content)

        opening = _response(answering, [], is_done=False)
        yield event("response.created", response=opening)
        items = _items(answering)
        for index, item in enumerate(items):
            begun = {**item, "status": "in_progress"}
            is_message = item["type"] == "message"
            empty: dict[str, Any] = {"content": []} if is_message else {"arguments": ""}
            yield event("response.output_item.added", output_index=index, item=begun | empty)
            place = {"item_id": item["id"], "output_index": index}
            if is_message:
                kind, parts = "response.output_text.delta", words(answering.reply.text)
                place |= {"content_index": 0, "logprobs": []}
            else:
                kind, parts = "response.function_call_arguments.delta", halves(item["arguments"])
            for part in parts:
                yield event(kind, has_content=True, delta=part, **place)
            yield event("response.output_item.done", output_index=index, item=item)
        whole = _response(answering, items, is_done=True)
        yield event(f"response.{whole['status']}", response=whole)

    def error(self, reply: Reply) -> Refusal:
        """Return OpenAI's error object; see ``WireFormat.error``."""
        return Refusal(reply.status, openai_error(reply), {})

    def failure(self, refusal: Refusal) -> bytes:
        """Return the error as one more event; see ``WireFormat.failure``."""
        error = refusal.body["error"]
        said = {key: error[key] for key in ("code", "message", "param")}
        return server_sent({"type": "error", "sequence_number": 0, **said}, "error")


def _items(answering: Answering) -> list[dict[str, Any]]:
    reply = answering.reply
    said = {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}
    message = {
        "type": "message",
        "id": f"msg_{answering.number}",
        "role": "assistant",
        "status": "completed",
        "content": [said],
    }
    calls = [
        {
            "type": "function_call",
            "id": f"fc_{call.id}",
            "call_id": call.id,
            "name": call.name,
            "arguments": call.arguments,
            "status": "completed",
        }
        for call in calls_of(reply)
    ]
    return ([message] if reply.text or not calls else []) + calls


def _response(
    answering: Answering, items: list[dict[str, Any]], *, is_done: bool
) -> dict[str, Any]:
    request, reply = answering.request, answering.reply
    cause = _INCOMPLETE.get(reply.finish_reason)
    ended = "completed" if cause is None else "incomplete"
    sent, received = answering.input_tokens, answering.output_tokens
    usage = {
        "input_tokens": sent,
        "input_tokens_details": {"cached_tokens": reply.cached_tokens},
        "output_tokens": received,
        "output_tokens_details": {"reasoning_tokens": reply.reasoning_tokens},
        "total_tokens": sent + received,
    }
    return {
        "id": f"resp_{answering.number}",
        "object": "response",
        "created_at": answering.created,
        "status": ended if is_done else "in_progress",
        "incomplete_details": {"reason": cause} if is_done and cause else None,
        "error": None,
        "model": request.model,
        "output": items,
        "instructions": request.body.get("instructions"),
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": request.body.get("tools") or [],
        "top_p": 1.0,
        "usage": usage if is_done else None,
    }
