"""Compares the regret of several workers on one store with that of one worker on memory."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import mean, stdev

from armwise.offline.delay import INSTANCES
from armwise.testing.servers import RedisServer
from benchmarks.reporting import Figure, Options, Report, progress, run
from benchmarks.sharing.worker import Game, games

WORKERS = 8
RATE_HZ = 10.0
TARGET_RATIO = 1.3

NOTES = """\
- Plain Thompson sampling (`BestQuality()`, `Independent()`, no forgetting) on arms with fixed
  success rates, as in the parts "textbook" and "delay" of `armwise bench`; regret after all
  requests, by the true rates. One worker on memory meets the same outcomes as the workers together.
- The workers are processes on one Valkey server. Each decides 10 times a second per goal, so that
  about 80 decisions of all fall between two readings of its copy, and reports at once. All seeds
  are played side by side, each a goal of its own.
- Intervals are two standard errors; those of a ratio are of the mean difference per seed.
"""


def measure(options: Options) -> Report:
    """Compare the regret of 8 workers on one store with that of one worker on memory."""
    seeds = range(options.seed, options.seed + (2 if options.quick else 6))
    requests = 800 if options.quick else 10_000
    rate_hz = 40.0 if options.quick else RATE_HZ
    with tempfile.TemporaryDirectory() as folder, RedisServer() as server:
        os.environ["ARMWISE_JOURNAL_DIR"] = folder
        took_s = _play(server, seeds, requests, rate_hz)
        shared = games(seeds, requests, server.url)
        together = {game.router.stats().goal_id: game.regret() for game in shared}
        counted = sum(_counted(game) for game in shared)
        for game in shared:
            game.router.close()
    alone = {}
    with progress("one worker on memory", len(together)) as advance:
        for game in games(seeds, requests, "memory://"):
            for request in range(requests):
                game.play(request)
            alone[game.router.stats().goal_id] = game.regret()
            advance()
    figures = [figure for name in INSTANCES for figure in _figures(name, seeds, together, alone)]
    missing = len(together) * requests - counted
    figures += [
        Figure("missing", "decisions whose outcome is not in the store", missing, "", target=0),
        Figure("rate", "decisions per worker, goal and second", requests / WORKERS / took_s, "1/s"),
    ]
    return Report(
        name="sharing",
        title=f"Regret of {WORKERS} workers on one store against one worker's",
        figures=figures,
        spread="mean and two standard errors over the seeds",
        settings={"workers": WORKERS, "requests": requests, "seeds": len(seeds)},
        notes=NOTES,
        group="test",
    )


def _play(server: RedisServer, seeds: range, requests: int, rate_hz: float) -> float:
    """Let the workers play all games; return how long the slowest took."""
    words = [sys.executable, "-m", "benchmarks.sharing.worker", "--url", server.url]
    words += ["--workers", str(WORKERS), "--requests", str(requests), "--rate-hz", str(rate_hz)]
    words += ["--seeds", str(seeds.start), str(seeds.stop)]
    with _processes([[*words, "--worker", str(worker)] for worker in range(WORKERS)]) as workers:
        for worker in workers:
            if worker.stdout is None or worker.stdout.readline() != "ready\n":
                raise RuntimeError("a worker did not start")
        for worker in workers:
            if worker.stdin is not None:
                worker.stdin.write("\n")
                worker.stdin.flush()
        return max(float(worker.communicate()[0]) for worker in workers)


@contextmanager
def _processes(commands: list[list[str]]) -> "Iterator[list[subprocess.Popen[str]]]":
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    started = [subprocess.Popen(words, text=True, **pipes) for words in commands]
    try:
        yield started
    finally:
        for process in started:
            if process.poll() is None:
                process.kill()
                process.wait()


def _counted(game: Game) -> int:
    (arms,) = game.router.stats().buckets.values()
    return sum(arm.attempts for arm in arms.values())


def _figures(
    name: str, seeds: range, together: dict[str, float], alone: dict[str, float]
) -> list[Figure]:
    many = [together[f"{name} {seed}"] for seed in seeds]
    one = [alone[f"{name} {seed}"] for seed in seeds]
    more = [both[0] - both[1] for both in zip(many, one, strict=True)]
    base = mean(one)
    error = 2 * stdev(more) / len(more) ** 0.5 / base
    ratio = mean(many) / base
    key = "arms" if name.startswith(".1") else "models"
    return [
        _regret(f"{key}_one", f"{name}: one worker on memory", one),
        _regret(f"{key}_many", f"{name}: {WORKERS} workers on one store", many),
        Figure(
            f"{key}_ratio",
            f"{name}: ratio",
            ratio,
            "x",
            ratio - error,
            ratio + error,
            target=TARGET_RATIO,
        ),
    ]


def _regret(name: str, what: str, values: list[float]) -> Figure:
    error = 2 * stdev(values) / len(values) ** 0.5
    return Figure(name, what, mean(values), "", mean(values) - error, mean(values) + error)


if __name__ == "__main__":
    run("sharing", measure)
