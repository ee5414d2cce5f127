"""Can every path be learned about, from enough evidence, and from real outcomes?"""

from armwise.bandit.decay import half_life_name
from armwise.engine.doctor.diagnosis import Diagnosis, Severity
from armwise.engine.doctor.picture import Picture
from armwise.engine.stats import ArmStats

ENOUGH = 200
"""Attempts of a bucket, or outcomes, from which an arm should have been tried. A guess."""

THIN = 30.0
"""Outcomes below which a bucket says little: the standard error of a rate of .9 is .05."""

MANY_BUCKETS = 8
"""Buckets from which thin ones are worth a word: two or three task types on three levels."""

FAULTY = 0.5
LEAST_FAULTS = 5


def learning(picture: Picture) -> list[Diagnosis]:
    """Return what keeps a goal from learning."""
    return [
        *_broken(picture),
        *_untried(picture),
        *_thin(picture),
        *_seeded(picture),
        *_fading(picture),
    ]


def _broken(picture: Picture) -> list[Diagnosis]:
    found = [
        Diagnosis(
            f"path {name!r} is misconfigured",
            Severity.BAD,
            f"{times} errors such as a wrong key or an unknown model",
            "Correct its model= or the provider's key in the environment, or remove_path() it; "
            "the logger 'armwise' quotes the error.",
        )
        for name, times in picture.misconfigured.items()
    ]
    totals: dict[str, list[ArmStats]] = {}
    for arms in picture.buckets.values():
        for name, arm in arms.items():
            totals.setdefault(name, []).append(arm)
    for name, played in totals.items():
        attempts, faults = sum(arm.attempts for arm in played), sum(arm.faults for arm in played)
        if name in picture.misconfigured or faults < max(LEAST_FAULTS, FAULTY * attempts):
            continue
        is_down = faults == attempts
        found.append(
            Diagnosis(
                f"path {name!r} mostly ends in errors of its provider",
                Severity.BAD if is_down else Severity.WARNING,
                f"{faults} of {attempts} attempts",
                "See in the logger 'armwise' which errors; correct its model= or key, raise its "
                "rate limit, or ban() it until it is back.",
            )
        )
    return found


def _untried(picture: Picture) -> list[Diagnosis]:
    """Paths that a whole goal never tries; not where only the default path is served."""
    attempts = sum(arm.attempts for arms in picture.buckets.values() for arm in arms.values())
    if picture.paths is None or not picture.follows or attempts < ENOUGH:
        return []
    tried = {
        name for arms in picture.buckets.values() for name, arm in arms.items() if arm.attempts
    }
    return [
        Diagnosis(
            f"path {name!r} was never tried",
            Severity.WARNING,
            f"0 of {attempts} attempts",
            "If it is to be, declare its price, raise its weight= or look for a ban or a missing "
            "capability in decide(...).why(); else remove_path() it.",
        )
        for name in picture.paths
        if name not in tried
    ]


def _thin(picture: Picture) -> list[Diagnosis]:
    thin = [
        bucket
        for bucket, arms in picture.buckets.items()
        if sum(arm.successes + arm.failures for arm in arms.values()) < THIN
    ]
    total = len(picture.buckets)
    if total <= MANY_BUCKETS or 2 * len(thin) <= total:
        return []
    return [
        Diagnosis(
            "evidence is spread over too many buckets",
            Severity.WARNING,
            f"{len(thin)} of {total} buckets have fewer than {THIN:.0f} outcomes",
            "Give fewer different task_type= and context= values: kinds of tasks, not names or "
            "numbers.",
        )
    ]


def _seeded(picture: Picture) -> list[Diagnosis]:
    """Arms whose belief rests mainly on offline evaluations, though they have been played enough.

    What outcomes weigh at most is their number; what there is beyond that was seeded.
    """
    heavy = 0.0
    names: list[str] = []
    for bucket, arms in picture.buckets.items():
        for name, arm in arms.items():
            played = (arm.report_rate or 0.0) * (arm.attempts - arm.faults)
            seeded = arm.successes + arm.failures - played
            if arm.attempts >= ENOUGH and seeded > played:
                heavy = max(heavy, seeded)
                names.append(f"{name} in {bucket}")
    if not names:
        return []
    return [
        Diagnosis(
            "offline evaluations still outweigh real outcomes",
            Severity.WARNING,
            f"{', '.join(names[:3])}: up to {heavy:.0f} outcomes' worth",
            "Report more outcomes, or begin these arms anew with reset() and warm_start(most=...) "
            "lower.",
        )
    ]


def _fading(picture: Picture) -> list[Diagnosis]:
    if picture.half_lives is None or picture.half_lives[0] == picture.half_lives[1]:
        return []
    asked, in_force = (half_life_name(each) for each in picture.half_lives)
    return [
        Diagnosis(
            "the store fades evidence by another half-life than this Router asks for",
            Severity.WARNING,
            f"asked for {asked}, in force {in_force}",
            f"Write half_life={in_force} in every worker, or change the store's by armwise state "
            "reset --half-life.",
        )
    ]
