"""Paths that are left alone for a while because they were down, in one process and one goal.

A path whose call ended in an outage *cools down*: others are chosen before it. When the cooldown is
over, one request of this worker tries it, a *probe*; the others pass it over until the probe has
ended. An answer ends all that at once, another fault begins a longer cooldown.

None of this touches what is believed of the quality of answers.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from armwise.adapters import Fault
from armwise.bandit.availability import (
    HALF_LIFE_S,
    LEAST_PATIENCE_S,
    Availability,
    cooldown_s,
    patience_s,
)
from armwise.engine.cooldown import LONGEST_RETRY_AFTER_S, Cooldown, length_s, wait_s
from armwise.engine.excluding import Ask
from armwise.engine.notices import Notice, Notices
from armwise.storage.forking import register

_SILENT = 2
"""How many calls must have been begun, and be waited for too long, with no answer to any other call
since: then a path is taken to hang. One alone may be a long answer. A guess."""


class Cooling:
    """What is known of the availability of a goal's paths; safe to share among threads and forks.

    Args:
        notices: Through which workers tell each other.
        clock: Seconds since 1970.
        is_told: Somebody calls ``hear`` when notices may have come in, so that decisions need not
            look.
        mean_latency_s: Returns the mean latency of a path's answers in a bucket; None if unknown.
        half_life_s: After how many seconds a call weighs half in the belief of availability.
    """

    def __init__(
        self,
        notices: Notices,
        *,
        clock: Callable[[], float] = time.time,
        is_told: bool = False,
        mean_latency_s: Callable[[str, str], float | None] = lambda _, __: None,
        half_life_s: float = HALF_LIFE_S,
    ) -> None:
        self._notices = notices
        self._mean_latency_s = mean_latency_s
        self._half_life_s = half_life_s
        self._unanswered: dict[str, list[float]] = {}
        self._clock = clock
        self._is_told = is_told
        self._cooldowns: dict[str, Cooldown] = {}
        self._beliefs: dict[str, Availability] = {}
        self._faulted_last: set[str] = set()
        self._heard: dict[tuple[str, Fault], float] = {}
        self._lock = threading.Lock()
        register(self)
        self.hear()

    def excluder(self, ask: Ask) -> Mapping[str, str]:
        """Return the paths to pass over for a request; see ``Excluder``."""
        return self.excluded(ask.now_s, ask.bucket)

    def excluded(self, now_s: float, bucket: str = "") -> Mapping[str, str]:
        """Return the reason per path to pass over, the one to be tried first of all first.

        Args:
            now_s: Seconds since 1970.
            bucket: The bucket of the request: what is a long time there.
        """
        if not self._is_told and self._notices.has_changed():
            self.hear()
        for path, begun_s in list(self._unanswered.items()):
            if len(begun_s) == _SILENT and now_s - begun_s[-1] >= LEAST_PATIENCE_S:
                self._suspect(path, bucket, now_s)
        if not self._cooldowns:
            return {}
        with self._lock:
            cold = [(c.until_s, name, c) for name, c in self._cooldowns.items()]
        cold.sort(key=lambda one: one[:2])
        return {name: held.reason(now_s) for _, name, held in cold if not held.is_over(now_s)}

    def chosen(self, path: str, now_s: float) -> None:
        """Take notice that a path was chosen: if its cooldown is over, this is the probe."""
        if path not in self._cooldowns:
            return
        with self._lock:
            held = self._cooldowns.get(path)
            if held is None or not held.is_over(now_s):
                return
            # A probe that is not heard of until the next cooldown would be over counts as one.
            step = held.step + held.is_probed
            until_s = now_s + length_s(held.fault, step + 1, self._mean(path, now_s))
            self._cooldowns[path] = replace(
                held, begun_s=min(held.begun_s, now_s), until_s=until_s, step=step, is_probed=True
            )

    def began(self, path: str) -> None:
        """Take notice that a call begins: a path to which calls begin and none ends may hang."""
        begun_s = self._unanswered.get(path)
        if begun_s is None or len(begun_s) < _SILENT:
            with self._lock:
                self._unanswered.setdefault(path, []).append(self._clock())

    def answered(self, path: str, elapsed_s: float = 0.0) -> None:
        """Take notice of an answer.

        Args:
            path: The path.
            elapsed_s: How long ago the call was begun. One that was begun before the path went
                down says nothing about now.
        """
        now_s = self._clock()
        with self._lock:
            self._learn(path, now_s, is_answered=True)
            self._unanswered.pop(path, None)
            self._lift(path, now_s - elapsed_s)

    def opened(self, path: str, elapsed_s: float = 0.0) -> None:
        """Take notice that a stream has begun: the path answers, whatever becomes of it."""
        if path in self._cooldowns or path in self._unanswered:
            with self._lock:
                self._unanswered.pop(path, None)
                self._lift(path, self._clock() - elapsed_s)

    def faulted(
        self, path: str, fault: Fault, elapsed_s: float = 0.0, retry_after_s: float | None = None
    ) -> None:
        """Take notice of a call that ended in an outage, or of a path that is misconfigured.

        Args:
            path: The path.
            fault: Kind of the error.
            elapsed_s: How long ago the call was begun. Calls that were under way when the path
                went down make no cooldown longer.
            retry_after_s: How long the provider asked to be left alone; None if it did not say.
        """
        now_s = self._clock()
        with self._lock:
            is_first = path not in self._faulted_last
            self._unanswered.pop(path, None)
            if fault.is_outage:
                self._learn(path, now_s, is_answered=False)
            held = self._cooldowns.get(path)
            mean = self._mean(path, now_s)
            if held is None and is_first and self._is_forgiven(path, fault, retry_after_s, now_s):
                return
            is_late = held is not None and now_s - elapsed_s < held.begun_s <= now_s
            step = 1 if held is None else held.step + (not is_late)
            until_s = now_s + wait_s(fault, step, mean, retry_after_s)
            if is_late and held is not None:
                if retry_after_s is None or until_s <= held.until_s:
                    return
                self._cooldowns[path] = replace(held, until_s=until_s)
            else:
                self._cooldowns[path] = Cooldown(fault, now_s, until_s, now_s, step)
            self._heard[path, fault] = max(until_s, self._heard.get((path, fault), 0.0))
        self._notices.post(Notice(path, fault, until_s))

    def hear(self) -> None:
        """Read what other workers have told."""
        try:
            notices = list(self._notices.read())
        except Exception:  # noqa: BLE001 - a store that fails costs what others know
            return
        now_s = self._clock()
        with self._lock:
            for notice in notices:
                if notice.until_s > self._heard.get((notice.path, notice.fault), now_s):
                    self._heard[notice.path, notice.fault] = notice.until_s
                    self._believe(notice, now_s)

    def patience_s(self, bucket: str, path: str) -> float | None:
        """Return how long to wait for a path that has not answered since it was down.

        Args:
            bucket: The bucket of the request.
            path: The path.

        Returns:
            None for a path of which nothing bad is known, or no latency.
        """
        held = self._cooldowns.get(path)
        if held is None or held.fault is Fault.MISCONFIGURED:
            return None
        latency_s = self._mean_latency_s(bucket, path)
        return None if latency_s is None else patience_s(latency_s, held.step)

    def availability(self, path: str) -> float:
        """Return the probability that a call to a path is answered now, as this process sees it."""
        with self._lock:
            return self._mean(path, self._clock())

    def forget(self, path: str) -> None:
        """Drop what is known of a path that is removed."""
        with self._lock:
            for known in (self._cooldowns, self._beliefs, self._unanswered):
                known.pop(path, None)

    def before_fork(self) -> None:
        """Wait until nothing is being changed."""
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; the child knows what the parent knew."""
        self._lock.release()

    def _suspect(self, path: str, bucket: str, now_s: float) -> None:
        """Let a path cool down to which calls have begun long ago, with no answer since."""
        latency_s = self._mean_latency_s(bucket, path)
        with self._lock:
            begun_s = self._unanswered.get(path, [])
            if latency_s is None or len(begun_s) < _SILENT or path in self._cooldowns:
                return
            if now_s - begun_s[-1] < patience_s(latency_s, 1):
                return
            del self._unanswered[path]
            until_s = now_s + cooldown_s(1, self._mean(path, now_s))
            held = Cooldown(Fault.TIMEOUT, now_s, until_s, begun_s[0], 1)
            self._cooldowns[path] = held
            self._heard[path, held.fault] = max(until_s, self._heard.get((path, held.fault), 0.0))
        self._notices.post(Notice(path, held.fault, until_s))

    def _mean(self, path: str, now_s: float) -> float:
        return self._beliefs.get(path, _UNKNOWN).mean(now_s, self._half_life_s)

    def _is_proven(self, path: str, now_s: float) -> bool:
        return self._beliefs.get(path, _UNKNOWN).is_proven(now_s, self._half_life_s)

    def _learn(self, path: str, now_s: float, *, is_answered: bool) -> None:
        known = self._beliefs.get(path, _UNKNOWN)
        self._beliefs[path] = known.after(
            now_s, is_answered=is_answered, half_life_s=self._half_life_s
        )
        if is_answered:
            self._faulted_last.discard(path)
        else:
            self._faulted_last.add(path)

    def _lift(self, path: str, begun_s: float) -> None:
        held = self._cooldowns.get(path)
        if held is not None and begun_s >= held.since_s:
            del self._cooldowns[path]

    def _is_forgiven(
        self, path: str, fault: Fault, retry_after_s: float | None, now_s: float
    ) -> bool:
        """Return whether a fault is one of those that a path which is up has now and then."""
        is_said = fault in (Fault.RATE_LIMIT, Fault.MISCONFIGURED) or retry_after_s is not None
        return not is_said and self._is_proven(path, now_s)

    def _believe(self, notice: Notice, now_s: float) -> None:
        """Let a path cool down for another worker, unless it answers here."""
        if notice.fault is not Fault.RATE_LIMIT and self._is_proven(notice.path, now_s):
            return
        held = self._cooldowns.get(notice.path)
        if held is None:
            until_s = min(notice.until_s, now_s + LONGEST_RETRY_AFTER_S)
            self._cooldowns[notice.path] = Cooldown(notice.fault, now_s, until_s, now_s, 0)
        elif notice.until_s > held.until_s:
            self._cooldowns[notice.path] = replace(
                held, fault=notice.fault, until_s=notice.until_s, is_probed=False
            )


_UNKNOWN = Availability()
