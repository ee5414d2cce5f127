"""One worker of the soak: decides and reports, and writes down beside it what it reported."""

import argparse
import heapq
import random
import secrets
import time
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from armwise import Router
from armwise.adapters import ModelInfo, Price
from armwise.bandit.decay import Outcomes
from armwise.engine import SharedStore, open_store
from armwise.engine.shared import journal_root
from armwise.errors import StoreError
from armwise.storage import Record, ReportStatus, shown_url, store_place
from armwise.storage.redis import RedisStore
from armwise.testing import ScriptedAdapter
from benchmarks.soak.ledger import Ledger, Reported

RATES = {"cheap": 0.7, "middle": 0.8, "dear": 0.9}
MODELS = {
    "cheap": ModelInfo(Price(1e-7, 1e-7)),
    "middle": ModelInfo(Price(1e-6, 1e-6)),
    "dear": ModelInfo(Price(1e-5, 1e-5)),
}
GOALS = {"keeping": None, "fading": Outcomes(500)}
TASKS = ("extraction", "summary")
PROMPT = [{"role": "user", "content": "Which company makes the iPhone? Answer with its name."}]

DUPLICATES, CORRECTIONS, LATE = 0.05, 0.03, 0.04
"""Shares of the outcomes that are reported twice, corrected under revision 2, and reported late:
12 % together."""

LONGEST_LATE_S = 3.0

_CROWDED = 20_000
"""Records that may wait before a worker slows down: a user's requests would come no faster than
they are answered either."""

CONTROLS = ("", "no-replay", "no-dedupe")


class Forgetful(RedisStore):
    """A store that takes every record for a new one: the control that must count twice."""

    def apply(self, goal_id: str, records: Sequence[Record]) -> list[ReportStatus]:
        """Count records under names that nobody has seen."""
        fresh = [replace(record, nonce=secrets.token_bytes(10)) for record in records]
        return super().apply(goal_id, fresh)


def opened(url: str, control: str) -> SharedStore:
    """Return the store as users open it, or a control that is missing a part."""
    if not control:
        store = open_store(url)
        assert isinstance(store, SharedStore)  # noqa: S101 - for the type checker
        return store
    name = shown_url(url)
    root = journal_root(sha256(store_place(url).encode()).hexdigest()[:16])
    if control == "no-replay":
        return SharedStore(RedisStore(url), name, root, window_s=0.0)
    return SharedStore(Forgetful(url), name, root)


class Worker:
    """Decides and reports until it has reported its share of outcomes.

    Args:
        url: Of the store.
        control: Which part is missing, "" for none.
        ledger: Where it writes down what it reports.
        seed: Settles outcomes, and which of them are late, doubled or corrected.
    """

    def __init__(self, url: str, control: str, ledger: Ledger, seed: int) -> None:
        self._store = opened(url, control)
        self._ledger = ledger
        self._random = random.Random(seed)  # noqa: S311 - a simulated world
        self._routers = {
            goal: Router(
                list(RATES),
                goal,
                store=self._store,
                adapter=ScriptedAdapter({}, MODELS),
                half_life=half_life,
            )
            for goal, half_life in GOALS.items()
        }
        self._later: list[tuple[float, int, Reported]] = []
        self._number = 0

    def run(self, outcomes: int, rate_hz: float) -> None:
        """Report so many outcomes, no faster than this."""
        begun_s, goals = time.monotonic(), list(GOALS)
        for number in range(outcomes):
            time.sleep(max(0.0, begun_s + number / rate_hz - time.monotonic()))
            if number % 100 == 0:
                self._wait_for_room()
            self._serve(goals[number % len(goals)])
            self._report_due(time.monotonic())
        while self._later:
            self._report_due(time.monotonic())
            time.sleep(0.01)
        self._store.flush(30.0)
        self._store.close()

    def _wait_for_room(self) -> None:
        while self._store.health().waiting > _CROWDED:
            time.sleep(0.01)

    def _serve(self, goal: str) -> None:
        """Decide once, and report: now or later, once or more often."""
        random = self._random
        decision = self._routers[goal].decide(PROMPT, task_type=random.choice(TASKS))
        is_measured = random.random() < 0.5
        first = Reported(
            goal,
            decision.request_id,
            random.random() < RATES[decision.path],
            1,
            round(random.uniform(1e-6, 1e-4), 9) if is_measured else None,
            round(random.uniform(0.1, 2.0), 6) if is_measured else None,
        )
        fate = random.random()
        if fate < LATE:
            self._put_off(first)
            return
        self._report(first)
        if fate < LATE + DUPLICATES:
            self._put_off(first)
        elif fate < LATE + DUPLICATES + CORRECTIONS:
            self._put_off(
                replace(
                    first,
                    is_success=not first.is_success,
                    revision=2,
                    cost_usd=None,
                    latency_s=None,
                )
            )

    def _put_off(self, reported: Reported) -> None:
        due_s = time.monotonic() + self._random.uniform(0.0, LONGEST_LATE_S)
        self._number += 1
        heapq.heappush(self._later, (due_s, self._number, reported))

    def _report_due(self, now_s: float) -> None:
        while self._later and self._later[0][0] <= now_s:
            self._report(heapq.heappop(self._later)[2])

    def _report(self, reported: Reported) -> None:
        self._ledger.intend(reported)
        self._routers[reported.goal].report_outcome(
            reported.request_id,
            reported.is_success,
            revision=reported.revision,
            cost_usd=reported.cost_usd,
            latency_s=reported.latency_s,
        )
        self._ledger.returned()


def main() -> None:
    """Work as the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--control", choices=CONTROLS, default="")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--outcomes", type=int, required=True)
    parser.add_argument("--rate-hz", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    given = parser.parse_args()
    ledger = Ledger(given.directory, given.name)
    Worker(given.url, given.control, ledger, given.seed).run(given.outcomes, given.rate_hz)


if __name__ == "__main__":
    try:
        main()
    except StoreError as error:  # never expected: a dead store must not reach a caller
        raise SystemExit(f"the store reached the caller: {error}") from error
