"""Which path comes next in a request: down the ranking after errors, or by plan after failures."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from armwise.engine import Decision, Engine, Path


class Route(Protocol):
    """Tells what to call next."""

    @property
    def goes_on(self) -> bool:
        """Whether a failed check may be followed by another attempt."""
        ...

    def next(self, failed: Sequence[str], closed: Collection[str]) -> Path | None:
        """Return the path to call next, None to stop.

        Args:
            failed: Paths whose answers have failed the check, in order.
            closed: Paths that cannot answer: they ended in an error, or cannot take the prompt.
        """
        ...


@dataclass(frozen=True, slots=True)
class Ranked:
    """The ranking of a decision, in its order.

    Args:
        order: The paths.
    """

    order: Sequence[Path]

    @property
    def goes_on(self) -> bool:
        """The first answer is the answer."""
        return False

    def next(self, failed: Sequence[str], closed: Collection[str]) -> Path | None:
        """Return the first that is not closed; see ``Route.next``."""
        return next((path for path in self.order if path.name not in closed), None)


@dataclass(frozen=True, slots=True)
class Climb:
    """The plan of a decision, made anew after each failure and each error.

    As long as no path has answered at all, it falls back on the ranking: an answer that is not
    worth its cost is still better than none.

    Args:
        engine: Plans.
        decision: The decision; its path is called first.
        most: Most calls, once a path has answered.
    """

    engine: Engine
    decision: Decision
    most: int

    @property
    def goes_on(self) -> bool:
        """Whether more than one attempt is allowed."""
        return self.most > 1

    def next(self, failed: Sequence[str], closed: Collection[str]) -> Path | None:
        """Return the next step of the best plan; see ``Route.next``."""
        known = self.engine.roster.known
        if not failed and self.decision.path not in closed:
            return known[self.decision.path]
        if failed and len(failed) + len(closed) >= self.most:
            return None
        name = self.engine.next_attempt(self.decision, failed, closed)
        if name is None and not failed:
            name = next((name for name in self.decision.ranking if name not in closed), None)
        return None if name is None else known[name]
