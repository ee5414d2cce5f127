"""Figures of others, and earlier ones of ours, that the benchmark is held against.

All are cumulative pseudo-regret after 10,000 requests with Bernoulli outcomes.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instance:
    """Arms whose regret somebody has published or measured before.

    Args:
        name: As tables show it.
        rates: Success rate per arm.
        reference: Thompson sampling from Beta(1, 1) as measured before, by simulations that were
            written apart from this package: mean and its standard error, 800 runs.
        gated: Whether the benchmark has to meet the reference.
    """

    name: str
    rates: tuple[float, ...]
    reference: tuple[float, float]
    gated: bool = False


INSTANCES = (
    Instance(".1 ... .9", tuple(arm / 10 for arm in range(1, 10)), (41.0, 0.4), gated=True),
    Instance("hard", (0.01, 0.02, 0.3, 0.4, 0.5, 0.6, 0.795, 0.8, 0.805), (71.3, 0.7)),
    Instance("low", (0.01, 0.01, 0.01, 0.02, 0.02, 0.02, 0.05, 0.05, 0.1), (69.6, 0.5), gated=True),
    Instance("10 low", (0.1, *[0.05] * 3, *[0.02] * 3, *[0.01] * 3), (80.3, 0.5)),
    Instance(".9/.8", (0.9, 0.8), (9.4, 0.3)),
    Instance(".5, 9 x .4", (0.5, *[0.4] * 9), (166.0, 1.9)),
    Instance(".5, 9 x .48", (0.5, *[0.48] * 9), (155.4, 1.0)),
    Instance(".9/.8/.7", (0.9, 0.8, 0.7), (16.8, 0.5), gated=True),
    Instance(".95/.93/.90/.70", (0.95, 0.93, 0.90, 0.70), (28.0, 0.8)),
)
""".1 ... .9, hard and low are SMPyBandits' examples (Besson); "10 low" is from Garivier and Cappé,
2011, and Kaufmann et al., 2012; the two with nine equal arms from Chapelle and Li, 2011; the last
is four language models."""

EARLIER: dict[str, tuple[float | None, ...]] = {
    "IMED": (46.8, 72.0, 59.5, 70.2, 10.9, 171.0, 158.6, 17.2, 30.1),
    "KL-UCB+": (46.8, 72.8, 57.6, 69.9, 11.1, 160.9, 157.3, 17.6, 28.0),
    "Bayes-UCB": (42.5, 73.7, 84.7, None, 10.0, None, None, 18.6, 31.0),
    "UCB, alpha=0.5": (52.7, 70.1, 164.0, 186.0, 17.4, 145.0, 155.0, 28.1, 65.4),
    "UCB, alpha=1": (102.0, 98.3, 265.0, 296.0, 31.6, 257.0, 166.0, 48.1, 98.7),
    "UCB1": (332.0, 233.0, 487.0, 500.0, 87.6, 595.0, 174.0, 148.0, 186.0),
    "epsilon-greedy 0.05": (249.0, 213.0, 133.0, 142.0, 37.0, 242.0, 142.0, 70.3, 89.5),
    "epsilon-greedy 0.1": (432.0, 377.0, 123.0, 145.0, 55.7, 216.0, 139.0, 109.0, 110.0),
    "explore 100, commit": (381.0, 345.0, 121.0, 151.0, 37.0, 383.0, 167.0, 47.0, 103.0),
}
"""What the same earlier simulations had for the other rules (100 to 800 runs), per instance."""

PUBLISHED: dict[tuple[str, str], float] = {
    ("Thompson sampling", ".1 ... .9"): 33.2,
    ("UCB, alpha=0.5", ".1 ... .9"): 49.5,
    ("Bayes-UCB", ".1 ... .9"): 58.7,
    ("UCB, alpha=1", ".1 ... .9"): 98.0,
    ("Thompson sampling", "hard"): 83.2,
    ("UCB, alpha=0.5", "hard"): 65.0,
    ("Bayes-UCB", "hard"): 70.4,
    ("UCB, alpha=1", "hard"): 96.2,
    ("Thompson sampling", "low"): 69.2,
    ("Bayes-UCB", "low"): 84.9,
    ("UCB, alpha=0.5", "low"): 162.0,
    ("UCB, alpha=1", "low"): 283.0,
}
"""SMPyBandits' published notebook, means of 10 runs, so with a standard error of 3 to 7."""

RERUN: dict[str, tuple[float, float]] = {
    "Thompson sampling": (41.6, 3.8),
    "UCB, alpha=1": (102.0, 4.0),
    "UCB, alpha=0.5": (50.6, 2.7),
    "Bayes-UCB": (45.0, 4.3),
}
"""SMPyBandits 0.9.7's own code run on .1 ... .9, 12 runs: mean and standard error."""

PUBLISHED_CONSTANTS = {".1 ... .9": 7.52, "hard": 101.0, "low": 14.5}
"""The Lai-Robbins constants that SMPyBandits prints for its examples."""
