"""What is asked, and one try of it: the values that a request is made of on its way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from armwise.adapters import Call, Kind
from armwise.engine import Decision, Path


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one path for one request.

    Args:
        decision: The request's decision.
        path: The path that is called.
        number: Position of the attempt in the request, from 0.
        call: What is asked of the adapter.
        started_s: ``time.perf_counter()`` at its start.
    """

    decision: Decision
    path: Path
    number: int
    call: Call
    started_s: float

    @property
    def request_id(self) -> str:
        """The signed id of this attempt."""
        return self.decision.sign(self.path.name, self.number)


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller asked for.

    Args:
        decision: The choice of paths.
        order: Paths to try, in this order.
        messages: The messages, passed on untouched.
        params: Parameters of this call; they override a path's own.
        timeout_s: Deadline over all attempts, in seconds; None: none.
        stream: The answer is wanted in chunks.
        is_observing: Only the default path is called, and its error is raised as it is.
        kind: Which interface is called.
        input: The prompt or input as the caller gave it, where it is not a chat.
    """

    decision: Decision
    order: Sequence[Path]
    messages: Sequence[Any]
    params: Mapping[str, Any]
    timeout_s: float | None
    stream: bool
    is_observing: bool = False
    kind: Kind = "chat"
    input: Any = None
