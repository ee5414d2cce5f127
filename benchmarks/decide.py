"""What a decision costs: the bare policy step, the Router's decision, a prompt of a megabyte."""

from collections.abc import Sequence
from time import perf_counter_ns

from armwise import BestQuality, CheapestWithin, Router
from armwise.bandit import FourSignals
from benchmarks import policies
from benchmarks.reporting import Figure, Options, Report, run
from benchmarks.timing import Batch, interleaved, spread, timed

NOTES = """\
- Medians of batches that take turns, so that a drifting machine hits every line alike. The garbage
  collector is on, with its default thresholds; it has run just before each batch, and what was
  set up beforehand is frozen. The `for` loop around the step is included.
- A policy step is `Sampler.choose(CheapestWithin())` while beliefs stand still; a policy turn also
  learns the outcome of its choice (`Sampler.observe`).
- MABWiser's turn is `predict` and `partial_fit` of its Thompson sampling: one job, whole numbers as
  arms, arrays made beforehand. It has no rule about cost; the line with `BestQuality` is armwise
  under the same rule, the highest draw. bayesianbandits' turn is `pull` and `update` of an `Agent`
  with a Dirichlet posterior per arm.
- A Router's decision is `router.decide(messages=...)` of a short prompt with four paths and the
  memory store; bucket, ranking and signed request id are read.
- The megabyte is the slowest of several prompts without a cue that would end a search early:
  words, one word, blanks, no-break spaces, accents, emoji.
"""

PATHS = ("openai/gpt-4.1-nano", "openai/gpt-4o-mini", "openai/gpt-4.1", "openai/gpt-4o")
PROMPT = [{"role": "user", "content": "Which company makes the iPhone? Answer with its name."}]
MEGABYTE = 1_000_000

TARGET_STEP_US = 1.5
TARGET_DECIDE_US = 25.0
TARGET_MEGABYTE_MS = 5.0
TARGET_RATIO = 10.0
TARGET_RATIO_BAYESIAN = 50.0


def seasoned_router(seed: int) -> Router:
    """Return a Router of four paths that has decided and learned 400 times."""
    router = Router(list(PATHS), "benchmark", store="memory://", seed=seed)
    rewards = policies.outcomes(seed)
    for turn in range(400):
        decision = router.decide(PROMPT)
        path = PATHS[turn % len(PATHS)]
        router.report_outcome(
            decision.request_id_for(path), bool(rewards[turn % len(PATHS)][turn]), cost_usd=0.0001
        )
    return router


def deciding(router: Router) -> Batch:
    """Return a batch of decisions whose bucket, ranking and signed id are all read."""

    def loop(times: int) -> None:
        for _ in range(times):
            decision = router.decide(messages=PROMPT)
            _ = decision.bucket, decision.ranking, decision.request_id

    return timed(loop)


def after_reports(router: Router, *, of_reports: bool) -> Batch:
    """Return a batch of decisions with an outcome reported between any two of them.

    Args:
        router: Decides and learns.
        of_reports: Time the reports instead of the decisions.
    """

    def batch(times: int) -> int:
        deciding_ns = reporting_ns = 0
        for turn in range(times):
            begun = perf_counter_ns()
            decision = router.decide(messages=PROMPT)
            _, _, request_id = decision.bucket, decision.ranking, decision.request_id
            decided = perf_counter_ns()
            router.report_outcome(request_id, turn % 8 != 0)
            reporting_ns += perf_counter_ns() - decided
            deciding_ns += decided - begun
        return reporting_ns if of_reports else deciding_ns

    return batch


def scoring(prompt: str) -> Batch:
    """Return a batch that scores one prompt."""
    assess = FourSignals().assess

    def loop(times: int) -> None:
        for _ in range(times):
            assess(prompt, "general", demands_structure=False)

    return timed(loop)


