"""Bare Thompson sampling over four arms: armwise's, two libraries', and what a hand would write.

Every contender meets the same world: arm k succeeds in the same share of its turns, by outcomes
that were drawn beforehand.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from random import Random

from armwise.bandit import Arms, Beta, CheapestWithin, Objective, Sampler
from benchmarks.timing import Loop

ARMS = ("tiny", "small", "large", "giant")
COSTS_USD = (0.0001, 0.0004, 0.002, 0.01)
RATES = (0.70, 0.85, 0.93, 0.95)
SEEN = 200
"""Outcomes per arm that everybody has learned from before the clock starts."""

_OUTCOMES = 1024  # a power of two, so that the turn is found by masking


def outcomes(seed: int) -> list[list[int]]:
    """Return the rewards that each arm will earn, turn by turn."""
    random = Random(seed)  # noqa: S311 - a simulation
    return [[int(random.random() < rate) for _ in range(_OUTCOMES)] for rate in RATES]


def sampler(seed: int) -> Sampler:
    """Return armwise's sampler with the evidence that all start from."""
    from numpy.random import default_rng

    beliefs = [Beta(1 + SEEN * rate, 1 + SEEN * (1 - rate)) for rate in RATES]
    return Sampler(Arms.of(zip(ARMS, beliefs, COSTS_USD, strict=True)), default_rng(seed))


def choosing(seed: int) -> Loop:
    """Return a loop that chooses while nothing is learned: the bare policy step."""
    choose, rule = sampler(seed).choose, CheapestWithin()

    def loop(times: int) -> None:
        for _ in range(times):
            choose(rule)

    return loop


def learning(seed: int, rule: Objective) -> Loop:
    """Return a loop of armwise that chooses and learns from every choice."""
    learner, world = sampler(seed), outcomes(seed)
    choose, observe = learner.choose, learner.observe

    def loop(times: int) -> None:
        for turn in range(times):
            chosen = choose(rule)
            observe(chosen, world[chosen][turn & (_OUTCOMES - 1)])

    return loop


def mabwiser(seed: int) -> Loop | None:
    """Return the same loop of MABWiser, None if it is not installed.

    One job, whole numbers as arms and arrays made beforehand are as fast as any way to use it
    that was tried: lists and text cost the same, pandas series half as much again, two
    jobs a hundred times as much.
    """
    try:
        library = import_module("mabwiser.mab")
    except ImportError:
        return None
    from numpy import array

    arms = list(range(len(ARMS)))
    policy = library.LearningPolicy.ThompsonSampling()
    bandit = library.MAB(arms, policy, seed=seed, n_jobs=1)
    past = [(arm, int(turn < SEEN * RATES[arm])) for arm in arms for turn in range(SEEN)]
    bandit.fit(array([arm for arm, _ in past]), array([reward for _, reward in past]))
    decided, rewarded = [array([arm]) for arm in arms], [array([0]), array([1])]
    world = outcomes(seed)

    def loop(times: int) -> None:
        for turn in range(times):
            chosen = bandit.predict()
            reward = world[chosen][turn & (_OUTCOMES - 1)]
            bandit.partial_fit(decided[chosen], rewarded[reward])

    return loop


def bayesianbandits(seed: int) -> Loop | None:
    """Return the same loop of bayesianbandits, None if it is not installed.

    Its `Agent` with a Dirichlet posterior per arm, the one of its learners for plain success and
    failure; the reward is the drawn success rate.
    """
    try:
        library = import_module("bayesianbandits")
    except ImportError:
        return None
    from numpy import array

    arms = [
        library.Arm(
            arm,
            lambda drawn: drawn[..., 1],
            learner=library.DirichletClassifier({0: 1.0, 1: 1.0}),
        )
        for arm in range(len(ARMS))
    ]
    agent = library.Agent(arms, library.ThompsonSampling(), random_seed=seed)
    for arm, rate in enumerate(RATES):
        past = array([int(turn < SEEN * rate) for turn in range(SEEN)])
        agent.select_for_update(arm).update(past)
    rewarded = [array([0]), array([1])]
    world = outcomes(seed)

    def loop(times: int) -> None:
        for turn in range(times):
            (chosen,) = agent.pull()
            agent.update(rewarded[world[chosen][turn & (_OUTCOMES - 1)]])

    return loop


def by_hand(seed: int) -> Mapping[str, Loop]:
    """Return the loop as a hand would write it: the highest of four scalar draws, two counts."""
    from numpy.random import default_rng

    draws: dict[str, Callable[[float, float], float]] = {
        "stdlib": Random(seed).betavariate,  # noqa: S311 - a simulation
        "numpy": default_rng(seed).beta,
    }
    return {name: _counting(draw, outcomes(seed)) for name, draw in draws.items()}


def _counting(draw: Callable[[float, float], float], world: list[list[int]]) -> Loop:
    won = [1 + SEEN * rate for rate in RATES]
    lost = [1 + SEEN * (1 - rate) for rate in RATES]

    def loop(times: int) -> None:
        for turn in range(times):
            chosen, best = 0, -1.0
            for arm in range(len(ARMS)):
                drawn = draw(won[arm], lost[arm])
                if drawn > best:
                    chosen, best = arm, drawn
            if world[chosen][turn & (_OUTCOMES - 1)]:
                won[chosen] += 1
            else:
                lost[chosen] += 1

    return loop
