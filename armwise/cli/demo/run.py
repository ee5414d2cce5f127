"""The run itself: tasks through a real Router and the real LiteLLM to the played models."""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from armwise import Outcome, Path, Router
from armwise.cli.demo.players import CHEAP, STRONG, PlayedModel, Stage
from armwise.cli.demo.score import Result, Scoreboard, Single, alone
from armwise.cli.demo.workload import Task, tasks
from armwise.engine import Stats
from armwise.events import EpochOpened, Event
from armwise.testing.loopback import LoopbackServer

GOAL_ID = "demo"
_POLL_S = 0.02


class Run:
    """One run of the demo: server, Router and scoreboard, from warm-up to the last report.

    Args:
        requests: How many requests.
        seed: Settles requests, played models and the Router's draws.
        drifts: Degrade the cheap model half way.
        workers: Requests in flight at a time.
        has_latency: Let the played models take their time. Without it and with one worker, a run
            is repeatable to the last digit.
    """

    def __init__(
        self, requests: int, seed: int, *, drifts: bool, workers: int, has_latency: bool
    ) -> None:
        self.seed = seed
        self.stage = Stage(seed, requests // 2 if drifts else None, has_latency)
        self.board = Scoreboard(requests, self.stage.breaks_at)
        self._tasks = tasks(requests, seed)
        self._workers = workers
        self._resources = ExitStack()
        # A proxy of the environment would be asked for 127.0.0.1 too.
        os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
        server = self._resources.enter_context(
            LoopbackServer(self.stage.behaviours(self._tasks), keep_requests=0)
        )
        self._router = self._resources.enter_context(
            Router(
                [_path(model, server.api_base) for model in (CHEAP, STRONG)],
                GOAL_ID,
                store="memory://",
                seed=seed,
                on_event=self._take,
            )
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._resources.close()

    def warmup(self) -> None:
        """Load LiteLLM, which takes some seconds."""
        self._router.warmup()

    def stats(self) -> Stats:
        """Return the Router's beliefs as they are now."""
        return self._router.stats()

    def spent_usd(self) -> float:
        """Return what the Router itself says was spent."""
        return self._router.cost_report().spent_usd

    def go(self, watch: Callable[[], None], every_s: float) -> None:
        """Send all tasks and report all outcomes.

        Args:
            watch: Called in this thread every ``every_s`` seconds, and once at the end.
            every_s: Seconds.

        Raises:
            KeyboardInterrupt: If the user interrupts; requests in flight are finished first.
            Exception: What a request raised; no further one is sent.
        """
        with ThreadPoolExecutor(self._workers, thread_name_prefix="armwise-demo") as pool:
            ended: list[Future[None]] = []
            try:
                for task in self._tasks:
                    pool.submit(self._send, task).add_done_callback(ended.append)
                self._watch(ended, watch, every_s)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
        watch()

    def _watch(
        self, ended: Sequence[Future[None]], watch: Callable[[], None], every_s: float
    ) -> None:
        # Not concurrent.futures.wait: it takes the locks of all futures one by one, and a Ctrl-C
        # among them leaves some held, on which the workers then wait for ever.
        looked_at = 0
        due_s = time.monotonic() + every_s
        while looked_at < len(self._tasks):
            time.sleep(_POLL_S)
            for future in ended[looked_at:]:
                future.result()
                looked_at += 1
            if time.monotonic() >= due_s:
                watch()
                due_s = time.monotonic() + every_s

    def _take(self, event: Event) -> None:
        if isinstance(event, EpochOpened):
            self.board.notice(event.bucket, event.path, event.direction)

    def _send(self, task: Task) -> None:
        router = self._router
        response, request_id = router.completion(
            messages=[{"role": "user", "content": task.prompt}],
            task_type=task.task_type,
            return_request_id=True,
        )
        is_right = task.check(response.choices[0].message.content)
        router.report_outcome(
            request_id=request_id, outcome=Outcome.SUCCESS if is_right else Outcome.FAILURE
        )
        token = router.explain(request_id).token
        usage = response.usage
        model = CHEAP if token.path == CHEAP.name else STRONG
        cost_usd = (
            usage.prompt_tokens * model.input_usd_per_mtok
            + usage.completion_tokens * model.output_usd_per_mtok
        ) / 1e6
        self.board.add(
            Result(
                number=task.number,
                bucket=token.bucket,
                path=token.path,
                routed=Single(is_right, cost_usd),
                strong=alone(self.stage, STRONG, task),
                cheap=alone(self.stage, CHEAP, task),
            )
        )


def _path(model: PlayedModel, api_base: str) -> Path:
    return Path(
        model=f"openai/{model.name}",
        name=model.name,
        params={"api_base": api_base, "api_key": "sk-local"},
        input_usd_per_mtok=model.input_usd_per_mtok,
        output_usd_per_mtok=model.output_usd_per_mtok,
    )