def megabytes() -> dict[str, str]:
    """Return prompts of a megabyte that are hard on a scorer: no cue ends the search early."""
    units = {
        "words": "the quick brown fox jumps over the lazy dog ",
        "one word": "x",
        "blanks": " ",
        "no-break spaces": "\u00a0",
        "accents": "déjà ÉTÉ ",
        "emoji": "\U0001f600 ",
    }
    return {
        name: (unit * (MEGABYTE // len(unit.encode()) + 1))
        .encode()[:MEGABYTE]
        .decode("utf-8", "ignore")
        for name, unit in units.items()
    }


def measure(options: Options) -> Report:
    """Time the steps of a decision, next to two libraries and to loops written by hand."""
    rounds = 7 if options.quick else 101
    figures = [*_policy_figures(options, rounds), *_router_figures(options, rounds)]
    figures += _megabyte_figures(rounds)
    return Report(
        name="decide",
        title="Deciding, and learning from it",
        figures=figures,
        spread="5th to 95th percentile of the batches",
        settings={"batches_per_line": rounds, "arms": len(PATHS)},
        notes=NOTES,
    )


def _policy_figures(options: Options, rounds: int) -> list[Figure]:
    seed = options.seed
    loops = {
        "step": policies.choosing(seed),
        "turn": policies.learning(seed, CheapestWithin()),
        "turn_best": policies.learning(seed, BestQuality()),
        **policies.by_hand(seed),
    }
    peers = {
        "mabwiser": policies.mabwiser(seed),
        "bayesianbandits": policies.bayesianbandits(seed),
    }
    loops |= {name: loop for name, loop in peers.items() if loop is not None}
    found = interleaved(
        {name: timed(loop) for name, loop in loops.items()},
        what="policy steps",
        rounds=rounds,
        times=200 if options.quick else 500,
    )
    figures = [
        _timing("policy_step", "policy step: draw and choose", found["step"], 1e3, TARGET_STEP_US),
        _timing("policy_turn", "policy turn: draw, choose, learn", found["turn"], 1e3),
        _timing("policy_turn_best", "policy turn under `BestQuality`", found["turn_best"], 1e3),
    ]
    if "mabwiser" in found:
        figures += _peer_figures("mabwiser", "MABWiser", found, TARGET_RATIO)
    if "bayesianbandits" in found:
        figures += _peer_figures("bayesianbandits", "bayesianbandits", found, TARGET_RATIO_BAYESIAN)
    return [
        *figures,
        _timing("stdlib_turn", "by hand: `random.betavariate`, two counts", found["stdlib"], 1e3),
        _timing("numpy_turn", "by hand: `Generator.beta`, two counts", found["numpy"], 1e3),
    ]


def _router_figures(options: Options, rounds: int) -> list[Figure]:
    routers = [seasoned_router(options.seed) for _ in range(3)]
    batches = {
        "decide": deciding(routers[0]),
        "decide_learning": after_reports(routers[1], of_reports=False),
        "report": after_reports(routers[2], of_reports=True),
    }
    times = 50 if options.quick else 200
    found = interleaved(batches, what="router.decide", rounds=rounds, times=times)
    texts = {
        "decide": "`router.decide`, all of it read",
        "decide_learning": "`router.decide` after each outcome, belief renewed",
        "report": "`router.report_outcome`",
    }
    targets: dict[str, float | None] = {"decide": TARGET_DECIDE_US}
    return [_timing(name, texts[name], found[name], 1e3, targets.get(name)) for name in texts]


def _megabyte_figures(rounds: int) -> list[Figure]:
    batches = {name: scoring(prompt) for name, prompt in megabytes().items()}
    found = interleaved(batches, what="prompts of 1 MB", rounds=rounds, times=3)
    slowest = max(found, key=lambda name: spread(found[name])[0])
    what = f"scoring a prompt of 1 MB (slowest: {slowest})"
    return [_timing("megabyte", what, found[slowest], 1e6, TARGET_MEGABYTE_MS)]


def _timing(
    name: str, what: str, times_ns: Sequence[float], unit_ns: float, target: float | None = None
) -> Figure:
    value, low, high = (time_ns / unit_ns for time_ns in spread(times_ns))
    unit = "us" if unit_ns == 1e3 else "ms"
    return Figure(name, what, value, unit, low, high, target)


def _peer_figures(
    key: str, name: str, found: dict[str, list[float]], target: float
) -> list[Figure]:
    """Return a library's turn, and its ratio to ours under both rules."""

    def ratio(figure: str, what: str, ours: str) -> Figure:
        # The ratio of the medians; its spread is that of the ratios within each round.
        value = spread(found[key])[0] / spread(found[ours])[0]
        rounds = [peer / own for peer, own in zip(found[key], found[ours], strict=True)]
        _, low, high = spread(rounds)
        return Figure(figure, what, value, "x", low, high, target, ">=")

    return [
        _timing(f"{key}_turn", f"{name}'s turn", found[key], 1e3),
        ratio(f"{key}_ratio", f"{name}'s turn / policy turn", "turn"),
        ratio(f"{key}_ratio_best", "the same under `BestQuality`", "turn_best"),
    ]


if __name__ == "__main__":
    run("decide", measure)
