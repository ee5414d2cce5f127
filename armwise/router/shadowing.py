"""Shadow calls: the chosen path is called too, and learned from, while another one is served."""

import asyncio
import copy
import time
from collections.abc import Callable
from dataclasses import replace

from armwise.adapters import Adapter, ModelInfo
from armwise.engine import Engine
from armwise.router.attempts import Flow, adrive, drive
from armwise.router.beside import Beside
from armwise.router.course import Course, Steps, call_of
from armwise.router.recording import Recorder
from armwise.router.request import Attempt, Request
from armwise.router.workers import WAITING, Workers

SHADOW_NUMBER = 1
"""Number of a shadow attempt: the served one is number 0, and in this mode the only other one."""


class Shadows:
    """Calls the chosen path once the default path has answered, and counts what comes of it.

    The answer is checked like any other and handed to nobody. Whatever goes wrong fails and delays
    no request. Streams are shadowed by a call without streaming, as soon as they are open.

    Args:
        engine: Counts calls that were left out.
        recorder: Where attempts are counted.
        adapter: Makes the calls.
    """

    def __init__(self, engine: Engine, recorder: Recorder, adapter: Adapter) -> None:
        self._engine = engine
        self._recorder = recorder
        self._adapter = adapter
        self._info: Callable[[str], ModelInfo] = adapter.info
        self._workers = Workers(f"armwise-shadow-{engine.goal_id}")
        self._tasks: set[asyncio.Task[None]] = set()

    def beside(self, flow: Flow, request: Request) -> Flow:
        """Go the way of a request, then start its shadow call.

        The messages are copied, for the caller may change them as soon as the answer is there.
        """
        served = yield from flow
        try:
            shadow = replace(
                request,
                messages=copy.deepcopy(request.messages),
                input=copy.deepcopy(request.input),
                params={
                    name: value for name, value in request.params.items() if name not in _STREAMING
                },
                stream=False,
            )
        except Exception:  # noqa: BLE001 - what cannot be copied cannot be sent later
            self._engine.rollout.skipped()
            return served
        yield Beside(lambda: self._start(shadow), lambda: self._astart(shadow))
        return served

    def drain(self, timeout_s: float) -> bool:
        """Wait for the calls that run in threads; return whether all are done."""
        return self._workers.drain(timeout_s)

    async def adrain(self, timeout_s: float) -> bool:
        """Wait for the calls that run as tasks of the running loop; return whether all are done."""
        loop = asyncio.get_running_loop()
        own = [task for task in self._tasks if task.get_loop() is loop]
        if not own:
            return True
        _, pending = await asyncio.wait(own, timeout=timeout_s)
        return not pending

    def close(self, timeout_s: float) -> bool:
        """Start no more calls, and wait for those in threads; return whether all are done."""
        return self._workers.close(timeout_s)

    def _start(self, shadow: Request) -> None:
        if not self._workers.submit(lambda: drive(self._steps(shadow), self._adapter)):
            self._engine.rollout.skipped()

    def _astart(self, shadow: Request) -> None:
        if len(self._tasks) >= WAITING:
            self._engine.rollout.skipped()
            return
        task = asyncio.get_running_loop().create_task(adrive(self._steps(shadow), self._adapter))
        self._tasks.add(task)  # the loop itself holds tasks only weakly
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Forget a task; else the loop would print what nobody fetched, prompts and all."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._workers.warn(error)

    def _steps(self, shadow: Request) -> Steps[None]:
        if not self._engine.may_spend():
            self._engine.rollout.skipped()
            return
        decision = shadow.decision
        path = self._engine.roster.known[decision.preferred]
        call = call_of(shadow, path, shadow.timeout_s)
        attempt = Attempt(decision, path, SHADOW_NUMBER, call, time.perf_counter(), is_shadow=True)
        course = Course(shadow, self._recorder, self._info)
        try:
            response = yield attempt.call
        except Exception as error:  # noqa: BLE001 - the default path has answered
            self._recorder.failed(attempt, error)
            return
        yield from course.checked(attempt, response)


_STREAMING = ("stream", "stream_options")
"""Parameters that providers refuse in a call without streaming."""
