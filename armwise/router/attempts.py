"""The way of one request through its paths: call, move on after a provider's error, check, record.

Written once for both worlds. The flow is a generator that yields what has to be waited for, a
call or a check, and is resumed with the result; ``drive`` waits by blocking, ``adrive`` by
awaiting.
"""

import asyncio
import math
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from armwise.adapters import Adapter, Call, Fault, ModelInfo, Usage, classify, usage_of
from armwise.bandit import stored_score
from armwise.engine import Decision, Engine, Path
from armwise.errors import AllPathsFailedError
from armwise.events import Attempted, CheckRaised, PathFaulted
from armwise.router.checks import Answer, Check, Verdict, ajudge, judge
from armwise.storage import CallFacts


@dataclass(frozen=True, slots=True)
class Judgement:
    """A check that has to be run on an answer."""

    check: Check
    answer: Answer


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one path for one request.

    Args:
        decision: The request's decision.
        path: The path that is called.
        number: Position of the attempt in the request, from 0.
        call: What is asked of the adapter.
        started_s: ``time.perf_counter()`` at its start.
    """

    decision: Decision
    path: Path
    number: int
    call: Call
    started_s: float

    @property
    def request_id(self) -> str:
        """The signed id of this attempt."""
        return self.decision.sign(self.path.name, self.number)


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller asked for.

    Args:
        decision: The choice of paths.
        order: Paths to try, in this order.
        messages: The messages, passed on untouched.
        params: Parameters of this call; they override a path's own.
        timeout_s: Deadline over all attempts, in seconds; None: none.
        stream: The answer is wanted in chunks.
        is_observing: Only the default path is called, and its error is raised as it is.
    """

    decision: Decision
    order: Sequence[Path]
    messages: Sequence[Any]
    params: Mapping[str, Any]
    timeout_s: float | None
    stream: bool
    is_observing: bool = False


Served = tuple[Attempt, Any]
"""The attempt that was answered, and its response or open stream."""

Flow = Generator[Call | Judgement, Any, Served]


class Recorder:
    """Counts what became of attempts, and runs the automatic check.

    Args:
        engine: Where attempts are counted.
        check: The automatic check, None if outcomes are only reported.
    """

    def __init__(self, engine: Engine, check: Check | None) -> None:
        self._engine = engine
        self.check = check

    def answer(self, attempt: Attempt, response: Any, usage: Usage | None) -> Answer:
        """Return a complete answer with its measured cost and latency."""
        latency_s = time.perf_counter() - attempt.started_s
        cost_usd = self._engine.prices.cost_usd(attempt.path.name, usage)
        return Answer(response, cost_usd, latency_s)

    def answered(
        self, attempt: Attempt, answer: Answer, usage: Usage | None, verdict: Verdict | None
    ) -> None:
        """Count an attempt that was answered."""
        facts = CallFacts(
            cost_nanousd=None if answer.cost_usd is None else round(answer.cost_usd * 1e9),
            output_tokens=None if usage is None else usage.output_tokens,
            latency_us=round(answer.latency_s * 1e6),
        )
        if verdict is not None and verdict.error is not None:
            name = type(verdict.error).__name__
            self._engine.emit(CheckRaised(self._engine.goal_id, verdict.check, name))
        score = None if verdict is None else verdict.score
        self._engine.record(
            attempt.decision,
            self._event(attempt, None, score, answer.cost_usd, answer.latency_s),
            facts,
            None if score is None else stored_score(score),
        )

    def failed(self, attempt: Attempt, error: Exception) -> Fault:
        """Count an attempt that ended in an error; return its kind. Quality is never touched."""
        fault = classify(error)
        event = self._event(attempt, fault.value)
        if fault.is_outage or fault is Fault.MISCONFIGURED:
            described = _described(error, fault)
            self._engine.emit(
                PathFaulted(self._engine.goal_id, attempt.path.name, fault.value, described)
            )
            self._engine.record(attempt.decision, event, CallFacts(fault=True))
        elif fault is Fault.CONTEXT:
            self._engine.record(attempt.decision, event, CallFacts())
        else:  # the caller's own fault: no evidence about any path
            self._engine.remember(event)
        return fault

    def cut(self, attempt: Attempt) -> None:
        """Count a stream whose connection ended without a word: a fault, its outcome unknown."""
        fault = Fault.CONNECTION
        self._engine.emit(
            PathFaulted(self._engine.goal_id, attempt.path.name, fault.value, "the stream was cut")
        )
        self._engine.record(
            attempt.decision, self._event(attempt, fault.value), CallFacts(fault=True)
        )

    def abandoned(self, attempt: Attempt) -> None:
        """Count a stream that was not read to its end: its outcome is unknown."""
        self._engine.record(attempt.decision, self._event(attempt, "abandoned"), CallFacts())

    def _event(
        self,
        attempt: Attempt,
        fault: str | None,
        outcome: float | None = None,
        cost_usd: float | None = None,
        latency_s: float | None = None,
    ) -> Attempted:
        decision = attempt.decision
        return Attempted(
            decision.goal_id,
            decision.nonce.hex(),
            decision.bucket,
            attempt.path.name,
            attempt.number,
            fault,
            outcome,
            cost_usd,
            latency_s,
        )


