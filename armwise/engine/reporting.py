"""Outcomes by request id: what a Router does with a report, and who has none can do as well."""

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence

from armwise.bandit import Outcome, stored_score
from armwise.engine.request_id import Signer, Token, claimed
from armwise.errors import (
    ConfigurationError,
    ExpiredRequestIdError,
    ForeignRequestIdError,
    UnknownKeyError,
)
from armwise.storage import (
    MAX_AGE_S,
    ArmKey,
    CallFacts,
    Record,
    ReportStatus,
    stored_goal,
)

WAIT_S = 2.0
"""How long a report that is to wait for the store does: ten of its time-outs."""


def reported_record(
    token: Token,
    outcome: Outcome | bool | float | str,
    facts: CallFacts,
    revision: int,
    now_s: float,
) -> Record:
    """Return what is counted for a report.

    Raises:
        InvalidOutcomeError: If the outcome is none.
        ConfigurationError: If the revision is none.
        ExpiredRequestIdError: If the request was decided too long ago.
    """
    score = stored_score(outcome)
    check_revision(revision)
    age_s = now_s - token.decided_at_ms / 1000
    if age_s > MAX_AGE_S:
        raise ExpiredRequestIdError(
            f"the request was decided {age_s / 86400:.0f} days ago; outcomes are accepted "
            f"for {MAX_AGE_S / 86400:.0f} days."
        )
    return Record(
        arm=ArmKey(token.bucket, token.path, token.earlier_failures, token.epoch),
        nonce=token.nonce,
        attempt=token.attempt,
        decided_at_ms=token.decided_at_ms,
        facts=facts,
        revision=revision,
        score=score,
        count=token.count,
    )


def read_id(signer: Signer, request_id: object, namespace: str, who: str) -> Token:
    """Return what a request id of this tenant says.

    Raises:
        RequestIdError: If it is malformed, forged, signed with an unknown key, or of another
            tenant; each cause has its own class and message.
    """
    try:
        token = signer.read(request_id)
    except UnknownKeyError:  # another tenant's keys are not known, so this is the likely cause
        _check_namespace(claimed(request_id), namespace, who)
        raise
    _check_namespace(token, namespace, who)
    return token


def _check_namespace(token: Token, namespace: str, who: str) -> None:
    if token.namespace != namespace:
        raise ForeignRequestIdError(
            f"this request id belongs to namespace {token.namespace!r}, but {who} serves "
            f"{namespace!r}."
        )


_HIGHEST_REVISION = 65_535


def check_revision(revision: object) -> None:
    """Refuse a revision that is no whole number from 0 to 65,535.

    Raises:
        ConfigurationError: Naming the value.
    """
    is_whole = isinstance(revision, int) and not isinstance(revision, bool)
    if not is_whole or not 0 <= revision <= _HIGHEST_REVISION:  # type: ignore[operator]
        raise ConfigurationError(
            "revision must be a whole number up to 65535, 1 for a first report and more for each "
            f"correction, got {revision!r}."
        )


def measured_facts(cost_usd: float | None, latency_s: float | None) -> CallFacts:
    """Return what a report says of the call, in whole units.

    Raises:
        ConfigurationError: If one of them is negative, not finite, or no number.
    """
    return CallFacts(
        cost_nanousd=whole_units(cost_usd, "cost_usd", 1e9),
        latency_us=whole_units(latency_s, "latency_s", 1e6),
    )


_LARGEST_AMOUNT = 1e6
"""A million dollars or seconds for one call is a mistake, and would drown every real amount. In
billionths it is below 2^52, so every store can add it exactly."""


def whole_units(value: float | None, what: str, units: float) -> int | None:
    """Return an amount in whole units (nano-dollars, microseconds), None for None.

    Raises:
        ConfigurationError: If it is negative, not finite, or no number.
    """
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value < _LARGEST_AMOUNT:
        raise ConfigurationError(
            f"{what} must be a number from 0 to below {_LARGEST_AMOUNT:g}, got {value!r}."
        )
    return round(value * units)


class ReportsById(ABC):
    """A store that outcomes can be reported to without a Router: by webhooks, jobs, other hosts."""

    @abstractmethod
    def apply(self, goal_id: str, records: Sequence[Record]) -> list[ReportStatus]:
        """Take records to be counted; see ``Store.apply``."""

    @abstractmethod
    def deliver(
        self, goal_id: str, records: Sequence[Record], timeout_s: float
    ) -> list[ReportStatus]:
        """Take records to be counted and wait for the answers; QUEUED if they take too long."""

    @abstractmethod
    def signer(self, namespace: str) -> Signer:
        """Return what signs, and reads, the request ids of a tenant."""

    def report(
        self,
        request_id: str,
        outcome: Outcome | bool | float | str,
        *,
        cost_usd: float | None = None,
        latency_s: float | None = None,
        revision: int = 1,
        namespace: str = "",
        wait: bool = False,
    ) -> ReportStatus:
        """Tell how a request ended, of whichever goal; see ``Router.report_outcome``.

        Args:
            request_id: What ``completion`` or ``decide`` returned, in whichever process.
            outcome: ``Outcome``, a bool, or a score from 0 to 1.
            cost_usd: Cost of that attempt in US dollars, if it was not measured.
            latency_s: Its latency in seconds, if it was not measured.
            revision: 1 for a first report; higher to correct an earlier one.
            namespace: The tenant whose Router made the request.
            wait: Wait up to 2 s for the store's answer.

        Returns:
            What became of it; QUEUED if it was not waited for, or not answered in time.

        Raises:
            RequestIdError: If the id is malformed, forged, of another tenant, or expired.
            InvalidOutcomeError: If the outcome is none.
        """
        token = read_id(self.signer(namespace), request_id, namespace, "this report")
        facts = measured_facts(cost_usd, latency_s)
        record = reported_record(token, outcome, facts, revision, time.time())
        goal = stored_goal(namespace, token.goal_id)
        if wait:
            return self.deliver(goal, [record], WAIT_S)[0]
        return self.apply(goal, [record])[0]
