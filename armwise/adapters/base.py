"""How a provider is called: one small protocol, and the facts of a call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from armwise.adapters.kinds import Kind
from armwise.adapters.models import ModelInfo


@dataclass(frozen=True, slots=True)
class Call:
    """One call to one model.

    Args:
        model: The model's name as the adapter knows it, such as "openai/gpt-4o".
        messages: Messages in OpenAI's form, passed on untouched.
        params: Every other parameter of the call (temperature, tools, api_base, ...).
        timeout_s: Seconds after which the adapter must give up; None leaves it to the adapter.
        stream: The answer is wanted in chunks.
        kind: Which interface is called: "chat", "text", "embedding" or "responses".
        input: The prompt or input as the caller gave it, where it is not a chat; ``messages`` are
            what can be read of it then.
    """

    model: str
    messages: Sequence[Any]
    params: Mapping[str, Any]
    timeout_s: float | None = None
    stream: bool = False
    kind: Kind = "chat"
    input: Any = None


class Adapter(Protocol):
    """Calls models. One attempt per call: retries and fallbacks are the router's.

    Errors of the provider are raised as they are; ``armwise.adapters.faults`` sorts them by
    their ``status_code`` and their class.
    """

    def complete(self, call: Call) -> Any:
        """Return an OpenAI-shaped response, or an iterator of chunks if ``call.stream``."""
        ...

    async def acomplete(self, call: Call) -> Any:
        """Return the response, or an async iterator of chunks if ``call.stream``."""
        ...

    def assemble(self, chunks: Sequence[Any], call: Call) -> Any:
        """Return the response that the chunks of a stream add up to."""
        ...

    def has_finished(self, stream: Any) -> bool:
        """Say of a stream that was read to its end whether the provider ended it, or a cut did."""
        ...

    def info(self, model: str) -> ModelInfo:
        """Return what is known of a model: price and context window. Never raises."""
        ...

    def warmup(self) -> None:
        """Load whatever the first call would load."""
        ...
