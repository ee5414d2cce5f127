"""Two models that change, and ways to forget and to notice."""

from dataclasses import dataclass

from armwise.bandit.change import THRESHOLD
from armwise.bandit.decay import DEFAULT_HALF_LIFE

COSTS = (1 / 16, 1.0)
"""Costs of the cheap and the dear arm, the dearest being 1: the price ratio of a common pair."""

EPS = 0.05
"""Share of the best success rate that the rule may give up."""

REQUESTS = 10_000


@dataclass(frozen=True, slots=True)
class Scenario:
    """Success rates of the cheap and the dear arm, before and after the change.

    Args:
        name: One or two letters, as the tables show it.
        what: What happens, in words.
        before: Rates of the cheap and the dear arm in the first half.
        after: Rates in the second half.
        drifts: The rates move evenly from ``before`` to ``after`` over the whole run instead.
    """

    name: str
    what: str
    before: tuple[float, float]
    after: tuple[float, float]
    drifts: bool = False

    def rates(self, number: int, requests: int) -> tuple[float, float]:
        """Return the rates that hold at request ``number``, the first being 0, of so many."""
        if self.drifts:
            share = number / requests
            cheap, dear = (
                start + (end - start) * share
                for start, end in zip(self.before, self.after, strict=True)
            )
            return cheap, dear
        return self.before if number < requests // 2 else self.after

    @property
    def breaks(self) -> bool:
        """Whether there is a moment of change to be found."""
        return self.before != self.after and not self.drifts


SCENARIOS = (
    Scenario("A", "nothing changes (.92 / .93)", (0.92, 0.93), (0.92, 0.93)),
    Scenario("A2", "nothing changes (.80 / .90)", (0.80, 0.90), (0.80, 0.90)),
    Scenario("B", "the cheap one falls .92 to .55 (dear .93)", (0.92, 0.93), (0.55, 0.93)),
    Scenario("C", "the cheap one recovers .55 to .92 (dear .93)", (0.55, 0.93), (0.92, 0.93)),
    Scenario("D", "the dear one falls .93 to .60 (cheap .80)", (0.80, 0.93), (0.80, 0.60)),
    Scenario("E", "the cheap one drifts .92 to .72 (dear .93)", (0.92, 0.93), (0.72, 0.93), True),
    Scenario("F", "the cheap one slips .90 to .80 (dear .93)", (0.90, 0.93), (0.80, 0.93)),
)


@dataclass(frozen=True, slots=True)
class Scheme:
    """A way to forget and to notice.

    Args:
        half_life: In outcomes of the bucket; None: no forgetting.
        falls: Threshold of the detector for falls; infinite: no detector.
        rises: Threshold of one for rises, which is not shipped; infinite: none.
    """

    half_life: int | None = None
    falls: float = float("inf")
    rises: float = float("inf")

    @property
    def name(self) -> str:
        """The scheme in words."""
        forgets = "" if self.half_life is None else f"half-life {self.half_life}"
        notices = ""
        if self.falls < float("inf"):
            notices = f"detector {self.falls:g}"
        if self.rises < float("inf"):
            notices += ", rises too"
        return " + ".join(part for part in (forgets, notices) if part) or "nothing"


SHIPPED = Scheme(DEFAULT_HALF_LIFE.number, THRESHOLD)
"""How a Router forgets and detects unless told otherwise; here it plays on plain beliefs."""

WITH_RISES = Scheme(SHIPPED.half_life, SHIPPED.falls, SHIPPED.falls)
"""The same with a detector that watches for rises too."""

FADING = tuple(Scheme(number) for number in (200, 500, 700, 1000, SHIPPED.half_life, 1500, 2000))
FADING_AND_DETECTOR = tuple(
    Scheme(number, THRESHOLD) for number in (500, 700, 1000, SHIPPED.half_life, 1500, 2000)
)
SCHEMES = (
    Scheme(),
    Scheme(None, THRESHOLD),
    *FADING,
    *FADING_AND_DETECTOR,
    Scheme(SHIPPED.half_life, THRESHOLD - 1.0),
    Scheme(SHIPPED.half_life, THRESHOLD + 2.0),
    WITH_RISES,
)
