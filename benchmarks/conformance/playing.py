"""Plays one cell of the matrix through a Router, the real LiteLLM and a local server."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from armwise import Router
from armwise.bandit.models import Independent
from armwise.engine import ArmStats
from armwise.events import Attempted, Event
from armwise.testing import ChatRequest, LoopbackServer, Reply
from benchmarks.conformance.cases import PROMPT, Fault, Feature, Mode, Provider

TRIED, NEXT = "tried", "next"
"""The path under test, and the one to move on to."""

NEXT_TEXT = "The next path answers."
NOBODY = "http://127.0.0.1:9"
_NEXT_MODEL = "next-model"


@dataclass(slots=True)
class Seen:
    """What became of one request.

    Attributes:
        text: What was answered, "" for nothing.
        calls: Names and arguments of the tool calls.
        finish_reason: Why it ended.
        request_id: The id that came with the answer, None if an error was raised.
        error: The error that the caller got.
        arm: What was counted of the path under test.
        next_arm: What was counted of the path that was moved on to.
        events: The events, in order.
        sent: How many HTTP requests the path under test cost.
        body: The body of the first of them, as JSON.
        wire: The wire format it came in.
    """

    text: str = ""
    calls: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])
    finish_reason: str | None = None
    request_id: str | None = None
    error: Exception | None = None
    arm: ArmStats | None = None
    next_arm: ArmStats | None = None
    events: list[Event] = field(default_factory=list[Event])
    sent: int = 0
    body: str = ""
    wire: str = ""

    @property
    def kind(self) -> str | None:
        """What the first attempt was counted as."""
        attempts = [event for event in self.events if isinstance(event, Attempted)]
        return attempts[0].fault if attempts else None


class Stage:
    """A server that plays all providers, and an event loop; both are used by every cell."""

    def __init__(self) -> None:
        self._reply = Reply()
        self._server = LoopbackServer(self._play)
        self._loop = asyncio.Runner()

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.close()
        self._server.close()

    def feature(self, provider: Provider, mode: Mode, feature: Feature) -> Seen:
        """Ask for one feature of one provider."""
        self._reply = feature.reply
        path = self._server.path(provider.model, name=TRIED)
        return self._ask(self._with_next(path), mode, feature.content, dict(feature.params))

    def fault(self, provider: Provider, mode: Mode, fault: Fault) -> Seen:
        """Ask a provider that fails."""
        self._reply = fault.reply or Reply()
        path = self._server.path(provider.model, name=TRIED, timeout_s=fault.timeout_s)
        if fault.reply is None:
            params = path["params"].items()
            url = self._server.url
            path["params"] = {key: value.replace(url, NOBODY) for key, value in params}
        return self._ask(self._with_next(path), mode, PROMPT, {})

    def fault_alone(self, provider: Provider, mode: Mode, fault: Fault) -> Seen:
        """Ask a provider that fails, with no other path to move on to."""
        self._reply = fault.reply or Reply()
        path = self._server.path(provider.model, name=TRIED)
        return self._ask([path], mode, PROMPT, {})

    def _play(self, request: ChatRequest) -> Reply:
        return Reply(text=NEXT_TEXT) if request.model == _NEXT_MODEL else self._reply

    def _with_next(self, path: dict[str, Any]) -> list[dict[str, Any]]:
        return [path, self._server.path(f"openai/{_NEXT_MODEL}", name=NEXT)]

    def _ask(
        self, paths: list[dict[str, Any]], mode: Mode, content: Any, params: dict[str, Any]
    ) -> Seen:
        seen = Seen()
        router = Router(
            paths=paths,
            goal_id="conformance",
            success_when="finish_reason in ('stop', 'tool_calls')",
            beliefs=Independent(),  # the choice is pinned; a quick one will do
            half_life=None,  # so that counts are whole
            timeout_s=20,
            on_event=seen.events.append,
        )
        router.pin(TRIED)
        asked = {"messages": [{"role": "user", "content": content}], **params}
        already = len(self._server.requests)
        try:
            if mode.is_async:
                self._loop.run(_aread(router, seen, asked, is_stream=mode.is_stream))
            else:
                _read(router, seen, asked, is_stream=mode.is_stream)
        except Exception as error:  # noqa: BLE001 - what the caller gets is what is looked at
            seen.error = error
        mine = [r for r in self._server.requests[already:] if r.model != _NEXT_MODEL]
        _count(router, seen, mine)
        return seen


def _read(router: Router, seen: Seen, asked: dict[str, Any], *, is_stream: bool) -> None:
    if not is_stream:
        response, seen.request_id = router.completion(**asked, return_request_id=True)
        _take_message(seen, response)
        return
    stream = router.completion(**asked, stream=True)
    seen.request_id = stream.request_id
    for chunk in stream:
        _take_chunk(seen, chunk)


async def _aread(router: Router, seen: Seen, asked: dict[str, Any], *, is_stream: bool) -> None:
    if not is_stream:
        response, seen.request_id = await router.acompletion(**asked, return_request_id=True)
        _take_message(seen, response)
        return
    stream = await router.acompletion(**asked, stream=True)
    seen.request_id = stream.request_id
    async for chunk in stream:
        _take_chunk(seen, chunk)


def _take_message(seen: Seen, response: Any) -> None:
    choice = response.choices[0]
    seen.text, seen.finish_reason = choice.message.content or "", choice.finish_reason
    for call in choice.message.tool_calls or ():
        seen.calls.append((call.function.name, json.loads(call.function.arguments)))


def _take_chunk(seen: Seen, chunk: Any) -> None:
    for choice in chunk.choices:
        seen.text += choice.delta.content or ""
        seen.finish_reason = choice.finish_reason or seen.finish_reason
        for call in choice.delta.tool_calls or ():
            if call.function.name:
                seen.calls.append((call.function.name, ""))
            name, arguments = seen.calls[-1]
            seen.calls[-1] = (name, arguments + (call.function.arguments or ""))


def _count(router: Router, seen: Seen, mine: list[ChatRequest]) -> None:
    seen.calls = [
        (name, json.loads(arguments) if isinstance(arguments, str) else arguments)
        for name, arguments in seen.calls
    ]
    for bucket in router.stats().buckets.values():
        seen.arm, seen.next_arm = bucket.get(TRIED), bucket.get(NEXT)
    seen.sent = len(mine)
    if mine:
        seen.body, seen.wire = json.dumps(mine[0].body), mine[0].wire
    router.close()
