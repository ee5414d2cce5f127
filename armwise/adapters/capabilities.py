"""What a model may be able to do, under one name each, and what LiteLLM's list calls it."""

from collections.abc import Mapping
from typing import Any

CAPABILITIES = {
    "tools": "supports_function_calling",
    "parallel_tools": "supports_parallel_function_calling",
    "json_schema": "supports_response_schema",
    "vision": "supports_vision",
    "audio": "supports_audio_input",
    "audio_output": "supports_audio_output",
    "pdf": "supports_pdf_input",
    "reasoning": "supports_reasoning",
    "web_search": "supports_web_search",
    "prompt_caching": "supports_prompt_caching",
}
"""Our name of a capability, and LiteLLM's."""

_STATED_WHERE_TRUE = ("vision", "audio")
"""A row that states anything states these where they are true: of 3,676 chat rows of LiteLLM
1.105 they are false where they are missing (gpt-4 has no word of vision). Sending an image to such
a model ends the whole request in HTTP 400, so that silence is taken for a no."""


def listed_capabilities(row: Mapping[str, Any]) -> Mapping[str, bool]:
    """Return what a row of LiteLLM's list says; a capability that is missing is not known."""
    found = {
        name: said
        for name, listed in CAPABILITIES.items()
        if isinstance(said := row.get(listed), bool)
    }
    if any(found.values()):
        for name in _STATED_WHERE_TRUE:
            found.setdefault(name, False)
    return found
