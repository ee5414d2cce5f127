"""How providers are called, what calls cost, and what their errors mean."""

from armwise.adapters.base import Adapter, Call
from armwise.adapters.capabilities import CAPABILITIES
from armwise.adapters.faults import Fault, classify, retry_after_s
from armwise.adapters.from_callable import CallableAdapter
from armwise.adapters.kinds import Kind, Said, messages_of, said
from armwise.adapters.litellm import LiteLLMAdapter
from armwise.adapters.models import UNKNOWN_MODEL, ModelInfo, litellm_info
from armwise.adapters.prices import Price
from armwise.adapters.usage import Usage, usage_of

__all__ = [
    "CAPABILITIES",
    "UNKNOWN_MODEL",
    "Adapter",
    "Call",
    "CallableAdapter",
    "Fault",
    "Kind",
    "LiteLLMAdapter",
    "ModelInfo",
    "Price",
    "Said",
    "Usage",
    "classify",
    "litellm_info",
    "messages_of",
    "retry_after_s",
    "said",
    "usage_of",
]
