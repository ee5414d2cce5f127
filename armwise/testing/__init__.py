"""What users and armwise itself test with: scripted models, and a local OpenAI-shaped server."""

from armwise.testing.loopback import ChatRequest, LoopbackServer, Reply, fixed
from armwise.testing.scripted import Scripted, ScriptedAdapter, ScriptedError

__all__ = [
    "ChatRequest",
    "LoopbackServer",
    "Reply",
    "Scripted",
    "ScriptedAdapter",
    "ScriptedError",
    "fixed",
]
