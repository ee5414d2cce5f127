"""Evidence that fades: exact, whatever the order in which it arrives.

A memory that is multiplied at every update gives another sum for every order of the updates. Here
an outcome's weight *grows* with the time at which its request was decided, and the reader divides
by the weight of its own moment (forward decay: Cormode, Shkapenyuk, Srivastava and Xu 2009).
Nothing that is stored is ever multiplied, so outcomes add in any order and are taken back exactly.

Time runs in *ticks*, 64 to the half-life. 1024 ticks, 16 half-lives, are an *era*; within one the
weights grow from 2^20 to less than 2^36, so that every sum is an integer of 64 bits, and the
product of a weight and a score stays below 2^53, where doubles (Lua's numbers) are exact. A new era
begins at 2^20 again. A reader sums the present era and the one before it; what is older weighs
less than 2^-16 of an outcome and is nothing.
"""

from dataclasses import dataclass, fields
from datetime import timedelta
from math import isqrt
from operator import attrgetter

from armwise.bandit.evidence import UNIT, Evidence
from armwise.errors import ConfigurationError

TICKS = 64
"""Ticks per half-life. A weight that is read is at most one tick, 1.09 %, off the exact one."""

ERA_TICKS = 1024
"""Ticks per era: 16 half-lives."""

_LEAST_HALF_LIFE = timedelta(seconds=1)
_LONGEST_HALF_LIFE = timedelta(days=36_525)
_MOST_OUTCOMES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Outcomes:
    """A half-life counted in outcomes of the same bucket, whichever path they belong to.

    The price of forgetting, paid in exploration, then does not depend on how busy the bucket is,
    and paths that are not played fade while others are.

    Args:
        number: After so many outcomes of its bucket an outcome weighs half, from 1.

    Raises:
        ConfigurationError: If it is no whole number from 1 to a billion.
    """

    number: int

    def __post_init__(self) -> None:
        is_whole = isinstance(self.number, int) and not isinstance(self.number, bool)
        if not is_whole or not 1 <= self.number <= _MOST_OUTCOMES:
            raise ConfigurationError(
                f"Outcomes(n) needs a whole number from 1 to {_MOST_OUTCOMES}, got "
                f"{self.number!r}. Outcomes(1000) halves an outcome's weight after 1000 others."
            )

    def __str__(self) -> str:
        return f"{self.number} outcomes"


HalfLife = timedelta | Outcomes | None
"""After how long an outcome weighs half: a time, a number of outcomes, or None for never."""

DEFAULT_HALF_LIFE = Outcomes(1150)
"""Together with the change detector it finds a fall within 30 outcomes and a recovery of a path
that is not played within 1,000 requests, at the least cost where nothing changes: measured by the
``change`` part of ``armwise bench``, which shows the frontier."""


def check_half_life(half_life: object) -> HalfLife:
    """Return a half-life that can be used.

    Raises:
        ConfigurationError: If it is none. A bare number is refused, for nobody could tell whether
            it means seconds, days or outcomes.
    """
    if half_life is None or isinstance(half_life, Outcomes):
        return half_life
    if isinstance(half_life, timedelta):
        if _LEAST_HALF_LIFE <= half_life <= _LONGEST_HALF_LIFE:
            return half_life
        raise ConfigurationError(
            f"half_life must be from one second to a hundred years, got {half_life!r}. "
            "timedelta(days=7) is a common one; None never forgets."
        )
    raise ConfigurationError(
        f"half_life must be Outcomes(n), a datetime.timedelta or None, got {half_life!r}. Write "
        "half_life=Outcomes(1000) for outcomes of a bucket, half_life=timedelta(days=7) for time, "
        "half_life=None to keep everything."
    )


def half_life_name(half_life: HalfLife) -> str:
    """Return a half-life as a word: "never", "1150o" for outcomes, "604800000ms" for a time."""
    if half_life is None:
        return "never"
    if isinstance(half_life, Outcomes):
        return f"{half_life.number}o"
    return f"{half_life // timedelta(milliseconds=1)}ms"


def half_life_named(name: str) -> HalfLife:
    """Return the half-life of such a word.

    Raises:
        ConfigurationError: If it is none.
    """
    try:
        if name == "never":
            return None
        if name.endswith("ms"):
            return check_half_life(timedelta(milliseconds=int(name.removesuffix("ms"))))
        if name.endswith("o"):
            return Outcomes(int(name.removesuffix("o")))
    except (ValueError, OverflowError):
        pass
    raise ConfigurationError(
        f"{name!r} is no half-life: 'never', '1150o' (outcomes) or '604800000ms' (a time)."
    )


@dataclass(frozen=True, slots=True)
class Fading:
    """The clock by which evidence fades.

    Args:
        half_life: As ``check_half_life`` accepts it.
    """

    half_life: HalfLife

    @property
    def runs_by_time(self) -> bool:
        """Whether evidence fades while nothing happens."""
        return isinstance(self.half_life, timedelta)

    def tick(self, at_ms: int, outcomes: int) -> int:
        """Return the tick of a moment.

        Args:
            at_ms: Milliseconds since 1970.
            outcomes: Outcomes that the bucket had seen by then.
        """
        if self.half_life is None:
            return 0
        if isinstance(self.half_life, Outcomes):
            return outcomes * TICKS // self.half_life.number
        return at_ms * TICKS // (self.half_life // timedelta(milliseconds=1))


