"""Plays a way to escalate over a shuffled outcome set, with perfect or imperfect checks."""

from collections.abc import Sequence
from dataclasses import dataclass

from armwise.offline.escalation.climbing import Climber, Way
from armwise.offline.real.outcome_set import OutcomeSet
from armwise.offline.real.references import Point
from armwise.offline.real.replay import order_of, setting_of


@dataclass(frozen=True, slots=True)
class Check:
    """How often the automatic check is wrong.

    Args:
        false_passes: Share of the failures that it lets pass, 0..1.
        false_fails: Share of the successes that it takes for failures, 0..1.
    """

    false_passes: float = 0.0
    false_fails: float = 0.0


@dataclass(frozen=True, slots=True)
class Game:
    """What is played for.

    Args:
        success_value_usd: What a success is worth in US dollars.
        attempts: Most attempts per request.
        check: How often the check is wrong.
    """

    success_value_usd: float
    attempts: int
    check: Check = Check()


@dataclass(frozen=True, slots=True)
class Climbed:
    """What one pass came to.

    Args:
        point: True successes of what was answered, and the mean cost of all attempts.
        attempts: Mean number of attempts per request.
    """

    point: Point
    attempts: float


def climb(outcomes: OutcomeSet, way: Way, game: Game, seed: int) -> Climbed:
    """Play one pass: every request is tried until its check passes or the climber stops.

    Args:
        outcomes: The set.
        way: How attempts are chosen; a fresh climber is built.
        game: What a success is worth, how many attempts there are, how good the check is.
        seed: Decides the order, the list prices, the check's errors and the climber's draws. The
            check errs in the same (request, path) for every climber.
    """
    setting = setting_of(outcomes, game.success_value_usd, seed)
    climber = way.build(setting, game.attempts)
    passing = Passes(outcomes, luck_of(outcomes, seed), game.check)
    accuracy = spent_usd = made = 0.0
    for number in order_of(outcomes, seed):
        truth = outcomes.successes[number]
        passes = passing.of(number)
        answered, tried = _answer(outcomes, number, climber, passes, game.attempts)
        accuracy += truth[answered]
        spent_usd += sum(outcomes.costs_usd[number][path] for path in tried)
        made += len(tried)
    requests = len(outcomes)
    return Climbed(Point(accuracy / requests, spent_usd / requests), made / requests)


def _answer(
    outcomes: OutcomeSet, number: int, climber: Climber, passes: Sequence[bool], attempts: int
) -> tuple[int, list[int]]:
    """Return the path whose answer is given, and every path that was tried for it."""
    request = outcomes.requests[number]
    tried: list[int] = []
    while len(tried) < attempts:
        path = climber.next(request, tried)
        if path is None:
            break
        cost_usd = outcomes.costs_usd[number][path]
        climber.learn(request, tried, path, passed=passes[path], cost_usd=cost_usd)
        tried.append(path)
        if passes[path]:
            return path, tried
    return climber.best(request, tried), tried


def luck_of(outcomes: OutcomeSet, seed: int) -> list[list[float]]:
    """Return per request and path the number that decides whether the check errs there."""
    import numpy as np

    rng = np.random.default_rng([seed, 4])
    luck: list[list[float]] = rng.random((len(outcomes), len(outcomes.paths))).tolist()
    return luck


class Passes:
    """What the check says of every answer.

    Args:
        outcomes: What is true of them.
        luck: As ``luck_of`` gives it.
        check: How good the check is.
    """

    def __init__(self, outcomes: OutcomeSet, luck: Sequence[Sequence[float]], check: Check) -> None:
        self._successes = outcomes.successes
        self._luck = luck
        self._check = check

    def of(self, number: int) -> list[bool]:
        """Return what it says of every path's answer to a request."""
        luck, check = self._luck[number], self._check
        return [
            luck[path] >= check.false_fails if success else luck[path] < check.false_passes
            for path, success in enumerate(self._successes[number])
        ]
