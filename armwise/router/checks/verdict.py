"""What became of a check: a score, unknown, or unknown because it raised."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from armwise.errors import ConfigurationError
from armwise.router.checks.answer import Answer
from armwise.router.checks.check import Check


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of one check on one answer.

    Attributes:
        score: 1.0 succeeded, 0.0 failed, between them graded, None unknown.
        check: The check's name.
        error: What the check raised, if it did; the score is None then.
    """

    score: float | None
    check: str
    error: Exception | None = None


def judge(check: Check, answer: Answer) -> Verdict:
    """Return the verdict of a check; a check that raises is unknown, never a success.

    Only exceptions that are no `Exception` pass through, such as KeyboardInterrupt.

    Args:
        check: What `build_check` returned. An asynchronous one is not run but unknown.
        answer: The answer it looks at.
    """
    if check.is_async:
        return Verdict(None, check.name, _needs_await(check))
    try:
        score = check(answer)
    except Exception as error:  # noqa: BLE001  # the check is the user's code, the request goes on
        return Verdict(None, check.name, error)
    if inspect.isawaitable(score):
        return Verdict(None, check.name, _needs_await(check))
    return Verdict(score, check.name)


async def ajudge(check: Check, answer: Answer) -> Verdict:
    """Return the verdict of a check, as `judge` does, and wait for an asynchronous one.

    Args:
        check: What `build_check` returned.
        answer: The answer it looks at.
    """
    try:
        score = check(answer)
        if inspect.isawaitable(score):
            score = await score
    except Exception as error:  # noqa: BLE001  # the check is the user's code, the request goes on
        return Verdict(None, check.name, error)
    return Verdict(score, check.name)


def _needs_await(check: Check) -> ConfigurationError:
    return ConfigurationError(
        f"success_when={check.name} is asynchronous, and completion() cannot wait for it. "
        "Call acompletion(), or pass a plain function."
    )
