"""The doctor sees a store that is down, and a rollout that came back or was forgotten."""

from collections.abc import Callable
from typing import Any

import pytest

from armwise.bandit.sequential import Total
from armwise.engine import Mode, RolloutStats, Severity, ShadowStats, StoreHealth
from armwise.engine.doctor import Picture, examine, of_finding
from armwise.storage import Finding

PictureOf = Callable[..., Picture]


def rollout(mode: Mode, **changes: Any) -> RolloutStats:
    """Return a rollout with some things changed."""
    settings: dict[str, Any] = {
        "mode": mode,
        "asked": mode,
        "default_path": "dear",
        "decisions": 50,
        "followed": Total(),
        "control": Total(),
        "difference": (-1.0, 1.0),
        "shadows": ShadowStats(),
    }
    return RolloutStats(**{**settings, **changes})


def health(**changes: Any) -> StoreHealth:
    """Return a healthy store with some things changed."""
    settings: dict[str, Any] = {
        "store": "redis://localhost",
        "is_up": True,
        "waiting": 0,
        "dropped": 0,
        "faults": 0,
        "has_journal": True,
        "snapshot_age_s": 1.0,
    }
    return StoreHealth(**{**settings, **changes})


@pytest.mark.parametrize(
    ("changes", "word", "severity"),
    [
        ({"is_up": False}, "the store is down", Severity.BAD),
        ({"snapshot_age_s": 90.0}, "stale", Severity.BAD),
        ({"snapshot_age_s": None}, "stale", Severity.BAD),
        ({"dropped": 4}, "given up", Severity.BAD),
        ({"has_journal": False}, "in memory only", Severity.WARNING),
    ],
)
def test_a_store_that_is_ill(
    picture: PictureOf, changes: dict[str, Any], word: str, severity: Severity
) -> None:
    """Each illness has its own diagnosis; a healthy store has none."""
    (found,) = examine(picture(store=health(**changes)))

    assert word in found.what
    assert found.severity is severity
    assert not examine(picture(store=health()))


@pytest.mark.parametrize(
    ("mode", "changes", "word", "severity"),
    [
        ("observe", {"asked": "canary"}, "went back to 'dear'", Severity.BAD),
        ("observe", {"decisions": 10_000}, "only observed", Severity.NOTE),
        ("shadow", {"decisions": 10_000}, "for long", Severity.WARNING),
        ("shadow", {"shadows": ShadowStats(calls=2, skipped=3)}, "left out", Severity.NOTE),
        ("canary", {"decisions": 10_000}, "run for long", Severity.WARNING),
        ("canary", {"difference": (-0.01, 0.02)}, "proven itself", Severity.NOTE),
    ],
)
def test_a_rollout_that_needs_a_hand(
    picture: PictureOf, mode: Mode, changes: dict[str, Any], word: str, severity: Severity
) -> None:
    """Each state has its own diagnosis; one that has just begun has none."""
    (found,) = examine(picture(rollout=rollout(mode, **changes)))

    assert word in found.what
    assert found.severity is severity
    assert not examine(picture(rollout=rollout(mode)))


def test_shadows_that_nobody_judges_are_bad(picture: PictureOf) -> None:
    """They cost money and teach nothing about quality."""
    paid = rollout("shadow", shadows=ShadowStats(calls=10, cost_usd=0.5))

    (found,) = examine(picture(rollout=paid, is_checked=False))

    assert found.severity is Severity.BAD
    assert found.figure == "10 calls, $0.5000"
    assert not examine(picture(rollout=paid, is_checked=True))


def test_findings_about_a_store_are_diagnoses() -> None:
    """Fatal is bad, advice is a warning, and what needs nothing is left out."""
    fatal = of_finding(Finding("eviction", "allkeys-lru", "Set noeviction.", is_fatal=True))
    advised = of_finding(Finding("disk", "nearly full", "Make room."))

    assert fatal is not None
    assert advised is not None
    assert (fatal.severity, advised.severity) == (Severity.BAD, Severity.WARNING)
    assert of_finding(Finding("version", "7.2")) is None
