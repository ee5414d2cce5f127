"""The Router: completion, reports, and what it can tell about itself."""

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal, overload

from armwise.adapters import Adapter
from armwise.bandit import CheapestWithin, Complexity, FourSignals, Objective
from armwise.bandit.decay import DEFAULT_HALF_LIFE, HalfLife, check_half_life
from armwise.bandit.models import BeliefModel, Hierarchical, default_model
from armwise.engine import (
    Decision,
    Engine,
    Escalate,
    LocalStore,
    Mode,
    Path,
    PathPrices,
    SpendCap,
    check_name,
    check_timeout,
    escalation,
    parse_paths,
    wants_of,
)
from armwise.events import Event
from armwise.router.arguments import (
    as_adapter,
    check_escalation,
    check_flag,
    check_model,
    check_objective,
    check_plugins,
    check_prices,
    check_seed,
    opened_store,
    signer_of,
    silence,
)
from armwise.router.calling import Calling
from armwise.router.checks import Checks, build_check
from armwise.router.doctoring import Doctoring
from armwise.router.modes import Modes, plan_of
from armwise.router.operating import Operating
from armwise.router.recording import Recorder
from armwise.router.reporting import Reporting
from armwise.router.shadowing import Shadows

DEFAULT_TIMEOUT_S = 600.0
"""Deadline of a request over all its attempts: what OpenAI's own client waits for one."""


