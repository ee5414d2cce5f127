"""What every contender of a benchmark is to the stream that it is played on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Request:
    """What is known of a request before any model is called.

    Args:
        task_type: The caller's label, such as "extraction"; "general" where there is none.
        level: Level of complexity, such as "simple".
        score: Complexity score 0..10 behind the level.
        words: Words of the prompt, 0 where there is no text.
    """

    task_type: str = "general"
    level: str = "simple"
    score: float = 0.0
    words: int = 0


@dataclass(frozen=True, slots=True)
class Setting:
    """What a contender is told before the first request. It learns the rest by playing.

    Args:
        paths: Names of the paths, in the order in which they are numbered.
        list_costs_usd: What a request costs on each path, as a list price would guess it: wrong
            by some tens of per cent.
        success_value_usd: What a success is worth in US dollars; None: no value was stated, and
            the contender plays by its own default rule.
        seed: Seeds whatever is random in it.
        requests: How many requests will come. Rules for any horizon ignore it.
    """

    paths: tuple[str, ...]
    list_costs_usd: tuple[float, ...]
    success_value_usd: float | None
    seed: int
    requests: int


class Learner(Protocol):
    """A contender on one stream: chooses a path, then learns what came of it."""

    def choose(self, request: Request) -> int:
        """Return the number of the path to call."""
        ...

    def learn(self, request: Request, path: int, success: float, cost_usd: float) -> None:
        """Take the outcome of a call: success 0..1 and measured cost in US dollars."""
        ...


@dataclass(frozen=True, slots=True)
class Contender:
    """One row of a comparison.

    Args:
        name: As the tables show it.
        family: "armwise", "static" (learns nothing), "textbook" (own implementation of a
            published rule) or "peer" (another library through its own public interface).
        about: Its settings, and where they come from, in one sentence.
        build: Makes a fresh one for a stream.
        needs: Name of the distribution that has to be installed, None for none.
    """

    name: str
    family: Literal["armwise", "static", "textbook", "peer"]
    about: str
    build: Callable[[Setting], Learner]
    needs: str | None = None
