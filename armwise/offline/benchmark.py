"""The parts of the offline regret benchmark, and what each of them is given."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from armwise.errors import ConfigurationError
from armwise.offline.result import Section

DEFAULT_SEED = 20


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """How the benchmark is to be run.

    Args:
        quick: Small numbers of runs, to see whether a part works; its figures are no evidence.
        seed: The same seed gives the same figures, times apart.
        runs: Runs (shuffles, repetitions) per cell; None: what the part takes by default.
        data: Files with outcome matrices, for the parts that read data.
        peers: Play the other libraries too, as far as they are installed.
        pools: Names of the paths to use, one pool per data file in their order, or one for the
            set that is used where there is no file. An empty pool, or none at all: as the file
            says, else all.
        threshold: Score from which on an outcome of a data file is a success; None: its column
            ``success`` is read.
    """

    quick: bool = False
    seed: int = DEFAULT_SEED
    runs: int | None = None
    data: tuple[Path, ...] = ()
    peers: bool = True
    pools: tuple[tuple[str, ...], ...] = ()
    threshold: float | None = None

    def runs_or(self, full: int, quick: int) -> int:
        """Return the number of runs: the one asked for, else this part's full or quick one."""
        return self.runs or (quick if self.quick else full)


class Progress(Protocol):
    """Shows how far a piece of work is."""

    def __call__(self, what: str, total: int) -> AbstractContextManager[Callable[[], None]]:
        """Return a context that yields ``advance()``, to be called ``total`` times."""
        ...


RunPart = Callable[[BenchOptions, Progress], Section]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the benchmark; its module is imported when it runs.

    Args:
        name: What the command line calls it.
        about: What it measures, in half a sentence.
        module: Module with ``run(options, progress) -> Section``.
        by_default: Whether it runs where no part is named: it needs no data and no peers.
    """

    name: str
    about: str
    module: str
    by_default: bool = True

    @property
    def is_there(self) -> bool:
        """Whether its module can be found."""
        try:
            return find_spec(self.module) is not None
        except ModuleNotFoundError:  # of the package around it
            return False

    def run(self, options: BenchOptions, progress: Progress) -> Section:
        """Import the module and run it."""
        run: RunPart = import_module(self.module).run
        return run(options, progress)


KNOWN = (
    Part("textbook", "plain bandits against published figures", "armwise.offline.textbook"),
    Part("routing", "quality and cost regret where arms have prices", "armwise.offline.routing"),
    Part("prices", "learned costs of equally priced paths", "armwise.offline.equal_prices"),
    Part("change", "models that break, slip and recover", "armwise.offline.change"),
    Part(
        "default",
        "the same, by the engine with all its defaults",
        "armwise.offline.change.whole_engine",
    ),
    Part("delay", "stale, late and missing outcomes", "armwise.offline.delay"),
    Part("scaling", "time per decision over paths and goals", "armwise.offline.scaling"),
    Part(
        "real",
        "recorded outcomes, beside other libraries",
        "armwise.offline.real.part",
        by_default=False,
    ),
    Part(
        "escalation",
        "several attempts per request",
        "armwise.offline.escalation",
        by_default=False,
    ),
)
"""In the order in which they run and are shown."""


def parts() -> dict[str, Part]:
    """Return the parts by name, in their order."""
    return {part.name: part for part in KNOWN if part.is_there}


def chosen(names: tuple[str, ...], options: BenchOptions) -> tuple[Part, ...]:
    """Return the parts to run, in their order.

    Args:
        names: What was asked for; empty: every part that needs no data, and those that read data
            if there is some.
        options: Says whether there is data.

    Raises:
        ConfigurationError: If a name is unknown, or there is data that no part reads.
    """
    known = parts()
    for name in names:
        if name not in known:
            raise ConfigurationError(
                f"unknown part {name!r}. The parts are: {', '.join(known)}. "
                "Write armwise bench textbook routing, or armwise bench for all that need no data."
            )
    if options.data and names and all(known[name].by_default for name in names):
        readers = ", ".join(part.name for part in known.values() if not part.by_default)
        raise ConfigurationError(
            f"{' and '.join(names)} read no data, so --data would be ignored. The parts that do: "
            f"{readers}."
        )
    return tuple(
        part
        for part in known.values()
        if part.name in names or (not names and (part.by_default or bool(options.data)))
    )
