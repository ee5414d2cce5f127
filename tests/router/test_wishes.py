"""Wishes of a single call, driven through the router's door."""

from collections.abc import Callable
from typing import Any

import pytest

from armwise import Router
from armwise.errors import ConfigurationError, NoEligiblePathError
from armwise.testing import ScriptedError

ASK = [{"role": "user", "content": "Which company makes the iPhone?"}]

Build = Callable[..., Router]


def calls_of(router: Router) -> list[Any]:
    """Return the calls that a router's scripted models have had."""
    adapter: Any = router._adapter
    calls: list[Any] = adapter.calls
    return calls


def test_an_excluded_path_is_not_called_not_even_after_an_error(router_of: Build) -> None:
    """``exclude=`` holds for the choice and for the fallbacks, and says so."""
    router = router_of({"cheap": "cheap", "small": ScriptedError(503), "dear": "dear"})

    decision = router.decide(ASK, exclude=["cheap"])
    response = router.completion(ASK, exclude={"cheap"})

    assert response.choices[0].message.content == "dear"
    assert decision.exclusions == {"cheap": "excluded by this call (exclude=)"}
    assert "excluded cheap: excluded by this call (exclude=)" in decision.why()


def test_a_wish_is_not_handed_to_the_provider(router_of: Build) -> None:
    """The adapter sees the parameters of the model alone."""
    router = router_of({"cheap": "cheap"})

    router.completion(ASK, temperature=0, session_id="chat-81", context={"tenant": "acme"})

    assert calls_of(router)[0].params == {"temperature": 0}


def test_excluding_every_path_is_refused_before_any_call(router_of: Build) -> None:
    """The error lists every path."""
    router = router_of({"cheap": "cheap", "dear": "dear"})

    with pytest.raises(NoEligiblePathError) as error:
        router.completion(ASK, exclude={"cheap", "dear"})

    assert set(error.value.exclusions) == {"cheap", "dear"}
    assert calls_of(router) == []


def test_excluding_what_is_no_path_lists_the_paths(router_of: Build) -> None:
    """A misspelt name must not silently exclude nothing."""
    router = router_of({"cheap": "cheap", "dear": "dear"})

    with pytest.raises(ConfigurationError) as error:
        router.completion(ASK, exclude={"chaep"})

    assert "exclude 'chaep' is not one of the paths. Known: 'cheap', 'dear'." in str(error.value)


def test_observe_mode_serves_its_default_whatever_is_excluded(router_of: Build) -> None:
    """The safe first day stays safe: what is only observed refuses no request."""
    router = router_of({"cheap": "cheap", "dear": "dear"}, mode="observe", default_path="dear")

    response = router.completion(ASK, exclude={"cheap", "dear"})

    assert response.choices[0].message.content == "dear"
