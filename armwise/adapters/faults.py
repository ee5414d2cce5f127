"""Sorts errors of a call: whose fault was it, and is another path worth trying?

LiteLLM raises different classes for the same status depending on the provider (a 403 of Gemini is
a BadRequestError, a refused connection an InternalServerError), so the status code is asked first
and the class's name second. Names, because no provider library may be imported for this.
"""

import math
from collections.abc import Mapping
from enum import StrEnum

_CONTEXT_PHRASES = (
    "context_length_exceeded",
    "maximum context length",
    "context window",
    "exceeds the context length",  # Ollama
    "prompt is too long",
)
_NO_KEY_PHRASES = ("missing credentials", "api_key client option must be set")
"""How OpenAI's client says that no key is set; LiteLLM turns that into a 500."""

_NO_PROVIDER_PHRASE = "llm provider not provided"
"""How LiteLLM says that it does not know the provider of a model's name, as a bad request."""

_OLLAMA_PHRASE = "got unexpected response from ollama"
"""How LiteLLM tells of an error that Ollama says within a stream: as a bad request."""

_MISCONFIGURED_STATUSES = frozenset({401, 402, 403, 404})
_TIMEOUT_NAMES = frozenset({"APITimeoutError", "Timeout", "TimeoutException", "TimeoutError"})
_CONNECTION_NAMES = frozenset({"APIConnectionError", "TransportError", "ConnectionError"})


class Fault(StrEnum):
    """Kinds of errors. None of them says anything about a model's quality."""

    RATE_LIMIT = "rate_limit"
    TIMEOUT = "timeout"
    SERVER = "server"
    CONNECTION = "connection"
    MISCONFIGURED = "misconfigured"
    CONTEXT = "context"
    REQUEST = "request"
    INTERNAL = "internal"

    @property
    def is_outage(self) -> bool:
        """The path did not answer, or refused for lack of capacity: a fault of the path."""
        return self in _OUTAGES

    @property
    def moves_on(self) -> bool:
        """Another path may do better, so the next one is tried."""
        return self in _OUTAGES or self in (Fault.MISCONFIGURED, Fault.CONTEXT)


_OUTAGES = frozenset({Fault.RATE_LIMIT, Fault.TIMEOUT, Fault.SERVER, Fault.CONNECTION})


def classify(error: BaseException) -> Fault:
    """Return what kind of error a call ended in.

    MISCONFIGURED is a key, permission, payment or model name that this path alone lacks. CONTEXT
    is a prompt too long for this model. REQUEST is any other 4xx: every path would refuse it.
    INTERNAL is not a provider's error at all.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    if "ContextWindowExceededError" in names:
        return Fault.CONTEXT
    status = _status(error)
    if status is not None:
        return _by_status(status, error, names)
    if names & _TIMEOUT_NAMES:
        return Fault.TIMEOUT
    if names & _CONNECTION_NAMES:
        return Fault.CONNECTION
    # OpenAI's client raises its root class, without a status, for an error said within a stream.
    return Fault.SERVER if "APIError" in names else Fault.INTERNAL


def _by_status(status: int, error: BaseException, names: set[str]) -> Fault:
    if status == 429:  # noqa: PLR2004 - HTTP
        return Fault.RATE_LIMIT
    if status == 408 or names & _TIMEOUT_NAMES:  # noqa: PLR2004 - HTTP
        return Fault.TIMEOUT
    text = _text(error)
    if _OLLAMA_PHRASE in text:
        return Fault.SERVER
    if status in _MISCONFIGURED_STATUSES or any(phrase in text for phrase in _NO_KEY_PHRASES):
        return Fault.MISCONFIGURED
    if status >= 500:  # noqa: PLR2004 - HTTP
        return Fault.SERVER
    if status in (400, 413) and any(phrase in text for phrase in _CONTEXT_PHRASES):
        return Fault.CONTEXT
    return Fault.MISCONFIGURED if _NO_PROVIDER_PHRASE in text else Fault.REQUEST


def _text(error: BaseException) -> str:
    try:
        return str(error).lower()
    except Exception:  # noqa: BLE001 - an error that cannot be shown is still that error
        return ""


def _status(error: BaseException) -> int | None:
    status = getattr(error, "status_code", None)
    if isinstance(status, str) and status.isascii() and status.isdigit():
        status = int(status)
    return status if isinstance(status, int) and status >= 400 else None  # noqa: PLR2004 - HTTP


def retry_after_s(error: BaseException) -> float | None:
    """Return how long the provider asked to be left alone, in seconds; None if it did not say.

    Only a number of seconds is understood, which is what the providers of models send; no date.
    """
    held = getattr(error, "litellm_response_headers", None)
    for headers in (held, getattr(getattr(error, "response", None), "headers", None)):
        if isinstance(headers, Mapping):
            for name in ("retry-after", "Retry-After"):
                seconds = _seconds(headers.get(name))
                if seconds is not None:
                    return seconds
    return None


def _seconds(text: object) -> float | None:
    try:
        seconds = float(text) if isinstance(text, str) else math.nan
    except ValueError:
        return None
    return seconds if 0 <= seconds < math.inf else None