class Router(Calling, Reporting, Operating, Modes, Doctoring):
    """Sends each request to the cheapest path that is good enough, and learns which that is.

    One Router serves one goal. It may be shared by threads, asyncio tasks and forked children.

    Args:
        paths: Model names, dicts such as ``{"model": "openai/gpt-4o", "weight": 0.3}``, or
            ``Path``; at least one.
        goal_id: What the requests are for, such as "extract_company"; 1 to 255 bytes. Beliefs
            are kept per goal.
        success_when: How success shows in the answer itself: an expression such as
            ``"finish_reason == 'stop'"``, a callable of the response, a JSON schema, a Pydantic
            model, or a check of ``armwise.router.checks``; or a list of them, or a dict of them by
            name, all of which have to pass. None: outcomes are only learned when you report them,
            or from the schema of a call.
        check_response_format: Check answers against the schema that the call's
            ``response_format`` demands, beside ``success_when`` or without it. Without it only
            if ``on_timeout`` gives silence no meaning.
        objective: The rule that chooses; default ``CheapestWithin(0.02)``.
        beliefs: How evidence becomes belief, and what buckets learn from each other
            (``armwise.bandit.models``); default ``default_model(objective)``. ``Independent()`` is
            plain Thompson sampling per bucket.
        store: Where evidence lives: "memory://", "sqlite:///armwise.db" for the processes of one
            machine, "redis://host:6379/0" for many machines, or a store from ``open_store``;
            default ``ARMWISE_STORE``, else memory.
        adapter: How providers are called; default LiteLLM. Any callable that takes and returns what
            OpenAI's client does will do, such as ``client.chat.completions.create``.
        complexity: Sorts requests into levels; default the four signals of
            ``armwise.bandit.complexity``.
        escalate: After a failed check try another path, as long as that is worth its cost: the
            most attempts per request, or ``Escalate(max_attempts, success_value_usd, deadline_s)``.
            None: the first answer is the answer. Streams are never tried again.
        max_spend_usd: Most that this goal may spend per period, in US dollars, over all workers
            that share its store: judges, streams and retries included, whether or not outcomes are
            reported. Once it is reached, requests are refused before any call. What is in flight
            then is still paid. None: no cap.
        per: The period: "hour", "day" or "month", which begin by the clock in UTC.
        mode: "apply" serves what was chosen. "observe" decides and learns but serves
            ``default_path``: the safe first day in production. "shadow" serves it too, and calls
            the chosen path beside it. "canary" serves what was chosen to a share of the requests.
            See docs/howto/roll-out.md.
        default_path: Name of the path that is served where the choice is not; in every mode but
            "apply".
        canary_share: Share of the requests that "canary" serves what was chosen, above 0 and below
            1.
        shadow_share: Share of the requests for which "shadow" calls the chosen path too, of those
            where it is another one; above 0 and up to 1. These calls cost money.
        guard_margin: "canary" goes back to the default path for all requests once what was chosen
            is surely more than this much worse, as a difference of success rates; see ``resume``.
        detect_changes: Begin a path anew in a bucket where its success rate breaks.
        half_life: After how long an outcome weighs half, so that a path which is no longer played
            is tried again some day: ``Outcomes(n)``, counted per bucket, a ``timedelta``, or None
            to keep everything. Default ``Outcomes(1150)``: see docs/explanation/beliefs.md. The
            goal's first declaration in a store holds.
        on_timeout: What a request means about which no outcome became known within
            ``outcome_timeout``: "ignore" (nothing), "failure", or a score from 0 to 1. It is
            counted under revision 0, so a later report replaces it.
        outcome_timeout: How long an outcome is awaited, a timedelta.
        decision_log: File that every decision and outcome is appended to, one line each, without
            any text of prompts or answers: what ``armwise evaluate`` reads. None: no file.
        delivery: How outcomes reach a store that is opened by its URL. "background": reports
            return at once, a thread delivers them. "sync": every report waits for the store and
            raises what is wrong with it; for scripts and serverless functions.
        timeout_s: Deadline of one request over all its attempts, in seconds; None: none.
        seed: Makes the decisions of a run repeatable, for tests.
        namespace: Keeps evidence and request ids of one tenant apart from those of another.
        on_event: Called with every event (``armwise.events``); what it raises is counted.

    Raises:
        ConfigurationError: If an argument cannot be used; the message says what to write.
    """

    def __init__(
        self,
        paths: Iterable[str | Mapping[str, Any] | Path],
        goal_id: str,
        *,
        success_when: object = None,
        check_response_format: bool = True,
        objective: Objective | None = None,
        beliefs: BeliefModel | None = None,
        store: str | LocalStore | None = None,
        adapter: Adapter | Callable[..., Any] | None = None,
        complexity: Complexity | None = None,
        escalate: int | Escalate | None = None,
        max_spend_usd: float | None = None,
        per: Literal["hour", "day", "month"] = "day",
        mode: Mode = "apply",
        default_path: str | None = None,
        canary_share: float = 0.05,
        shadow_share: float = 1.0,
        guard_margin: float = 0.02,
        detect_changes: bool = True,
        half_life: HalfLife = DEFAULT_HALF_LIFE,
        on_timeout: Literal["ignore", "failure"] | float = "ignore",
        outcome_timeout: timedelta | None = None,
        decision_log: str | os.PathLike[str] | None = None,
        delivery: Literal["background", "sync"] = "background",
        timeout_s: float | None = DEFAULT_TIMEOUT_S,
        seed: int | None = None,
        namespace: str = "",
        on_event: Callable[[Event], object] | None = None,
    ) -> None:
        parsed = parse_paths(paths)
        check_name(goal_id, "goal_id")
        if namespace != "":
            check_name(namespace, "namespace")
        check_timeout(timeout_s)
        check_seed(seed)
        check_plugins(complexity, on_event)
        check_flag("detect_changes", detect_changes)
        check_flag("check_response_format", check_response_format)
        check_objective(objective)
        check_model(beliefs)
        self._timeout_s = timeout_s
        self._adapter = as_adapter(adapter)
        self._is_loaded = False
        self._store = opened_store(store, delivery)
        self._is_store_mine = store is None or isinstance(store, str)
        plan = plan_of(
            parsed,
            mode,
            default_path,
            canary_share=canary_share,
            shadow_share=shadow_share,
            guard_margin=guard_margin,
        )
        self._escalate = escalation(
            escalate, objective, max((p.timeout_s for p in parsed if p.timeout_s), default=None)
        )
        check_escalation(
            self._escalate,
            is_checked=success_when is not None or check_response_format,
            mode=plan.mode,
        )
        prices = PathPrices(parsed, self._adapter.info)
        cap = None if max_spend_usd is None else SpendCap(max_spend_usd, per)
        check_prices(objective, self._escalate, cap, prices.unknown)
        rule = objective or CheapestWithin()
        waits = silence(on_timeout, outcome_timeout)
        self._engine = Engine(
            goal_id,
            parsed,
            objective=rule,
            store=self._store,
            prices=prices,
            model=beliefs or (default_model(rule) if self._escalate is None else Hierarchical()),
            escalate=self._escalate,
            cap=cap,
            complexity=complexity or FourSignals(),
            signer=signer_of(self._store, namespace),
            namespace=namespace,
            plan=plan,
            detect_changes=detect_changes,
            half_life=check_half_life(half_life),
            silence=waits,
            decision_log=decision_log,
            seed=None if seed is None else int(seed),
            clock=time.time,
            on_event=on_event,
        )
        # Where silence has a meaning, a schema alone must not break it.
        takes_format = check_response_format and (success_when is not None or waits is None)
        checks = Checks(build_check(success_when), takes_format=takes_format)
        self._recorder = Recorder(self._engine, checks, self._adapter.info)
        self._shadows = Shadows(self._engine, self._recorder, self._adapter)

    @overload
    def completion(
        self,
        messages: Sequence[Any],
        *,
        task_type: str | None = None,
        return_request_id: Literal[False] = False,
        timeout_s: float | None = None,
        stream: bool = False,
        **params: Any,
    ) -> Any: ...

    @overload
    def completion(
        self,
        messages: Sequence[Any],
        *,
        task_type: str | None = None,
        return_request_id: Literal[True],
        timeout_s: float | None = None,
        stream: bool = False,
        **params: Any,
    ) -> tuple[Any, str]: ...

    def completion(
        self,
        messages: Sequence[Any],
        *,
        task_type: str | None = None,
        return_request_id: bool = False,
        timeout_s: float | None = None,
        stream: bool = False,
        **params: Any,
    ) -> Any:
        """Answer a request by the cheapest path that is good enough.

        Args:
            messages: Messages in any form of the OpenAI chat API, passed on untouched.
            task_type: The kind of task, such as "extraction": the strongest hint there is to
                which model suffices. At most 64 different ones per goal. None is "general".
            return_request_id: Return ``(response, request_id)``.
            timeout_s: Deadline over all attempts, in seconds; None: the Router's.
            stream: Return a ``Stream`` of chunks; its ``request_id`` is known at once.
            **params: Parameters for the provider (temperature, tools, ...). They override a
                path's own ``params``. Six names are wishes for this request and stay here
                (``armwise.engine.Wants``): ``require={"vision"}`` and ``exclude={"a path"}``;
                ``max_cost_usd`` and ``max_latency_s``, the most that it may be expected to cost
                and to take; ``context={"tenant": "acme"}``; and ``session_id``.

        Returns:
            An OpenAI-shaped response, whatever the provider.

        Raises:
            InvalidMessagesError: If the messages are not messages.
            NoEligiblePathError: If no path may be called; it says why of each.
            SpendExceededError: If the goal has spent what ``max_spend_usd`` allows.
            AllPathsFailedError: If every path ended in a provider's error.
            Exception: A provider's error that every path would share, such as a bad request.
        """
        flow = self._flow("chat", messages, task_type, timeout_s, params, stream=stream)
        return self._serve(flow, is_stream=stream, with_id=return_request_id)

    @overload
    async def acompletion(
        self,
        messages: Sequence[Any],
        *,
        task_type: str | None = None,
        return_request_id: Literal[False] = False,
        timeout_s: float | None = None,
        stream: bool = False,
        **params: Any,
    ) -> Any: ...

    @overload
    async def acompletion(
        self,
        messages: Sequence[Any],
        *,
        task_type: str | None = None,
        return_request_id: Literal[True],
        timeout_s: float | None = None,
        stream: bool = False,
        **params: Any,
    ) -> tuple[Any, str]: ...

    async def acompletion(
        self,
        messages: Sequence[Any],
        *,
        task_type: str | None = None,
        return_request_id: bool = False,
        timeout_s: float | None = None,
        stream: bool = False,
        **params: Any,
    ) -> Any:
        """Answer a request without blocking the event loop; see ``completion``."""
        flow = self._flow("chat", messages, task_type, timeout_s, params, stream=stream)
        return await self._aserve(flow, is_stream=stream, with_id=return_request_id)

    def decide(
        self, messages: Sequence[Any], *, task_type: str | None = None, **params: Any
    ) -> Decision:
        """Choose a path without calling it. Nothing is written anywhere.

        Call ``decision.model`` yourself and report under ``decision.request_id``.

        Args:
            messages: Messages in any form of the OpenAI chat API.
            task_type: As in ``completion``.
            **params: As in ``completion``: what the call will be made with, and wishes.
        """
        wants, params = wants_of(params)
        decision = self._engine.decide(messages, task_type, params, wants=wants)
        self._engine.expect(decision)
        return decision

    def warmup(self) -> None:
        """Load what the first request would load (LiteLLM takes about 3 s), without a call."""
        self._load()
        self._engine.warmup()

    async def awarmup(self) -> None:
        """Load what the first request would load, in a thread."""
        await asyncio.to_thread(self.warmup)
