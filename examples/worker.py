"""A worker that routes requests between two scripted models, and shares what it learns.

Start it in two terminals against one store and watch both learn from each other:

    python examples/worker.py --store sqlite:////tmp/armwise-example.db
    python examples/worker.py --store redis://localhost:6379/0

No key and no network is needed: the models are functions of this file.
"""

import argparse
import random
import time

from armwise import Router
from armwise.adapters import Call, ModelInfo, Price
from armwise.testing import Scripted, ScriptedAdapter

MODELS = {
    "small": ModelInfo(Price(input_usd=1e-7, output_usd=4e-7)),
    "large": ModelInfo(Price(input_usd=2e-6, output_usd=8e-6)),
}
"""What a token costs, so that the router can weigh quality against money."""

RIGHT = {
    "extraction": {"small": 0.96, "large": 0.97},
    "reasoning": {"small": 0.35, "large": 0.93},
}
"""How often each scripted model is right: the small one is as good at extraction only."""

TASKS = tuple(RIGHT)


def build_router(store: str) -> Router:
    """Return a router of the two models on a store."""

    def answer(_: Call) -> Scripted:
        return Scripted("Apple makes the iPhone.", latency_s=random.uniform(0.01, 0.05))

    adapter = ScriptedAdapter(dict.fromkeys(MODELS, answer), MODELS)
    return Router(list(MODELS), "example", store=store, adapter=adapter)


def serve(router: Router, task: str) -> str:
    """Answer one request and report how it ended; return the model that answered."""
    messages = [{"role": "user", "content": "Which company makes the iPhone?"}]
    response, request_id = router.completion(messages, task_type=task, return_request_id=True)
    is_right = random.random() < RIGHT[task][response.model]
    router.report_outcome(request_id, is_right)
    return str(response.model)


def beliefs(router: Router) -> str:
    """Return how often each model is believed to be right, and after how many requests.

    The requests are those of all workers that use the store.
    """
    stats = router.stats()
    lines = [
        f"  {bucket:20s} "
        + ", ".join(f"{name} {arm.mean:.2f} after {arm.attempts}" for name, arm in arms.items())
        for bucket, arms in sorted(stats.buckets.items())
    ]
    return "\n".join([*lines, f"  {stats.store or 'kept in this process alone'}"])


def main() -> None:
    """Serve requests until the time is over or Ctrl-C is pressed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", required=True, help="sqlite:////PATH.db or redis://HOST:PORT/0")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to go on")
    parser.add_argument("--rate-hz", type=float, default=5.0, help="requests per second; 0: none")
    parser.add_argument("--every-s", type=float, default=2.0, help="between two lines of beliefs")
    given = parser.parse_args()
    with build_router(given.store) as router:
        end_s = time.monotonic() + given.seconds
        shown_s, served = time.monotonic(), 0
        try:
            while time.monotonic() < end_s:
                if given.rate_hz:
                    serve(router, TASKS[served % len(TASKS)])
                    served += 1
                time.sleep(1.0 / given.rate_hz if given.rate_hz else 0.05)
                if time.monotonic() >= shown_s:
                    shown_s += given.every_s
                    print(f"this worker has served {served}; all together:", flush=True)
                    print(beliefs(router), flush=True)
        except KeyboardInterrupt:
            print("stopping: what was reported is delivered first", flush=True)


if __name__ == "__main__":
    main()
