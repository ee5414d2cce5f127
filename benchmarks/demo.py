"""What ``armwise demo`` comes to over several seeds: other prompts, other luck, the same models."""

import json
import subprocess
import sys
from statistics import mean, median, stdev
from typing import Any

from benchmarks.reporting import Figure, Options, Report, progress, run

NOTES = """\
- Each run is `armwise demo --fast --json --seed N`: 400 requests, one at a time, through the real
  Router and LiteLLM to a local server; after 200 the cheap model falls, on simple tasks from .95
  to .2. The Router begins without any evidence: what learning costs is in the figures.
- Saved and points are against always calling the strong model on the same prompts.
"""


def demo(seed: int, requests: int) -> dict[str, Any]:
    """Run the demo once; return its report."""
    words = [sys.executable, "-m", "armwise", "demo", "--fast", "--json"]
    done = subprocess.run(
        [*words, "--seed", str(seed), "--requests", str(requests)],
        capture_output=True,
        text=True,
        check=True,
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def measure(options: Options) -> Report:
    """Run the demo with several seeds."""
    seeds = range(1, 3 if options.quick else 9)
    requests = 60 if options.quick else 400
    runs: list[dict[str, Any]] = []
    with progress("demo runs", len(seeds)) as advance:
        for seed in seeds:
            runs.append(demo(seed, requests))
            advance()
    return Report(
        name="demo",
        title="The demo over several seeds",
        figures=_figures(runs),
        spread="mean minus and plus one standard deviation of the runs; for counts, smallest to "
        "largest",
        settings={"seeds": f"{seeds[0]} to {seeds[-1]}", "requests": requests},
        notes=NOTES.rstrip(),
    )


def _figures(runs: list[dict[str, Any]]) -> list[Figure]:
    def share(name: str, what: str, values: list[float], unit: str) -> Figure:
        middle, spread = mean(values), stdev(values)
        return Figure(name, what, middle, unit, middle - spread, middle + spread)

    halved = [float(one["turn"]["halved_after"] or one["planned"]) for one in runs]
    before = [one["before"] for one in runs]
    at_end = [one["turn"]["at_end"] for one in runs]
    return [
        share("saved", "saved before the break", [100 * b["saved_share"] for b in before], "%"),
        share("points", "quality before the break", [b["points"] for b in before], "points"),
        Figure(
            "halved",
            "requests until the broken model's share had halved",
            median(halved),
            "requests (median)",
            min(halved),
            max(halved),
        ),
        share(
            "share_at_end",
            "the broken model's share of the last quarter",
            [100 * one["turn"]["share_at_end"] for one in runs],
            "%",
        ),
        share("end_points", "quality in the last quarter", [e["points"] for e in at_end], "points"),
        share(
            "after_points",
            "quality over all requests after the break",
            [one["after"]["points"] for one in runs],
            "points",
        ),
    ]


if __name__ == "__main__":
    run("demo", measure)
