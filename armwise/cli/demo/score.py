"""What the run's requests came to, and what the models alone would have made of the same ones."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from armwise.cli.demo.players import CHEAP, PlayedModel, Stage
from armwise.cli.demo.workload import Task

_TURN_WINDOW = 20  # requests over which the cheap model's share is watched after it broke


@dataclass(frozen=True, slots=True)
class Single:
    """One model's answer to one request.

    Args:
        is_right: Whether the check passed.
        cost_usd: What it cost in US dollars.
    """

    is_right: bool
    cost_usd: float


@dataclass(frozen=True, slots=True)
class Result:
    """One finished request.

    Args:
        number: Its place in the run, from 0.
        bucket: "task type/level", as the router saw it.
        path: The path that answered.
        routed: What the router's choice came to.
        strong: What the strong model gives on the same prompt.
        cheap: What the cheap model gives on the same prompt.
    """

    number: int
    bucket: str
    path: str
    routed: Single
    strong: Single
    cheap: Single


def alone(stage: Stage, model: PlayedModel, task: Task) -> Single:
    """Return what one model gives on a task, asked or not."""
    reply = stage.reply(model, task)
    return Single(task.check(reply.text), model.cost_usd(reply))


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over some requests: routed, and as each model alone would have done.

    Args:
        requests: How many.
        to_cheap: How many of them went to the cheap model.
        right: Right answers of the router's choices.
        cost_usd: Their cost.
        strong_right: Right answers of always-strong on the same prompts.
        strong_cost_usd: Its cost.
        cheap_right: Right answers of always-cheap on the same prompts.
        cheap_cost_usd: Its cost.
    """

    requests: int
    to_cheap: int
    right: int
    cost_usd: float
    strong_right: int
    strong_cost_usd: float
    cheap_right: int
    cheap_cost_usd: float

    @classmethod
    def of(cls, results: Sequence[Result]) -> "Figures":
        """Return the sums over some results."""
        return cls(
            requests=len(results),
            to_cheap=sum(result.path == CHEAP.name for result in results),
            right=sum(result.routed.is_right for result in results),
            cost_usd=sum(result.routed.cost_usd for result in results),
            strong_right=sum(result.strong.is_right for result in results),
            strong_cost_usd=sum(result.strong.cost_usd for result in results),
            cheap_right=sum(result.cheap.is_right for result in results),
            cheap_cost_usd=sum(result.cheap.cost_usd for result in results),
        )

    @property
    def cheap_share(self) -> float:
        """Share of the requests that went to the cheap model, 0..1."""
        return _ratio(self.to_cheap, self.requests)

    @property
    def right_share(self) -> float:
        """Share of right answers, 0..1."""
        return _ratio(self.right, self.requests)

    @property
    def strong_right_share(self) -> float:
        """Share of right answers of always-strong, 0..1."""
        return _ratio(self.strong_right, self.requests)

    @property
    def cheap_right_share(self) -> float:
        """Share of right answers of always-cheap, 0..1."""
        return _ratio(self.cheap_right, self.requests)

    @property
    def saved_share(self) -> float:
        """Share of always-strong's money that was not spent; negative if more was."""
        return 1.0 - self.cost_usd / self.strong_cost_usd if self.strong_cost_usd else 0.0

    @property
    def points(self) -> float:
        """Right answers against always-strong, in percentage points."""
        return 100.0 * (self.right_share - self.strong_right_share)


@dataclass(frozen=True, slots=True)
class Notice:
    """The router has noticed that a path's success rate broke.

    Args:
        bucket: Where.
        path: The path.
        direction: "fell" or "rose".
        finished: Requests that had been finished by then.
    """

    bucket: str
    path: str
    direction: str
    finished: int


@dataclass(frozen=True, slots=True)
class Turn:
    """How the router turned away from the cheap model after it broke.

    Args:
        share_before: The cheap model's share of the last quarter of the run before it broke.
        share_at_end: Its share of the last quarter of the whole run.
        halved_after: Requests from the break until its share of the last 20 was at most half of
            what it had been; None if that never came.
        at_end: Figures of the last quarter, when the router has learned what there is to learn.
    """

    share_before: float
    share_at_end: float
    halved_after: int | None
    at_end: Figures


class Scoreboard:
    """The results so far; filled by the workers, read by the view.

    Args:
        planned: How many requests the run has.
        breaks_at: Number of the first request that meets the degraded model; None: none does.
    """

    def __init__(self, planned: int, breaks_at: int | None) -> None:
        self.planned = planned
        self.breaks_at = breaks_at
        self._results: list[Result] = []
        self._notices: list[Notice] = []
        self._lock = threading.Lock()

    def add(self, result: Result) -> None:
        """Take one finished request."""
        with self._lock:
            self._results.append(result)

    def notice(self, bucket: str, path: str, direction: str) -> None:
        """Take down that the router noticed a break."""
        with self._lock:
            self._notices.append(Notice(bucket, path, direction, len(self._results)))

    def notices(self) -> list[Notice]:
        """Return what the router noticed, in order."""
        with self._lock:
            return list(self._notices)

    def results(self) -> list[Result]:
        """Return the finished requests in the order of the run."""
        with self._lock:
            return sorted(self._results, key=lambda result: result.number)

    def halves(self) -> tuple[list[Result], list[Result]]:
        """Return the results before and after the cheap model broke."""
        results = self.results()
        if self.breaks_at is None:
            return results, []
        before = [result for result in results if result.number < self.breaks_at]
        return before, results[len(before) :]

    def turn(self) -> Turn | None:
        """Return how the router turned; None unless the cheap model broke and the run ended."""
        before, after = self.halves()
        if not after or len(before) + len(after) < self.planned:
            return None
        quarter = max(1, self.planned // 4)
        share_before = Figures.of(before[-quarter:]).cheap_share
        at_end = Figures.of(after[-quarter:])
        return Turn(
            share_before=share_before,
            share_at_end=at_end.cheap_share,
            halved_after=_halved_after(after, share_before),
            at_end=at_end,
        )


def _halved_after(after: Sequence[Result], share_before: float) -> int | None:
    for end in range(_TURN_WINDOW, len(after) + 1):
        if Figures.of(after[end - _TURN_WINDOW : end]).cheap_share <= share_before / 2:
            return end
    return None


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
