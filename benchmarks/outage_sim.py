# ruff: noqa: SLF001 - the simulation takes the place of the outside world
"""A Router under simulated time: requests arrive, a provider has an outage, nothing is waited for.

The Router, its engine and its flow of attempts are the real ones; only the clocks and the provider
are played. Requests overlap as they would: each one is resumed when its call would have ended.
"""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

from armwise import Path, Router
from armwise.adapters import Call
from armwise.errors import AllPathsFailedError
from armwise.router.attempts import Flow
from armwise.router.checks import run_check
from armwise.testing import Scripted, ScriptedAdapter

ASK = [{"role": "user", "content": "Which company makes the iPhone?"}]
MEAN_LATENCY_S = 0.8
PATH_TIMEOUT_S = 30.0
BEGIN_S = 1_800_000_000.0


class Ended(NamedTuple):
    """How a call ends: after so many seconds, with an answer or an error."""

    after_s: float
    error: Exception | None


Trouble = Callable[[float, Call, np.random.Generator], Ended | None]
"""Returns how a call to the cheap path ends at a second of the run, None for as usual."""


@dataclass
class Served:
    """What became of one request.

    Args:
        at_s: When it came, in seconds of the run.
        added_s: How long it took until the call began that was answered.
        path: Who answered; None: nobody.
        failed_calls: Calls that failed before.
    """

    at_s: float
    added_s: float = 0.0
    path: str | None = None
    failed_calls: int = 0


class Cheapest:
    """A rule that chooses the cheapest path: what is measured is availability, not learning."""

    name = "cheapest"

    def choose(self, arms: Any, draws: Any, among: Any) -> int:
        """Return the first."""
        return int(among[0])

    def reason(self, arms: Any, draws: Any, among: Any) -> str:
        """Say so."""
        return "the cheapest"


@dataclass
class Run:
    """One run.

    Args:
        trouble: What the cheap path suffers.
        seed: Makes it repeatable.
        per_s: Requests per second, at random times.
        length_s: How long they come.
        cools: Whether paths cool down; else every request begins with the cheap path.
        forgives: Whether a path that answers a lot is forgiven one fault.
        half_life_s: That of the belief of availability; None: the default.
        until_s: No request comes after it.
    """

    trouble: Trouble
    seed: int
    per_s: float
    length_s: float
    cools: bool = True
    forgives: bool = True
    half_life_s: float | None = None
    until_s: float = math.inf
    now_s: float = 0.0
    served: list[Served] = field(default_factory=list)

    def play(self) -> Router:
        """Let all requests come and end; return the Router."""
        self._rng = np.random.default_rng(self.seed)
        self._adapter = ScriptedAdapter({"cheap": _answer, "dear": _answer})
        with (
            patch("time.time", lambda: BEGIN_S + self.now_s),
            patch("time.perf_counter", lambda: self.now_s),
        ):
            router = self._router()
            self._events(router)
        return router

    def _router(self) -> Router:
        paths = [
            Path("cheap", timeout_s=PATH_TIMEOUT_S, input_usd_per_mtok=1, output_usd_per_mtok=1),
            Path("dear", timeout_s=PATH_TIMEOUT_S, input_usd_per_mtok=9, output_usd_per_mtok=9),
        ]
        router = Router(
            paths,
            "outage",
            adapter=self._adapter,
            objective=Cheapest(),
            success_when="text == 'right'",
            store="memory://",
            half_life=None,  # so that sums stay as they were counted
            seed=self.seed,
        )
        cooling = router._engine.cooling
        if self.half_life_s is not None:
            cooling._half_life_s = self.half_life_s
        if not self.forgives:
            cooling._is_proven = lambda *_: False  # type: ignore[method-assign]
        if not self.cools:
            cooling.excluded = lambda *_: {}  # type: ignore[method-assign]
            cooling.patience_s = lambda *_: None  # type: ignore[method-assign]
        return router

    def _events(self, router: Router) -> None:
        number = count()
        gaps = np.random.default_rng([self.seed, 1])
        gaps_s = gaps.exponential(1 / self.per_s, size=int(self.per_s * self.length_s))
        queue: list[tuple[float, int, Any]] = [
            (float(at_s), next(number), None) for at_s in np.cumsum(gaps_s) if at_s < self.until_s
        ]
        heapq.heapify(queue)
        while queue:
            self.now_s, _, event = heapq.heappop(queue)
            flow, served, call, ended = event or self._arrived(router)
            following = self._resumed(flow, served, call, ended)
            if following is not None:
                ended = self._ended(following)
                event = (flow, served, following, ended)
                heapq.heappush(queue, (self.now_s + ended.after_s, next(number), event))

    def _arrived(self, router: Router) -> tuple[Flow, Served, Call | None, Ended | None]:
        served = Served(self.now_s)
        self.served.append(served)
        flow = router._flow("chat", ASK, None, None, {}, stream=False)
        return flow, served, None, None

    def _resumed(
        self, flow: Flow, served: Served, call: Call | None, ended: Ended | None
    ) -> Call | None:
        """Let a request go on with what its call ended in; return its next call."""
        try:
            if call is None or ended is None:
                step = next(flow)
            elif ended.error is not None:
                served.failed_calls += 1
                step = flow.throw(ended.error)
            else:
                served.path = call.model
                step = flow.send(self._adapter.complete(call))
            while not isinstance(step, Call):  # a check
                step = flow.send(run_check(step.check, step.answer))
        except StopIteration:
            return None
        except AllPathsFailedError:
            served.path = None
            return None
        served.added_s = round(self.now_s - served.at_s, 6)
        return step

    def _ended(self, call: Call) -> Ended:
        found = None
        if call.model == "cheap":
            found = self.trouble(self.now_s, call, self._rng)
        if found is None:
            # Log-normal, with a standard deviation as large as the mean.
            found = Ended(float(self._rng.lognormal(-0.3466, 0.8326)) * MEAN_LATENCY_S, None)
        if call.timeout_s is not None and found.after_s > call.timeout_s:
            return Ended(call.timeout_s, TimeoutError("no answer in time"))
        return found


def _answer(_: Call) -> Scripted:
    return Scripted("right")
