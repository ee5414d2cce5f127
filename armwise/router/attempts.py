"""The way of one request through its paths: call, move on after a provider's error, check, record.

Written once for both worlds. The flow is a generator that yields what has to be waited for, a
call or a check, and is resumed with the result; ``drive`` waits by blocking, ``adrive`` by
awaiting.
"""

import asyncio
import math
import time
from collections.abc import Callable, Generator
from typing import Any, TypeAlias, TypeVar

from armwise.adapters import Adapter, Call, Fault, ModelInfo, usage_of
from armwise.engine import Path
from armwise.errors import AllPathsFailedError
from armwise.router.checks import Judgement, arun_check, run_check, weigh
from armwise.router.recording import Recorder, error_text
from armwise.router.request import Attempt, Request

T = TypeVar("T")

Served = tuple[Attempt, Any]
"""The attempt that was answered, and its response or open stream."""

Steps: TypeAlias = Generator[Call | Judgement, Any, T]
"""What yields calls and checks, is sent their results, and returns a value."""

Flow: TypeAlias = Steps[Served]


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
            yield from _weighed(attempt, response, recorder, _left_s(request, begun_s))
        return attempt, response
    raise _all_failed(request, causes) from list(causes.values())[-1]


def _weighed(
    attempt: Attempt, response: Any, recorder: Recorder, left_s: float | None
) -> Steps[None]:
    """Run the checks on a whole answer, and count it."""
    usage = usage_of(response)
    answer = recorder.answer(attempt, response, usage)
    check = recorder.checks.of(attempt.call)
    verdict = None
    try:
        if check is not None:
            verdict = yield from weigh(check, answer, left_s)
    finally:  # cancelled in the check too: what was paid is known, the outcome is not
        recorder.answered(attempt, answer, usage, verdict)


def drive(flow: Steps[T], adapter: Adapter) -> T:
    """Run a flow, waiting by blocking; return its value."""
    step = next(flow)
    try:
        while True:
            if isinstance(step, Judgement):
                step = flow.send(run_check(step.check, step.answer))
                continue
            try:
                response = adapter.complete(step)
            except Exception as error:  # noqa: BLE001 - the flow decides what it means
                step = flow.throw(error)
            else:
                step = flow.send(response)
    except StopIteration as done:
        value: T = done.value
        return value
    finally:
        flow.close()


async def adrive(flow: Steps[T], adapter: Adapter) -> T:
    """Run a flow, waiting by awaiting; return its value."""
    step = next(flow)
    try:
        while True:
            if isinstance(step, Judgement):
                step = flow.send(await arun_check(step.check, step.answer))
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
        value: T = done.value
        return value
    finally:
        flow.close()


def steady_timeout_s(left_s: float) -> float:
    """Return the time left, rounded down to one of four steps per doubling; 0 if none is left.

    LiteLLM keeps one HTTP client per value of the timeout. A new value with every call would
    build a new client each time, which takes 1 ms, and keep them all.
    """
    return 2.0 ** (math.floor(4.0 * math.log2(left_s)) / 4.0) if left_s > 0 else 0.0


def _left_s(request: Request, begun_s: float) -> float | None:
    """Return the time left for a judge; None if there is no deadline."""
    if request.timeout_s is None:
        return None
    return steady_timeout_s(request.timeout_s - (time.perf_counter() - begun_s))


def _call(request: Request, path: Path, left_s: float | None) -> Call:
    limits = [limit for limit in (path.timeout_s, left_s) if limit is not None]
    return Call(
        model=path.model,
        messages=request.messages,
        params={**path.params, **request.params},
        timeout_s=min(limits) if limits else None,
        stream=request.stream,
        kind=request.kind,
        input=request.input,
    )


def _all_failed(request: Request, causes: dict[str, Exception]) -> AllPathsFailedError:
    lines = [
        f"  {name}: {type(error).__name__}: {error_text(error)}" for name, error in causes.items()
    ]
    untried = [path.name for path in request.order if path.name not in causes]
    if untried:
        lines.append(
            f"  not tried, for lack of time (deadline {request.timeout_s} s) or because the prompt "
            f"is too long for them: {', '.join(untried)}"
        )
    message = f"no path could answer (goal {request.decision.goal_id!r}):\n" + "\n".join(lines)
    return AllPathsFailedError(message, dict(causes))
