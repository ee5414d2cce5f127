"""Counts of this process, for ``stats()``."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from armwise.events import Judged


@dataclass(frozen=True, slots=True)
class Counters:
    """What this process has counted since its Router was built.

    Args:
        decisions: Decisions made.
        checks_raised: Checks that raised, so that the outcome stayed unknown.
        hooks_raised: Times that a user's ``on_event`` raised.
        store_errors: Records that the store could not take.
        log_errors: Lines that the decision log could not take.
        timeouts: Outcomes that were counted because nothing was reported in time.
        not_awaited: Requests that were dropped from those that wait for an outcome, for there
            were too many; silence about them means nothing.
    """

    decisions: int = 0
    checks_raised: int = 0
    hooks_raised: int = 0
    store_errors: int = 0
    log_errors: int = 0
    timeouts: int = 0
    not_awaited: int = 0


@dataclass(frozen=True, slots=True)
class JudgeStats:
    """What one judge has done in this process.

    Args:
        calls: How often it was asked.
        unknown: How often it gave no grade, or could not be reached.
        cost_usd: What its calls cost, in US dollars, as far as that is known.
        uncosted: Calls of which the cost is not known.
    """

    calls: int = 0
    unknown: int = 0
    cost_usd: float = 0.0
    uncosted: int = 0

    def and_one_more(self, judged: Judged) -> "JudgeStats":
        """Return the counts with one more call."""
        return JudgeStats(
            self.calls + 1,
            self.unknown + (judged.score is None),
            self.cost_usd + (judged.cost_usd or 0.0),
            self.uncosted + (judged.cost_usd is None),
        )


@dataclass(frozen=True, slots=True)
class EscalationStats:
    """How requests ended that could be tried again after a failed check, in this process.

    Args:
        requests: How many were answered.
        attempts: How many answers were had for them; their costs are those of the paths.
        passed: How many ended with an answer that passed the check.
        given_up: How many ended with the best of the failed answers.
    """

    requests: int = 0
    attempts: int = 0
    passed: int = 0
    given_up: int = 0


class Tally:
    """Mutable counterpart of ``Counters``, exact under threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts = dict.fromkeys(Counters.__dataclass_fields__, 0)
        self._failed: dict[str, int] = {}
        self._judges: dict[str, JudgeStats] = {}
        self._misconfigured: dict[str, int] = {}
        self._climbed: EscalationStats | None = None

    def add(self, name: str) -> int:
        """Count one more; return the new count."""
        with self._lock:
            self._counts[name] += 1
            return self._counts[name]

    def failed(self, check: str) -> None:
        """Count an answer that failed a check; there are as many names as checks."""
        with self._lock:
            self._failed[check] = self._failed.get(check, 0) + 1

    def judged(self, judged: Judged) -> None:
        """Count what a judge has done."""
        with self._lock:
            known = self._judges.get(judged.check, JudgeStats())
            self._judges[judged.check] = known.and_one_more(judged)

    def misconfigured_once(self, path: str) -> None:
        """Count an answer of a path that a wrong key or name has caused."""
        with self._lock:
            self._misconfigured[path] = self._misconfigured.get(path, 0) + 1

    @property
    def misconfigured(self) -> Mapping[str, int]:
        """How many such answers each path has given; paths without any are not in it."""
        with self._lock:
            return dict(self._misconfigured)

    def climbed(self, attempts: int, *, passed: bool | None) -> None:
        """Count a request that could be tried again.

        Args:
            attempts: How many answers it took.
            passed: Whether the last one passed the check; None if that is unknown.
        """
        with self._lock:
            known = self._climbed or EscalationStats()
            self._climbed = EscalationStats(
                known.requests + 1,
                known.attempts + attempts,
                known.passed + (passed is True),
                known.given_up + (passed is False),
            )

    @property
    def escalation(self) -> EscalationStats | None:
        """What was counted of requests that could be tried again, None if there were none."""
        with self._lock:
            return self._climbed

    @property
    def failed_checks(self) -> Mapping[str, int]:
        """How many answers failed, per check, the most frequent first."""
        with self._lock:
            return dict(sorted(self._failed.items(), key=lambda one: (-one[1], one[0])))

    @property
    def judges(self) -> Mapping[str, JudgeStats]:
        """What was counted of each judge, by the name of its check."""
        with self._lock:
            return dict(self._judges)

    def counters(self) -> Counters:
        """Return the counts as they stand."""
        with self._lock:
            return Counters(**self._counts)

    def before_fork(self) -> None:
        """Wait until no count is being changed."""
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on counting."""
        self._lock.release()
