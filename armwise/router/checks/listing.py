"""Several checks with names, all of which an answer has to pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from armwise.engine import check_name
from armwise.errors import ConfigurationError
from armwise.router.checks.check import Check
from armwise.router.checks.function import AsyncFunctionCheck, FunctionCheck
from armwise.router.checks.judge import Judge

OneCheck: TypeAlias = Check | Judge

_LONGEST_NAME = 80  # of a name of our making; it becomes a category in logs and statistics


@dataclass(frozen=True, slots=True)
class AllOf:
    """Checks that all have to pass; `all_of` builds one.

    Attributes:
        checks: Name and check, in the order in which they are run.
    """

    checks: tuple[tuple[str, OneCheck], ...]

    @property
    def name(self) -> str:
        """All names, for messages."""
        return ", ".join(name for name, _ in self.checks)

    def and_also(self, name: str, check: OneCheck) -> AllOf:
        """Return these checks and one more, the last of its kind."""
        return AllOf(_in_order([*self.checks, (name, check)]))


def all_of(checks: Iterable[tuple[str | None, OneCheck]]) -> AllOf:
    """Return the checks as one, cheapest kind first and otherwise in the order given.

    Those that only look at the answer are run before functions, whose costs nobody knows, and
    those before judges, which call a model.

    Args:
        checks: Name and check; without a name, the check's own is taken.

    Raises:
        ConfigurationError: If a name is no short printable text, or given twice.
    """
    named: dict[str, OneCheck] = {}
    for given, check in checks:
        name = _free_name(check.name[:_LONGEST_NAME], named) if given is None else given
        check_name(name, "the name of a check in success_when")
        if name in named:
            raise ConfigurationError(
                f"success_when names two checks {name!r}. Give each its own name: it becomes the "
                "category of what fails."
            )
        named[name] = check
    return AllOf(_in_order(named.items()))


def _in_order(checks: Iterable[tuple[str, OneCheck]]) -> tuple[tuple[str, OneCheck], ...]:
    return tuple(sorted(checks, key=lambda one: _effort(one[1])))


def _effort(check: OneCheck) -> int:
    if isinstance(check, Judge):
        return 2
    return 1 if isinstance(check, FunctionCheck | AsyncFunctionCheck) else 0


def _free_name(name: str, taken: dict[str, OneCheck]) -> str:
    """Return the name, or with a number if another check has it: two lambdas are called alike."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name} #{number}"
    return free
