"""The way of one request through its paths: call, move on after a provider's error, check, record.

Written once for both worlds. The flow is a generator that yields what has to be waited for, a
call or a check, and is resumed with the result; ``drive`` waits by blocking, ``adrive`` by
awaiting.
"""

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from armwise.adapters import Adapter, ModelInfo
from armwise.router.beside import Beside
from armwise.router.checks import Judgement, arun_check, run_check
from armwise.router.course import Course, Served, Steps, T
from armwise.router.recording import Recorder
from armwise.router.request import Request

Flow: TypeAlias = Steps[Served]


def attempts(request: Request, recorder: Recorder, info: Callable[[str], ModelInfo]) -> Flow:
    """Try paths until one answers, and where it may be tried again, until an answer passes.

    Args:
        request: What was asked, and which paths to try.
        recorder: Where attempts are counted.
        info: What is known of a model. After a prompt was too long for one, only models that are
            known, or may be hoped, to take a longer one are tried.

    Returns (as the generator's value): the attempt that was answered and its response; of several
    answers that failed the check the best.

    Raises:
        AllPathsFailedError: If every path ended in a provider's error, or the deadline passed.
        Exception: An error that every path would share (a bad request) is raised as it is.
    """
    course = Course(request, recorder, info)
    while (attempt := course.next()) is not None:
        try:
            response = yield attempt.call
        except Exception as error:
            if course.is_over(attempt, error):
                raise
            continue
        if request.stream:
            recorder.opened(attempt)
            return attempt, response
        verdict = yield from course.checked(attempt, response)
        if course.is_answer(attempt, response, verdict):
            return attempt, response
    return course.best()


def drive(flow: Steps[T], adapter: Adapter) -> T:
    """Run a flow, waiting by blocking; return its value."""
    step = next(flow)
    try:
        while True:
            if isinstance(step, Judgement):
                step = flow.send(run_check(step.check, step.answer))
                continue
            if isinstance(step, Beside):
                step.start()
                step = flow.send(None)
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
            if isinstance(step, Beside):
                step.astart()
                step = flow.send(None)
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
