"""Offline evaluations, turned into a few outcomes that real ones soon outweigh.

Evaluations were made on other requests than those to come, so they are worth less than outcomes
(``trust``), and never more than a bounded number of them (``most``), however many there are. They
enter the evidence, which fades, and not the prior, which does not. The defaults are those of a
simulation with wrong evaluations (three arms, 10,000 requests): as 50 fading outcomes they cost 13
in quality regret and 1457 in cost regret, as a prior worth 50 up to 2430, as 200 outcomes 4962.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import cast

from armwise.bandit.outcome import FULL_SCORE
from armwise.engine.evals import ArmName, Evals
from armwise.engine.request_id import NONCE_BYTES
from armwise.errors import ConfigurationError

TRUST = 0.2
"""What one evaluation is worth, in outcomes."""

MOST = 50
"""What all evaluations of one arm are worth at most, in outcomes."""

_LARGEST_MOST = 1000
_NO_OUTCOME = "without an outcome"
_TOO_FEW = "too few for one outcome"


@dataclass(frozen=True, slots=True)
class SeededArm:
    """What the evaluations of one path in one bucket came to.

    Args:
        bucket: "task type/level".
        path: The path.
        evals: Evaluations with an outcome.
        mean: Their mean outcome, 0..1.
        effective: How many outcomes they were counted as by this call.
        mean_cost_usd: Their mean cost, None if none has one.
    """

    bucket: str
    path: str
    evals: int
    mean: float
    effective: int
    mean_cost_usd: float | None


@dataclass(frozen=True, slots=True)
class WarmStart:
    """What ``warm_start`` read and counted.

    Args:
        file: The file.
        lines: Lines read.
        arms: What was made of them, by bucket and path.
        skipped: How many evaluations taught nothing, by reason.
        ignored_keys: Keys of the file that mean nothing here.
        is_repeated: The file was counted before, so nothing was counted now.
    """

    file: str
    lines: int
    arms: tuple[SeededArm, ...]
    skipped: Mapping[str, int]
    ignored_keys: tuple[str, ...]
    is_repeated: bool

    @property
    def effective(self) -> int:
        """Outcomes that were counted, over all arms."""
        return sum(arm.effective for arm in self.arms)

    def __str__(self) -> str:
        seeded = sum(arm.effective > 0 for arm in self.arms)
        again = ", which was counted before" if self.is_repeated else ""
        lines = [
            f"{self.file}: {self.lines} lines{again}; {self.effective} outcomes for {seeded} arms"
        ]
        lines += [
            f"  {arm.bucket} {arm.path}: {arm.evals} evaluations, mean {arm.mean:.3f}, count as "
            f"{arm.effective} outcomes"
            for arm in self.arms
        ]
        lines += [f"  skipped {number} {reason}" for reason, number in self.skipped.items()]
        if self.ignored_keys:
            lines.append(f"  ignored keys: {', '.join(self.ignored_keys)}")
        return "\n".join(lines)


def check_worth(trust: object, most: object) -> None:
    """Refuse what evaluations cannot be worth.

    Raises:
        ConfigurationError: Naming the value.
    """
    is_number = isinstance(trust, int | float) and not isinstance(trust, bool)
    if not (is_number and 0 < cast("float", trust) <= 1):
        raise ConfigurationError(
            f"trust must be above 0 and at most 1, got {trust!r}. 0.2 takes five evaluations for "
            "one outcome."
        )
    is_whole = isinstance(most, int) and not isinstance(most, bool)
    if not (is_whole and 1 <= cast("int", most) <= _LARGEST_MOST):
        raise ConfigurationError(
            f"most must be a whole number of outcomes from 1 to {_LARGEST_MOST}, got {most!r}. "
            f"{MOST} is the default: wrong evaluations that are worth more cost dearly."
        )


def effective(evals: int, trust: float, most: int) -> int:
    """Return how many outcomes so many evaluations are counted as."""
    return max(0, min(most, int(trust * evals + 0.5)))


def representatives(scores: Counter[int], number: int) -> list[int]:
    """Return so many scores with the mean, and about the spread, of all.

    The sorted scores are cut into ``number`` equal parts; each part is replaced by its mean.
    """
    part = scores.total() / number
    parts = [0.0] * number
    begin = 0.0
    for score in sorted(scores):
        end = begin + scores[score]
        while end - begin > 1e-9:  # noqa: PLR2004 - less than a billionth of one is rounding
            index = min(number - 1, int(begin / part + 1e-9))
            cut = end if index == number - 1 else min(end, (index + 1) * part)
            parts[index] += (cut - begin) * score
            begin = cut
        begin = end
    return [min(FULL_SCORE, int(total / part + 0.5)) for total in parts]


def nonce_of(digest: bytes, arm: ArmName, number: int) -> bytes:
    """Return the name of one counted outcome: the same whenever the same file is counted."""
    text = "\x00".join((*arm, str(number)))
    return sha256(digest + text.encode()).digest()[:NONCE_BYTES]


def summary(
    file: object, evals: Evals, counted: Mapping[ArmName, int], *, is_repeated: bool
) -> WarmStart:
    """Return what is told of a file after so many outcomes were counted per arm."""
    arms = tuple(
        SeededArm(*name, arm.number, arm.mean, counted.get(name, 0), arm.mean_cost_usd)
        for name, arm in evals.arms.items()
    )
    few = 0 if is_repeated else sum(arm.evals for arm in arms if not arm.effective)
    skipped = {_NO_OUTCOME: evals.without_outcome, _TOO_FEW: few}
    return WarmStart(
        str(file),
        evals.lines,
        arms,
        {reason: number for reason, number in skipped.items() if number},
        evals.ignored_keys,
        is_repeated,
    )
