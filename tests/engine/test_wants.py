"""Wishes for one request: what they take, and what they refuse."""

from typing import Any

import pytest

from armwise.engine import NO_WANTS, Wants, wants_of
from armwise.errors import ConfigurationError


def test_wishes_are_taken_out_of_a_calls_arguments() -> None:
    """What is meant for the router is not handed to the provider; all else is."""
    wants, left = wants_of(
        {"temperature": 0, "require": ["vision"], "exclude": ("dear",), "max_cost_usd": 0.01}
    )

    assert wants == Wants(frozenset({"vision"}), frozenset({"dear"}), 0.01)
    assert left == {"temperature": 0}


def test_no_wish_costs_nothing_and_none_is_no_wish() -> None:
    """Without any, the arguments stay the same object; None asks for nothing."""
    arguments = {"temperature": 0}

    wants, left = wants_of(arguments)

    assert wants is NO_WANTS
    assert left is arguments
    assert wants_of({"require": None, "session_id": None})[0] == NO_WANTS


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"require": {"telepathy"}}, "'telepathy' is no known capability. Known: tools, "),
        ({"require": "vision"}, "set or list of names such as {'vision'}, got 'vision'"),
        ({"exclude": [3]}, "exclude must hold names such as 'openai/gpt-4o', got 3"),
        ({"max_cost_usd": 0}, "max_cost_usd must be US dollars above 0, got 0"),
        ({"max_cost_usd": float("nan")}, "max_cost_usd must be US dollars above 0, got nan"),
        ({"max_latency_s": True}, "max_latency_s must be seconds above 0, got True"),
        ({"context": "acme"}, "context must be a dict of labels"),
        ({"context": {"tenant": 7}}, "context['tenant'] must be a short printable label"),
        ({"session_id": ""}, "session_id must be a short printable label"),
    ],
)
def test_a_wish_that_cannot_be_used_is_named(wish: dict[str, Any], said: str) -> None:
    """The error shows the value and what to write instead."""
    with pytest.raises(ConfigurationError) as error:
        wants_of(wish)

    assert said in str(error.value)
