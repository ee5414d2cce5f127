"""Does a rollout get anywhere, or has it been forgotten?"""

from armwise.engine.doctor.diagnosis import Diagnosis, Severity
from armwise.engine.doctor.picture import Picture
from armwise.engine.rollout import RolloutStats

LONG = 10_000
"""Decisions after which a mode that is meant to pass has lasted long. A guess."""

PROVEN = 0.05
"""How far below zero the difference of a canary may reach and still be called proven. A guess."""


def rolling(picture: Picture) -> list[Diagnosis]:
    """Return what is wrong with a rollout."""
    rollout = picture.rollout
    if rollout is None:
        return []
    if rollout.has_returned:
        return [_returned(rollout)]
    found: list[Diagnosis] = []
    if rollout.mode == "shadow":
        found += _shadow(rollout, is_checked=picture.is_checked)
    if rollout.mode == "canary":
        found += _canary(rollout)
    if rollout.mode == "observe" and rollout.decisions >= LONG:
        found.append(
            Diagnosis(
                "the Router has only observed for long",
                Severity.NOTE,
                f"{rollout.decisions} decisions in this process",
                "Go on to mode='shadow' if success_when= says what success is, else to "
                "mode='canary'.",
            )
        )
    return found


def _returned(rollout: RolloutStats) -> Diagnosis:
    low, high = rollout.difference
    return Diagnosis(
        f"the {rollout.asked} went back to {rollout.default_path!r}, for its choices did worse",
        Severity.BAD,
        f"success rate {rollout.followed.rate or 0.0:.3f} against "
        f"{rollout.control.rate or 0.0:.3f}; difference between {low:+.3f} and {high:+.3f}",
        "See in stats() which bucket and path fail, ban() or correct them, then router.resume().",
    )


def _shadow(rollout: RolloutStats, *, is_checked: bool | None) -> list[Diagnosis]:
    shadows = rollout.shadows
    found: list[Diagnosis] = []
    if is_checked is False:
        found.append(
            Diagnosis(
                "shadow calls are paid for, but no success_when= judges them",
                Severity.BAD,
                f"{shadows.calls} calls, ${shadows.cost_usd:.4f}",
                "Say success_when=, or go on to mode='canary' and report outcomes.",
            )
        )
    if rollout.decisions >= LONG:
        found.append(
            Diagnosis(
                "shadow calls have been made for long",
                Severity.WARNING,
                f"{rollout.decisions} decisions, {shadows.calls} calls, ${shadows.cost_usd:.4f}",
                "Go on to mode='canary', or lower shadow_share=.",
            )
        )
    if shadows.skipped > shadows.calls:
        found.append(
            Diagnosis(
                "most shadow calls are left out",
                Severity.NOTE,
                f"{shadows.skipped} skipped, {shadows.calls} made",
                "Lower shadow_share= to what the path can answer, or give the path a timeout_s=.",
            )
        )
    return found


def _canary(rollout: RolloutStats) -> list[Diagnosis]:
    low, high = rollout.difference
    figure = (
        f"{rollout.followed.outcomes:.0f} outcomes of choices, {rollout.control.outcomes:.0f} of "
        f"the default path; difference between {low:+.3f} and {high:+.3f}"
    )
    if low > -PROVEN:
        fix = "Raise canary_share=, or leave mode= and default_path= out."
        return [Diagnosis("the canary has proven itself", Severity.NOTE, figure, fix)]
    if rollout.decisions < LONG:
        return []
    is_heard = rollout.followed.outcomes and rollout.control.outcomes
    fix = (
        "Raise canary_share= to settle it sooner."
        if is_heard
        else "Report outcomes of both groups, or say success_when=: without them it never ends."
    )
    return [Diagnosis("the canary has run for long", Severity.WARNING, figure, fix)]
