"""The part "real" of the benchmark: everybody on the same shuffled streams of real outcomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from armwise.errors import ConfigurationError
from armwise.offline import parallel
from armwise.offline.contenders import roster
from armwise.offline.learner import Contender
from armwise.offline.real import shipped, tables
from armwise.offline.real.board import VALUES_USD, Board, Series, unstated_value_usd, values_told
from armwise.offline.real.outcome_set import OutcomeSet
from armwise.offline.real.reading import read_outcome_set
from armwise.offline.real.replay import PRICE_ERROR, Replayed, replay
from armwise.offline.result import Section

if TYPE_CHECKING:
    from armwise.offline.benchmark import BenchOptions, Progress

RUNS = 60
QUICK_RUNS = 3
_CHUNK = 5
_SEEDS_APART = 1_000_000

ABOUT = """\
Complete outcome matrices: for every prompt, the result and the cost of every path is known, so that
any choice can be played back. One pass per shuffle, learning from nothing; the first requests count
like the last. A contender is told the label and the complexity of a request, the value of a
success, and list prices that are wrong by 30 %; it learns from the outcomes of its own choices
alone. All contenders meet the same shuffles and the same list prices. Rules that know of no costs
are given the utility as a reward, scaled to 0..1; rules that take only success or failure are
blind to cost.\
"""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an outcome set is read from, small enough to travel to another process.

    Args:
        file: The file; None: the set that the distribution ``paretobandit`` ships.
        pool: Names of the paths to use; empty: as the file says.
        threshold: Score from which on an outcome is a success, None to read successes.
    """

    file: Path | None = None
    pool: tuple[str, ...] = ()
    threshold: float | None = None


@cache
def load(source: Source) -> OutcomeSet:
    """Read an outcome set, once per process.

    Raises:
        ConfigurationError: If it cannot be read or used.
    """
    if source.file is not None:
        outcomes = read_outcome_set(source.file, pool=source.pool, threshold=source.threshold)
        if not any(outcomes.mean_costs_usd()):
            raise ConfigurationError(
                f"{source.file}, column 'cost_usd': every cost is 0, so there is nothing to weigh "
                "success against. For models of your own write what a call costs you, or the same "
                "small amount for all."
            )
        return outcomes
    outcomes = shipped.shipped_set()
    return outcomes.pool(source.pool) if source.pool else outcomes


def sources_of(options: "BenchOptions") -> list[Source]:
    """Return where the options say that outcome sets are read from, each with its own pool.

    Raises:
        ConfigurationError: If there are pools, but not one per file.
    """
    files = options.data or (None,)
    if options.pools and len(options.pools) != len(files):
        raise ConfigurationError(
            f"{len(files)} outcome sets but {len(options.pools)} pools: files have paths of their "
            "own, so give --pool once per --data, in the same order; --pool '' takes all paths."
        )
    pools = options.pools or ((),) * len(files)
    return [Source(file, pool, options.threshold) for file, pool in zip(files, pools, strict=True)]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some passes of one contender."""

    source: Source
    contender: str
    success_value_usd: float | None
    seeds: tuple[int, ...]


def play(piece: Piece) -> tuple[Replayed, ...]:
    """Play the passes of a piece, in whatever process."""
    outcomes = load(piece.source)
    contender = roster.named(piece.contender, roster.everybody())
    return tuple(replay(outcomes, contender, piece.success_value_usd, seed) for seed in piece.seeds)


def run(options: "BenchOptions", progress: "Progress") -> Section:
    """Play everybody on every outcome set.

    Args:
        options: ``data`` names the files, ``pools`` and ``threshold`` say how to read them;
            without any, the set of the distribution ``paretobandit`` is used.
        progress: Shows how far it is.

    Raises:
        ConfigurationError: If a file cannot be used, or none was given and the distribution is
            not installed.
    """
    sources = sources_of(options)
    everybody = roster.everybody(peers=options.peers)
    contenders = [one for one in everybody if roster.is_installed(one)]
    runs = options.runs_or(RUNS, QUICK_RUNS)
    boards: list[Board] = []
    for source, outcomes in [(source, load(source)) for source in sources]:
        pieces = pieces_of(source, outcomes, contenders, runs, options.seed)
        with progress(f"real: {outcomes.name}", len(pieces)) as advance:
            results = parallel.each(play, pieces, advance)
        found = collect(pieces, results, contenders)
        boards.append(Board(outcomes, contenders, found, roster.missing(everybody)))
    return section(boards, runs, is_gated=not options.data)


def section(boards: Sequence[Board], runs: int, *, is_gated: bool) -> Section:
    """Return what is shown of the boards.

    Args:
        boards: What came of the replays, per set.
        runs: Shuffles per contender, where nothing else is said.
        is_gated: Whether figures have to be reached: on the shipped set, not on a user's own,
            where a random mix or another rule may well be the right thing.
    """
    return Section(
        name="real",
        title="Real outcomes, one pass, learning from nothing",
        about=ABOUT,
        settings={
            "shuffles": runs,
            "values_usd": list(VALUES_USD),
            "list price error": PRICE_ERROR,
            "sets": {
                board.outcomes.name: {
                    "requests": len(board.outcomes),
                    "paths": list(board.outcomes.paths),
                }
                for board in boards
            },
        },
        tables=tuple(table for board in boards for table in tables.tables(board)),
        plots=tuple(tables.plot(board) for board in boards),
        gates=tuple(gate for board in boards for gate in tables.gates(board) if is_gated),
    )


def pieces_of(
    source: Source, outcomes: OutcomeSet, contenders: Sequence[Contender], runs: int, seed: int
) -> list[Piece]:
    """Return everything that has to be played on one outcome set."""
    pieces: list[Piece] = []
    for contender in contenders:
        first = seed * _SEEDS_APART
        seeds = range(first, first + roster.shuffles(contender, runs))
        for value_usd in values_told(contender, unstated_value_usd(outcomes)):
            for start in range(0, len(seeds), _CHUNK):
                chunk = tuple(seeds[start : start + _CHUNK])
                pieces.append(Piece(source, contender.name, value_usd, chunk))
    return pieces


def collect(
    pieces: Sequence[Piece],
    results: Sequence[tuple[Replayed, ...]],
    contenders: Sequence[Contender],
) -> dict[tuple[str, float | None], Series]:
    """Return the passes of every contender and value, put together."""
    replays: dict[tuple[str, float | None], tuple[Replayed, ...]] = {}
    for piece, result in zip(pieces, results, strict=True):
        key = piece.contender, piece.success_value_usd
        replays[key] = (*replays.get(key, ()), *result)
    return {key: Series(roster.named(key[0], contenders), found) for key, found in replays.items()}
