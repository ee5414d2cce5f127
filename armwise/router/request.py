"""What is asked, and one try of it: the values that a request is made of on its way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from armwise.adapters import Call, Kind
from armwise.engine import Decision, Path
from armwise.router.route import Route


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one path for one request.

    Args:
        decision: The request's decision.
        path: The path that is called.
        number: Position of the attempt in the request, from 0.
        call: What is asked of the adapter.
        started_s: ``time.perf_counter()`` at its start.
        earlier_failures: How many answers had failed the check before it.
        is_shadow: Its answer is handed to nobody.
    """

    decision: Decision
    path: Path
    number: int
    call: Call
    started_s: float
    earlier_failures: int = 0
    is_shadow: bool = False

    @property
    def request_id(self) -> str:
        """The signed id of this attempt."""
        return self.decision.sign(self.path.name, self.number, self.earlier_failures)


@dataclass(frozen=True, slots=True)
class Request:
    """What the caller asked for.

    Args:
        decision: The choice of paths.
        route: Tells which path to call, and which next.
        messages: The messages, passed on untouched.
        params: Parameters of this call; they override a path's own.
        timeout_s: Deadline over all attempts, in seconds; None: none.
        stream: The answer is wanted in chunks.
        is_observing: Only the default path is called, and its error is raised as it is: what users
            got before.
        kind: Which interface is called.
        input: The prompt or input as the caller gave it, where it is not a chat.
        climb_s: No further attempt is begun so many seconds after the first; None: no such limit.
    """

    decision: Decision
    route: Route
    messages: Sequence[Any]
    params: Mapping[str, Any]
    timeout_s: float | None
    stream: bool
    is_observing: bool = False
    kind: Kind = "chat"
    input: Any = None
    climb_s: float | None = None
