"""What users and armwise itself test with: scripted models, a local server, and contracts.

The contracts need pytest and hypothesis, so they are loaded when they are asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from armwise.testing.loopback import ChatRequest, LoopbackServer, Reply, fixed
from armwise.testing.scripted import Scripted, ScriptedAdapter, ScriptedError

if TYPE_CHECKING:
    from armwise.testing.contracts import KeyringContract, PortableContract, StoreContract

__all__ = [
    "ChatRequest",
    "KeyringContract",
    "LoopbackServer",
    "PortableContract",
    "Reply",
    "Scripted",
    "ScriptedAdapter",
    "ScriptedError",
    "StoreContract",
    "fixed",
]

_CONTRACTS = {"KeyringContract", "PortableContract", "StoreContract"}


def __getattr__(name: str) -> Any:
    """Load a contract when it is first asked for."""
    if name not in _CONTRACTS:
        raise AttributeError(f"module 'armwise.testing' has no attribute {name!r}")
    try:
        return getattr(import_module("armwise.testing.contracts"), name)
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{name} needs {error.name}: pip install pytest hypothesis", name=error.name
        ) from error
