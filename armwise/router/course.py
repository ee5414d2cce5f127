"""The course of one request: what has been tried, what may still be, and which answer is best."""

import math
import time
from collections.abc import Callable, Generator
from typing import Any, TypeAlias, TypeVar

from armwise.adapters import Call, Fault, ModelInfo, classify, usage_of
from armwise.engine import Path
from armwise.errors import AllPathsFailedError
from armwise.router.beside import Beside
from armwise.router.checks import Judgement, Verdict, weigh
from armwise.router.recording import Recorder, error_text
from armwise.router.request import Attempt, Request

T = TypeVar("T")

Served = tuple[Attempt, Any]
"""The attempt that was answered, and its response or open stream."""

Steps: TypeAlias = Generator[Call | Judgement | Beside, Any, T]
"""What yields calls and checks, is sent their results, and returns a value; and work to start."""

_FAILS_BELOW = 0.5
"""A graded answer below it has failed the check, and may be followed by another attempt. A guess:
the middle of the scale. What is learned from is the score itself."""


class Course:
    """What has become of a request so far.

    Args:
        request: What was asked.
        recorder: Where attempts are counted.
        info: What is known of a model.
    """

    def __init__(
        self, request: Request, recorder: Recorder, info: Callable[[str], ModelInfo]
    ) -> None:
        self._request = request
        self._recorder = recorder
        self._info = info
        self._begun_s = time.perf_counter()
        self._number = 0
        self._overrun_tokens = 0
        self._causes: dict[str, Exception] = {}
        self._skipped: set[str] = set()
        self._failed: list[tuple[float, Attempt, Any]] = []

    def next(self) -> Attempt | None:
        """Return the next attempt, None if there is none, or no time for it."""
        started_s = time.perf_counter()
        elapsed_s = started_s - self._begun_s
        climb_s = self._request.climb_s
        if self._failed and climb_s is not None and elapsed_s >= climb_s:
            return None
        left_s = self._request.timeout_s
        if left_s is not None and self._number > 0:
            left_s = steady_timeout_s(left_s - elapsed_s)
            if left_s <= 0:
                return None
        path = self._path()
        if path is None:
            return None
        call = call_of(self._request, path, left_s, self._patience_s(path))
        attempt = Attempt(
            self._request.decision, path, self._number, call, started_s, len(self._failed)
        )
        self._number += 1
        self._recorder.began(path.name)
        return attempt

    def _patience_s(self, path: Path) -> float | None:
        """Return how long to wait for a path that was down, if not as long as for any other."""
        patience_s = self._recorder.patience_s(self._request.decision, path.name)
        # Up to the next step, not down: it is a lower bound on what the path is given.
        return None if patience_s is None else steady_timeout_s(patience_s * _STEP)

    def _path(self) -> Path | None:
        """Return the next path that can take the prompt."""
        failed = [attempt.path.name for _, attempt, _ in self._failed]
        while True:
            path = self._request.route.next(failed, {*self._causes, *self._skipped})
            if path is None or not self._overrun_tokens:
                return path
            if (self._window(path) or math.inf) > self._overrun_tokens:
                return path
            self._skipped.add(path.name)

    def is_over(self, attempt: Attempt, error: Exception) -> bool:
        """Count a provider's error; return whether it is the request's own end."""
        fault = self._recorder.failed(attempt, error)
        if self._request.is_observing:
            return True
        if not fault.moves_on and not self._failed:
            return True
        self._causes[attempt.path.name] = error
        if fault is Fault.CONTEXT:
            known_tokens = self._window(attempt.path) or 0
            self._overrun_tokens = max(self._overrun_tokens, known_tokens)
        return False

    def _window(self, path: Path) -> int | None:
        """Return the longest prompt that a path takes, in tokens; None if that is not known."""
        return path.max_input_tokens or self._info(path.model).max_input_tokens

    def checked(self, attempt: Attempt, response: Any) -> Steps[Verdict | None]:
        """Run the check on an answer, and count the attempt with what it says."""
        usage = usage_of(response)
        answer = self._recorder.answer(attempt, response, usage)
        check = self._recorder.checks.of(attempt.call)
        verdict = None
        try:
            if check is not None:
                verdict = yield from weigh(check, answer, self._left_s())
        finally:  # cancelled in the check too: what was paid is known, the outcome is not
            self._recorder.answered(attempt, answer, usage, verdict)
        return verdict

    def is_answer(self, attempt: Attempt, response: Any, verdict: Verdict | None) -> bool:
        """Return whether an answer is to be handed on; else another attempt may follow.

        What is not known to have failed is handed on: a check that raises must not burn money.
        """
        if not self._request.route.goes_on:
            return True
        score = None if verdict is None else verdict.score
        if score is None or score >= _FAILS_BELOW:
            passed = None if score is None else True
            self._recorder.climbed(len(self._failed) + 1, passed=passed)
            return True
        self._failed.append((score, attempt, response))
        return False

    def best(self) -> Served:
        """Return the best of the answers that failed the check.

        Raises:
            AllPathsFailedError: If there is none.
        """
        if not self._failed:
            causes = self._causes
            raise _all_failed(self._request, causes) from list(causes.values())[-1]
        self._recorder.climbed(len(self._failed), passed=False)
        # Of equal scores, that of the path which is right most often.
        rates = self._request.decision.mean_rates
        best = max(self._failed, key=lambda one: (one[0], rates.get(one[1].path.name, 0.0)))
        return best[1], best[2]

    def _left_s(self) -> float | None:
        """Return the time left for a judge; None if there is no deadline."""
        if self._request.timeout_s is None:
            return None
        return steady_timeout_s(self._request.timeout_s - (time.perf_counter() - self._begun_s))


_STEP = 2.0**0.25
"""From one steady time-out to the next."""


def steady_timeout_s(left_s: float) -> float:
    """Return the time left, rounded down to one of four steps per doubling; 0 if none is left.

    LiteLLM keeps one HTTP client per value of the timeout. A new value with every call would
    build a new client each time, which takes 1 ms, and keep them all.
    """
    return 2.0 ** (math.floor(4.0 * math.log2(left_s)) / 4.0) if left_s > 0 else 0.0


def call_of(
    request: Request, path: Path, left_s: float | None, patience_s: float | None = None
) -> Call:
    """Return what is asked of an adapter: a path's own parameters, overridden by the request's."""
    limits = [limit for limit in (path.timeout_s, left_s, patience_s) if limit is not None]
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
    untried = [name for name in request.decision.ranking if name not in causes]
    if untried:
        lines.append(
            f"  not tried, for lack of time (deadline {request.timeout_s} s) or because the prompt "
            f"is too long for them: {', '.join(untried)}"
        )
    why = ""
    if all(classify(error) is Fault.MISCONFIGURED for error in causes.values()) and not untried:
        why = "; every path is misconfigured: correct keys, permissions or names"
    message = f"no path could answer (goal {request.decision.goal_id!r}){why}:\n" + "\n".join(lines)
    return AllPathsFailedError(message, dict(causes))
