"""What an outage costs the requests, with cooldowns and without: a Router under simulated time."""

from collections.abc import Container, Sequence

import numpy as np

from armwise.adapters import Call
from armwise.testing import ScriptedError
from benchmarks.outage_sim import MEAN_LATENCY_S, PATH_TIMEOUT_S, Ended, Run, Served, Trouble
from benchmarks.reporting import Figure, Options, Report, progress, run

NOTES = """\
- One Router with two paths and a rule that always chooses the cheaper one; both answer right after
  0.8 s on average (log-normal, standard deviation 0.8 s). Requests come at random, 10 per second,
  and overlap. From second 60 to 120 the cheap path has its outage. The Router and its flow of
  attempts are the real ones; clocks and providers are simulated, so nothing depends on the machine.
- "Added" is the time from a request's arrival to the beginning of the call that was answered, over
  the requests that came during the outage. "A failed call" is what one call to the broken path
  costs: 0.1 s for an error 500 or 429, 30 s (the path's time-out) where it hangs.
- "Without cooldowns" every request begins with the cheap path and falls back after its error.
- Quality: the sums that beliefs about the quality of the cheap path are made of (successes,
  failures, squares), when the outage begins and when it ends, in ten-thousandths of an outcome.
- Random errors: one call in a hundred to the cheap path ends in a 500, for the whole run.
- One worker; others would hear of a rate limit, a server error or a time-out within a second.
"""

BEGIN_S, END_S, LENGTH_S, PER_S = 60.0, 120.0, 240.0, 10.0
ERROR_S, RETRY_AFTER_S = 0.1, 20.0


def _during(found: Ended) -> Trouble:
    def trouble(now_s: float, _: Call, __: np.random.Generator) -> Ended | None:
        return found if BEGIN_S <= now_s < END_S else None

    return trouble


ERRORS = _during(Ended(ERROR_S, ScriptedError(500)))
HANGS = _during(Ended(1e9, None))


def limited(now_s: float, _: Call, __: np.random.Generator) -> Ended | None:
    """Refuse calls for a minute, and say each time to come back in 20 s."""
    if BEGIN_S <= now_s < END_S:
        return Ended(ERROR_S, ScriptedError(429, retry_after_s=RETRY_AFTER_S))
    return None


def now_and_then(_: float, __: Call, rng: np.random.Generator) -> Ended | None:
    """Fail one call in a hundred."""
    return Ended(ERROR_S, ScriptedError(500)) if rng.random() < 0.01 else None


def in_outage(served: Sequence[Served]) -> list[Served]:
    """Return the requests that came during the outage."""
    return [one for one in served if BEGIN_S <= one.at_s < END_S]


def added_s(served: Sequence[Served], percent: float) -> float:
    """Return a percentile of the added time during the outage."""
    return float(np.percentile([one.added_s for one in in_outage(served)], percent))


def calls(served: Sequence[Served]) -> float:
    """Return how many calls failed in the requests that came during the outage."""
    return float(sum(one.failed_calls for one in in_outage(served)))


def back_s(served: Sequence[Served]) -> float:
    """Return how long after the outage the cheap path has answered again."""
    return min(one.at_s for one in served if one.at_s >= END_S and one.path == "cheap") - END_S


def measure(options: Options) -> Report:
    """Measure what outages cost with cooldowns and without."""
    runs = 1 if options.quick else 3
    found: dict[str, list[float]] = {}
    with progress("availability", runs) as advance:
        for number in range(runs):
            for name, value in _figures(options.seed + number).items():
                found.setdefault(name, []).append(value)
            advance()
    return Report(
        "availability",
        "What an outage costs",
        [_figure(name, found[name]) for name in _names(found)],
        "smallest to largest run",
        {
            "runs": runs,
            "requests_per_s": PER_S,
            "mean_latency_s": MEAN_LATENCY_S,
            "timeout_s": PATH_TIMEOUT_S,
        },
        NOTES,
    )