def _root(bits: int) -> int:
    """Return 2 ** (bits / 64) rounded to the nearest integer, by integer arithmetic alone."""
    root = 1 << (bits + TICKS)  # twice the root, to the 64th power
    for _ in range(TICKS.bit_length() - 1):
        root = isqrt(root)  # six square roots; rounding down at each is rounding down once
    return (root + 1) // 2


_WEIGHTS = tuple(_root(20 * TICKS + tick) for tick in range(TICKS))


def weight(tick: int) -> int:
    """Return the weight of an outcome at a tick: 2 ** (20 + (tick mod 1024) / 64), an integer.

    The same on every machine: no floating point is involved.
    """
    inside = tick % ERA_TICKS
    return _WEIGHTS[inside % TICKS] << inside // TICKS


_NOTHING = Evidence()


_WEIGHTED = ("successes", "failures", "squares")
_plain_sums = attrgetter(*(part.name for part in fields(Evidence) if part.name not in _WEIGHTED))


def _plain(evidence: Evidence) -> Evidence:
    """Return the evidence without what is weighted."""
    return Evidence(0, 0, 0, *_plain_sums(evidence))


@dataclass(frozen=True, slots=True)
class Eras:
    """The evidence of one arm by era: the newest that it has seen, the one before, and the rest.

    A pure function of the set of what was added, whatever the order, and bounded.

    Args:
        era: Number of the newest era that anything was added to.
        newest: Its sums. Outcomes are weighted by ``weight``.
        before: The sums of era ``era - 1``.
        archive: The sums of all earlier eras, without outcomes, which have faded to nothing:
            what was spent and how often is never lost.
    """

    era: int
    newest: Evidence = _NOTHING
    before: Evidence = _NOTHING
    archive: Evidence = _NOTHING

    def plus(self, tick: int, change: Evidence) -> "Eras":
        """Return the sums with a change added that belongs to a tick, however old."""
        age = self.era - tick // ERA_TICKS
        if age == 0:
            return Eras(self.era, self.newest + change, self.before, self.archive)
        if age == 1:
            return Eras(self.era, self.newest, self.before + change, self.archive)
        if age > 1:
            return Eras(self.era, self.newest, self.before, self.archive + _plain(change))
        if age == -1:
            archive = self.archive + _plain(self.before)
            return Eras(self.era + 1, change, self.newest, archive)
        archive = self.archive + _plain(self.before) + _plain(self.newest)
        return Eras(self.era - age, change, _NOTHING, archive)

    def read(self, tick: int) -> Evidence:
        """Return the evidence as it weighs at a tick that is not before anything added.

        Outcomes have faded: a fresh one counts ``UNIT``, one of a half-life ago half of that. The
        other sums are those of the arm's two newest eras, unweighted: old costs drop out coarsely,
        and the last ones known are never forgotten.
        """
        recent = self.newest + self.before if self.before != _NOTHING else self.newest
        if not tick:  # nothing fades, or nothing has begun to
            return recent
        age = tick // ERA_TICKS - self.era
        now = weight(tick)

        def faded(newest: int, before: int) -> int:
            if age == 0:
                return _divided(newest * UNIT, now) + _divided(before * _ERA_UNIT, now)
            return _divided(newest * _ERA_UNIT, now) if age == 1 else 0

        newest, before = self.newest, self.before
        return Evidence(
            faded(newest.successes, before.successes),
            faded(newest.failures, before.failures),
            faded(newest.squares, before.squares),
            *_plain_sums(recent),
        )

    def total(self, tick: int) -> Evidence:
        """Return the evidence as ``read`` does, with the other sums those of all time."""
        return self.read(tick) + self.archive

    def __add__(self, other: "Eras") -> "Eras":
        """Return the sums of both, each at its own ticks; order and grouping do not matter."""
        both = self.plus(other.era * ERA_TICKS, other.newest)
        if other.before != _NOTHING:
            both = both.plus((other.era - 1) * ERA_TICKS, other.before)
        return Eras(both.era, both.newest, both.before, both.archive + other.archive)

    def moved(self, read_at: int, to: int) -> "Eras":
        """Return what these sums weigh at one tick, as if it had all been added at another.

        Args:
            read_at: Tick of this evidence's own clock, as in ``read``.
            to: Tick of the clock by which it is to fade from now on.
        """
        now, at = self.read(read_at), weight(to)
        outcomes = (_divided(getattr(now, part) * at, UNIT) for part in _WEIGHTED)
        moved = Evidence(*outcomes, *_plain_sums(now))
        return Eras(to // ERA_TICKS, moved, _NOTHING, self.archive)


_ERA_UNIT = UNIT >> ERA_TICKS // TICKS
"""What an outcome of weight 2^20 one era ago weighs now, in units of the present era's start."""


def _divided(sum_: int, by: int) -> int:
    """Return the quotient, rounded to the nearest integer."""
    return (sum_ + by // 2) // by
