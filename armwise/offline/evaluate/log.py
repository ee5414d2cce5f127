"""Decision logs, read whole: each decision with what came of it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from armwise.engine import LoggedDecision, LoggedOutcome, read_line
from armwise.engine.decision_log import TORN
from armwise.errors import ConfigurationError
from armwise.storage import ReportStatus

T = TypeVar("T")

_COUNTED = (None, ReportStatus.QUEUED, ReportStatus.APPLIED, ReportStatus.CORRECTED)
"""Statuses under which an outcome holds. None: no store took it, but it was seen all the same."""


@dataclass(frozen=True, slots=True)
class LaterAttempt:
    """An answer of another path, after the one that was served first had failed its check.

    Args:
        path: Name of the path.
        success: The outcome 0..1 that holds; None if it is not known.
        cost_usd: Measured cost, None if it was not measured.
    """

    path: str
    success: float | None
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A decision and what came of the path that it served, and of those that were tried after it.

    Args:
        line: Number of the decision's line in its file, from 1.
        decision: The decision.
        success: The outcome 0..1 that holds; None if it is not known.
        cost_usd: Measured cost of the call, None if it was not measured.
        fault: Kind of the provider's error if the call ended in one: another path answered then.
        later: Answers that followed by a plan over several attempts.
    """

    line: int
    decision: LoggedDecision
    success: float | None
    cost_usd: float | None
    fault: str | None
    later: tuple[LaterAttempt, ...] = ()

    @property
    def final_success(self) -> float | None:
        """Outcome of the request: that of its best attempt, as far as known."""
        known = (self.success, *(attempt.success for attempt in self.later))
        return max((success for success in known if success is not None), default=None)


@dataclass(frozen=True, slots=True)
class RequestLog:
    """What a decision log holds.

    Args:
        name: Name of the file, for messages.
        requests: Every decision, in the order of the file.
        notes: What was passed over, in words.
    """

    name: str
    requests: tuple[LoggedRequest, ...]
    notes: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Names of all paths in the log, sorted."""
        return tuple(sorted({name for each in self.requests for name in each.decision.arms.names}))


def read_log(
    file: str | Path, *, goal_id: str | None = None, namespace: str | None = None
) -> RequestLog:
    """Read a decision log.

    Args:
        file: Its path.
        goal_id: Read the requests of this goal only; None: of all goals.
        namespace: Read the requests of this tenant only; None: of all.

    Raises:
        ConfigurationError: If the file cannot be read, a line is damaged, of another version or
            impossible, or no decision is left. The message names file and line.
    """
    path = Path(file)
    decisions: dict[str, tuple[int, LoggedDecision]] = {}
    outcomes: dict[str, list[LoggedOutcome]] = {}
    damaged: list[str] = []
    repeated = 0
    for number, entry in _entries(path, damaged):
        if isinstance(entry, LoggedOutcome):
            outcomes.setdefault(entry.nonce, []).append(entry)
        elif entry.nonce in decisions:
            repeated += 1
        else:
            decisions[entry.nonce] = (number, entry)
    orphans = sum(len(held) for nonce, held in outcomes.items() if nonce not in decisions)
    requests = tuple(
        _joined(number, decision, outcomes.get(nonce, ()))
        for nonce, (number, decision) in decisions.items()
        if goal_id in (None, decision.goal_id) and namespace in (None, decision.namespace)
    )
    if not requests:
        raise ConfigurationError(_nothing_left(path, goal_id, namespace, decisions))
    notes = [f"{what} was cut short and is left out" for what in damaged]
    if repeated:
        notes.append(f"{repeated} decisions are in the file twice and count once")
    if orphans:
        notes.append(f"{orphans} outcomes belong to no decision in the file and are left out")
    return RequestLog(path.name, requests, tuple(notes))


def _entries(
    path: Path, damaged: list[str]
) -> Iterator[tuple[int, LoggedDecision | LoggedOutcome]]:
    """Yield line numbers and what the lines say; put what was cut short into ``damaged``."""
    doubtful: tuple[int, str] | None = None
    for number, line in _lines(path):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            if doubtful is not None:
                raise _refused(path, *doubtful) from None
            # Pardoned only if it is the last line, or if the writer says that it was cut short.
            doubtful = (number, f"it is not JSON: {error}")
            continue
        is_mark = isinstance(record, Mapping) and record.get("kind") == TORN
        if doubtful is not None:
            if not is_mark:
                raise _refused(path, *doubtful)
            damaged.append(f"line {doubtful[0]}")
            doubtful = None
        try:
            entry = read_line(record)
        except ConfigurationError as error:
            raise _refused(path, number, str(error)) from None
        if entry is not None:
            yield number, entry
    if doubtful is not None:
        damaged.append(f"the last line, {doubtful[0]},")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, line
    except OSError as error:
        raise ConfigurationError(
            f"{str(path)!r} cannot be read: {error.strerror}. Name the file that was given as "
            "Router(decision_log=...)."
        ) from None


def _refused(path: Path, line: int, why: str) -> ConfigurationError:
    return ConfigurationError(f"{path.name}, line {line}: {why}")


def _joined(
    number: int, decision: LoggedDecision, outcomes: "list[LoggedOutcome] | tuple[()]"
) -> LoggedRequest:
    """Return a decision with what came of it: attempt 0 is the path that it served."""
    served = decision.arms.names[decision.served]
    own = [each for each in outcomes if each.attempt == 0 and each.path == served]
    later: list[LaterAttempt] = []
    if decision.plan is not None:
        for attempt in sorted({each.attempt for each in outcomes} - {0}):
            lines = [each for each in outcomes if each.attempt == attempt]
            if lines[0].path in decision.arms.names and _first([e.fault for e in lines]) is None:
                later.append(LaterAttempt(lines[0].path, _success(lines), _cost_usd(lines)))
    return LoggedRequest(
        number,
        decision,
        _success(own),
        _cost_usd(own),
        _first([each.fault for each in own]),
        tuple(later),
    )


def _success(lines: Sequence[LoggedOutcome]) -> float | None:
    """Return the outcome of an attempt that holds.

    Of several revisions the highest holds, and the first line of it, as in every store.
    """
    held: LoggedOutcome | None = None
    for each in lines:
        if each.revision is None or each.status not in _COUNTED:
            continue
        if held is None or each.revision > (held.revision or 0):
            held = each
    return None if held is None else held.score


def _cost_usd(lines: Sequence[LoggedOutcome]) -> float | None:
    """Return the measured cost of an attempt, from whichever line first carries it."""
    return _first([each.cost_usd for each in lines])


def _first(values: Sequence[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def _nothing_left(
    path: Path,
    goal_id: str | None,
    namespace: str | None,
    decisions: Mapping[str, tuple[int, LoggedDecision]],
) -> str:
    if not decisions:
        return (
            f"{path.name} holds no decision. A Router writes them with "
            "Router(decision_log='decisions.jsonl')."
        )
    goals = sorted({decision.goal_id for _, decision in decisions.values()})
    tenants = sorted({decision.namespace for _, decision in decisions.values()})
    return (
        f"{path.name} holds no decision of goal {goal_id!r} and namespace {namespace!r}. "
        f"Goals: {', '.join(map(repr, goals))}; namespaces: {', '.join(map(repr, tenants))}."
    )
