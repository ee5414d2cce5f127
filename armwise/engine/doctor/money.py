"""Are costs known, and what does exploring cost that could not change the answer?"""

import math

from armwise.engine.doctor.diagnosis import Diagnosis, Severity
from armwise.engine.doctor.picture import Picture, PricedArm

LEAST_ATTEMPTS = 20
"""Attempts from which a path without any measured cost is worth a word. A guess."""

TIED = 1.2816
"""Standard errors between two means below which the lower one is the better one with a probability
of at least a tenth."""

DEAR = 0.1
"""Share of a bucket's expected cost that tied arms may cost before it is a warning. A guess."""

LEAST_USD = 0.005
"""US dollars per 1,000 requests below which exploring is not worth a word. A guess."""

_PRICE = "Declare input_usd_per_mtok= and output_usd_per_mtok= on the path"


def money(picture: Picture) -> list[Diagnosis]:
    """Return what is wrong with costs."""
    return [*_unpriced(picture), *_tied(picture)]


def _unpriced(picture: Picture) -> list[Diagnosis]:
    found = [
        Diagnosis(
            f"no price is known for path {name!r}",
            Severity.WARNING,
            "it ranks as the dearest until a cost is measured",
            f"{_PRICE}.",
        )
        for name in picture.unknown_prices
    ]
    attempts: dict[str, int] = {}
    costed: set[str] = set()
    for arms in picture.buckets.values():
        for name, arm in arms.items():
            attempts[name] = attempts.get(name, 0) + arm.attempts - arm.faults
            if arm.mean_cost_usd is not None:
                costed.add(name)
    found += [
        Diagnosis(
            f"no cost of path {name!r} was ever measured",
            Severity.WARNING,
            f"{number} answers",
            f"{_PRICE}, or report cost_usd= with the outcomes.",
        )
        for name, number in attempts.items()
        if number >= LEAST_ATTEMPTS and name not in costed and name not in picture.unknown_prices
    ]
    return found


def _tied(picture: Picture) -> list[Diagnosis]:
    """Return per bucket what is spent on arms that cannot be told from a cheaper one."""
    found: list[tuple[float, Diagnosis]] = []
    for bucket, arms in picture.arms.items():
        tied = tied_arms(arms)
        costs_usd = [arm.cost_usd for arm in tied if arm.cost_usd is not None]
        if len(tied) < 2 or not costs_usd:  # noqa: PLR2004 - one arm is tied with nobody
            continue
        least_usd = min(costs_usd)
        extra_usd = 1000.0 * math.fsum(
            arm.share * (arm.cost_usd - least_usd) for arm in tied if arm.cost_usd is not None
        )
        total_usd = 1000.0 * math.fsum(arm.share * (arm.cost_usd or 0.0) for arm in arms)
        if extra_usd < LEAST_USD:
            continue
        cheapest = next(arm.path for arm in tied if arm.cost_usd == least_usd)
        others = ", ".join(arm.path for arm in tied if arm.path != cheapest)
        severity = Severity.WARNING if extra_usd > DEAR * total_usd else Severity.NOTE
        found.append(
            (
                -extra_usd,
                Diagnosis(
                    f"in {bucket}, {others} cannot be told from {cheapest}, which is cheaper",
                    severity,
                    f"exploring costs ${extra_usd:.4f} more per 1,000 requests, of "
                    f"${total_usd:.4f}",
                    f"Report more outcomes to settle it, or give up on them: "
                    f"router.pin({cheapest!r}, bucket={bucket!r}), or a wider "
                    "objective=CheapestWithin(0.05).",
                ),
            )
        )
    return [diagnosis for _, diagnosis in sorted(found, key=lambda one: one[0])]


def tied_arms(arms: tuple[PricedArm, ...]) -> list[PricedArm]:
    """Return the arms that may well be the best of their bucket, by normal approximation."""
    if not arms:
        return []
    best = max(arms, key=lambda arm: arm.mean)
    return [
        arm
        for arm in arms
        if best.mean - arm.mean <= TIED * math.hypot(best.deviation, arm.deviation)
    ]
