"""Who plays in a comparison, who of them can, and what they are told."""

from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec

from armwise.offline.learner import Contender

OWN = "armwise.offline.contenders.armwise_own"
RULES = (
    "armwise.offline.contenders.static",
    "armwise.offline.contenders.textbook",
    "armwise.offline.contenders.litellm_rule",
)
PEERS = (
    "armwise.offline.peers.mabwiser",
    "armwise.offline.peers.pybandits",
    "armwise.offline.peers.bayesianbandits",
    "armwise.offline.peers.river",
    "armwise.offline.peers.vowpal_wabbit",
    "armwise.offline.peers.paretobandit",
)
SHIPPED = "armwise"
"""The contender that is armwise as shipped; the others of its family are variants of it."""


BLIND_TO_VALUE = frozenset(
    {
        "TaskComplexityRouter",
        "cheapest list price",
        "dearest list price",
        "uniform random",
        "random mix, 25% dearest",
        "random mix, 50% dearest",
        "random mix, 75% dearest",
        "LiteLLM's rule",
        "LiteLLM's rule, tiers by price",
        "LiteLLM's rule, per task",
        "LiteLLM's own code",
        "MABWiser ThompsonSampling",
        "PyBandits SmabBernoulliCC",
        "PyBandits SmabBernoulliCC .05",
        "river ThompsonSampling",
        "ParetoBandit",
    }
)
"""Contenders to which the value of a success cannot be told: they play once for all values."""

FEWER_SHUFFLES = {
    "KL-UCB+": 20,
    "KL-UCB+, costs apart": 20,
    "bayesianbandits": 4,
    "mabwiser": 6,
    "paretobandit": 20,
    "pybandits": 20,
    "vowpalwabbit": 20,
}
"""Most shuffles of what is slow, by contender or distribution: decisions of 0.1 to 1 ms instead of
0.01. So they take no longer than all the others; their standard errors say what is lost."""

_VARIANT_SHUFFLES = 10


def everybody(*, peers: bool = True) -> tuple[Contender, ...]:
    """Return all contenders: armwise, static ones, the textbook, other libraries.

    Args:
        peers: Whether other libraries play; LiteLLM's own code, which armwise depends on, always
            does.
    """
    modules = [OWN] if find_spec(OWN) else []
    modules += [*RULES, *(PEERS if peers else ())]
    found: list[Contender] = []
    for name in modules:
        found += import_module(name).CONTENDERS
    return tuple(found)


def is_installed(contender: Contender) -> bool:
    """Whether what the contender needs is there."""
    if contender.needs is None:
        return True
    try:
        distribution(contender.needs)
    except PackageNotFoundError:
        return False
    return True


def missing(contenders: Sequence[Contender]) -> tuple[str, ...]:
    """Return the distributions that contenders need and that are not installed, sorted."""
    return tuple(sorted({c.needs for c in contenders if c.needs and not is_installed(c)}))


def shuffles(contender: Contender, runs: int) -> int:
    """Return how many of ``runs`` shuffles a contender plays."""
    most = FEWER_SHUFFLES.get(contender.name, FEWER_SHUFFLES.get(contender.needs or "", runs))
    if contender.family == "armwise" and contender.name != SHIPPED:
        most = _VARIANT_SHUFFLES
    return min(runs, most)


def named(name: str, contenders: Sequence[Contender]) -> Contender:
    """Return the contender of a name.

    Raises:
        KeyError: If nobody has it.
    """
    return {contender.name: contender for contender in contenders}[name]
