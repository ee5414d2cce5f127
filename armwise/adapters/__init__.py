"""How providers are called, what calls cost, and what their errors mean."""

from armwise.adapters.base import Adapter, Call
from armwise.adapters.faults import Fault, classify
from armwise.adapters.litellm import LiteLLMAdapter
from armwise.adapters.prices import Price, litellm_price
from armwise.adapters.usage import Usage, usage_of

__all__ = [
    "Adapter",
    "Call",
    "Fault",
    "LiteLLMAdapter",
    "Price",
    "Usage",
    "classify",
    "litellm_price",
    "usage_of",
]
