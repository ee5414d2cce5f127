"""How long ``import armwise`` takes, and what it brings along."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass

from benchmarks.reporting import Figure, Options, Report, progress, run
from benchmarks.timing import spread

NOTES = """\
- Each statement runs in fresh processes (`python -c`), the four taking turns. Measured is the
  median of the whole process, from its start to its end, unless a line says otherwise; nothing
  is subtracted.
- "inside" is the statement alone, by `perf_counter` within the same processes.
- LiteLLM is imported with its download of the price list switched off.
- Heavy libraries looked for: jsonschema, litellm, numpy, pydantic, redis, rich, scipy, typer.
"""

HEAVY = ("jsonschema", "litellm", "numpy", "pydantic", "redis", "rich", "scipy", "typer")

STATEMENTS = {
    "nothing": "pass",
    "armwise": "import armwise",
    "router": "from armwise import Router",
    "litellm": "import litellm",
}
TARGET_MS = 40.0

# The statement is timed from inside too, so that the start of the interpreter can be told apart;
# `time` and `sys` are built in, so asking costs next to nothing.
PROBE = """
import sys, time
begun = time.perf_counter()
{statement}
took_s = time.perf_counter() - begun
print(took_s, *[name for name in {heavy!r} if name in sys.modules])
"""

# Left alone, LiteLLM asks a web server for its price list on every import.
OFFLINE = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION"}


@dataclass(frozen=True, slots=True)
class Start:
    """One fresh process.

    Args:
        whole_ms: From starting the process to its end.
        inside_ms: The statement alone, by the clock of the process.
        heavy: Heavy libraries that were loaded.
    """

    whole_ms: float
    inside_ms: float
    heavy: tuple[str, ...]


def start(statement: str) -> Start:
    """Run a statement in a fresh process."""
    probe = PROBE.format(statement=statement, heavy=HEAVY)
    words, environment = [sys.executable, "-c", probe], os.environ | OFFLINE
    begun = time.perf_counter()
    answer = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
    whole_s = time.perf_counter() - begun
    inside_s, *heavy = answer.stdout.splitlines()[-1].split()
    return Start(whole_s * 1e3, float(inside_s) * 1e3, tuple(heavy))


def measure(options: Options) -> Report:
    """Time ``import armwise`` in fresh processes, beside an empty one and LiteLLM's import."""
    rounds = 1 if options.quick else 21
    warm_up_rounds = 0 if options.quick else 1  # fills the caches of files and of bytecode
    starts: dict[str, list[Start]] = {name: [] for name in STATEMENTS}
    with progress("imports in fresh processes", warm_up_rounds + rounds) as advance:
        for number in range(warm_up_rounds + rounds):
            for name, statement in STATEMENTS.items():
                found = start(statement)
                if number >= warm_up_rounds:
                    starts[name].append(found)
            advance()
    return Report(
        name="imports",
        title="Importing armwise in a fresh process",
        figures=_figures(starts),
        spread="5th to 95th percentile of the processes",
        settings={"processes_per_statement": rounds},
        notes=NOTES,
    )


def _figures(starts: dict[str, list[Start]]) -> list[Figure]:
    def whole(name: str, what: str, target: float | None = None) -> Figure:
        value, low, high = spread([found.whole_ms for found in starts[name]])
        return Figure(f"{name}_whole", what, value, "ms", low, high, target)

    def inside(name: str, what: str) -> Figure:
        value, low, high = spread([found.inside_ms for found in starts[name]])
        return Figure(f"{name}_inside", what, value, "ms", low, high)

    def heavy(name: str, what: str, target: float | None = None) -> Figure:
        loaded = {library for found in starts[name] for library in found.heavy}
        return Figure(f"{name}_heavy", what, len(loaded), "libraries", target=target)

    pairs = zip(starts["armwise"], starts["nothing"], strict=True)
    added, low, high = spread([with_it.whole_ms - empty.whole_ms for with_it, empty in pairs])
    return [
        whole("armwise", "`import armwise`", TARGET_MS),
        heavy("armwise", "heavy libraries loaded by `import armwise`", 0),
        whole("nothing", "an empty process, `pass`"),
        Figure("armwise_added", "`import armwise` minus `pass`, by pairs", added, "ms", low, high),
        inside("armwise", "`import armwise`, inside"),
        whole("router", "`from armwise import Router`"),
        inside("router", "`from armwise import Router`, inside"),
        heavy("router", "heavy libraries loaded by `from armwise import Router`"),
        whole("litellm", "`import litellm`"),
        inside("litellm", "`import litellm`, inside"),
    ]


if __name__ == "__main__":
    run("imports", measure)
