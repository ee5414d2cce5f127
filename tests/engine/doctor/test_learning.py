"""The doctor sees paths that cannot be learned about, and evidence that is too thin or not real."""

from collections.abc import Callable
from datetime import timedelta

from armwise.bandit import Outcomes
from armwise.bandit.sequential import Total
from armwise.engine import ArmStats, Severity
from armwise.engine.doctor import Diagnosis, Picture, examine
from armwise.engine.rollout import RolloutStats, ShadowStats

PictureOf = Callable[..., Picture]
ArmOf = Callable[..., ArmStats]


def only(found: list[Diagnosis], word: str) -> Diagnosis:
    """Return the one diagnosis that a word is in."""
    (held,) = [each for each in found if word in each.what]
    return held


def test_a_misconfigured_path_is_bad(picture: PictureOf) -> None:
    """It is named with how often it answered so."""
    found = only(examine(picture(misconfigured={"dear": 3})), "misconfigured")

    assert found.severity is Severity.BAD
    assert found.figure.startswith("3 errors")


def test_a_path_that_only_ends_in_errors_is_bad(picture: PictureOf, arm: ArmOf) -> None:
    """Every attempt a fault: bad; three in five: a warning; one in five: nothing."""
    for faults, severity in ((10, Severity.BAD), (6, Severity.WARNING), (2, None)):
        buckets = {"b": {"cheap": arm(), "dear": arm(attempts=10, faults=faults, report_rate=None)}}
        found = [each for each in examine(picture(buckets=buckets)) if "errors" in each.what]

        assert [each.severity for each in found] == ([] if severity is None else [severity])


def test_a_path_that_was_never_tried_is_told(picture: PictureOf, arm: ArmOf) -> None:
    """After 500 attempts of the others; not while only the default path is served."""
    buckets = {"b": {"cheap": arm()}}
    observing = RolloutStats(
        "observe", "observe", "cheap", 500, Total(), Total(), (-1.0, 1.0), ShadowStats()
    )

    found = only(examine(picture(buckets=buckets)), "never tried")

    assert found.figure == "0 of 500 attempts"
    assert not examine(picture(buckets=buckets, rollout=observing))
    assert not examine(picture(buckets={"b": {"cheap": arm(attempts=100)}}))


def test_evidence_that_is_spread_too_thin_is_told(picture: PictureOf, arm: ArmOf) -> None:
    """Eight of ten buckets have nine outcomes; of eight buckets nothing is said."""
    thin = {f"t{n}/simple": {"cheap": arm(successes=9.0, failures=0.0)} for n in range(8)}
    full = {f"f{n}/simple": {"cheap": arm()} for n in range(2)}

    found = only(examine(picture(buckets=thin | full, paths=None)), "too many buckets")

    assert found.figure == "8 of 10 buckets have fewer than 30 outcomes"
    assert not examine(picture(buckets=thin, paths=None))


def test_evaluations_that_outweigh_outcomes_are_told(picture: PictureOf, arm: ArmOf) -> None:
    """500 attempts with 20 outcomes, but 70 outcomes' worth of belief."""
    seeded = arm(successes=60.0, failures=10.0, attempts=500, faults=0, report_rate=0.04)

    found = only(examine(picture(buckets={"b": {"cheap": seeded}}, paths=None)), "outweigh")

    assert "cheap in b: up to 50 outcomes' worth" in found.figure


def test_evidence_that_has_faded_is_not_taken_for_evaluations(
    picture: PictureOf, arm: ArmOf
) -> None:
    """What weighs less than it was counted was no evaluation."""
    faded = arm(successes=100.0, failures=20.0, attempts=5_000, report_rate=1.0)

    assert not examine(picture(buckets={"b": {"cheap": faded, "dear": faded}}))


def test_another_half_life_in_force_is_told(picture: PictureOf) -> None:
    """Both are named as they are written."""
    found = only(
        examine(picture(half_lives=(Outcomes(1150), timedelta(days=7)))), "another half-life"
    )

    assert "1150" in found.figure
    assert not examine(picture(half_lives=(Outcomes(1150), Outcomes(1150))))
