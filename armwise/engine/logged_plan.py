"""What a decision log keeps of a request that may be tried again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from armwise.bandit import Belief, read_belief
from armwise.engine.log_fields import numbers, typed
from armwise.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class LoggedPlan:
    """What the first attempt was planned with, beyond what is believed of a first attempt.

    Args:
        draws: Per number of earlier failures from 1, the sampled success rate per arm.
        beliefs: What they were drawn from, in the same order.
    """

    draws: tuple[tuple[float, ...], ...]
    beliefs: tuple[tuple[Belief, ...], ...]


def read_plan(record: Mapping[str, Any], places: Sequence[int]) -> LoggedPlan | None:
    """Return what a line holds of a plan, None if it holds none.

    Args:
        record: The line.
        places: Per arm, its place in the line.

    Raises:
        ConfigurationError: If a part is missing, or is not one number or belief per path.
        InvalidBeliefError: If a belief is impossible.
    """
    if "later_draws" not in record:
        return None
    size = len(places)
    draws = [
        numbers({"later_draws": row}, "later_draws", size) for row in _rows(record, "later_draws")
    ]
    beliefs = [_beliefs(row, size) for row in _rows(record, "later_beliefs")]
    if len(draws) != len(beliefs):
        raise ConfigurationError(
            f"'later_draws' has {len(draws)} rows and 'later_beliefs' {len(beliefs)}; both need "
            "one per number of earlier failures."
        )
    return LoggedPlan(
        tuple(tuple(row[place] for place in places) for row in draws),
        tuple(tuple(row[place] for place in places) for row in beliefs),
    )


def _rows(record: Mapping[str, Any], name: str) -> list[Any]:
    rows: list[Any] = typed(record, name, list)
    return rows


def _beliefs(row: object, size: int) -> list[Belief]:
    if not isinstance(row, list) or len(row) != size or not all(isinstance(e, dict) for e in row):
        raise ConfigurationError(
            f"'later_beliefs' must hold {size} beliefs in a row, one per path, got {row!r}."
        )
    return [read_belief(each) for each in row]
