"""What ``router.completion`` adds to a bare ``litellm.completion`` of the same request."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from statistics import median
from typing import Any

from armwise import Router
from armwise.router.router import DEFAULT_TIMEOUT_S
from benchmarks.loopback import MODEL, loopback
from benchmarks.reporting import Figure, Options, Report, progress, run

NOTES = """\
- Routed and bare calls of the same request to the same server, strictly in pairs, in the order
  A B B A; "added" is the median over the pairs of routed / bare - 1.
- The Router has one path and `success_when="finish_reason == 'stop'"`: it decides, calls LiteLLM,
  evaluates the check and learns. The bare call has the arguments that the Router passes on: no
  retries, the same timeout, address and key.
- The server answers at once, so nothing hides the difference: of a real provider's hundreds of
  milliseconds, the same time is a far smaller share.
"""

MESSAGES = [{"role": "user", "content": "Which company makes the iPhone? Answer with its name."}]
API_KEY = "none"  # the local server asks for no key, the client insists on one
TARGET_PERCENT = 5.0
CONFIDENCE = 0.95

Timed = Callable[[], Awaitable[float]]
"""Makes one call; returns the seconds that it took."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A routed and a bare call, one right after the other, in seconds."""

    routed_s: float
    bare_s: float

    @property
    def added_percent(self) -> float:
        """What the routed call took longer, in percent of the bare one."""
        return 100.0 * (self.routed_s / self.bare_s - 1.0)


async def pairs(routed: Timed, bare: Timed, what: str, count: int) -> list[Pair]:
    """Make pairs of calls in the order A B, B A, A B, ..., so that neither is always first.

    Args:
        routed: A call through the Router.
        bare: The same call through LiteLLM alone.
        what: Shown while it runs.
        count: Number of pairs; a tenth as many, at least ten, come first and are not counted.
    """
    warm_up = max(10, count // 10)
    found: list[Pair] = []
    with progress(what, warm_up + count) as advance:
        for number in range(warm_up + count):
            if number % 2:
                bare_s = await bare()
                routed_s = await routed()
            else:
                routed_s = await routed()
                bare_s = await bare()
            found.append(Pair(routed_s, bare_s))
            advance()
    return found[warm_up:]


def blocking(call: Callable[..., Any], arguments: dict[str, Any]) -> Timed:
    """Return a timed call that blocks."""

    async def timed() -> float:
        begun = time.perf_counter()
        response = call(**arguments)
        took_s = time.perf_counter() - begun
        return _checked(response, took_s)

    return timed


def awaited(call: Callable[..., Awaitable[Any]], arguments: dict[str, Any]) -> Timed:
    """Return a timed call that is awaited."""

    async def timed() -> float:
        begun = time.perf_counter()
        response = await call(**arguments)
        took_s = time.perf_counter() - begun
        return _checked(response, took_s)

    return timed


def measure(options: Options) -> Report:
    """Time routed and bare completions in pairs, against a local server."""
    count = 60 if options.quick else 600
    with loopback() as api_base:
        figures = _figures(api_base, count, options.seed)
    return Report(
        name="overhead",
        title="What routing adds to a call",
        figures=figures,
        spread=f"{CONFIDENCE:.0%} bootstrap interval of the median",
        settings={"pairs": count, "server": "loopback, own process, answers at once"},
        notes=NOTES,
    )


def _figures(api_base: str, count: int, seed: int) -> list[Figure]:
    where = {"api_base": api_base, "api_key": API_KEY}
    model = f"openai/{MODEL}"
    router = Router(
        [{"model": model, "params": where}],
        "benchmark",
        success_when="finish_reason == 'stop'",
        store="memory://",
        half_life=None,  # so that what was learned is a whole number
        seed=seed,
    )
    router.warmup()  # before LiteLLM is imported here: it makes the import stay off the network
    litellm = import_module("litellm")
    ask = {"messages": MESSAGES}
    # What the Router's adapter passes on.
    same = {"model": model, "max_retries": 0, "num_retries": 0, "timeout": DEFAULT_TIMEOUT_S}
    alone = ask | where | same
    calls = {
        "completion": (blocking(router.completion, ask), blocking(litellm.completion, alone)),
        "acompletion": (awaited(router.acompletion, ask), awaited(litellm.acompletion, alone)),
    }
    figures: list[Figure] = []
    for name, (routed, bare) in calls.items():
        found = asyncio.run(pairs(routed, bare, name, count))
        figures += _compared(name, found, seed)
    arms = [arm for bucket in router.stats().buckets.values() for arm in bucket.values()]
    learned = sum(arm.successes for arm in arms)
    return [*figures, Figure("learned", "successes learned by the Router", learned, "outcomes")]


def _compared(name: str, found: Sequence[Pair], seed: int) -> list[Figure]:
    added = [pair.added_percent for pair in found]
    added_us = [1e6 * (pair.routed_s - pair.bare_s) for pair in found]
    bare_ms = [1e3 * pair.bare_s for pair in found]
    routed_ms = [1e3 * pair.routed_s for pair in found]
    rows: tuple[tuple[str, str, list[float], str, float | None], ...] = (
        ("added", "added", added, "%", TARGET_PERCENT),
        ("added_us", "added, in time", added_us, "us", None),
        ("bare", "bare", bare_ms, "ms", None),
        ("routed", "routed", routed_ms, "ms", None),
    )
    figures: list[Figure] = []
    for key, what, values, unit, target in rows:
        low, high = _interval(values, seed)
        figures.append(
            Figure(f"{name}_{key}", f"`{name}`: {what}", median(values), unit, low, high, target)
        )
    return figures


def _checked(response: Any, took_s: float) -> float:
    if response.choices[0].message.content != "Apple":
        raise RuntimeError(f"the server's answer was not what it plays: {response!r}")
    return took_s


def _interval(values: Sequence[float], seed: int) -> tuple[float, float]:
    """Return the bootstrap interval of the median."""
    from numpy import median as medians
    from numpy.random import default_rng
    from scipy.stats import bootstrap

    interval = bootstrap(
        (values,),
        medians,
        n_resamples=2000,
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=default_rng(seed),
    ).confidence_interval
    return float(interval.low), float(interval.high)


if __name__ == "__main__":
    run("overhead", measure)