def attempts(request: Request, recorder: Recorder, info: Callable[[str], ModelInfo]) -> Flow:
    """Try paths in order until one answers.

    Args:
        request: What was asked, and which paths to try.
        recorder: Where attempts are counted.
        info: What is known of a model. After a prompt was too long for one, only models that are
            known, or may be hoped, to take a longer one are tried.

    Returns (as the generator's value): the attempt that was answered and its response.

    Raises:
        AllPathsFailedError: If every path ended in a provider's error, or the deadline passed.
        Exception: An error that every path would share (a bad request) is raised as it is.
    """
    causes: dict[str, Exception] = {}
    begun_s = time.perf_counter()
    overrun_tokens = 0
    for number, path in enumerate(request.order):
        started_s = time.perf_counter()
        left_s = request.timeout_s
        if left_s is not None and number > 0:
            left_s = steady_timeout_s(left_s - (started_s - begun_s))
            if left_s <= 0:
                break
        if overrun_tokens and (info(path.model).max_input_tokens or math.inf) <= overrun_tokens:
            continue
        attempt = Attempt(request.decision, path, number, _call(request, path, left_s), started_s)
        try:
            response = yield attempt.call
        except Exception as error:
            fault = recorder.failed(attempt, error)
            if request.is_observing or not fault.moves_on:
                raise
            causes[path.name] = error
            if fault is Fault.CONTEXT:
                overrun_tokens = max(overrun_tokens, info(path.model).max_input_tokens or 0)
            continue
        if not request.stream:
            usage = usage_of(response)
            answer = recorder.answer(attempt, response, usage)
            verdict = None
            try:
                if recorder.check is not None:
                    verdict = yield Judgement(recorder.check, answer)
            finally:  # cancelled in the check too: what was paid is known, the outcome is not
                recorder.answered(attempt, answer, usage, verdict)
        return attempt, response
    raise _all_failed(request, causes) from list(causes.values())[-1]


def drive(flow: Flow, adapter: Adapter) -> Served:
    """Run a flow, waiting by blocking."""
    step = next(flow)
    try:
        while True:
            if isinstance(step, Judgement):
                step = flow.send(judge(step.check, step.answer))
                continue
            try:
                response = adapter.complete(step)
            except Exception as error:  # noqa: BLE001 - the flow decides what it means
                step = flow.throw(error)
            else:
                step = flow.send(response)
    except StopIteration as done:
        return _served(done)
    finally:
        flow.close()


async def adrive(flow: Flow, adapter: Adapter) -> Served:
    """Run a flow, waiting by awaiting."""
    step = next(flow)
    try:
        while True:
            if isinstance(step, Judgement):
                step = flow.send(await ajudge(step.check, step.answer))
                continue
            try:
                # The HTTP client's own timeout starts anew with every byte that trickles in.
                async with asyncio.timeout(step.timeout_s):
                    response = await adapter.acomplete(step)
            except Exception as error:  # noqa: BLE001 - the flow decides what it means
                step = flow.throw(error)
            else:
                step = flow.send(response)
    except StopIteration as done:
        return _served(done)
    finally:
        flow.close()


def steady_timeout_s(left_s: float) -> float:
    """Return the time left, rounded down to one of four steps per doubling; 0 if none is left.

    LiteLLM keeps one HTTP client per value of the timeout. A new value with every call would
    build a new client each time, which takes 1 ms, and keep them all.
    """
    return 2.0 ** (math.floor(4.0 * math.log2(left_s)) / 4.0) if left_s > 0 else 0.0


def _served(done: StopIteration) -> Served:
    served: Served = done.value
    return served


def _call(request: Request, path: Path, left_s: float | None) -> Call:
    limits = [limit for limit in (path.timeout_s, left_s) if limit is not None]
    return Call(
        model=path.model,
        messages=request.messages,
        params={**path.params, **request.params},
        timeout_s=min(limits) if limits else None,
        stream=request.stream,
    )


def _all_failed(request: Request, causes: dict[str, Exception]) -> AllPathsFailedError:
    lines = [
        f"  {name}: {type(error).__name__}: {str(error)[:300]}" for name, error in causes.items()
    ]
    untried = [path.name for path in request.order if path.name not in causes]
    if untried:
        lines.append(
            f"  not tried, for lack of time (deadline {request.timeout_s} s) or because the prompt "
            f"is too long for them: {', '.join(untried)}"
        )
    message = f"no path could answer (goal {request.decision.goal_id!r}):\n" + "\n".join(lines)
    return AllPathsFailedError(message, dict(causes))


def _described(error: Exception, fault: Fault) -> str:
    """Say what an error was; quote it only if it is about keys or names, not the prompt."""
    status = getattr(error, "status_code", None)
    name = type(error).__name__ if status is None else f"{type(error).__name__} (HTTP {status})"
    return f"{name}: {str(error)[:300]}" if fault is Fault.MISCONFIGURED else name
