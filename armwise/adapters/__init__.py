"""How providers are called, what calls cost, and what their errors mean."""

from armwise.adapters.base import Adapter, Call
from armwise.adapters.faults import Fault, classify, retry_after_s
from armwise.adapters.litellm import LiteLLMAdapter
from armwise.adapters.models import UNKNOWN_MODEL, ModelInfo, litellm_info
from armwise.adapters.prices import Price
from armwise.adapters.usage import Usage, usage_of

__all__ = [
    "UNKNOWN_MODEL",
    "Adapter",
    "Call",
    "Fault",
    "LiteLLMAdapter",
    "ModelInfo",
    "Price",
    "Usage",
    "classify",
    "litellm_info",
    "retry_after_s",
    "usage_of",
]
