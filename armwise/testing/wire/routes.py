"""Which wire format an URL speaks."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from armwise.testing.wire.anthropic import AnthropicMessages
from armwise.testing.wire.bedrock import BedrockConverse
from armwise.testing.wire.format import WireFormat
from armwise.testing.wire.gemini import GeminiContent, GeminiEmbedding
from armwise.testing.wire.ollama import OllamaChat, OllamaEmbed, OllamaGenerate
from armwise.testing.wire.openai import OpenAIChat, OpenAIEmbedding, OpenAIText, UnaskedUsageChat
from armwise.testing.wire.responses import OpenAIResponses

_AZURE = r"/openai/deployments/(?P<model>[^/]+)/"
_GEMINI = r"/models/(?P<model>[^/:]+):"
# OpenAI's paths come under many prefixes (/v1, /api/v1, /openai/v1), so only their ends are read.
_ROUTES: tuple[tuple[str, WireFormat], ...] = (
    (_AZURE + r"(?P<action>chat/completions)", OpenAIChat()),
    (_AZURE + r"(?P<action>completions)", OpenAIText()),
    (_AZURE + r"(?P<action>embeddings)", OpenAIEmbedding()),
    (r"/(?:cerebras/v1|mistral/v1|perplexity)/(?P<action>chat/completions)", UnaskedUsageChat()),
    (r"/(?P<action>chat/completions)", OpenAIChat()),
    (r"/(?P<action>completions)", OpenAIText()),
    (r"/(?P<action>embeddings)", OpenAIEmbedding()),
    (r"/(?P<model>openai)(/v1)?/(?P<action>responses)", OpenAIResponses()),  # Azure's
    (r"/(?P<action>responses)", OpenAIResponses()),
    (r"/v1/(?P<action>messages)", AnthropicMessages()),
    (_GEMINI + r"(?P<action>generateContent|streamGenerateContent)", GeminiContent()),
    (_GEMINI + r"(?P<action>embedContent|batchEmbedContents)", GeminiEmbedding()),
    (r"/api/(?P<action>chat)", OllamaChat()),
    (r"/api/(?P<action>generate)", OllamaGenerate()),
    (r"/api/(?P<action>embed)", OllamaEmbed()),
    (r"/model/(?P<model>[^/]+)/(?P<action>converse|converse-stream)", BedrockConverse()),
)
_COMPILED = tuple((re.compile(f"(?:/.*)?{pattern}"), wire) for pattern, wire in _ROUTES)


class Target(NamedTuple):
    """What an URL addresses.

    Attributes:
        wire: The format that is spoken there.
        model: The model's name in the URL, "" where it is in the body.
        action: The last part of the URL.
    """

    wire: WireFormat
    model: str
    action: str


def target_of(path: str) -> Target | None:
    """Return what the path of an URL addresses, None if nothing is there."""
    bare = path.partition("?")[0]
    for pattern, wire in _COMPILED:
        found = pattern.fullmatch(bare)
        if found is not None:
            named = found.groupdict()
            return Target(wire, unquote(named.get("model") or ""), named["action"])
    return None
