"""Calls beside chats: text completions, embeddings and the Responses API, routed the same way."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from armwise.adapters import Adapter, Kind, messages_of
from armwise.engine import Decision, Engine, Escalate, check_timeout, refuse_owned_params, wants_of
from armwise.errors import ConfigurationError
from armwise.router.attempts import Flow, adrive, attempts, drive
from armwise.router.recording import Recorder
from armwise.router.request import Request
from armwise.router.route import Climb, Ranked, Route
from armwise.router.shadowing import Shadows
from armwise.router.streams import AsyncStream, Stream


class Calling:
    """How a Router calls, and its calls beside ``completion``.

    They are decided, tried, checked, counted and reported like chats. ``task_type``,
    ``return_request_id``, ``timeout_s`` and the wishes of a request (``require=``, ``exclude=``,
    ``max_cost_usd=``, ``max_latency_s=``, ``context=``, ``session_id=``) mean what they mean for
    ``completion``, and so do the errors. The level of a request is that of its prompt or input. A
    goal's beliefs do not tell kinds of calls apart, so give each kind a Router of its own.
    """

    _engine: Engine
    _adapter: Adapter
    _recorder: Recorder
    _shadows: Shadows
    _timeout_s: float | None
    _is_loaded: bool
    _escalate: Escalate | None

    def text(
        self,
        prompt: str | Sequence[Any],
        *,
        task_type: str | None = None,
        return_request_id: bool = False,
        timeout_s: float | None = None,
        stream: bool = False,
        **params: Any,
    ) -> Any:
        """Let a text go on (OpenAI's older "completions").

        Args:
            prompt: The text; a list of them is answered by one choice each.
            task_type: The kind of task.
            return_request_id: Return ``(response, request_id)``.
            timeout_s: Deadline over all attempts, in seconds; None: the Router's.
            stream: Return a ``Stream`` of chunks.
            **params: Parameters for the provider.

        Returns:
            A response whose ``choices[0].text`` is the answer, whatever the provider.

        Raises:
            InvalidMessagesError: If the prompt is neither a text nor a list.
        """
        flow = self._flow("text", prompt, task_type, timeout_s, params, stream=stream)
        return self._serve(flow, is_stream=stream, with_id=return_request_id)

    async def atext(
        self,
        prompt: str | Sequence[Any],
        *,
        task_type: str | None = None,
        return_request_id: bool = False,
        timeout_s: float | None = None,
        stream: bool = False,
        **params: Any,
    ) -> Any:
        """Let a text go on without blocking the event loop; see ``text``."""
        flow = self._flow("text", prompt, task_type, timeout_s, params, stream=stream)
        return await self._aserve(flow, is_stream=stream, with_id=return_request_id)

    def embedding(
        self,
        input: str | Sequence[Any],  # noqa: A002 - OpenAI's and LiteLLM's name
        *,
        task_type: str | None = None,
        return_request_id: bool = False,
        timeout_s: float | None = None,
        **params: Any,
    ) -> Any:
        """Return vectors of texts.

        Vectors of different models cannot be compared with each other. Route embeddings among
        deployments of one model, or where the vectors are used up at once.

        Args:
            input: A text or a list of them.
            task_type: The kind of task.
            return_request_id: Return ``(response, request_id)``.
            timeout_s: Deadline over all attempts, in seconds; None: the Router's.
            **params: Parameters for the provider, such as ``dimensions``.

        Returns:
            A response with one entry of ``data`` per input.

        Raises:
            InvalidMessagesError: If the input is neither a text nor a list.
            ConfigurationError: If a path's model is known to be no embedding model.
        """
        flow = self._flow("embedding", input, task_type, timeout_s, params, stream=False)
        return self._serve(flow, is_stream=False, with_id=return_request_id)

    async def aembedding(
        self,
        input: str | Sequence[Any],  # noqa: A002 - OpenAI's and LiteLLM's name
        *,
        task_type: str | None = None,
        return_request_id: bool = False,
        timeout_s: float | None = None,
        **params: Any,
    ) -> Any:
        """Return vectors of texts without blocking the event loop; see ``embedding``."""
        flow = self._flow("embedding", input, task_type, timeout_s, params, stream=False)
        return await self._aserve(flow, is_stream=False, with_id=return_request_id)

    def responses(
        self,
        input: str | Sequence[Any],  # noqa: A002 - OpenAI's and LiteLLM's name
        *,
        task_type: str | None = None,
        return_request_id: bool = False,
        timeout_s: float | None = None,
        stream: bool = False,
        **params: Any,
    ) -> Any:
        """Answer through OpenAI's Responses API; LiteLLM translates it for other providers.

        ``previous_response_id`` is known only to the provider that gave it: pin its path, or send
        the whole conversation.

        Args:
            input: A text or a list of items.
            task_type: The kind of task.
            return_request_id: Return ``(response, request_id)``.
            timeout_s: Deadline over all attempts, in seconds; None: the Router's.
            stream: Return a ``Stream`` of events.
            **params: Parameters for the provider, such as ``instructions`` or ``tools``.

        Returns:
            A response with ``output``, whatever the provider.

        Raises:
            InvalidMessagesError: If the input is neither a text nor a list.
        """
        flow = self._flow("responses", input, task_type, timeout_s, params, stream=stream)
        return self._serve(flow, is_stream=stream, with_id=return_request_id)

    async def aresponses(
        self,
        input: str | Sequence[Any],  # noqa: A002 - OpenAI's and LiteLLM's name
        *,
        task_type: str | None = None,
        return_request_id: bool = False,
        timeout_s: float | None = None,
        stream: bool = False,
        **params: Any,
    ) -> Any:
        """Answer through the Responses API without blocking the event loop; see ``responses``."""
        flow = self._flow("responses", input, task_type, timeout_s, params, stream=stream)
        return await self._aserve(flow, is_stream=stream, with_id=return_request_id)

    def _flow(
        self,
        kind: Kind,
        asked: Any,
        task_type: str | None,
        timeout_s: float | None,
        params: dict[str, Any],
        *,
        stream: bool,
    ) -> Flow:
        wants, params = wants_of(params)
        refuse_owned_params(params, "a call")
        check_timeout(timeout_s)
        messages = asked if kind == "chat" else messages_of(kind, asked)
        attempts_left = 1 if stream else None
        hints = _hints(kind, params)
        decision = self._engine.decide(messages, task_type, hints, attempts_left, wants)
        if kind == "embedding":
            for name in decision.ranking:
                self._refuse_other_kind(name, self._engine.roster.known[name].model)
        request = Request(
            decision,
            self._route(decision, stream=stream),
            messages,
            params,
            self._timeout_s if timeout_s is None else timeout_s,
            stream,
            not decision.serving.is_followed,
            kind,
            None if kind == "chat" else asked,
            None if self._escalate is None else self._escalate.deadline_s,
        )
        flow = attempts(request, self._recorder, self._adapter.info)
        return self._shadows.beside(flow, request) if decision.serving.is_shadowed else flow

    def _route(self, decision: Decision, *, stream: bool) -> Route:
        """Return how a request goes through its paths."""
        known = self._engine.roster.known
        if not decision.serving.is_followed:
            return Ranked([known[decision.path]])
        if self._escalate is None:
            return Ranked([known[name] for name in decision.ranking])
        return Climb(self._engine, decision, 1 if stream else self._escalate.max_attempts)

    def _refuse_other_kind(self, name: str, model: str) -> None:
        mode = self._adapter.info(model).mode
        if mode not in (None, "embedding"):
            raise ConfigurationError(
                f"embedding() needs embedding models on every path, but path {name!r} is a "
                f"{mode} model ({model}). Make a Router of its own for embeddings, with paths "
                'such as "openai/text-embedding-3-small".'
            )

    def _serve(self, flow: Flow, *, is_stream: bool, with_id: bool) -> Any:
        self._load()
        attempt, response = drive(flow, self._adapter)
        if is_stream:
            response = Stream(response, attempt, self._recorder, self._adapter)
        return (response, attempt.request_id) if with_id else response

    async def _aserve(self, flow: Flow, *, is_stream: bool, with_id: bool) -> Any:
        if not self._is_loaded:
            await asyncio.to_thread(self._load)  # importing here would stop the loop for 3 s
        attempt, response = await adrive(flow, self._adapter)
        if is_stream:
            response = AsyncStream(response, attempt, self._recorder, self._adapter)
        return (response, attempt.request_id) if with_id else response

    def _load(self) -> None:
        """Load the adapter before any clock runs: an import is no latency, and no deadline's."""
        if not self._is_loaded:
            self._adapter.warmup()
            self._is_loaded = True


def _hints(kind: Kind, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what tells the level of a call: the Responses API has its own name for a format."""
    text = params.get("text") if kind == "responses" else None
    wanted = text.get("format") if isinstance(text, Mapping) else None
    return params if wanted is None else {**params, "response_format": wanted}
