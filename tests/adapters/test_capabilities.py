"""What LiteLLM's list says that models can do."""

import pytest

from armwise.adapters import litellm_info
from armwise.adapters.capabilities import listed_capabilities


@pytest.mark.parametrize(
    ("row", "capabilities"),
    [
        ({}, {}),
        ({"supports_vision": False}, {"vision": False}),
        (
            {"supports_function_calling": True, "supports_vision": True},
            {"tools": True, "vision": True, "audio": False},
        ),
        (
            {"supports_function_calling": True},
            {"tools": True, "vision": False, "audio": False},
        ),
        ({"supports_function_calling": "yes"}, {}),
    ],
)
def test_silence_means_no_only_of_senses_and_only_where_something_is_said(
    row: dict[str, object], capabilities: dict[str, bool]
) -> None:
    """A row without a word knows nothing; one that states anything states what it can take in."""
    assert listed_capabilities(row) == capabilities


def test_the_installed_list_knows_who_sees() -> None:
    """Models whose abilities are no secret, in the list as it is installed."""
    assert litellm_info("openai/gpt-4o").capabilities["vision"] is True
    assert litellm_info("openai/gpt-4").capabilities["vision"] is False
    assert litellm_info("openai/gpt-4").max_output_tokens == 4096
    assert litellm_info("openai/never-heard-of").capabilities == {}