def _figures(seed: int) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, trouble, failed_s in (
        ("errors", ERRORS, ERROR_S),
        ("limited", limited, ERROR_S),
        ("hangs", HANGS, PATH_TIMEOUT_S),
    ):
        for suffix, cools in (("", True), ("_without", False)):
            one = Run(trouble, seed, PER_S, LENGTH_S, cools=cools)
            one.play()
            found[f"{name}_p99{suffix}"] = added_s(one.served, 99) / failed_s
            found[f"{name}_calls{suffix}"] = calls(one.served)
            found["unanswered"] = found.get("unanswered", 0.0) + sum(
                other.path is None for other in one.served
            )
            if cools:
                found[f"{name}_back"] = back_s(one.served)
    found["quality"] = quality_changes(seed)
    unforgiving = Run(now_and_then, seed, PER_S, LENGTH_S, forgives=False)
    unforgiving.play()
    found["random_elsewhere_unforgiving"] = _elsewhere(unforgiving.served)
    for half_life_s in (15.0, 60.0, 300.0):
        one = Run(now_and_then, seed, PER_S, LENGTH_S, half_life_s=half_life_s)
        one.play()
        found[f"random_elsewhere_{half_life_s:g}"] = _elsewhere(one.served)
        one = Run(ERRORS, seed, PER_S, LENGTH_S, half_life_s=half_life_s)
        one.play()
        found[f"errors_calls_{half_life_s:g}"] = calls(one.served)
    return found


def _elsewhere(served: Sequence[Served]) -> float:
    """Return the share of requests that the cheap path has not answered, in percent."""
    return 100.0 * sum(one.path != "cheap" for one in served) / len(served)


def quality_changes(seed: int) -> float:
    """Return by how much the sums about the cheap path's quality differ after an outage.

    In one run no request comes after the outage has begun, in the other they come until it ends.
    """
    sums: list[tuple[int, ...]] = []
    for until_s in (BEGIN_S, END_S):
        one = Run(ERRORS, seed, PER_S, LENGTH_S, until_s=until_s)
        evidence = one.play()._store.evidence("outage")  # noqa: SLF001 - the integers themselves
        seen = [held for key, held in evidence.items() if key.path == "cheap"]
        names = ("successes", "failures", "squares")
        sums.append(tuple(sum(getattr(held, name) for held in seen) for name in names))
    return float(sum(abs(before - after) for before, after in zip(*sums, strict=True)))


_WHAT: dict[str, tuple[str, str, float | None]] = {
    "errors_p99": ("errors 500: p99 added / a failed call", "x", 1.0),
    "errors_calls": ("errors 500: failed calls in 60 s", "calls", None),
    "errors_back": ("errors 500: back after", "s", 60.0),
    "limited_p99": ("429, retry after 20 s: p99 added / a failed call", "x", 1.0),
    "limited_calls": ("429, retry after 20 s: failed calls in 60 s", "calls", None),
    "limited_back": ("429, retry after 20 s: back after", "s", 20.5),
    "hangs_p99": ("hangs: p99 added / a failed call", "x", 1.0),
    "hangs_calls": ("hangs: calls that timed out in 60 s", "calls", None),
    "hangs_back": ("hangs: back after", "s", 60.0),
    "quality": ("change of the sums about quality", "units", 0.0),
    "unanswered": ("requests that nobody answered", "requests", 0.0),
    "random_elsewhere_60": ("1 % random errors: answered elsewhere", "%", 3.0),
    "random_elsewhere_unforgiving": ("the same, without forgiving one fault", "%", None),
    "random_elsewhere_15": ("the same, half-life 15 s instead of 60 s", "%", None),
    "random_elsewhere_300": ("the same, half-life 300 s", "%", None),
    "errors_calls_60": ("errors 500: failed calls, half-life 60 s (default)", "calls", None),
    "errors_calls_15": ("the same, half-life 15 s", "calls", None),
    "errors_calls_300": ("the same, half-life 300 s", "calls", None),
}


def _names(found: Container[str]) -> list[str]:
    """Return the figures in the order in which they are shown."""
    names = (name for known in _WHAT for name in (known, f"{known}_without"))
    return [name for name in names if name in found]


def _figure(name: str, values: Sequence[float]) -> Figure:
    known = name.removesuffix("_without")
    what, unit, target = _WHAT[known]
    if name != known:
        what, target = f"{what}, without cooldowns", None
    return Figure(name, what, float(np.median(values)), unit, min(values), max(values), target)


if __name__ == "__main__":
    run("availability", measure)
