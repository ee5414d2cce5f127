"""``half_life``: refused at once if it could mean anything, and on by default."""

from datetime import timedelta
from typing import Any

import pytest

from armwise import Router
from armwise.bandit.decay import DEFAULT_HALF_LIFE, HalfLife, Outcomes
from armwise.errors import ConfigurationError
from armwise.storage import MemoryStore
from armwise.testing import ScriptedAdapter


def in_force(**settings: Any) -> HalfLife:
    """Return the half-life under which a Router's store holds its goal."""
    store = MemoryStore()
    Router(["cheap", "dear"], "goal", store=store, adapter=ScriptedAdapter({}), **settings)
    return store.declare("goal", None)


def test_evidence_fades_unless_told_otherwise() -> None:
    """The default is the measured one; None keeps everything."""
    assert in_force() == DEFAULT_HALF_LIFE
    assert in_force(half_life=None) is None


@pytest.mark.parametrize("half_life", [Outcomes(50), timedelta(days=7)])
def test_a_half_life_reaches_the_store(half_life: HalfLife) -> None:
    """Outcomes and times both."""
    assert in_force(half_life=half_life) == half_life


@pytest.mark.parametrize("half_life", [1000, 7.0, "7d", timedelta(0), True])
def test_a_half_life_that_could_mean_anything_is_refused(half_life: Any) -> None:
    """The error shows both ways to write one."""
    with pytest.raises(ConfigurationError, match=r"Outcomes\(|timedelta\("):
        in_force(half_life=half_life)
