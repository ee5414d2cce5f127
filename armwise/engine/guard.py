"""Compares what a canary achieves with what the default path does, and tells when it is worse."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace

from armwise.bandit.sequential import RateTest, Total

ALPHA = 0.05
"""Probability with which a canary that is not worse is ever sent back, over all looks together."""

REMEMBERED = 10_000
"""Requests whose group is remembered, so that outcomes can be counted for it: about 3 MB. As many
as decisions are remembered for ``explain``."""


@dataclass(slots=True)
class _Heard:
    """What is known of one request.

    Attributes:
        is_followed: It was served what the bandit chose.
        score: Its outcome 0..1, None for unknown.
        revision: Revision of it, -1 before any.
    """

    is_followed: bool
    score: float | None = None
    revision: int = -1


class Guard:
    """Counts the outcomes of two groups of requests; safe to share among threads and forks.

    Requests are assigned to the groups at random, so both have the same mix of buckets. Only
    outcomes of this process's own requests count, while they are remembered.

    Args:
        margin: How far below the control's the success rate may be, from 0.
    """

    def __init__(self, margin: float) -> None:
        self.margin = margin
        self._lock = threading.Lock()
        self._requests: OrderedDict[bytes, _Heard] = OrderedDict()
        self._test = RateTest()

    @property
    def test(self) -> RateTest:
        """The outcomes so far."""
        return self._test

    def decided(self, nonce: bytes, *, is_followed: bool) -> None:
        """Remember which group a request belongs to."""
        with self._lock:
            self._requests[nonce] = _Heard(is_followed)
            if len(self._requests) > REMEMBERED:
                self._requests.popitem(last=False)

    def heard(self, nonce: bytes, score: float | None, revision: int) -> RateTest | None:
        """Count an outcome of a request; return the test if it now says that the canary is worse.

        Of several attempts that were checked the best counts, for its answer is handed on. A
        report replaces what checks have said, and a later revision what an earlier one has.

        Args:
            nonce: The request's name.
            score: 0..1, or None for unknown.
            revision: 0 for a check, more for reports.
        """
        with self._lock:
            held = self._requests.get(nonce)
            if held is None or revision < held.revision or (revision == held.revision > 0):
                return None
            if revision == 0 and held.score is not None:
                score = held.score if score is None else max(score, held.score)
            before, held.score, held.revision = held.score, score, revision
            self._test = _corrected(self._test, held.is_followed, before, score)
            test = self._test
        return test if test.is_below(margin=self.margin, alpha=ALPHA) else None

    def begin_anew(self) -> None:
        """Forget all outcomes, and all requests that are still to be heard of."""
        with self._lock:
            self._forget()

    def before_fork(self) -> None:
        """Wait until no outcome is being counted."""
        self._lock.acquire()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; the child counts its own requests only, or siblings would count the same twice."""
        if in_child:
            self._forget()
        self._lock.release()

    def _forget(self) -> None:
        self._requests = OrderedDict()
        self._test = RateTest()


def _corrected(
    test: RateTest, is_followed: bool, before: float | None, score: float | None
) -> RateTest:
    """Return a test in which one request's outcome is another one."""
    total: Total = test.tried if is_followed else test.control
    if before is not None:
        total = total.without(before)
    if score is not None:
        total = total.and_one_more(score)
    return replace(test, tried=total) if is_followed else replace(test, control=total)
