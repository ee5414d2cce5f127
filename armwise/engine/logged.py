"""The lines of a decision log, read back: every field is checked, for a file may hold anything."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from armwise.bandit import Arms, read_belief
from armwise.engine.log_fields import amount, numbers, position, typed
from armwise.engine.log_lines import FORMAT_VERSION
from armwise.engine.logged_plan import LoggedPlan, read_plan
from armwise.engine.serving import MODES
from armwise.errors import ConfigurationError, InvalidBeliefError
from armwise.events import Attempted, Reported

_READABLE = (1, FORMAT_VERSION)

_WITH_TOLERANCE = ("cheapest-within ", "target-rate ")
"""How the names of the rules begin that have had a price tolerance since version 2."""

_PROBABILITY_ERROR = 1e-3
"""How far propensities that a line brings along may be from adding up to 1."""


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """A decision as its line tells it.

    Args:
        goal_id: The goal.
        namespace: The tenant, "" for none.
        nonce: The request's random name in hex.
        decided_at_ms: When, in milliseconds since 1970.
        bucket: "task type/level".
        rule: Name of the rule.
        parameters: What the rule was built with, by name; empty for a rule of the user's own.
        mode: "observe", "shadow", "canary" or "apply".
        arms: The beliefs and expected costs, cheapest first.
        models: Model per arm.
        epochs: Epoch per arm.
        draws: The sampled success rate per arm.
        eligible: Indices of the arms that could be chosen, ascending.
        exclusions: Reason per path that could not.
        chosen: Index of the arm that the rule chose.
        served: Index of the arm that was called: another one only where the default path is served.
        propensities: Probability per arm of being served, where the line brings them along.
        share: Share of the requests that were served what was chosen, 0..1.
        default: Index of the arm that the others were served; None where it is not known, which is
            only outside of "canary".
        plan: What the first attempt was planned with, where several were allowed.
    """

    goal_id: str
    namespace: str
    nonce: str
    decided_at_ms: int
    bucket: str
    rule: str
    parameters: Mapping[str, float]
    mode: str
    arms: Arms
    models: tuple[str, ...]
    epochs: tuple[int, ...]
    draws: tuple[float, ...]
    eligible: tuple[int, ...]
    exclusions: Mapping[str, str]
    chosen: int
    served: int
    propensities: tuple[float, ...] | None = None
    share: float = 1.0
    default: int | None = None
    plan: LoggedPlan | None = None

    def why(self) -> str:
        """Retell the decision: bucket, rule, and per arm the belief, the draw and the cost."""
        names = self.arms.names
        lines = [
            f"bucket {self.bucket}, from the decision log",
            f"rule {self.rule}: {names[self.chosen]} was chosen",
        ]
        if self.served != self.chosen:
            lines.append(f"mode {self.mode}: {names[self.served]} was served")
        width = max(len(name) for name in names)
        for index, name in enumerate(names):
            belief, cost_usd = self.arms.beliefs[index], self.arms.costs_usd[index]
            cost = "unknown cost" if cost_usd == math.inf else f"${cost_usd:.6f}"
            lines.append(
                f"{name:<{width}}  {belief!s:>16}  mean {belief.mean:.3f}, "
                f"drawn {self.draws[index]:.3f}, {cost}"
            )
        lines += [f"excluded {name}: {reason}" for name, reason in self.exclusions.items()]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class LoggedOutcome:
    """An outcome as its line tells it.

    Args:
        goal_id: The goal.
        nonce: The request's random name in hex.
        source: "attempt" for a call with its automatic check, "report" for what a user reported.
        attempt: Number of the attempt in its request.
        path: The path that it is about.
        revision: 0 for the automatic check, more for reports; None if no outcome is known.
        score: 0..1, or None for unknown.
        status: What became of it, a ``ReportStatus`` value; None if no store took it.
        cost_usd: Measured cost of the attempt.
        latency_s: Measured latency of the attempt.
        fault: Kind of the provider's error, if the attempt ended in one.
        category: Name of the check that failed or gave the lowest score, of an attempt.
    """

    goal_id: str
    nonce: str
    source: str
    attempt: int
    path: str
    revision: int | None
    score: float | None
    status: str | None
    cost_usd: float | None
    latency_s: float | None
    fault: str | None
    category: str | None = None

    def as_event(self, bucket: str) -> Attempted | Reported:
        """Return the event that the line was written for."""
        if self.source == "report":
            status = self.status or "unknown"
            return Reported(
                self.goal_id,
                self.nonce,
                bucket,
                self.path,
                self.attempt,
                self.score,
                self.revision or 0,
                status,
            )
        return Attempted(
            self.goal_id,
            self.nonce,
            bucket,
            self.path,
            self.attempt,
            self.fault,
            self.score,
            self.cost_usd,
            self.latency_s,
            self.category,
        )


def read_line(record: object) -> LoggedDecision | LoggedOutcome | None:
    """Return what a line says, already parsed as JSON; None for a line of another kind.

    Raises:
        ConfigurationError: If it is of another version, a field is missing or of another type, or
            a belief, draw or propensity is impossible.
    """
    if not isinstance(record, Mapping) or "v" not in record:
        raise ConfigurationError("it is not a line of a decision log: there is no field 'v'.")
    if type(record["v"]) is not int or record["v"] not in _READABLE:
        raise ConfigurationError(
            f"it is of version {record['v']!r} of the format; this armwise reads versions "
            f"{' and '.join(map(str, _READABLE))}. Read it with the armwise that wrote it."
        )
    kind = record.get("kind")
    try:
        if kind == "decision":
            return _read_decision(record)
        return _read_outcome(record) if kind == "outcome" else None
    except KeyError as error:
        raise ConfigurationError(f"the field {error.args[0]!r} is missing.") from None
    except InvalidBeliefError as error:
        raise ConfigurationError(f"a belief is impossible: {error}") from None
    except OverflowError:
        raise ConfigurationError("a number is too large.") from None


def _read_decision(record: Mapping[str, Any]) -> LoggedDecision:
    paths = typed(record, "paths", list)
    arms = Arms.of(
        (
            typed(path, "name", str),
            read_belief(typed(path, "belief", dict)),
            amount(path, "cost_usd"),
        )
        for path in paths
    )
    if not paths or len(set(arms.names)) < len(paths):
        raise ConfigurationError("'paths' must name each path once, and at least one.")
    # The arms were sorted as a rule needs them, whatever the order in the line.
    by_name = {path["name"]: path for path in paths}
    place = {path["name"]: index for index, path in enumerate(paths)}
    draws = numbers(record, "draws", len(paths))
    eligible = [position(arms, name, "eligible") for name in typed(record, "eligible", list)]
    chosen = position(arms, record["chosen"], "chosen")
    served = position(arms, record["served"], "served")
    if chosen not in eligible:
        raise ConfigurationError(f'path {record["chosen"]!r} was chosen but is not in "eligible".')
    mode = _mode(record)
    share, default = 1.0 if mode == "apply" else 0.0, None
    if mode == "canary":
        share = _share(record)
        default = position(arms, record["default"], "default")
    given = None
    if record.get("propensities") is not None:
        listed = numbers(record, "propensities", len(paths))
        given = tuple(listed[place[name]] for name in arms.names)
        _check_propensities(given, arms, served)
    return LoggedDecision(
        goal_id=typed(record, "goal", str),
        namespace=typed(record, "namespace", str),
        nonce=typed(record, "request", str),
        decided_at_ms=typed(record, "time_ms", int),
        bucket=typed(record, "bucket", str),
        rule=typed(record, "rule", str),
        parameters=_parameters(record),
        mode=mode,
        arms=arms,
        models=tuple(str(by_name[name].get("model", name)) for name in arms.names),
        epochs=tuple(_epoch(by_name[name]) for name in arms.names),
        draws=tuple(draws[place[name]] for name in arms.names),
        eligible=tuple(sorted(set(eligible))),
        exclusions=typed(record, "excluded", dict),
        chosen=chosen,
        served=served,
        propensities=given,
        share=share,
        default=default,
        plan=read_plan(record, [place[name] for name in arms.names]),
    )


def _read_outcome(record: Mapping[str, Any]) -> LoggedOutcome:
    revision, status, fault = record["revision"], record["status"], record["fault"]
    score = amount(record, "score", 1.0)
    if revision is not None and type(revision) is not int:
        raise ConfigurationError(f"'revision' must be a whole number or null, got {revision!r}.")
    return LoggedOutcome(
        goal_id=typed(record, "goal", str),
        nonce=typed(record, "request", str),
        source=typed(record, "source", str),
        attempt=typed(record, "attempt", int),
        path=typed(record, "path", str),
        revision=revision,
        score=score,
        status=None if status is None else str(status),
        cost_usd=amount(record, "cost_usd"),
        latency_s=amount(record, "latency_s"),
        fault=None if fault is None else str(fault),
        # Logs that were written before checks had names lack it.
        category=None if record.get("category") is None else str(record["category"]),
    )


def _check_propensities(given: Sequence[float], arms: Arms, served: int) -> None:
    total = math.fsum(given)
    if abs(total - 1.0) > _PROBABILITY_ERROR:
        raise ConfigurationError(f"'propensities' must add up to 1, not to {total:g}.")
    if given[served] <= 0.0:
        raise ConfigurationError(
            f"path {arms.names[served]!r} was served, but its propensity is {given[served]:g}."
        )


def _epoch(path: Mapping[str, Any]) -> int:
    epoch = path.get("epoch", 0)
    if type(epoch) is not int or epoch < 0:
        raise ConfigurationError(f"'epoch' must be a whole number from 0, got {epoch!r}.")
    return epoch


def _mode(record: Mapping[str, Any]) -> str:
    mode: str = typed(record, "mode", str)
    if mode not in MODES:
        raise ConfigurationError(f"'mode' must be one of {', '.join(MODES)}, got {mode!r}.")
    return mode


def _share(record: Mapping[str, Any]) -> float:
    share = record["share"]
    if type(share) not in (int, float) or not 0.0 < share < 1.0:
        raise ConfigurationError(f"'share' must be a number between 0 and 1, got {share!r}.")
    return float(share)


def _parameters(record: Mapping[str, Any]) -> dict[str, float]:
    values: dict[str, float] = typed(record, "parameters", dict)
    if not all(type(value) in (int, float) for value in values.values()):
        raise ConfigurationError(f"'parameters' must be numbers, got {values!r}.")
    if values and record["v"] == 1 and record["rule"].startswith(_WITH_TOLERANCE):
        return {"price_tolerance": 0.0, **values}
    return values
