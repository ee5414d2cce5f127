"""One worker: plays its share of the requests of many goals at a user's pace."""

import argparse
import sys
import time
from typing import Any

from armwise import BestQuality, Router
from armwise.bandit.models import Independent
from armwise.engine.opening import LocalStore
from armwise.offline.bernoulli import World
from armwise.offline.delay import INSTANCES
from armwise.testing import ScriptedAdapter

PROMPT = [{"role": "user", "content": "Which company makes the iPhone?"}]


class Game:
    """One goal: an instance of arms with its own outcomes, which every worker knows.

    Args:
        instance: Name of the instance, a key of ``INSTANCES``.
        seed: Settles the outcomes.
        requests: Requests over all workers.
        store: Where evidence lives.
    """

    def __init__(self, instance: str, seed: int, requests: int, store: str | LocalStore) -> None:
        import numpy as np

        rates = INSTANCES[instance]
        world = World(rates, range(1), seed, requests)
        self._outcomes = np.concatenate([block[:, 0, :] for block in world.outcomes()])
        self._names = [f"arm {number}" for number in range(len(rates))]
        self._rates = dict(zip(self._names, rates, strict=True))
        self.router = Router(
            self._names,
            f"{instance} {seed}",
            objective=BestQuality(),
            beliefs=Independent(),
            half_life=None,
            detect_changes=False,
            store=store,
            adapter=ScriptedAdapter({}),
        )

    def play(self, request: int) -> None:
        """Decide one request, and report the outcome that it has with that arm."""
        decision = self.router.decide(PROMPT)
        won = self._outcomes[request, self._names.index(decision.path)]
        self.router.report_outcome(decision.request_id, bool(won))

    def regret(self) -> float:
        """Return what was given up against the best arm so far, over all workers."""
        (arms,) = self.router.stats().buckets.values()
        best = max(self._rates.values())
        return sum((best - self._rates[name]) * arm.attempts for name, arm in arms.items())


def games(seeds: range, requests: int, store: Any) -> list[Game]:
    """Return a game of every instance and seed."""
    return [Game(name, seed, requests, store) for name in INSTANCES for seed in seeds]


def main() -> None:
    """Play the requests of one worker of several; say when ready, and how long it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--worker", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--seeds", type=int, nargs=2, required=True)
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--rate-hz", type=float, required=True)
    given = parser.parse_args()
    played = games(range(*given.seeds), given.requests, given.url)
    for game in played:
        game.router.warmup()
    print("ready", flush=True)
    sys.stdin.readline()
    begun_s = time.monotonic()
    for number, request in enumerate(range(given.worker, given.requests, given.workers)):
        # Workers take turns within the interval, and so do the goals of one worker.
        turn_s = begun_s + (number + given.worker / given.workers) / given.rate_hz
        for place, game in enumerate(played):
            due_s = turn_s + place / len(played) / given.rate_hz
            time.sleep(max(0.0, due_s - time.monotonic()))
            game.play(request)
    took_s = time.monotonic() - begun_s
    for game in played:
        game.router.flush(10.0)
        game.router.close()
    print(took_s, flush=True)


if __name__ == "__main__":
    main()
