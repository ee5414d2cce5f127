"""Why an answer ended, in OpenAI's words, whichever provider's word it is."""

from __future__ import annotations

ERROR = "error"
"""Our word for an answer that broke off by a mistake; OpenAI has none."""

_WORDS = {
    "stop": (
        "stop end_turn stop_sequence STOP STOP_SEQUENCE COMPLETE complete eos eos_token END_TURN"
    ),
    "tool_calls": "tool_calls tool_use TOOL_CALL TOOL_USE",
    "function_call": "function_call",
    "length": (
        "length max_tokens MAX_TOKENS max_output_tokens model_length CONTINUATION pause_turn "
        "compaction model_context_window_exceeded"
    ),
    "content_filter": (
        "content_filter content_filtered refusal guardrail_intervened sensitive ERROR_TOXIC SAFETY "
        "RECITATION LANGUAGE BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY OTHER "
        "IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION IMAGE_OTHER NO_IMAGE ESCALATION"
    ),
    # LiteLLM calls these "stop", but nothing was finished; other adapters hand them on.
    ERROR: (
        "error ERROR network_error MALFORMED_FUNCTION_CALL MALFORMED_RESPONSE "
        "UNEXPECTED_TOOL_CALL TOO_MANY_TOOL_CALLS MISSING_THOUGHT_SIGNATURE malformed_model_output "
        "malformed_tool_use"
    ),
}
"""The words of OpenAI, Anthropic, Gemini, Cohere, Mistral, Hugging Face, Zhipu and Bedrock, as
LiteLLM's own table lists them, sorted by what they mean for an answer."""

_OPENAI = {word: ours for ours, words in _WORDS.items() for word in words.split()}


def openai_word(reason: str) -> str:
    """Return the word of OpenAI's API that means the same, or "error"; an unknown word as it is."""
    return _OPENAI.get(reason, reason)
