"""The adapter's care for what the caller passed in."""

import copy
import subprocess
import sys
from typing import Any

import pytest

from armwise.adapters import Call, LiteLLMAdapter

NOBODY = "http://127.0.0.1:9"
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"name": {"type": "string"}},
}


@pytest.mark.parametrize(
    "model", ["gemini/gemini-2.5-flash", "anthropic/claude-sonnet-4-5", "openai/gpt-4o"]
)
def test_what_the_caller_wrote_is_never_changed(model: str) -> None:
    """LiteLLM rewrites tools and schemas in place for Gemini; a fallback must not inherit that."""
    messages: list[Any] = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [{"type": "text", "text": "Who makes the iPhone?"}]},
    ]
    params = {
        "api_base": NOBODY,
        "api_key": "sk-test",
        "tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "f", "strict": True, "schema": SCHEMA},
        },
    }
    call = Call(model, copy.deepcopy(messages), copy.deepcopy(params), timeout_s=5)

    with pytest.raises(Exception, match=r"(?i)connect"):
        LiteLLMAdapter().complete(call)

    assert call.messages == messages
    assert call.params == params


def test_litellm_is_loaded_without_network_or_dotenv(tmp_path: Any) -> None:
    """Loading it opens no socket and does not read a project's .env file."""
    (tmp_path / ".env").write_text("FROM_DOTENV=1")
    code = """
import os, sys
def hook(event, args):
    if event in ("socket.connect", "socket.getaddrinfo"):
        sys.exit(f"network: {args}")
sys.addaudithook(hook)
for name in ("LITELLM_LOCAL_MODEL_COST_MAP", "LITELLM_MODE"):
    os.environ.pop(name, None)
from armwise.adapters import LiteLLMAdapter
LiteLLMAdapter().warmup()
sys.exit("dotenv was read" if "FROM_DOTENV" in os.environ else 0)
"""

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_a_stream_asks_for_usage_and_keeps_the_callers_options() -> None:
    """include_usage is added to whatever stream options were given."""
    from armwise.adapters.litellm import _arguments

    call = Call("m", [], {"stream_options": {"other": 1}}, stream=True)

    arguments = _arguments(call)

    assert arguments["stream_options"] == {"other": 1, "include_usage": True}
    assert (arguments["max_retries"], arguments["num_retries"]) == (0, 0)
