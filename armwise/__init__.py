"""armwise sends each LLM request to the cheapest model that is good enough, and learns which.

>>> from armwise import Router, Outcome
>>> router = Router(paths=["openai/gpt-4o-mini", "openai/gpt-4o"], goal_id="extract_company")
>>> router.decide(messages=[{"role": "user", "content": "Who makes the iPhone?"}]).bucket
'general/simple'

Importing this package imports none of its heavy dependencies: each is loaded at first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from armwise.bandit import (
        BestQuality,
        Budget,
        CheapestWithin,
        Outcome,
        TargetRate,
        Utility,
    )
    from armwise.engine import Decision, Escalate, Path, open_store
    from armwise.errors import ArmwiseError
    from armwise.router import Router
    from armwise.storage import ReportStatus

__version__ = "0.1.0"

__all__ = [
    "ArmwiseError",
    "BestQuality",
    "Budget",
    "CheapestWithin",
    "Decision",
    "Escalate",
    "Outcome",
    "Path",
    "ReportStatus",
    "Router",
    "TargetRate",
    "Utility",
    "__version__",
    "open_store",
]

_HOMES = {
    "ArmwiseError": "armwise.errors",
    "BestQuality": "armwise.bandit",
    "Budget": "armwise.bandit",
    "CheapestWithin": "armwise.bandit",
    "Decision": "armwise.engine",
    "Escalate": "armwise.engine",
    "Outcome": "armwise.bandit",
    "Path": "armwise.engine",
    "ReportStatus": "armwise.storage",
    "Router": "armwise.router",
    "TargetRate": "armwise.bandit",
    "Utility": "armwise.bandit",
    "open_store": "armwise.engine",
}


def __getattr__(name: str) -> Any:
    """Load a public name at first use, so that ``import armwise`` stays cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module 'armwise' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)
